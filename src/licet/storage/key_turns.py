"""A turn in the life of signing keys: several steps that happen together or not at all, and when a turn is lawful.

Every backend asks ``lawful`` inside the transaction that writes, so that a command line and a server, or two servers,
cannot both act on what they read before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from licet.events import Event
from licet.storage.records import Key


class KeyStep(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One key becomes *after*, only if it is in the state *before*; None: it is new."""

    before: str | None
    after: Key


class KeyTurn(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Steps of one issuer's keys, with their events."""

    issuer_id: int
    steps: tuple[KeyStep, ...]
    events: tuple[Event, ...]


_ONE_OF_EACH = ("pending", "active")


def lawful(present: Iterable[tuple[str, str, str, str]], steps: Iterable[KeyStep]) -> bool:
    """Whether *steps* fit what is *present* (kid, purpose, alg, state) of the issuer: every key is where its step begins,
    and afterwards at most one is pending and one is active for each purpose and algorithm."""
    after = {kid: (purpose, alg, state) for kid, purpose, alg, state in present}
    for step in steps:
        key = step.after
        if after.get(key.kid, (None, None, None))[2] != step.before:
            return False
        after[key.kid] = (key.purpose, key.alg, key.state)
    return all(count == 1 for count in Counter(one for one in after.values() if one[2] in _ONE_OF_EACH).values())
