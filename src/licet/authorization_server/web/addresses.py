"""What an issuer's address says about the requests it gets: which Host, below which path."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}


def hosts(issuer: str) -> frozenset[str]:
    """The Host headers of requests to *issuer*: with and without its port where that is the scheme's own."""
    parts = urlsplit(issuer)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    default = _DEFAULT_PORTS.get(parts.scheme)
    port = parts.port or default
    named = f"{name}:{port}"
    return frozenset({name, named}) if port == default else frozenset({named})


def base(issuer: str) -> str:
    """The path of *issuer* without a slash at its end: ``""``, ``"/tenant"``."""
    return urlsplit(issuer).path.rstrip("/")
