"""The one verb by which tokens become durable (house law 1): consume, store, record, all or nothing."""

from __future__ import annotations

from collections.abc import Callable

from licet.events import repeated
from licet.storage.ports import (
    AlreadyRedeemed,
    ConsumeCode,
    ConsumeDevice,
    Issuance,
    Outcome,
    Redeemed,
    Replayed,
    RotateFamily,
    Unknown,
)
from licet.storage.sqlite.endings import end_grant
from licet.storage.sqlite.once import BURN
from licet.storage.sqlite.tokens import ACCESS_TOKENS, FAMILIES, end_family
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.sqlite.writer import Work
from licet.storage.terms import CHALLENGE
from licet.storage.vouching import Vouching

# ?1 issuer, ?2 grant, ?3 client, ?4 instant: in every statement below.
LIVE = """
    EXISTS (SELECT 1 FROM grants AS g
            WHERE g.issuer_id = ?1 AND g.grant_id = ?2 AND g.revoked_at IS NULL AND g.expires_at > ?4
            AND NOT EXISTS (SELECT 1 FROM clients AS c WHERE c.issuer_id = ?1 AND c.client_id = ?3
                            AND (c.status <> 'active' OR c.epoch >= g.issued_at))
            AND NOT EXISTS (SELECT 1 FROM issuers WHERE issuers.issuer_id = ?1
                            AND (issuers.status <> 'active' OR issuers.epoch >= g.issued_at)))
"""
"""The grant has not ended, nor its client been disabled or its issuer ended everything since: judged again in the
statement that consumes."""

DISABLED = """
    SELECT 1 FROM clients WHERE issuer_id = ?1 AND client_id = ?2 AND status <> 'active'
    UNION ALL SELECT 1 FROM issuers WHERE issuer_id = ?1 AND (status <> 'active' OR epoch >= ?3)
"""
"""Where nothing is consumed, no such statement judges again."""

CONSUME_CODE = f"""
    UPDATE codes SET consumed_at = ?4, purge_at = max(purge_at, ?6)
    WHERE issuer_id = ?1 AND digest = ?5 AND grant_id = ?2 AND client_id = ?3
    AND consumed_at IS NULL AND expires_at > ?4 AND {LIVE}
"""  # noqa: S608
USED_CODE = """
    SELECT grant_id FROM codes WHERE issuer_id = ? AND digest = ? AND client_id = ? AND consumed_at IS NOT NULL
"""
CONSUME_DEVICE = f"""
    UPDATE pending SET state = 'consumed', consumed_at = ?4
    WHERE issuer_id = ?1 AND device_digest = ?5 AND grant_id = ?2 AND client_id = ?3
    AND state = 'approved' AND expires_at > ?4 AND {LIVE}
"""  # noqa: S608
USED_DEVICE = """
    SELECT grant_id FROM pending WHERE issuer_id = ? AND device_digest = ? AND client_id = ? AND state = 'consumed'
"""
OF_FAMILY = f"""
    WHERE issuer_id = ?1 AND handle = ?5 AND grant_id = ?2 AND client_id = ?3
    AND ended_at IS NULL AND idle_until > ?4 AND absolute_until > ?4 AND {LIVE}
"""
AT_HEAD = f"{OF_FAMILY} AND generation = ?6 AND current_digest = ?7"
ROTATE = f"""
    UPDATE families SET previous_digest = current_digest, current_digest = ?10, generation = generation + 1,
    successor_salt = ?11, replay_until = ?12, origin_hash = ?13, idle_until = ?8, purge_at = ?9 {AT_HEAD}
"""  # noqa: S608
REUSE = f"""
    UPDATE families SET successor_salt = NULL, replay_until = NULL, idle_until = ?8, purge_at = ?9 {AT_HEAD}
"""  # noqa: S608
RETRY = f"""
    UPDATE families SET replays = replays + 1, strayed = CASE WHEN origin_hash IS ?8 THEN strayed ELSE generation END
    {OF_FAMILY} AND generation = ?6 + 1 AND previous_digest = ?7
    AND successor_salt IS NOT NULL AND replay_until > ?4 AND (origin_hash IS ?8 OR strayed IS NOT generation - 1)
    RETURNING successor_salt, current_digest, generation, replay_until
"""  # noqa: S608
SUPERSEDED = """
    SELECT grant_id FROM families WHERE issuer_id = ? AND handle = ? AND client_id = ? AND current_digest <> ?
"""


def issuing(issuance: Issuance, vouching: Vouching) -> Work[Outcome]:
    """The issuance as one closure; rows and events are made here, once, on the event loop."""
    token = None if issuance.access_token is None else ACCESS_TOKENS.write(issuance.access_token, vouching)
    family = None if issuance.family is None else FAMILIES.write(issuance.family, vouching)
    line = entry(issuance.event)
    consume = _consuming(issuance)

    def work(tx: Tx) -> Outcome:
        outcome = consume(tx)
        if not isinstance(outcome, GOOD):
            return outcome
        if token is not None:
            tx.run(ACCESS_TOKENS.insert, token)
        if family is not None:
            tx.run(FAMILIES.insert, family)
        tx.record(line if outcome is _REDEEMED else entry(repeated(issuance.event)))
        return outcome

    return work


GOOD = (Redeemed, Replayed)
_REDEEMED, _UNKNOWN = Redeemed(), Unknown()

Consuming = Callable[[Tx], Outcome]
"""Use up what is to be used up, or say why not."""


def _consuming(issuance: Issuance) -> Consuming:
    match issuance.consumes:
        case None:
            return _unless_disabled(issuance)
        case ConsumeCode() as code:
            return _code(issuance, code)
        case ConsumeDevice() as device:
            return _device(issuance, device)
        case RotateFamily() as rotation:
            return _rotation(issuance, rotation)


def _unless_disabled(issuance: Issuance) -> Consuming:
    who = (issuance.issuer_id, issuance.client_id, issuance.at)
    return lambda tx: _UNKNOWN if tx.rows(DISABLED, who) else _REDEEMED


def _code(issuance: Issuance, code: ConsumeCode) -> Consuming:
    issuer_id, at = issuance.issuer_id, issuance.at
    consumes = (issuer_id, code.grant_id, code.client_id, at, code.digest, code.tombstone_until)

    def consume(tx: Tx) -> Outcome:
        if tx.run(CONSUME_CODE, consumes):
            if code.challenge_key is not None:
                tx.run(BURN, (issuer_id, CHALLENGE, code.challenge_key, code.tombstone_until, at))
            return _REDEEMED
        used = tx.rows(USED_CODE, (issuer_id, code.digest, code.client_id))
        if not used:
            return _UNKNOWN
        ((grant_id,),) = used
        if end_grant(tx, issuer_id, grant_id, at, _reason(issuance)):
            _tell_replayed(tx, issuance)
        return AlreadyRedeemed(grant_id)

    return consume


def _device(issuance: Issuance, device: ConsumeDevice) -> Consuming:
    consumes = (issuance.issuer_id, device.grant_id, device.client_id, issuance.at, device.device_digest)

    def consume(tx: Tx) -> Outcome:
        if tx.run(CONSUME_DEVICE, consumes):
            return _REDEEMED
        used = tx.rows(USED_DEVICE, (issuance.issuer_id, device.device_digest, device.client_id))
        return AlreadyRedeemed(*used[0]) if used else _UNKNOWN  # nothing ends: a device may ask twice (rulings A)

    return consume


def _rotation(issuance: Issuance, rotation: RotateFamily) -> Consuming:
    issuer_id, at = issuance.issuer_id, issuance.at
    head = (issuer_id, rotation.grant_id, rotation.client_id, at, rotation.handle, rotation.generation)
    lives = (rotation.presented, rotation.idle_until, rotation.purge_at)
    successor = (rotation.successor, rotation.salt, rotation.replay_until, rotation.origin)
    statement, consumes = (
        (REUSE, (*head, *lives)) if rotation.successor is None else (ROTATE, (*head, *lives, *successor))
    )

    def consume(tx: Tx) -> Outcome:
        if tx.run(statement, consumes):
            return _REDEEMED
        for salt, digest, generation, replay_until in tx.rows(RETRY, (*head, rotation.presented, rotation.origin)):
            return Replayed(salt=salt, head=digest, generation=generation, replay_until=replay_until)
        moved = tx.rows(SUPERSEDED, (issuer_id, rotation.handle, rotation.client_id, rotation.presented))
        if not moved:
            return _UNKNOWN
        if end_family(tx, issuer_id, rotation.handle, at, _reason(issuance)):
            _tell_replayed(tx, issuance)
        return AlreadyRedeemed(*moved[0])

    return consume


def _reason(issuance: Issuance) -> str:
    return issuance.replayed.reason or "replayed"


def _tell_replayed(tx: Tx, issuance: Issuance) -> None:
    """Encoded only now: it is almost never needed."""
    tx.record(entry(issuance.replayed))
    if issuance.revocation is not None:
        tx.feed(issuance.revocation)
