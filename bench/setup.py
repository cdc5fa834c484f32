"""What both servers are given, so that they are asked the same: APIs, clients, a person, and fresh secrets."""

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.machine import Process
from bench.target import Target

CALLBACK = "https://app.bench.example/callback"
"""Never fetched: the benchmark reads the code off the redirect."""

APIS = {
    "opaque": ("https://opaque.bench.example", "opaque.read"),
    "RS256": ("https://rs256.bench.example", "rs256.read"),
    "ES256": ("https://es256.bench.example", "es256.read"),
}
"""Form of the access token → audience and scope of the API that wants it; the same in licet.toml and the peer."""


def _fresh() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Secrets:
    """Random for each run, handed over in the environment."""

    service: str = field(default_factory=_fresh, repr=False)
    api: str = field(default_factory=_fresh, repr=False)
    login: str = "bench@example.com"
    password: str = field(default_factory=_fresh, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The variables that licet.toml and the peer read."""
        return {
            "BENCH_SERVICE_SECRET": self.service,
            "BENCH_API_SECRET": self.api,
            "BENCH_CALLBACK": CALLBACK,
            "BENCH_LOGIN": self.login,
            "BENCH_PASSWORD": self.password,
        }


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    process: Process
    target: Target
    start_s: float
    """From the start of the process to its first 200 (W7), with keys and data already there."""
    version: str
    first_start_s: float | None = None
    """The same with nothing there, where that differs."""


class Contender(Protocol):
    """Something that can be started again and again; its constructor took ``(folder, secrets)``."""

    name: str
    folder: Path

    def start(self, core: int) -> Running:
        """Start a fresh server, with no data but its keys and settings."""
