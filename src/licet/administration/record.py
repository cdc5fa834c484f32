"""What is only looked at: keys, the record of events, and the tokens that let clients register themselves."""

from __future__ import annotations

from licet.administration import models, refusals, versions
from licet.administration.office import Call, Office
from licet.authorization_server.exchange import Answer, Json
from licet.events import Chained
from licet.storage.records import InitialToken, Key

_NAMED_BY = 12
"""Hexadecimal digits by which a token is named, as on the command line."""


async def keys(office: Office, call: Call) -> Answer:
    """List signing keys, by their ids."""
    after, limit = call.page()
    every = sorted(await office.store.keys.every(office.issuer_id), key=lambda key: key.kid)
    found = [key for key in every if key.kid > after]
    following = found[limit - 1].kid if len(found) > limit else None
    return Json(body=models.Page(items=[_key(key) for key in found[:limit]], next=following))


async def key(office: Office, call: Call) -> Answer:
    """Show a signing key."""
    call.only()
    every = await office.store.keys.every(office.issuer_id)
    found = next((one for one in every if one.kid == call.names[0]), None)
    if found is None:
        raise refusals.no_such_object()
    it = _key(found)
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


def _key(it: Key) -> models.Key:
    return models.Key(
        kid=it.kid,
        purpose=it.purpose,
        alg=it.alg,
        state=it.state,
        publish_at=models.when(it.publish_at),
        active_at=models.when(it.active_at),
        retire_at=models.maybe(it.retire_at),
        destroy_at=models.maybe(it.destroy_at),
        public_jwk=it.public_jwk,
    )


async def events(office: Office, call: Call) -> Answer:
    """List the record of events, newest first."""
    after, limit = call.page()
    found = await office.store.listing.events(office.issuer_id, _place(after), limit + 1)
    following = f"{found[limit - 1].node}.{found[limit - 1].seq}" if len(found) > limit else None
    return Json(body=models.Page(items=[_event(one) for one in found[:limit]], next=following))


def _place(after: str) -> tuple[int, int] | None:
    if not after:
        return None
    node, _, seq = after.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) < len(str(2**63)) for part in (node, seq)):
        raise refusals.malformed("after is what the page before said as next")
    return int(node), int(seq)


def _event(one: Chained) -> models.Event:
    it = one.event
    return models.Event(
        id=f"{one.node}.{one.seq}",
        at=models.when(it.at),
        type=it.type.value,
        actor=it.actor,
        subject=it.subject,
        client=it.client,
        object=it.object,
        grant=None if it.grant is None else str(it.grant),
        request_id=it.request_id,
        outcome=it.outcome,
        reason=it.reason,
        requirement=it.requirement,
        data=it.data,
        hash=one.hash.hex(),
    )


async def initial_tokens(office: Office, call: Call) -> Answer:
    """List the tokens that let clients register themselves; none is shown itself."""
    after, limit = call.page()
    every = sorted(await office.store.registrations.tokens(office.issuer_id), key=_name)
    found = [token for token in every if _name(token) > after]
    following = _name(found[limit - 1]) if len(found) > limit else None
    return Json(body=models.Page(items=[_token(token) for token in found[:limit]], next=following))


def _token(it: InitialToken) -> models.InitialToken:
    return models.InitialToken(
        id=_name(it),
        note=it.note,
        scope=list(it.policy.scope),
        uses_left=it.uses_left,
        created_at=models.when(it.created_at),
        expires_at=models.when(it.expires_at),
    )


def _name(it: InitialToken) -> str:
    return it.digest.hex()[-_NAMED_BY:]
