"""The end of something, said once for all three who must hear it: the store, the feed and the record (rulings J)."""

from __future__ import annotations

from typing import Literal

from licet.ambient import SECOND, Instant
from licet.events import Event, EventType
from licet.storage.ports import Ending
from licet.storage.records import Revocation

FEED_KEEPS_S = 24 * 3600
"""How long the feed says that something ended: longer than any access token lives."""

Ended = Literal["jti", "grant", "session", "client", "subject", "key", "all"]


def line(
    issuer_id: int,
    kind: Ended,
    key: str,
    at: Instant,
    cause: str,
    until: Instant | None = None,
    aud: tuple[str, ...] | None = None,
) -> Revocation:
    """A line of the feed, kept until *until* or for as long as any token may live, for the APIs *aud* or for all."""
    keeps = until or Instant(at + FEED_KEEPS_S * SECOND)
    return Revocation(issuer_id=issuer_id, kind=kind, key=key, at=at, cause=cause, purge_at=keeps, aud=aud)


def ending(
    issuer_id: int,
    kind: Ended,
    key: str,
    *,
    at: Instant,
    cause: str,
    event: EventType,
    actor: str,
    subject: str = "",
    client: str = "",
    about: str = "",
    grant: int | None = None,
    request_id: str = "",
    outcome: str = "done",
    requirement: str = "",
    until: Instant | None = None,
    aud: tuple[str, ...] | None = None,
) -> Ending:
    """Everything that is written when *key*, a thing of *kind*, ends because of *cause*."""
    return Ending(
        issuer_id=issuer_id,
        at=at,
        reason=cause,
        revocation=line(issuer_id, kind, key, at, cause, until, aud),
        event=Event(
            issuer_id=issuer_id,
            type=event,
            at=at,
            actor=actor,
            subject=subject,
            client=client,
            object=about,
            grant=grant,
            request_id=request_id,
            outcome=outcome,
            reason=cause,
            requirement=requirement,
        ),
    )
