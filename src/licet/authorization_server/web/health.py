"""``/healthz`` and ``/readyz``: for the probes of whoever keeps the process running.

At the listener's root and for every Host: probes use addresses. They learn one word and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from licet.authorization_server.web.replies import Reply

ALIVE: Final = "/healthz"
READY: Final = "/readyz"

_PATIENCE_S: Final = 2.0
"""A store that needs longer to answer is not ready."""

Check = Callable[[], Awaitable[bool]]


class Health:
    """Knows whether requests may be sent here. *ready* says whether the store takes writes and keys are loaded."""

    def __init__(self, ready: Check | None = None) -> None:
        self._ready = ready
        self.draining = False

    def asked(self, path: str) -> bool:
        """Whether *path* is a probe."""
        return path in {ALIVE, READY}

    async def reply(self, path: str, method: str) -> Reply:
        """Answer a probe."""
        if method not in {"GET", "HEAD"}:
            return _word(405, b"GET only\n")
        if path == ALIVE or await self.ready():
            return _word(200, b"ok\n")
        return _word(503, b"draining\n" if self.draining else b"not ready\n")

    async def ready(self) -> bool:
        """Whether new requests are welcome. A check that fails in any way is a no."""
        if self.draining:
            return False
        if self._ready is None:
            return True
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await self._ready()
        except Exception:  # noqa: BLE001 - whatever is wrong, the answer is no
            return False


def _word(status: int, body: bytes) -> Reply:
    lines = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"content-length", b"%d" % len(body)),
    ]
    return Reply(status, lines, body)
