"""The one verb by which tokens become durable (house law 1): judge all of it, then do all of it."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import repeated
from licet.storage.memory.tokens import end_family
from licet.storage.memory.world import World
from licet.storage.ports import (
    AlreadyRedeemed,
    Conflict,
    ConsumeCode,
    Consumed,
    ConsumeDevice,
    Issuance,
    Outcome,
    Redeemed,
    Replayed,
    RotateFamily,
    Unknown,
)
from licet.storage.records import Family
from licet.storage.terms import CHALLENGE


def issue(world: World, issuance: Issuance) -> Outcome:
    """Consume, store, record; or classify why not."""
    consumed = issuance.consumes
    judged = _judge(world, issuance, consumed)
    if isinstance(judged, AlreadyRedeemed | Unknown):
        return judged
    _refuse_doubles(world, issuance)
    if isinstance(judged, Replayed) and isinstance(consumed, RotateFamily):
        _repeat(world, issuance, consumed)
    elif consumed is not None:
        _consume(world, issuance, consumed)
    if issuance.access_token is not None:
        world.access_tokens[issuance.issuer_id, issuance.access_token.digest] = issuance.access_token
    if issuance.family is not None:
        world.families[issuance.issuer_id, issuance.family.handle] = issuance.family
    world.record(issuance.event if judged is None else repeated(issuance.event))
    return judged or Redeemed()


def _refuse_doubles(world: World, issuance: Issuance) -> None:
    token, family = issuance.access_token, issuance.family
    if token is not None and (issuance.issuer_id, token.digest) in world.access_tokens:
        raise Conflict("access token")
    if family is not None and (issuance.issuer_id, family.handle) in world.families:
        raise Conflict("family")


def _judge(world: World, issuance: Issuance, consumed: Consumed | None) -> Replayed | AlreadyRedeemed | Unknown | None:
    """None if it is good, and new."""
    match consumed:
        case None:
            client = world.clients.get((issuance.issuer_id, issuance.client_id))
            disabled = client is not None and client.status != "active"
            return Unknown() if disabled or world.issuer_ended(issuance.issuer_id, issuance.at) else None
        case ConsumeCode():
            return _judge_code(world, issuance, consumed)
        case ConsumeDevice():
            return _judge_device(world, issuance, consumed)
        case RotateFamily():
            return _judge_rotation(world, issuance, consumed)


def _live(world: World, issuance: Issuance, consumed: Consumed) -> bool:
    """Whether the grant has not ended, nor its client been disabled or its issuer ended everything since."""
    grant = world.grants.get((issuance.issuer_id, consumed.grant_id))
    if grant is None or grant.revoked_at is not None or grant.expires_at <= issuance.at:
        return False
    if world.issuer_ended(grant.issuer_id, grant.issued_at):
        return False
    client = world.clients.get((issuance.issuer_id, consumed.client_id))
    return client is None or (client.status == "active" and client.epoch < grant.issued_at)


def _judge_code(world: World, issuance: Issuance, consumed: ConsumeCode) -> AlreadyRedeemed | Unknown | None:
    code = world.codes.get((issuance.issuer_id, consumed.digest))
    if code is None or code.client_id != consumed.client_id:
        return Unknown()
    if code.consumed_at is not None:
        if world.end_grant(issuance.issuer_id, code.grant_id, issuance.at, _reason(issuance)):
            _tell_replayed(world, issuance)
        return AlreadyRedeemed(code.grant_id)
    good = code.grant_id == consumed.grant_id and code.expires_at > issuance.at and _live(world, issuance, consumed)
    return None if good else Unknown()


def _judge_device(world: World, issuance: Issuance, consumed: ConsumeDevice) -> AlreadyRedeemed | Unknown | None:
    pending = world.pending.get((issuance.issuer_id, consumed.device_digest))
    if pending is None or pending.client_id != consumed.client_id:
        return Unknown()
    if pending.state == "consumed" and pending.grant_id is not None:
        return AlreadyRedeemed(pending.grant_id)
    approved = (pending.state, pending.grant_id) == ("approved", consumed.grant_id)
    good = approved and pending.expires_at > issuance.at and _live(world, issuance, consumed)
    return None if good else Unknown()


def _judge_rotation(
    world: World, issuance: Issuance, consumed: RotateFamily
) -> Replayed | AlreadyRedeemed | Unknown | None:
    family = world.families.get((issuance.issuer_id, consumed.handle))
    if family is None or family.client_id != consumed.client_id:
        return Unknown()
    if (retry := _retry(family, consumed, issuance.at)) is not None and _live(world, issuance, consumed):
        return retry
    if family.current_digest != consumed.presented:
        if end_family(world, issuance.issuer_id, consumed.handle, issuance.at, _reason(issuance)):
            _tell_replayed(world, issuance)
        return AlreadyRedeemed(family.grant_id)
    head = (family.generation, family.grant_id) == (consumed.generation, consumed.grant_id)
    alive = family.ended_at is None and min(family.idle_until, family.absolute_until) > issuance.at
    return None if head and alive and _live(world, issuance, consumed) else Unknown()


def _consume(world: World, issuance: Issuance, consumed: Consumed) -> None:
    """After ``_judge`` found it good."""
    issuer_id, at = issuance.issuer_id, issuance.at
    match consumed:
        case ConsumeCode():
            code = world.codes[issuer_id, consumed.digest]
            until = max(code.purge_at, consumed.tombstone_until)
            world.codes[issuer_id, consumed.digest] = replace(code, consumed_at=at, purge_at=until)
            if consumed.challenge_key is not None:
                key = (issuer_id, CHALLENGE, consumed.challenge_key)
                world.replay[key] = max(world.replay.get(key, until), consumed.tombstone_until)
        case ConsumeDevice():
            pending = world.pending[issuer_id, consumed.device_digest]
            done = replace(pending, state="consumed", consumed_at=at)
            world.pending[issuer_id, consumed.device_digest] = done
        case RotateFamily():
            world.families[issuer_id, consumed.handle] = _rotated(world.families[issuer_id, consumed.handle], consumed)


def _rotated(family: Family, rotation: RotateFamily) -> Family:
    family = replace(
        family,
        idle_until=rotation.idle_until,
        purge_at=rotation.purge_at,
        successor_salt=rotation.salt,
        replay_until=rotation.replay_until,
    )
    if rotation.successor is None:
        return replace(family, successor_salt=None, replay_until=None)
    return replace(
        family,
        previous_digest=family.current_digest,
        current_digest=rotation.successor,
        generation=family.generation + 1,
        origin_hash=rotation.origin,
    )


def _retry(family: Family, rotation: RotateFamily, at: Instant) -> Replayed | None:
    """What repeats the family's last rotation, if this is a retry of it and in time."""
    last = (family.generation, family.previous_digest, family.grant_id)
    if last != (rotation.generation + 1, rotation.presented, rotation.grant_id) or family.ended_at is not None:
        return None
    if family.successor_salt is None or family.replay_until is None:
        return None
    if min(family.replay_until, family.idle_until, family.absolute_until) <= at:
        return None
    if family.origin_hash != rotation.origin and family.strayed == family.generation - 1:
        return None
    return Replayed(
        salt=family.successor_salt,
        head=family.current_digest,
        generation=family.generation,
        replay_until=family.replay_until,
    )


def _repeat(world: World, issuance: Issuance, rotation: RotateFamily) -> None:
    """After ``_judge`` found it a retry."""
    family = world.families[issuance.issuer_id, rotation.handle]
    strayed = family.strayed if family.origin_hash == rotation.origin else family.generation
    world.families[issuance.issuer_id, rotation.handle] = replace(family, replays=family.replays + 1, strayed=strayed)


def _reason(issuance: Issuance) -> str:
    return issuance.replayed.reason or "replayed"


def _tell_replayed(world: World, issuance: Issuance) -> None:
    world.record(issuance.replayed)
    if issuance.revocation is not None:
        world.feed(issuance.revocation)
