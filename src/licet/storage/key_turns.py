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
    """One key becomes *after*, only if it is still as it was *before*; None: it is new."""

    before: Key | None
    after: Key


class KeyTurn(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Steps of one issuer's keys, with their events."""

    issuer_id: int
    steps: tuple[KeyStep, ...]
    events: tuple[Event, ...]


_ONE_OF_EACH = ("pending", "active")


def lawful(present: Iterable[Key], steps: Iterable[KeyStep]) -> bool:
    """Whether *steps* fit the keys that are *present* of the issuer: each is as its step begins, whole and not in its state
    alone (a key that was revoked when it was destroyed already must not be sealed anew by who read it before), and
    afterwards at most one is pending and one is active for each purpose and algorithm."""
    after = {key.kid: key for key in present}
    for step in steps:
        if after.get(step.after.kid) != step.before:
            return False
        after[step.after.kid] = step.after
    once = Counter((key.purpose, key.alg, key.state) for key in after.values() if key.state in _ONE_OF_EACH)
    return all(count == 1 for count in once.values())
