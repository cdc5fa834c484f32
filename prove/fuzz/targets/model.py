"""What a target is: a reader, what it promises of any bytes, and examples to begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """Raises, whatever it is, for bytes of which the promise does not hold."""

    promise: Callable[[bytes], None]
    examples: tuple[bytes, ...]


def text(raw: bytes) -> str:
    """What a header or a form can bring: any character, no half ones."""
    return raw.decode("utf-8", "replace")
