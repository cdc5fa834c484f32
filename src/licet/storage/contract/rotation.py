"""Refresh token families: one head, moved by compare-and-swap; what was superseded ends all of it (I2)."""

from __future__ import annotations

from asyncio import gather
from typing import Any

import pytest
from msgspec.structs import replace

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import AlreadyRedeemed, FoundFamily, Redeemed, Replayed, RotateFamily, Store, Unknown
from licet.storage.records import Family


async def _found(store: Store, family: Family) -> FoundFamily:
    found = await store.families.find(family.issuer_id, family.handle)
    assert found is not None
    return found


class Rotation:
    """``issue`` with a refresh token; ``families``."""

    async def test_each_rotation_moves_the_head(self, store: Store) -> None:
        _, family = await a.refreshable(store)
        for generation in range(3):
            assert await store.issue(a.issuance(a.rotate(family, generation))) == Redeemed()
        found = (await _found(store, family)).family
        assert (found.generation, found.current_digest) == (3, a.digest("family 3"))
        assert found.previous_digest == a.digest("family 2")
        assert found.idle_until == after(2 * a.HOUR_S)
        assert found.ended_at is None

    async def test_a_superseded_token_ends_family_and_grant_once(self, store: Store) -> None:
        grant, family = await a.refreshable(store)
        await store.issue(a.issuance(a.rotate(family, 0)))
        for _ in range(3):
            again = a.issuance(a.rotate(family, 0), token=a.access_token("loot", grant))
            assert await store.issue(again) == AlreadyRedeemed(grant.grant_id)
        found = await _found(store, family)
        assert (found.family.ended_at, found.family.replays) == (AT, 3)
        assert found.standing.grant.revoked_at == AT
        assert await a.recorded(store, EventType.REFRESH_REUSED) == 1
        assert len(await store.revocations.since(ISSUER, 0, 10)) == 1
        assert await store.access_tokens.find(ISSUER, a.digest("loot")) is None
        assert await store.issue(a.issuance(a.rotate(family, 1))) == Unknown()  # its head is dead with it

    async def test_a_secret_that_never_was_the_head_is_reuse(self, store: Store) -> None:
        """A good handle with an unknown secret: somebody holds part of a token."""
        grant, family = await a.refreshable(store)
        guess = a.rotate(family, 0, presented=a.digest("guess"))
        assert await store.issue(a.issuance(guess)) == AlreadyRedeemed(grant.grant_id)
        assert (await _found(store, family)).family.ended_at == AT

    async def test_parallel_rotations_have_one_winner(self, store: Store) -> None:
        grant, family = await a.refreshable(store)
        attempts = [a.rotate(family, 0, successor=True, idle_until=after(n)) for n in range(100, 200)]
        outcomes = await gather(*(store.issue(a.issuance(attempt)) for attempt in attempts))
        assert outcomes.count(Redeemed()) == 1
        assert outcomes.count(AlreadyRedeemed(grant.grant_id)) == 99
        assert await a.recorded(store, EventType.REFRESH_REUSED) == 1

    async def test_without_rotation_the_same_token_stays_good(self, store: Store) -> None:
        _, family = await a.refreshable(store)
        outcomes = await gather(*(store.issue(a.issuance(a.rotate(family, 0, successor=False))) for _ in range(20)))
        assert outcomes.count(Redeemed()) == 20
        found = (await _found(store, family)).family
        assert (found.generation, found.current_digest) == (0, family.current_digest)
        assert found.idle_until == after(2 * a.HOUR_S)

    @pytest.mark.parametrize("successor", [True, False])
    async def test_another_clients_attempt_at_a_family_changes_nothing(self, store: Store, *, successor: bool) -> None:
        _, family = await a.refreshable(store)
        for stolen in (a.rotate(family, 0, successor), a.rotate(family, 7, successor)):
            theirs = a.issuance(replace(stolen, client_id="thief"))
            assert await store.issue(theirs) == Unknown()
        assert (await _found(store, family)).family == family

    @pytest.mark.parametrize("limit", ["idle_until", "absolute_until"])
    @pytest.mark.parametrize("successor", [True, False])
    async def test_it_is_good_until_the_very_instant_it_expires(
        self, store: Store, limit: str, *, successor: bool
    ) -> None:
        grant, code = await a.concluded(store)
        family = replace(a.family(grant), **{limit: after(50)})
        await store.issue(a.issuance(a.consume_code(code), family=family))
        last = after(50 - 0.000_001)
        assert await store.issue(a.issuance(a.rotate(family, 0, successor), at=after(50))) == Unknown()
        assert await store.issue(a.issuance(a.rotate(family, 0, successor), at=last)) == Redeemed()

    async def test_a_family_whose_grant_ended_buys_nothing(self, store: Store) -> None:
        grant, family = await a.refreshable(store)
        await store.grants.end(a.ending("grant", grant.handle), grant.grant_id)
        assert await store.issue(a.issuance(a.rotate(family, 0))) == Unknown()
        assert (await _found(store, family)).family.ended_at == AT

    async def test_the_predecessor_may_repeat_until_the_successor_is_used(self, store: Store) -> None:
        """Rulings F: the salt comes back, the token is stored, and nothing else of the family changes."""
        grant, family = await a.refreshable(store)
        await store.issue(a.issuance(_repeatable(family, 0)))
        before = (await _found(store, family)).family
        for n in (1, 2):
            token = a.access_token(f"again {n}", grant)
            again = a.issuance(_repeatable(family, 0), token=token, at=after(10))
            assert await store.issue(again) == Replayed(
                salt=b"salt 1", head=before.current_digest, generation=1, replay_until=after(60)
            )
            assert await store.access_tokens.find(ISSUER, token.digest) is not None
            assert (await _found(store, family)).family == replace(before, replays=n)
        assert await a.recorded(store, EventType.REFRESH_REPLAYED) == 2
        assert await store.issue(a.issuance(_repeatable(family, 1), at=after(11))) == Redeemed()
        assert await store.issue(a.issuance(_repeatable(family, 0), at=after(12))) == AlreadyRedeemed(grant.grant_id)
        found = (await _found(store, family)).family
        assert (found.ended_at, found.successor_salt) == (after(12), None)

    async def test_a_retry_is_good_until_its_very_instant(self, store: Store) -> None:
        grant, family = await a.refreshable(store)
        await store.issue(a.issuance(_repeatable(family, 0)))
        last = after(60 - 0.000_001)
        assert isinstance(await store.issue(a.issuance(_repeatable(family, 0), at=last)), Replayed)
        assert await store.issue(a.issuance(_repeatable(family, 0), at=after(60))) == AlreadyRedeemed(grant.grant_id)

    async def test_two_generations_repeated_from_elsewhere_end_the_family(self, store: Store) -> None:
        _, family = await a.refreshable(store)
        for generation in (0, 1):
            await store.issue(a.issuance(_repeatable(family, generation)))
            outcome = await store.issue(a.issuance(_repeatable(family, generation, origin=b"elsewhere")))
            assert isinstance(outcome, AlreadyRedeemed if generation else Replayed)
        assert (await _found(store, family)).standing.grant.revoked_at == AT

    async def test_a_crowd_with_one_head_gets_one_successor(self, store: Store) -> None:
        _, family = await a.refreshable(store)
        attempts = [_repeatable(family, 0, successor=a.digest(f"s{n}"), salt=b"s%d" % n) for n in range(100)]
        outcomes = await gather(*(store.issue(a.issuance(attempt)) for attempt in attempts))
        assert outcomes.count(Redeemed()) == 1
        assert len({one.salt for one in outcomes if isinstance(one, Replayed)}) == 1
        assert (await _found(store, family)).family.replays == 99

    async def test_a_purge_erases_the_salt_and_no_more(self, store: Store) -> None:
        _, family = await a.refreshable(store)
        await store.issue(a.issuance(_repeatable(family, 0)))
        before = (await _found(store, family)).family
        await store.purge(after(60 - 0.000_001), 100)
        assert (await _found(store, family)).family == before
        assert await store.purge(after(60), 100) == 1
        assert (await _found(store, family)).family == replace(before, successor_salt=None, replay_until=None)

    async def test_reused_ends_once_and_then_counts(self, store: Store) -> None:
        grant, family = await a.refreshable(store)
        ending = a.ending("grant", grant.handle)
        assert [await store.families.reused(ending, family.handle) for _ in range(3)] == [True, False, False]
        found = await _found(store, family)
        assert (found.family.replays, found.family.ended_at, found.family.why) == (3, AT, "test")
        assert found.standing.grant.revoked_at == AT
        assert await a.recorded(store, EventType.GRANT_ENDED) == 1
        assert not await store.families.reused(ending, a.digest("no family"))

    async def test_issuers_do_not_see_one_anothers_families(self, store: Store) -> None:
        _, family = await a.refreshable(store)
        assert await store.families.find(2, family.handle) is None
        assert await store.issue(a.issuance(a.rotate(family, 0), issuer_id=2)) == Unknown()
        assert not await store.families.reused(a.ending("grant", "x", issuer_id=2), family.handle)
        assert (await _found(store, family)).family == family


def _repeatable(family: Family, generation: int, **changes: Any) -> RotateFamily:
    """A rotation that may be repeated for a minute."""
    rotation = a.rotate(family, generation, salt=b"salt %d" % (generation + 1), replay_until=after(60), origin=b"here")
    return replace(rotation, **changes)
