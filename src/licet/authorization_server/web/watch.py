"""One timer for all connections.

A timer for each request costs more than reading it does. Here one looks at every connection a few times within the
shortest limit: late by a fraction, and nearly free.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from licet.ambient import monotonic

_LOOKS: Final = 10
_SELDOMEST_S: Final = 1.0


class Watched(Protocol):
    """Something that knows how long it has waited for what."""

    def look(self, now: float) -> None: ...


class Watch:
    """Looks at all that has begun and not ended."""

    def __init__(self, shortest_s: float) -> None:
        """*shortest_s* is the shortest limit that anything watched may have."""
        self._every_s = min(shortest_s / _LOOKS, _SELDOMEST_S)
        self._watched: set[Watched] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, loop: asyncio.AbstractEventLoop, watched: Watched) -> None:
        self._watched.add(watched)
        if self._timer is None:
            self._timer = loop.call_later(self._every_s, self._look, loop)

    def end(self, watched: Watched) -> None:
        self._watched.discard(watched)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(self._every_s, self._look, loop) if self._watched else None
        now = monotonic()
        for each in tuple(self._watched):
            each.look(now)
