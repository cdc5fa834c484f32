"""The record is held to docs/events.md, in every story that is told to a whole server."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from licet.events import Event, EventType, body

PAGE = Path(__file__).parents[1] / "docs" / "events.md"
ACTOR = re.compile(r"(client|subject):.+|operator|token|person|licet")
SECRET = re.compile(r"lct[a-z]{2,3}_[0-9A-Za-z]{49}|eyJ[\w-]+\.[\w-]+\.|\$argon2|correct horse|a secret of the tests")
"""What we make, what JWTs look like, and what the tests' people and apps prove themselves with."""


@cache
def promised() -> dict[EventType, tuple[str, ...]]:
    """What each type always has, as the page says it."""
    rows = re.findall(r"^\| `([a-z_.]+)` \| [^|]+ \| ([a-z_, ]+) \|$", PAGE.read_text(), re.MULTILINE)
    return {EventType(name): tuple(fields.split(", ")) for name, fields in rows}


def faults(events: Iterable[Event]) -> list[str]:
    """Where *events* break a promise."""
    found = []
    for event in events:
        lacks = [field for field in promised()[event.type] if getattr(event, field) in (None, "", {})]
        if lacks:
            found.append(f"{event.type.value} lacks {', '.join(lacks)}")
        if not ACTOR.fullmatch(event.actor):
            found.append(f"{event.type.value} has the actor {event.actor!r}")
        if event.outcome not in ("done", "refused"):
            found.append(f"{event.type.value} has the outcome {event.outcome!r}")
        if (leak := SECRET.search(body(event).decode())) is not None:
            found.append(f"{event.type.value} tells a secret: {leak[0][:8]}…")
    return found
