"""From what was done to what may be claimed, in order; never more than was performed (rulings O, RFC 8176)."""

from __future__ import annotations

LEVELS: tuple[tuple[str, frozenset[str]], ...] = (("1", frozenset({"pwd"})),)
"""Each level and the methods (``amr``) that reach it, weakest first. A password alone is the lowest there is."""


def reached(amr: tuple[str, ...]) -> tuple[str, ...]:
    """Every level that *amr* reaches, weakest first."""
    return tuple(acr for acr, needed in LEVELS if needed <= set(amr))


def acr_of(amr: tuple[str, ...], wanted: tuple[str, ...] = ()) -> str:
    """What may be claimed of *amr*: the first of the *wanted* levels that was reached, else the highest; an empty
    string where none was, and then no ``acr`` is claimed."""
    levels = reached(amr)
    return next((acr for acr in wanted if acr in levels), levels[-1] if levels else "")


def attainable(wanted: tuple[str, ...]) -> bool:
    """Whether anything that can be done here reaches one of *wanted*."""
    return any(acr == level for acr in wanted for level, _ in LEVELS)
