"""The chain of events: each hash vouches for everything before it (I10)."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import GENESIS, Event, EventType, body, link

EVENTS = [Event(issuer_id=1, type=EventType.TOKEN_ISSUED, at=Instant(n), client=f"app{n}") for n in range(5)]


def head(events: list[Event], node: int = 0) -> bytes:
    """The last hash of a chain."""
    last = GENESIS
    for seq, event in enumerate(events, start=1):
        last = link(node, seq, last, body(event))
    return last


@pytest.mark.parametrize("place", range(len(EVENTS)))
def test_the_last_hash_vouches_for_every_event(place: int) -> None:
    """Whoever keeps the last hash elsewhere sees any change, also one whose own hash was made right again."""
    changed = [*EVENTS[:place], replace(EVENTS[place], client="another"), *EVENTS[place + 1 :]]
    dropped = [*EVENTS[:place], *EVENTS[place + 1 :]]
    assert len({head(EVENTS), head(changed), head(dropped)}) == 3


def test_order_and_node_count() -> None:
    assert len({head(EVENTS), head(EVENTS[::-1]), head(EVENTS, node=1)}) == 3
