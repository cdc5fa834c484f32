"""The life of keys, lived through by the schedule alone, with pauses and jumps; with operators: ``test_key_rotation``."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from licet.ambient import SECOND, Instant
from licet.authorization_server.key_schedule import KeyLives, due, retiring
from licet.authorization_server.metadata import JWKS_S
from licet.authorization_server.settings import Settings
from licet.registration.api_section import LONGEST_TOKEN_S
from licet.storage.ending import FEED_KEEPS_S
from licet.storage.key_turns import KeyStep, lawful
from licet.storage.records import Key

WANTED = (("access_token", "ES256"), ("id_token", "RS256"))
LIVES = KeyLives(rotation_s=1000, publish_ahead_s=100, cached_s=20, keep_after_s=60, destroy_after_s=40, hints_s=900)
PUBLISHED, VERIFYING = {"pending", "active", "retiring"}, {"active", "retiring"}


def at(seconds: int) -> Instant:
    return Instant(seconds * SECOND)


@dataclass
class Life:
    """Keys in a store that nobody writes but by lawful turns."""

    keys: dict[str, Key] = field(default_factory=dict)
    now_s: int = 0

    def turn(self) -> None:
        now = at(self.now_s)
        shown = frozenset(self.keys)
        found = due(tuple(self.keys.values()), WANTED, LIVES, now, issuer_id=1, shown=shown)
        made = [KeyStep(before=None, after=replace(k, kid=f"{len(self.keys) + n}")) for n, k in enumerate(found.create)]
        steps = (*found.steps, *made)
        assert lawful(self.keys.values(), steps)
        self.keys.update({step.after.kid: step.after for step in steps})

    def of(self, state: str) -> list[Key]:
        return [key for key in self.keys.values() if key.state == state]


@given(st.lists(st.integers(1, 400), min_size=1, max_size=60))
@settings(deadline=None)
def test_no_gap_no_surprise_and_nothing_leaves_too_soon(pauses: list[int]) -> None:
    """However irregularly it is asked: somebody always signs, was published long enough before, stays published until
    what it signed is over, and is good for hints for long after its private half is gone."""
    life = Life()
    life.turn()
    first = set(life.keys)
    signed_last: dict[str, int] = {}
    for pause in pauses:
        signed_last.update({key.kid: life.now_s for key in life.of("active")})
        life.now_s += pause
        life.turn()
        signing = life.of("active")
        assert sorted((key.purpose, key.alg) for key in signing) == sorted(WANTED)
        for key in signing:
            if key.kid not in first:
                assert key.active_at - key.publish_at >= LIVES.publish_ahead_s * SECOND
        for kid, last_s in signed_last.items():
            key = life.keys[kid]
            if life.now_s < last_s + LIVES.keep_after_s:
                assert key.state in VERIFYING
            if key.state not in VERIFYING:
                assert key.hints_until is not None
                assert key.destroy_at is not None
                assert key.hints_until - key.destroy_at == LIVES.hints_s * SECOND


def test_a_life_in_order() -> None:
    """Each step at its time, and not a second before."""
    life = Life()
    life.turn()
    old = life.keys["0"]
    seen = []
    for life.now_s in range(1, 2300):
        life.turn()
        state = life.keys["0"].state
        if not seen or seen[-1][1] != state:
            seen.append((life.now_s, state))
    assert seen == [(1, "active"), (1000, "retiring"), (1060, "retired"), (1100, "destroyed")]
    assert life.keys["0"].hints_until == at(2000)
    successor = next(k for k in life.keys.values() if k.publish_at == at(900) and k.purpose == old.purpose)
    assert successor.active_at == at(1000)


def test_a_clock_that_is_set_forward_does_not_skip_publishing() -> None:
    """Wall time alone makes nobody sign: the process must have shown the key itself."""
    old = Key(
        issuer_id=1, kid="old", purpose="access_token", alg="ES256", state="active", public_jwk={}, sealed=b"s",
        publish_at=at(0), active_at=at(0),
    )  # fmt: skip
    new = replace(old, kid="new", state="pending", publish_at=at(900), active_at=at(1000))
    jumped = at(10_000_000)
    assert not due((old, new), WANTED[:1], LIVES, jumped, issuer_id=1, shown=frozenset()).steps
    steps = due((old, new), WANTED[:1], LIVES, jumped, issuer_id=1, shown=frozenset({"new"})).steps
    assert [(step.after.kid, step.after.state) for step in steps] == [("old", "retiring"), ("new", "active")]


def test_who_has_nothing_to_sign_with_does_not_wait() -> None:
    """A key that is published already signs at once; where there is none, one is made."""
    made = due((), WANTED, LIVES, at(5), issuer_id=1, shown=frozenset())
    assert [(key.purpose, key.alg, key.state) for key in made.create] == [(*one, "active") for one in WANTED]
    waiting = replace(made.create[0], kid="w", state="pending", active_at=at(99))
    (step,) = due((waiting,), WANTED[:1], LIVES, at(6), issuer_id=1, shown=frozenset()).steps
    assert (step.before, step.after.state, step.after.active_at) == (waiting, "active", at(6))


def test_the_defaults_agree_with_what_is_promised_elsewhere() -> None:
    """Caches, tokens and hints: each is outlived by what it relies on."""
    lives, tokens = KeyLives(), Settings().lifetimes
    assert lives.cached_s >= 2 * JWKS_S
    assert lives.publish_ahead_s >= lives.cached_s
    assert lives.rotation_s > 2 * lives.publish_ahead_s
    assert lives.keep_after_s > max(LONGEST_TOKEN_S, tokens.access_token_s, tokens.id_token_s) + 60
    assert lives.keep_after_s > FEED_KEEPS_S
    assert lives.hints_s >= 90 * 24 * 3600
    kept = retiring(due((), WANTED, lives, at(0), issuer_id=1, shown=frozenset()).create[0], lives, at(0))
    assert kept.hints_until is not None
    assert kept.destroy_at is not None
    assert kept.hints_until - kept.destroy_at >= 90 * 24 * 3600 * SECOND
