"""Addresses of a foreign client: which of them may come along, why the others may not, and what to write instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from licet.protocol import redirect_uri
from licet.registration.mistakes import shown

EXAMPLE = "https://app.example.com/callback"
"""Where nothing can be made of what there was."""

_LOOPBACK = ("http://127.0.0.1", "http://localhost", "http://[::1]")


@dataclass(frozen=True, slots=True)
class Sorted:
    """Addresses that are taken, and why the others are not."""

    good: tuple[str, ...]
    bad: tuple[tuple[str, str], ...]

    @property
    def wanted(self) -> tuple[str, ...]:
        """What to fill in for each that is not taken."""
        return tuple(dict.fromkeys(form(uri) for uri, _ in self.bad))

    def notes(self, word: str) -> list[str]:
        """A line for each that is not taken."""
        return [f"{word} {shown(uri)} {reason}" for uri, reason in self.bad]


def sort(uris: Iterable[str], *, native: bool, development: bool) -> Sorted:
    """Judge *uris* by the rules of the file; none is mended, because nobody said which address was meant."""
    good, bad = [], []
    for uri in uris:
        reason = redirect_uri.acceptable(uri, native=native, development=development)
        if reason is None:
            good.append(uri)
        else:
            bad.append((uri, reason))
    return Sorted(tuple(good), tuple(bad))


def is_loopback(uri: str) -> bool:
    """Whether *uri* is on the machine of whoever opens it."""
    return any(uri == begin or uri.startswith((f"{begin}:", f"{begin}/")) for begin in _LOOPBACK)


def form(uri: str) -> str:
    """One whole address of the shape of *uri*, for somebody to correct."""
    guess = uri.partition("#")[0].replace("://*.", "://app.").replace("://*", "://app.example.com")
    if guess.endswith("*"):
        guess = guess.rstrip("*").rstrip("/") + "/callback"
    guess = guess.replace("*", "")
    if guess.startswith("http://") and not is_loopback(guess):
        guess = "https://" + guess.removeprefix("http://")
    return guess if redirect_uri.acceptable(guess, native=True) is None else EXAMPLE
