"""A ``licet serve`` in a process of its own, over a ``licet.toml`` that a test wrote, with one person in it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from licet.ambient import SystemEntropy
from licet.storage.vault import MasterKeys

LOGIN, PASSWORD = "alice@example.com", "correct horse battery staple"
_PATIENCE_S = 60
_TAKEN = 3
"""Exit code of a server whose port somebody else took meanwhile."""

_SERVER = """
issuer = "http://127.0.0.1:{port}"

[server]
listen  = "127.0.0.1:{port}"
store   = "sqlite:data/licet.db"
secrets = {{ file = "master.key" }}
log     = "json"
{rest}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operated:
    """A server that an operator started."""

    issuer: str
    directory: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()


@contextmanager
def serving(directory: Path, configuration: str, environment: Mapping[str, str] | None = None) -> Iterator[Operated]:
    """Serve *configuration* (all of licet.toml but its issuer and ``[server]``) until the block ends.

    A server that had an internal error, or does not stop when it is told to, fails whoever used it.
    """
    environ = os.environ | dict(environment or {})
    (directory / "data").mkdir()
    (directory / "master.key").touch(0o600)
    (directory / "master.key").write_text(MasterKeys.generate(SystemEntropy()) + "\n")
    server = _start(directory, configuration, environ)
    try:
        yield server
        assert server.process.poll() is None, server.log
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(_PATIENCE_S) == 0, server.log
        assert "Traceback" not in server.log, server.log
        assert "internal error" not in server.log, server.log
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def _start(directory: Path, configuration: str, environ: Mapping[str, str]) -> Operated:
    for _ in range(5):
        port = _free_port()
        (directory / "licet.toml").write_text(_SERVER.format(port=port, rest=configuration))
        _add_person(directory, environ)
        server = _process(directory, port, environ)
        if _answers(server):
            return server
        if server.process.poll() != _TAKEN:
            server.process.kill()
            server.process.wait()
            raise RuntimeError(f"licet serve did not start:\n{server.log}")
        (directory / "data" / "licet.db").unlink()  # it names the issuer, and so the port
    raise RuntimeError("no port stayed free")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _add_person(directory: Path, environ: Mapping[str, str]) -> None:
    subprocess.run(
        [sys.executable, "-m", "licet", "user", "add", LOGIN, "--name", "Alice Example", "--password-stdin"],
        cwd=directory,
        env=dict(environ),
        input=PASSWORD.encode(),
        check=True,
        capture_output=True,
    )


def _process(directory: Path, port: int, environ: Mapping[str, str]) -> Operated:
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "licet", "serve"], cwd=directory, env=dict(environ), stdout=log, stderr=log
        )
    return Operated(issuer=f"http://127.0.0.1:{port}", directory=directory, process=process)


def _answers(server: Operated) -> bool:
    deadline = time.monotonic() + _PATIENCE_S
    while server.process.poll() is None and time.monotonic() < deadline:
        try:
            return requests.get(f"{server.issuer}/readyz", timeout=5).ok
        except requests.ConnectionError:
            time.sleep(0.05)
    return False
