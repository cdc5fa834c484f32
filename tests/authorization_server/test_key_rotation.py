"""Keys in the hands of the schedule and of operators at once, over a real store: whatever anybody does, tokens stay good."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from licet.ambient import SECOND, Instant, SystemEntropy
from licet.authorization_server.key_rotation import KeyRotation
from licet.authorization_server.key_schedule import KeyLives, revoked
from licet.events import Event, EventType
from licet.storage.memory import MemoryStore
from licet.storage.records import Issuer, Key
from licet.storage.vault import MasterKeys, Vault

WANTED = (("access_token", "ES256"), ("id_token", "ES256"))
LIVES = KeyLives(rotation_s=1000, publish_ahead_s=100, cached_s=20, keep_after_s=60, destroy_after_s=40, hints_s=900)
VERIFYING = {"active", "retiring"}


@dataclass
class Clock:
    """Seconds that a test counts."""

    now_s: int = 1

    def now(self) -> Instant:
        return Instant(self.now_s * SECOND)


@dataclass
class Life:
    """A server that looks after its keys, and an operator."""

    rotation: KeyRotation
    clock: Clock
    signed_last: dict[str, int] = field(default_factory=dict)
    hurried: set[str] = field(default_factory=set)
    """Signs before everybody could know it, because somebody wanted it so, or nothing else was left."""

    async def keys(self) -> tuple[Key, ...]:
        return await self.rotation.store.keys.every(1)

    async def act(self, what: str) -> None:
        before = {key.kid for key in await self.keys() if key.state == "active"}
        if what == "rotate":
            await self.rotation.rotate(WANTED, at_once=False)
        elif what == "rotate --now":
            await self.rotation.rotate(WANTED[:1], at_once=True)
        elif what.startswith("revoke "):
            found = [key for key in await self.keys() if key.state == what.removeprefix("revoke ")]
            if found:
                assert await self.rotation.revoke(found[0].kid, "leaked") is not revoked(found[0])
        elif what == "look":
            await self.rotation.scheduled(frozenset(key.kid for key in await self.keys()))
        if what != "look":
            self.hurried |= {key.kid for key in await self.keys() if key.state == "active"} - before

    async def check(self) -> None:
        keys = {key.kid: key for key in await self.keys()}
        signing = [key for key in keys.values() if key.state == "active"]
        assert sorted((key.purpose, key.alg) for key in signing) == sorted(WANTED)
        for key in signing:
            if key.kid not in self.hurried:
                assert key.active_at - key.publish_at >= LIVES.publish_ahead_s * SECOND
        for kid, last_s in self.signed_last.items():
            if self.clock.now_s < last_s + LIVES.keep_after_s and not revoked(keys[kid]):
                assert keys[kid].state in VERIFYING
        for key in keys.values():
            assert (key.sealed is None) <= (key.state == "destroyed")
            assert not revoked(key) or key.sealed is None
        self.signed_last |= {key.kid: self.clock.now_s for key in signing}


ACTS = st.sampled_from((
    "look", "look", "look", "rotate", "rotate --now", "revoke active", "revoke pending", "revoke retiring", "revoke destroyed",
))  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 300), ACTS), min_size=5, max_size=40))
@settings(deadline=None, max_examples=60)
def test_whatever_anybody_does_somebody_signs_and_tokens_stay_good(acts: list[tuple[int, str]]) -> None:
    """One key signs for each purpose at every moment; without an emergency it was published long enough before; what it
    signed can be verified until it is over, unless the key was revoked."""

    async def live() -> None:
        entropy, clock, store = SystemEntropy(), Clock(), MemoryStore()
        vault = Vault(MasterKeys.parse(MasterKeys.generate(entropy)), entropy)
        await store.issuers.create(Issuer(issuer_id=1, url="https://id.example.com"), made(clock))
        rotation = KeyRotation(
            store=store, vault=vault, entropy=entropy, clock=clock, issuer_id=1, lives=LIVES, wanted=WANTED
        )
        life = Life(rotation, clock)
        await rotation.scheduled(frozenset())
        life.hurried = {key.kid for key in await life.keys()}
        for pause, what in acts:
            await life.check()
            clock.now_s += pause
            await life.act(what)
            await life.check()

    asyncio.run(live())


def made(clock: Clock) -> Event:
    return Event(issuer_id=1, type=EventType.ISSUER_CREATED, at=clock.now(), actor="operator", object="1")
