"""Controls: readers with a planted fault. A fuzzer that does not find these finds nothing."""

from __future__ import annotations

from prove.fuzz.targets import words
from prove.fuzz.targets.model import Target


def one_byte_at_a_time(raw: bytes) -> None:
    """One in two to the fortieth for who guesses; five small steps for who sees how far each input came."""
    for place, letter in enumerate(b"licet"):
        if raw[place : place + 1] != bytes([letter]):
            return
    raise ValueError("the planted fault")


def lenient_scope(raw: bytes) -> None:
    """A reader that trims white space, held to the promise of ours."""
    words.words(raw, parse=lambda text: tuple(dict.fromkeys(text.split())))


TARGETS = {
    "planted_branches": Target(one_byte_at_a_time, (b"seeds",)),
    "planted_scope": Target(lenient_scope, (b"openid profile", b"read write")),
}
