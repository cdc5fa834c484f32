"""The server of these proofs: ``licet serve`` on a core of its own, behind a proxy that says where visitors come from."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import urlencode

from bench import machine
from bench.target import FORM, Reply, call
from prove.single_use.served import Served, set_up

PROGRAM = Path(__file__).with_name("server_process.py")
_SIGNED = """
[api.signed]
audience = "https://signed.example.com"
token    = "jwt"
alg      = "RS256"
scopes   = { "signed:read" = "Read what is signed with RSA" }

[app.batch]
is     = "service"
secret = { file = "../keys/batch" }
may    = ["signed:read"]
"""


@dataclass
class Operated:
    """A running server, seen from outside."""

    served: Served
    pid: int
    tries: Path

    @property
    def address(self) -> tuple[str, int]:
        return "127.0.0.1", self.served.port

    def tried(self, kind: str) -> int:
        """How often something of *kind* was really compared; with ``--counts``."""
        return (self.tries / kind).stat().st_size

    def ask(self, path: str, form: dict[str, str]) -> Reply:
        """POST a form on a connection of its own."""
        return call(self.address, "POST", path, urlencode(form), {"Content-Type": FORM})

    def token(self, client_id: str, scope: str, secret: str | None = None) -> Reply:
        """Ask for a token as a service does."""
        form = {"grant_type": "client_credentials", "client_id": client_id, "scope": scope}
        return self.ask("/token", form | {"client_secret": secret or self.served.secrets[client_id]})

    def request(self, method: str, path: str, form: dict[str, str] | None = None, **headers: str) -> bytes:
        """The bytes of a request."""
        body = urlencode(form or {}).encode()
        lines = {"Host": f"127.0.0.1:{self.served.port}", "Accept": "text/html", **headers}
        if form is not None:
            lines |= {"Content-Type": FORM, "Content-Length": str(len(body))}
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
        return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + (body if form is not None else b"")

    def memory_mb(self) -> tuple[float, float]:
        """Resident memory, now and at its highest."""
        return machine.memory_mb(self.pid)

    def descriptors(self) -> int:
        """How many files and sockets it holds open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


@contextmanager
def operated(home: Path, *options: str) -> Iterator[Operated]:
    """A server until the block ends; it must still be there then, without one internal error, and end as asked."""
    served = set_up(home)
    secret = home / "keys" / "batch"
    secret.touch(mode=0o600)
    served.secrets["batch"] = token_urlsafe(32)
    secret.write_text(served.secrets["batch"] + "\n")
    config = home / "config" / "licet.toml"
    text = config.read_text().replace("[server]\n", '[server]\nproxies = ["127.0.0.1"]\n')
    config.write_text(text + _SIGNED)
    tries = home / "tries"
    tries.mkdir()
    argv = [sys.executable, PROGRAM, config, "--counts", tries, *options]
    process = machine.start(argv, machine.cores().server, served.log, {}, Path.cwd())
    try:
        machine.until_answer(process, ("127.0.0.1", served.port), "/readyz")
        yield Operated(served, process.pid, tries)
        process.check()
        log = served.log.read_text()
        assert "internal error" not in log and "Traceback" not in log, log[-5000:]
    finally:
        served.http.close()
        process.stop()
