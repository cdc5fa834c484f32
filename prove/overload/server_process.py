"""``licet serve`` as these proofs need it: substitutions are made here, in this process; ``src`` has no hook.

Run as ``python server_process.py CONFIG [--counts FOLDER] [--generous] [--cheap] [--quick] [--leaks MS] [--endless]``.

* ``--counts``: a byte a try goes to a file: passwords hashed, secrets compared, user codes looked up.
* ``--generous``: throttles so wide that they never close, for who measures what lies behind them.
* ``--cheap``: argon2 at a cost that leaves the rest of a sign-in to be seen.
* ``--quick``: deadlines of four seconds, for connections that mean harm.
* ``--leaks``: what is not known takes so much longer: the control of whoever looks for an oracle.
* ``--endless``: lines that never end: the control of whoever looks for an overload that is turned away.
"""

from __future__ import annotations

import os
import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from licet import app
from licet.authorization_server import keys
from licet.authorization_server.client_authentication import client_secret_basic, client_secret_post
from licet.authorization_server.device_verification.waiting import Devices
from licet.authorization_server.settings import Settings, Throttles
from licet.authorization_server.web.limits import Limits, Patience
from licet.cli import serving
from licet.cli.main import main
from licet.resource_owner.passwords import Cost, Passwords
from licet.resource_owner.sign_in import Guessing

MANY = 1_000_000
CHEAP = Cost(memory_kib=64, iterations=1)
QUICK = Patience(head_s=4.0, stalled_s=4.0, keep_alive_s=4.0)
BRIEF = Limits(body_s=4.0)


def around(owner: Any, name: str, before: Callable[..., None]) -> None:
    """Have *before* called with the arguments of each call."""
    real = getattr(owner, name)

    def called(*arguments: Any) -> Any:
        before(*arguments)
        return real(*arguments)

    setattr(owner, name, called)


def counts(folder: Path) -> None:
    def noted(kind: str) -> Callable[..., None]:
        file = os.open(folder / kind, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return lambda *_: os.write(file, b".") and None

    verify, counted = Passwords._verify, noted("passwords")

    def tried(phc: str, password: str) -> bool:
        counted()
        return verify(phc, password)

    Passwords._verify = staticmethod(tried)  # type: ignore[method-assign]
    compared = noted("secrets")
    around(client_secret_basic, "matches", compared)
    around(client_secret_post, "matches", compared)
    around(Devices, "by_code", noted("user codes"))


def leaks(seconds: float) -> None:
    def nobody(_passwords: Passwords, phc: str | None, _password: str) -> None:
        if phc is None:
            time.sleep(seconds)

    def no_secret(_vault: Any, candidate: Any, *_: Any) -> None:
        if not candidate.credentials:
            time.sleep(seconds)

    around(Passwords, "verify", nobody)
    around(client_secret_basic, "matches", no_secret)
    around(client_secret_post, "matches", no_secret)


def settings(chosen: Settings, *, generous: bool, cheap: bool, endless: bool) -> Settings:
    if generous:
        guessing = Guessing(per_browser=MANY, per_account=MANY, per_network=MANY)
        throttles = Throttles(secret_per_client=MANY, user_code_per_person=MANY, user_code_everywhere=MANY)
        chosen = _with(chosen, guessing=guessing, throttles=throttles)
    cost = CHEAP if cheap else chosen.passwords
    return _with(chosen, passwords=_with(cost, queue=MANY) if endless else cost)


def _with(chosen: Any, **change: Any) -> Any:
    from dataclasses import replace

    return replace(chosen, **change)


def substitute(words: list[str]) -> str:
    parser = ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--counts", type=Path)
    parser.add_argument("--leaks", type=float)
    for flag in ("--generous", "--cheap", "--quick", "--endless"):
        parser.add_argument(flag, action="store_true")
    asked = parser.parse_args(words)
    if asked.counts:
        counts(asked.counts)
    if asked.leaks:
        leaks(asked.leaks / 1000)
    if asked.endless:
        keys.WAITING_BOUND = MANY
    serve = import_module("licet.cli.serve")
    configured = serve.settings
    chosen = {name: getattr(asked, name) for name in ("generous", "cheap", "endless")}
    serve.settings = lambda manifest: settings(configured(manifest), **chosen)
    if asked.quick:
        build, run = app.build, serving.run
        app.build = lambda *arguments, **named: build(*arguments, **named, limits=BRIEF)
        serving.run = lambda *arguments, **named: run(*arguments, **named, patience=QUICK)
    return str(asked.config)


if __name__ == "__main__":
    sys.argv = ["licet", "serve", "--config", substitute(sys.argv[1:])]
    sys.exit(main())
