"""From what was done to what may be claimed, in order; never more than was performed (rulings O, RFC 8176)."""

from __future__ import annotations

LEVELS: tuple[tuple[str, frozenset[str]], ...] = (("1", frozenset({"pwd"})),)
"""Each level and the methods (``amr``) that reach it, weakest first. A password alone is the lowest there is."""


def acr_of(amr: tuple[str, ...]) -> str:
    """The highest level that *amr* reaches, or an empty string: then no ``acr`` is claimed."""
    reached = [acr for acr, needed in LEVELS if needed <= set(amr)]
    return reached[-1] if reached else ""
