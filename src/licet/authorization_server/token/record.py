"""What is written down of an issuance, and of a replay that ends what it bought."""

from __future__ import annotations

from licet.ambient import Instant
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.token.audience import Target
from licet.authorization_server.token.authorization import Authorization
from licet.events import Event, EventType
from licet.requirements import CODE_REPLAY_ENDS_GRANT, REFRESH_REUSE_DETECTED
from licet.storage.ending import line
from licet.storage.ports import RotateFamily
from licet.storage.records import Revocation


def record(authorization: Authorization, aim: Target, jti: str, incoming: Incoming) -> Event:
    """Tokens were issued."""
    standing = authorization.standing
    return Event(
        issuer_id=authorization.issuer.issuer_id,
        type=EventType.TOKEN_REFRESHED if authorization.rotating else EventType.TOKEN_ISSUED,
        at=incoming.at,
        actor=f"client:{authorization.client.client_id}",
        subject=standing.grant.subject_id if standing else "",
        client=authorization.client.client_id,
        object=jti,
        grant=standing.grant.grant_id if standing else None,
        request_id=incoming.request_id,
        data={"aud": aim.aud, "scope": aim.scope},
    )


def replay_record(authorization: Authorization, incoming: Incoming) -> Event:
    """Something was used a second time, and what it bought ends (rulings A)."""
    standing = authorization.standing
    refresh = isinstance(authorization.consumes, RotateFamily)
    return Event(
        issuer_id=authorization.issuer.issuer_id,
        type=EventType.REFRESH_REUSED if refresh else EventType.CODE_REPLAYED,
        at=incoming.at,
        actor=f"client:{authorization.client.client_id}",
        subject=standing.grant.subject_id if standing else "",
        client=authorization.client.client_id,
        grant=standing.grant.grant_id if standing else None,
        request_id=incoming.request_id,
        outcome="refused",
        reason="refresh token reused" if refresh else "code replayed",
        requirement=(REFRESH_REUSE_DETECTED if refresh else CODE_REPLAY_ENDS_GRANT).id,
    )


def revocation_of(authorization: Authorization, now: Instant) -> Revocation | None:
    """The feed's line for the end of the grant, written if this turns out to be a replay."""
    standing = authorization.standing
    if standing is None:
        return None
    return line(authorization.issuer.issuer_id, "grant", standing.grant.handle, now, "replayed")
