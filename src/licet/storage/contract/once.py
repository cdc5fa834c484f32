"""Things seen once, and buckets of guesses: atomic, however many try at once."""

from __future__ import annotations

from asyncio import gather

from licet.ambient import SECOND, Instant
from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Store

COST, BURST = 60 * SECOND, 300 * SECOND
"""Five tries at once, then one a minute."""


class Once:
    """``replay`` and ``throttles``."""

    async def test_an_assertion_burns_once(self, store: Store) -> None:
        told = a.event(EventType.ASSERTION_USED)
        burns = [store.replay.burn(ISSUER, "assertion", b"jti", AT, after(60), told) for _ in range(200)]
        burnt = await gather(*burns)
        assert burnt.count(True) == 1
        assert await a.recorded(store, EventType.ASSERTION_USED) == 1
        assert await store.replay.seen(ISSUER, "assertion", b"jti", AT)
        assert not await store.replay.seen(ISSUER, "dpop", b"jti", AT)
        assert not await store.replay.seen(2, "assertion", b"jti", AT)

    async def test_it_may_burn_again_when_it_has_expired(self, store: Store) -> None:
        async def burn(at: Instant, until: Instant) -> bool:
            return await store.replay.burn(ISSUER, "assertion", b"jti", at, until, a.event())

        assert await burn(AT, after(60))
        assert not await burn(after(60 - 0.000_001), after(120))
        assert not await store.replay.seen(ISSUER, "assertion", b"jti", after(60))
        assert await burn(after(60), after(120))
        assert await store.replay.seen(ISSUER, "assertion", b"jti", after(119))

    async def test_parallel_guesses_share_no_slot(self, store: Store) -> None:
        async def spend(at: Instant) -> Instant | None:
            return await store.throttles.spend(ISSUER, b"anna", at, COST, BURST)

        spent = await gather(*(spend(AT) for _ in range(50)))
        assert spent.count(None) == 5
        assert set(spent) == {None, after(60)}
        assert await spend(after(59.999_999)) == after(60)
        assert await spend(after(60)) is None
        assert await spend(after(60)) == after(120)
        assert [await spend(after(100_000)) for _ in range(6)] == [None] * 5 + [after(100_060)]

    async def test_a_refund_gives_the_slot_back(self, store: Store) -> None:
        for _ in range(5):
            assert await store.throttles.spend(ISSUER, b"anna", AT, COST, BURST) is None
        await store.throttles.refund(ISSUER, b"anna", COST)
        await store.throttles.refund(ISSUER, b"nobody", COST)
        assert await store.throttles.spend(ISSUER, b"anna", AT, COST, BURST) is None
        assert await store.throttles.spend(ISSUER, b"anna", AT, COST, BURST) is not None

    async def test_buckets_are_apart(self, store: Store) -> None:
        for _ in range(5):
            await store.throttles.spend(ISSUER, b"anna", AT, COST, BURST)
        assert await store.throttles.spend(ISSUER, b"berta", AT, COST, BURST) is None
        assert await store.throttles.spend(2, b"anna", AT, COST, BURST) is None
