"""When a signing key is published, signs, leaves and is destroyed. Pure: rows and a time in, what is due out.

``pending → active → retiring → retired → destroyed``. A pending key is published but signs nothing, so that whoever keeps
our keys for a while knows it before its first signature. A retiring one signs nothing any more and stays published until
the last token it signed is over. A retired one is good for hints only; a destroyed one too, by its public half alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec.structs import replace

from licet.ambient import SECOND, Instant
from licet.storage.key_turns import KeyStep
from licet.storage.records import Key

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLives:
    """How long a key is what. Seconds, all of them."""

    rotation_s: int = 90 * _DAY_S
    """How long a key signs."""
    publish_ahead_s: int = _DAY_S
    """From its publication to its first signature: longer than anybody should keep our keys without asking again."""
    cached_s: int = 600
    """How long one process must itself have shown a key, by a clock that does not jump: twice what the JWKS may be
    kept. A wall clock that is set forward must not shorten it."""
    keep_after_s: int = _DAY_S + 600
    """From its last signature until it is retired: the longest life that a token may have, and skew."""
    destroy_after_s: int = 7 * _DAY_S
    """From then until the private key is erased: time to notice a clock that was wrong."""
    hints_s: int = 90 * _DAY_S
    """From then until its public half is no longer good for an ``id_token_hint`` either (rulings S)."""


class Due(msgspec.Struct, frozen=True, gc=False):
    """What is to be done now."""

    create: tuple[Key, ...]
    """Keys to be made: they have no ``kid`` and no key material yet."""
    steps: tuple[KeyStep, ...]

    def __bool__(self) -> bool:
        return bool(self.create or self.steps)


def due(
    keys: Sequence[Key],
    wanted: Sequence[tuple[str, str]],
    lives: KeyLives,
    now: Instant,
    *,
    issuer_id: int,
    shown: frozenset[str],
) -> Due:
    """What *keys* need now so that each of the *wanted* (purpose, algorithm) goes on signing.

    *shown* are the kids that this process has published for ``cached_s``: only these may begin to sign, unless there is
    nothing else to sign with.
    """
    create: list[Key] = []
    steps = [step for key in keys if (step := _aged(key, now)) is not None]
    for purpose, alg in wanted:
        mine = [key for key in keys if (key.purpose, key.alg) == (purpose, alg)]
        active, pending = in_state(mine, "active"), in_state(mine, "pending")
        if active is None and pending is None:
            create.append(blank(issuer_id, purpose, alg, "active", now, now))
        elif active is None and pending is not None:
            steps += turned(None, pending, lives, now)
        elif active is not None and pending is None:
            signs_at = Instant(max(active.active_at + lives.rotation_s * SECOND, _ahead(now, lives)))
            if signs_at <= _ahead(now, lives):
                create.append(blank(issuer_id, purpose, alg, "pending", now, signs_at))
        elif pending is not None and _ripe(pending, lives, now) and pending.kid in shown:
            steps += turned(active, pending, lives, now)
    return Due(tuple(create), tuple(steps))


def turned(active: Key | None, pending: Key, lives: KeyLives, now: Instant) -> list[KeyStep]:
    """*pending* signs from now on, and *active* no longer."""
    begun = KeyStep(before=pending, after=replace(pending, state="active", active_at=now))
    return [begun] if active is None else [KeyStep(before=active, after=retiring(active, lives, now)), begun]


def retiring(key: Key, lives: KeyLives, now: Instant) -> Key:
    """*key* after its last signature, with all that will become of it."""
    retire_at = now + lives.keep_after_s * SECOND
    destroy_at = retire_at + lives.destroy_after_s * SECOND
    return replace(
        key,
        state="retiring",
        retire_at=Instant(retire_at),
        destroy_at=Instant(destroy_at),
        hints_until=Instant(destroy_at + lives.hints_s * SECOND),
    )


def blank(issuer_id: int, purpose: str, alg: str, state: str, now: Instant, active_at: Instant) -> Key:
    """A key that is still to be made."""
    return msgspec.convert(
        {
            "issuer_id": issuer_id,
            "kid": "",
            "purpose": purpose,
            "alg": alg,
            "state": state,
            "public_jwk": {},
            "sealed": None,
            "publish_at": now,
            "active_at": active_at,
        },
        Key,
    )


def in_state(keys: Sequence[Key], state: str) -> Key | None:
    """The first of *keys* that is in *state*."""
    return next((key for key in keys if key.state == state), None)


def revoked(key: Key) -> bool:
    """Whether *key* was revoked: destroyed, and good for no hint."""
    return key.state == "destroyed" and key.hints_until is None


def _ahead(now: Instant, lives: KeyLives) -> Instant:
    return Instant(now + lives.publish_ahead_s * SECOND)


def _ripe(pending: Key, lives: KeyLives, now: Instant) -> bool:
    return now >= max(pending.active_at, _ahead(pending.publish_at, lives))


def _aged(key: Key, now: Instant) -> KeyStep | None:
    """The one step that time alone brings: a key that is behind goes one step a turn."""
    if key.state == "retiring" and key.retire_at is not None and now >= key.retire_at:
        return KeyStep(before=key, after=replace(key, state="retired"))
    if key.state == "retired" and key.destroy_at is not None and now >= key.destroy_at:
        hints_until = None if key.hints_until is None else Instant(key.hints_until + now - key.destroy_at)
        destroyed = replace(key, state="destroyed", sealed=None, destroy_at=now, hints_until=hints_until)
        return KeyStep(before=key, after=destroyed)
    if key.state == "destroyed" and key.sealed is not None and key.hints_until is not None and now >= key.hints_until:
        return KeyStep(before=key, after=replace(key, sealed=None))
    return None
