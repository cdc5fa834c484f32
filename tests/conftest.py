"""What tests of every room may use."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("licet.storage.contract")

_PATIENCE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DevServer:
    """A ``licet dev`` that runs."""

    issuer: str
    dev: dict[str, Any]
    """What its dev.json says."""
    dir: Path
    process: subprocess.Popen[bytes]
    log: Path
    """What it said so far; a pipe that nobody empties would stop it one day."""


def start_dev(directory: Path, *options: str) -> DevServer:
    """``licet dev`` in *directory*, once it accepts connections; whoever starts it stops it."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    log = directory.with_name(f"{directory.name}.log")
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "licet", "dev", "--port", "0", "--dir", str(directory), *options],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    deadline = time.monotonic() + _PATIENCE_S
    while not (directory / "dev.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise RuntimeError(f"licet dev did not start:\n{log.read_text()}")
        time.sleep(0.02)
    dev = json.loads((directory / "dev.json").read_text())
    return DevServer(issuer=dev["issuer"], dev=dev, dir=directory, process=process, log=log)


def stop_dev(server: DevServer) -> tuple[int, str]:
    """End it as a supervisor does; its exit code, and what it said."""
    server.process.send_signal(signal.SIGTERM)
    return server.process.wait(_PATIENCE_S), server.log.read_text()


@pytest.fixture(scope="session")
def dev_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DevServer]:
    """One development server for all tests of a worker, in a directory of its own."""
    server = start_dev(tmp_path_factory.mktemp("dev") / ".licet")
    yield server
    stop_dev(server)
