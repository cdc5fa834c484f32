"""A device's request: open → claimed by one person → approved or denied → consumed once (rulings X)."""

from __future__ import annotations

from asyncio import gather

from licet.ambient import Instant
from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import AlreadyRedeemed, Redeemed, Store, Unknown
from licet.storage.records import Grant, Pending


async def _claim(store: Store, asked: Pending, who: str, at: Instant = AT) -> bool:
    claimed = a.event(EventType.DEVICE_CLAIMED, subject=who)
    return await store.devices.claim(ISSUER, asked.device_digest, who, at, claimed)


async def _decide(store: Store, asked: Pending, who: str, grant: Grant | None, at: Instant = AT) -> bool:
    kind = EventType.DEVICE_APPROVED if grant else EventType.DEVICE_DENIED
    told = a.event(kind, subject=who)
    return await store.devices.decide(ISSUER, asked.device_digest, who, at, grant, (told,))


async def _opened(store: Store, name: str = "tv", **changes: object) -> Pending:
    asked = a.pending(name, **changes)
    assert await store.devices.open(asked, a.event(EventType.DEVICE_ASKED))
    return asked


async def _approved(store: Store) -> tuple[Pending, Grant]:
    asked = await _opened(store)
    grant = a.grant(store, client_id="tv-app", origin="device")
    assert await _claim(store, asked, "anna")
    assert await _decide(store, asked, "anna", grant)
    return asked, grant


class Devices:
    """``devices`` and ``issue`` with a device code."""

    async def test_it_is_found_by_both_of_its_codes(self, store: Store) -> None:
        asked = await _opened(store)
        assert await store.devices.find(ISSUER, asked.device_digest) == asked
        assert await store.devices.find_by_user_code(ISSUER, asked.user_code_digest) == asked
        assert await store.devices.find(2, asked.device_digest) is None
        assert await store.devices.find_by_user_code(2, asked.user_code_digest) is None

    async def test_a_user_code_is_one_live_requests(self, store: Store) -> None:
        """Of many who draw the same user code at once one gets it; free again when that one is over."""
        same = a.digest("WDJB-MJHT")
        asked = [a.pending(f"tv {n}", user_code_digest=same) for n in range(50)]
        opened = await gather(*(store.devices.open(one, a.event(EventType.DEVICE_ASKED)) for one in asked))
        assert opened.count(True) == 1
        assert await a.recorded(store, EventType.DEVICE_ASKED) == 1
        first = asked[opened.index(True)]
        last = a.pending("in time", user_code_digest=same, created_at=after(600 - 0.000_001))
        next_one = a.pending("later", user_code_digest=same, created_at=first.expires_at, expires_at=after(1200))
        assert not await store.devices.open(last, a.event())
        assert await store.devices.open(next_one, a.event())
        assert await store.devices.find_by_user_code(ISSUER, same) == next_one

    async def test_a_denied_requests_user_code_is_free(self, store: Store) -> None:
        asked = await _opened(store)
        await _claim(store, asked, "anna")
        await _decide(store, asked, "anna", None)
        assert await store.devices.open(a.pending("new", user_code_digest=asked.user_code_digest), a.event())

    async def test_one_person_claims_it(self, store: Store) -> None:
        asked = await _opened(store)
        people = [f"person {n}" for n in range(50)]
        claimed = await gather(*(_claim(store, asked, who) for who in people))
        assert claimed.count(True) == 1
        winner = people[claimed.index(True)]
        assert await _claim(store, asked, winner)
        assert await a.recorded(store, EventType.DEVICE_CLAIMED) == 1
        found = await store.devices.find(ISSUER, asked.device_digest)
        assert found is not None
        assert (found.state, found.claimed_by) == ("claimed", winner)

    async def test_only_who_claimed_it_decides_and_only_once(self, store: Store) -> None:
        asked = await _opened(store)
        grants = [a.grant(store) for _ in range(20)]
        assert not await _decide(store, asked, "anna", grants[0])
        assert await _claim(store, asked, "anna")
        assert not await _decide(store, asked, "berta", grants[0])
        decided = await gather(*(_decide(store, asked, "anna", grant) for grant in grants))
        assert decided.count(True) == 1
        assert not await _decide(store, asked, "anna", None)
        assert await a.recorded(store, EventType.DEVICE_APPROVED) == 1
        kept = [await store.devices.standing(ISSUER, grant.grant_id) for grant in grants]
        assert sum(standing is not None for standing in kept) == 1
        assert not await _claim(store, asked, "anna")

    async def test_expired_means_over_for_everyone(self, store: Store) -> None:
        asked = await _opened(store)
        end, last = asked.expires_at, after(-0.000_001, asked.expires_at)
        assert not await _claim(store, asked, "anna", end)
        assert await _claim(store, asked, "anna", last)
        assert not await _claim(store, asked, "anna", end)
        grant = a.grant(store, client_id="tv-app")
        assert not await _decide(store, asked, "anna", grant, end)
        assert await _decide(store, asked, "anna", grant, last)
        assert await store.issue(a.issuance(a.consume_device(asked, grant.grant_id), at=end)) == Unknown()
        assert await store.issue(a.issuance(a.consume_device(asked, grant.grant_id), at=last)) == Redeemed()

    async def test_an_approved_code_buys_tokens_once_and_a_second_try_ends_nothing(self, store: Store) -> None:
        """Rulings A: a device polls, and may ask twice."""
        asked, grant = await _approved(store)
        attempts = [a.issuance(a.consume_device(asked, grant.grant_id)) for _ in range(100)]
        outcomes = await gather(*map(store.issue, attempts))
        assert outcomes.count(Redeemed()) == 1
        assert outcomes.count(AlreadyRedeemed(grant.grant_id)) == 99
        standing = await store.devices.standing(ISSUER, grant.grant_id)
        assert standing is not None
        assert standing.grant == grant
        assert await a.recorded(store, EventType.CODE_REPLAYED) == 0
        assert await store.revocations.since(ISSUER, 0, 10) == ()

    async def test_only_an_approved_request_of_this_client_is_consumed(self, store: Store) -> None:
        asked, grant = await _approved(store)
        stolen = a.consume_device(asked, grant.grant_id, client_id="thief")
        assert await store.issue(a.issuance(stolen)) == Unknown()
        waiting = await _opened(store, "another")
        assert await store.issue(a.issuance(a.consume_device(waiting, grant.grant_id))) == Unknown()
        assert await store.issue(a.issuance(a.consume_device(asked, grant.grant_id))) == Redeemed()

    async def test_a_person_who_was_disabled_meanwhile_approves_nothing(self, store: Store) -> None:
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        asked = await _opened(store)
        await _claim(store, asked, "anna")
        await store.accounts.end(a.ending("subject", "anna"), "anna")
        assert not await _decide(store, asked, "anna", a.grant(store))

    async def test_for_a_client_that_ended_meanwhile_nothing_is_approved(self, store: Store) -> None:
        await store.clients.put(a.client("tv-app"), (), a.event())
        asked = await _opened(store)
        await _claim(store, asked, "anna")
        await store.clients.end(a.ending("client", "tv-app"), "tv-app")
        assert not await _decide(store, asked, "anna", a.grant(store, client_id="tv-app"))
        assert await _decide(store, asked, "anna", None)

    async def test_who_claimed_it_may_give_it_up(self, store: Store) -> None:
        asked = await _opened(store)
        await _claim(store, asked, "anna")
        await store.devices.release(ISSUER, asked.device_digest, "berta")
        assert not await _claim(store, asked, "berta")
        await store.devices.release(ISSUER, asked.device_digest, "anna")
        assert await store.devices.find(ISSUER, asked.device_digest) == asked
        assert await _claim(store, asked, "berta")
        assert await _decide(store, asked, "berta", None)
        await store.devices.release(ISSUER, asked.device_digest, "berta")
        assert not await _claim(store, asked, "anna"), "what is decided stays decided"

    async def test_polling_too_soon_slows_down_for_good(self, store: Store) -> None:
        """RFC 8628 §3.5: five seconds more for this and all later polls."""
        asked = await _opened(store)

        async def poll(at_s: float, client_id: str = "tv-app") -> bool:
            return await store.devices.poll(ISSUER, asked.device_digest, client_id, after(at_s))

        assert await poll(5)
        assert not await poll(9.999_999)  # 5 → 10 s, counted from this poll
        assert not await poll(19.999_998)  # 10 → 15 s
        assert not await poll(34, "thief")
        assert await poll(35)
        assert await poll(50)
        found = await store.devices.find(ISSUER, asked.device_digest)
        assert found is not None
        assert (found.interval_s, found.next_poll_at) == (15, after(65))
