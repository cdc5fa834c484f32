"""Starts licet: `licet dev` in an empty directory, or `licet serve` with ``licet.toml`` beside this file.

Both keep everything in SQLite on disk, each commit synced. `dev` makes its own apps and has no API for every
token form, so some workloads are left out there and others are not quite the peer's; `serve` has them all.
"""

import base64
import json
import secrets as entropy
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import machine
from bench.setup import APIS, CALLBACK, Running, Secrets
from bench.target import Confidential, Public, Target, Unavailable, discover

_HERE = Path(__file__).parent
_DISCOVERY = "/.well-known/openid-configuration"
_CONFIGURED_PORT = "8415"


def _licet() -> str:
    """Find the command that belongs to this Python."""
    beside = Path(sys.executable).parent / "licet"
    found = str(beside) if beside.exists() else shutil.which("licet")
    if found is None:
        msg = "no licet command beside this Python"
        raise Unavailable(msg)
    return found


class LicetDev:
    """`licet dev`: no file, random apps and people, which ``dev.json`` names."""

    name = "licet"

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        """Find the command; the secrets are licet's own here."""
        del secrets
        self.command = _licet()
        self.folder = folder
        self.starts = 0

    def start(self, core: int) -> Running:
        """Start twice: the first start makes keys, people and the database, the second is the one that counts."""
        self.starts += 1
        home = self.folder / f"dev-{self.starts}"
        first = self._once(home, core)
        first.process.stop()
        (home / "dev.json").unlink(missing_ok=True)
        return self._once(home, core, first.start_s)

    def _once(self, home: Path, core: int, first_start_s: float | None = None) -> Running:
        argv: list[str | Path] = [self.command, "dev", "--port", "0", "--dir", home]
        process = machine.start(argv, core, self.folder / "licet.log", {}, self.folder)
        try:
            said = json.loads(machine.until_file(process, home / "dev.json"))
            address = urlsplit(said["issuer"])
            start_s = machine.until_answer(process, (str(address.hostname), address.port or 80), _DISCOVERY)
            target = dev_target(said, process.pid)
            return Running(process, target, start_s, _version(self.command), first_start_s)
        except BaseException:
            process.stop()
            raise


def dev_target(said: Mapping[str, Any], pid: int) -> Target:
    """Read ``dev.json``. Which form the demo API's tokens have, the workloads find out by asking for one."""
    apps, api = said["apps"], said["api"]
    scope = api["scopes"][0]
    web, person = apps["web"], said["people"][0]
    client_id, redirect_uri = web["client_id"], web["redirect_uri"]
    return Target(
        name=LicetDev.name,
        issuer=said["issuer"],
        pid=pid,
        service=Confidential(apps["service"]["client_id"], apps["service"]["client_secret"]),
        api=Confidential(api["client_id"], api["client_secret"]) if "client_secret" in api else None,
        access_tokens={form: {"scope": scope} for form in APIS},
        browsers={alg: Public(client_id, redirect_uri, "openid") for alg in ("RS256", "ES256")},
        rotating=Public(client_id, redirect_uri, f"{scope} offline_access"),
        login=person["login"],
        password=person["password"],
        metadata=discover(said["issuer"]),
    )


class LicetServe:
    """`licet serve` with ``licet.toml``: production settings, on loopback."""

    name = "licet"

    def __init__(self, folder: Path, secrets: Secrets) -> None:
        """Find the command."""
        self.command = _licet()
        self.folder = folder
        self.secrets = secrets
        self.starts = 0

    def start(self, core: int) -> Running:
        """Set a fresh server up, the way an operator would, and start it twice: the first start fills the store."""
        self.starts += 1
        home = self.folder / f"serve-{self.starts}"
        port = machine.free_port()
        config = self._set_up(home, port)
        first = self._once(home, port, config, core)
        first.process.stop()
        return self._once(home, port, config, core, first.start_s)

    def _once(self, home: Path, port: int, config: Path, core: int, first_start_s: float | None = None) -> Running:
        argv: list[str | Path] = [self.command, "serve", "--config", config]
        process = machine.start(argv, core, self.folder / "licet.log", self.secrets.environment, home)
        try:
            start_s = machine.until_answer(process, ("127.0.0.1", port), _DISCOVERY)
            target = self._target(f"http://127.0.0.1:{port}", process.pid)
            return Running(process, target, start_s, _version(self.command), first_start_s)
        except BaseException:
            process.stop()
            raise

    def _set_up(self, home: Path, port: int) -> Path:
        """Write the configuration, a master key apart from the store, and add the person; `serve` does the rest."""
        for part in ("config", "keys", "store"):
            (home / part).mkdir(parents=True)
        config = home / "config/licet.toml"
        config.write_text((_HERE / "licet.toml").read_text().replace(_CONFIGURED_PORT, str(port)))
        key = home / "keys/master.key"
        key.touch(mode=0o600)
        key.write_text("bench:" + base64.urlsafe_b64encode(entropy.token_bytes(32)).decode().rstrip("=") + "\n")
        argv = [self.command, "user", "add", self.secrets.login, "--password-stdin", "--config", config]
        done = subprocess.run(
            [str(word) for word in argv],
            input=self.secrets.password + "\n",
            env=machine.environment(self.secrets.environment),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["without a word"]
            msg = f"`licet user add` ended with {done.returncode}: {lines[-1]}"
            raise Unavailable(msg)
        return config

    def _target(self, issuer: str, pid: int) -> Target:
        return Target(
            name=self.name,
            issuer=issuer,
            pid=pid,
            service=Confidential("service", self.secrets.service),
            api=Confidential("api.opaque", self.secrets.api),
            access_tokens={
                form: {"scope": scope} | ({} if form == "opaque" else {"resource": resource})
                for form, (resource, scope) in APIS.items()
            },
            browsers={alg: Public(f"spa-{alg.lower()}", CALLBACK, "openid") for alg in ("RS256", "ES256")},
            rotating=Public("rotating", CALLBACK, APIS["opaque"][1]),
            login=self.secrets.login,
            password=self.secrets.password,
            metadata=discover(issuer),
        )


def _version(command: str) -> str:
    done = subprocess.run([command, "--version"], capture_output=True, text=True, timeout=30, check=False)
    return f"{done.stdout.strip() or 'of unknown version'} on Python {sys.version.split()[0]}"
