"""The clock and the dice: the only file that reads the time or the random source.

Everything else takes an ``Instant`` or an ``Entropy`` as an argument, so a test holds both.
"""

from __future__ import annotations

import secrets
import time
from typing import NewType, Protocol

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01 UTC."""

SECOND = 1_000_000
"""One second, in the unit of ``Instant``."""


class Clock(Protocol):
    """Tells the time; never goes behind an instant it has told before."""

    def now(self) -> Instant: ...


class Entropy(Protocol):
    """Unpredictable bytes."""

    def bytes(self, count: int) -> bytes: ...


class SystemClock:
    """The machine's wall clock, held still while the machine's goes backwards."""

    def __init__(self, not_before: Instant = Instant(0)) -> None:
        self._last = not_before

    def now(self) -> Instant:
        self._last = Instant(max(self._last, time.time_ns() // 1000))
        return self._last

    def not_before(self, instant: Instant) -> None:
        """Never tell an earlier time than *instant* (the latest one the store remembers)."""
        self._last = Instant(max(self._last, instant))


class SystemEntropy:
    """The operating system's random source."""

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)


def monotonic() -> float:
    """Seconds on a clock that only measures intervals: deadlines and progress, never expiry."""
    return time.monotonic()
