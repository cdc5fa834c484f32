"""The record: chained, read back as it was written; refusals, ids, and what is purged when."""

from __future__ import annotations

from asyncio import gather
from itertools import pairwise

import pytest

from licet.ambient import Instant
from licet.events import GENESIS, EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import AlreadyRedeemed, Store


class Journal:
    """``events``, ``refusals``, ``next_id``, ``latest``, ``purge``."""

    async def tamper(self, store: Store, seq: int) -> None:
        """Change a stored event behind the store's back; a backend's own test says how."""
        pytest.skip("this backend does not say how to tamper with it")

    async def test_events_come_back_in_order_and_chained(self, store: Store) -> None:
        told = [a.event(EventType.SIGN_IN_FAILED, at=after(n), data={"n": [n, None, "ü"]}) for n in range(30)]
        await gather(*map(store.events.record, told))
        links = await store.events.tail(ISSUER, 10)
        assert [link.seq for link in links] == list(range(21, 31))
        assert all(link.prev_hash == before.hash for before, link in pairwise(links))
        every = await store.events.tail(ISSUER, 99)
        assert every[0].prev_hash == GENESIS
        assert sorted((link.event for link in every), key=lambda event: event.at) == told
        assert await store.events.verify() is None

    async def test_tampering_is_found(self, store: Store) -> None:
        for n in range(9):
            await store.events.record(a.event(at=after(n)))
        await self.tamper(store, 5)
        assert await store.events.verify() == 5

    async def test_an_empty_chain_is_whole(self, store: Store) -> None:
        assert await store.events.verify() is None
        assert await store.latest() >= 0

    async def test_refusals_are_found_at_once_and_after_a_flush(self, store: Store) -> None:
        store.refusals.spool(a.refused("R1", detail="ümlaut"))
        assert await store.refusals.find(ISSUER, "R1") == a.refused("R1", detail="ümlaut")
        await store.flush()
        assert await store.refusals.find(ISSUER, "R1") == a.refused("R1", detail="ümlaut")
        assert await store.refusals.find(2, "R1") is None
        assert await store.refusals.find(ISSUER, "R2") is None

    async def test_refusals_are_capped_and_the_newest_stay(self, store: Store) -> None:
        for burst in range(25):
            for n in range(500):
                store.refusals.spool(a.refused(f"R{burst * 500 + n}"))
            await store.flush()
        assert await store.refusals.find(ISSUER, "R2499") is None
        assert await store.refusals.find(ISSUER, "R2500") is not None
        assert await store.refusals.find(ISSUER, "R12499") is not None

    async def test_ids_grow_also_when_the_clock_stands_still(self, store: Store) -> None:
        instants = (AT, AT, after(-5), after(5), after(5), Instant(AT + 1))
        ids = [store.next_id(at) for at in instants]
        assert ids == sorted(set(ids))
        assert all(0 < one < 2**63 for one in ids)

    async def test_the_latest_instant_is_remembered(self, store: Store) -> None:
        await store.events.record(a.event(at=after(7)))
        await store.events.record(a.event(at=after(3)))
        assert await store.latest() >= after(7)

    async def test_purging_deletes_what_is_over_in_batches(self, store: Store) -> None:
        for n in range(30):
            await store.issue(a.issuance(token=a.access_token(f"t{n}")))
        kept = a.access_token("kept", expires_at=after(601))
        await store.issue(a.issuance(token=kept))
        assert await store.purge(after(600 - 0.000_001), 100) == 0
        assert [await store.purge(after(600), 20) for _ in range(3)] == [20, 10, 0]
        assert await store.access_tokens.find(ISSUER, a.digest("t0")) is None
        assert await store.access_tokens.find(ISSUER, kept.digest) is not None

    async def test_purging_spares_tombstones(self, store: Store) -> None:
        """Rulings M: a used code is remembered, so that a replay after its expiry still ends its grant."""
        grant, code = await a.concluded(store)
        _, unused = await a.concluded(store, "unused")
        await store.issue(a.issuance(a.consume_code(code)))
        await store.purge(after(24 * a.HOUR_S - 1), 100)
        assert await store.codes.find(ISSUER, unused.digest) is None
        late = a.issuance(a.consume_code(code), at=after(24 * a.HOUR_S - 1))
        assert await store.issue(late) == AlreadyRedeemed(grant.grant_id)
        await store.purge(after(24 * a.HOUR_S), 100)
        assert await store.codes.find(ISSUER, code.digest) is None

    async def test_everything_ends_up_purged_but_the_record(self, store: Store) -> None:
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        await store.transactions.open(a.transaction())
        grant, family = await a.refreshable(store)
        asked = a.pending()
        await store.devices.open(asked, a.event())
        await store.replay.burn(ISSUER, "assertion", b"jti", AT, after(60), a.event())
        await store.throttles.spend(ISSUER, b"anna", AT, 5, 5)
        await store.grants.end(a.ending("grant", grant.handle), grant.grant_id)
        events = await store.events.tail(ISSUER, 99)
        end = after(1000 * 24 * a.HOUR_S)
        assert await store.purge(end, 1000) > 0
        assert await store.purge(end, 1000) == 0
        assert await store.sessions.find(ISSUER, a.digest("s1")) is None
        assert await store.transactions.find(ISSUER, "t1") is None
        assert await store.devices.find(ISSUER, asked.device_digest) is None
        assert await store.families.find(ISSUER, family.handle) is None
        assert await store.grants.find_by_handle(ISSUER, grant.handle) is None
        assert await store.events.tail(ISSUER, 99) == events
        assert await store.accounts.find(ISSUER, "anna") is not None

    async def test_the_feeds_numbers_grow_over_a_purge(self, store: Store) -> None:
        """A guard that has read up to a number must not miss what comes after it."""
        for n in range(3):
            await store.access_tokens.revoke_jwt(a.ending("jti", f"j{n}"))
        last = (await store.revocations.since(ISSUER, 0, 9))[-1].seq
        await store.purge(after(601), 100)
        await store.access_tokens.revoke_jwt(a.ending("jti", "new"))
        assert [line.key for line in await store.revocations.since(ISSUER, last, 9)] == ["new"]
