"""A server that is killed and started again on the same store; ``server_process.py`` where it is to be worse off."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bench.machine import Process, environment, until_answer
from prove.single_use.person import Person
from prove.single_use.served import Served, set_up

_ENTRY = Path(__file__).with_name("server_process.py")
_LIFETIMES = "[lifetimes]\n"
_MORE = "access_token_s = 3600\ndevice_interval_s = 1\nreplay_window_s = 300\n"
"""A retry is always in time: the model knows no clock."""


@contextmanager
def operated(home: Path) -> Iterator[Served]:
    """Everything that is needed to start; tokens live long enough for the whole proof."""
    served = set_up(home)
    configuration = home / "config" / "licet.toml"
    text = configuration.read_text()
    assert _LIFETIMES in text
    configuration.write_text(text.replace(_LIFETIMES, _LIFETIMES + _MORE))
    try:
        yield served
        assert internal_errors(served) == []
    finally:
        served.stop()


def start(served: Served, *options: str, more: Mapping[str, str] | None = None) -> None:
    """Start ``licet serve``, with what *options* substitute in it (see ``server_process.py``)."""
    with served.log.open("ab") as sink:
        popen = subprocess.Popen(
            [sys.executable, str(_ENTRY), *options],
            cwd=served.home,
            env=environment(more or {}),
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
    served.process = Process(popen, served.log, time.perf_counter())
    until_answer(served.process, ("127.0.0.1", served.port), "/readyz")


def kill(served: Served) -> None:
    """``kill -9``, by its id."""
    assert served.process is not None
    served.process.popen.kill()
    gone(served)


def gone(served: Served) -> None:
    """Wait until it is dead; it must not have gone by itself."""
    assert served.process is not None
    popen = served.process.popen
    try:
        code = popen.wait(30)
    except subprocess.TimeoutExpired:
        code = None
        served.stop()
    served.process = None
    assert code == -9, f"it ended with {code}: {served.log.read_text(errors='replace')[-2000:]}"


def internal_errors(served: Served) -> list[str]:
    """What the log says of errors of our own, with where they came from."""
    _, *found = served.log.read_text(errors="replace").split("internal error")
    return [error[:4000] for error in found]


def signed_in(served: Served) -> dict[str, str]:
    """The cookies of somebody who is signed in and has agreed to both apps."""
    with Person(served) as person:
        for client in ("shop", "spa"):
            for scope in ("invoices:read", "orders:read"):
                person.authorize(client, f"openid offline_access {scope}")
        return {
            cookie.name: str(cookie.value) for cookie in person.http.cookies.jar if cookie.name.endswith("-session")
        }
