"""The end of everything of a person or an issuer, and epochs that never lie before what was minted."""

from __future__ import annotations

from licet.ambient import Instant
from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Ending, Redeemed, Store, Unknown


async def _client(store: Store, status: str = "active") -> None:
    """Put the client back: what an operator does who disabled it by mistake."""
    await store.clients.put(a.client(status=status), (), a.event())


async def _epoch(store: Store) -> Instant:
    found = await store.clients.find(ISSUER, "app")
    assert found is not None
    return found.client.epoch


async def _told(store: Store) -> Instant:
    return (await store.revocations.since(ISSUER, 0, 99))[-1].at


def _all(at: Instant = AT) -> Ending:
    return a.ending("all", "", at)


class EndingsOfAll:
    """``accounts.end_everything``, ``accounts.enable``, ``issuers.end_everything``."""

    async def test_signing_out_everywhere_ends_all_but_account_and_consent(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        grant = a.grant(store, session_id="s1")
        await store.transactions.conclude(a.conclusion(grant, a.code(grant), consent=a.consent()))
        before = await store.issuers.generation(ISSUER)
        assert await store.accounts.end_everything(a.ending("subject", "anna", after(1)), "anna")
        assert await store.issuers.generation(ISSUER) > before
        standing = await store.grants.find_by_handle(ISSUER, grant.handle)
        assert standing is not None
        assert (standing.grant.revoked_at, standing.subject_status) == (after(1), "active")
        assert standing.subject_epoch == after(1)
        assert standing.session is not None
        assert standing.session.status == "ended"
        assert await store.consents.find(ISSUER, "anna", "app") is not None
        assert not await store.accounts.end_everything(a.ending("subject", "x"), "x")

    async def test_an_enabled_person_begins_anew(self, store: Store) -> None:
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        told = a.event(EventType.ACCOUNT_ENABLED)
        assert not await store.accounts.enable(ISSUER, "anna", told)
        assert await store.accounts.end(a.ending("subject", "anna", after(1)), "anna")
        assert not await store.accounts.end_everything(a.ending("subject", "anna", after(2)), "anna")
        assert not await store.accounts.enable(2, "anna", told)
        assert await store.accounts.enable(ISSUER, "anna", told)
        person = await store.accounts.find(ISSUER, "anna")
        assert person is not None
        assert (person.account.status, person.account.epoch) == ("active", after(1))
        assert await a.recorded(store, EventType.ACCOUNT_ENABLED) == 1

    async def test_the_end_of_everything_is_on_every_road(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        grant, code = await a.concluded(store)
        _, family = await a.refreshable(store, name="r", handle="h2")
        asked = a.pending(client_id="app")
        await store.devices.open(asked, a.event())
        await store.devices.claim(ISSUER, asked.device_digest, "anna", AT, a.event())
        allowed = a.grant(store, origin="device", handle="h3")
        assert await store.devices.decide(ISSUER, asked.device_digest, "anna", AT, allowed, ())
        assert await store.issuers.end_everything(_all(after(1)))
        late = after(2)
        assert await store.issue(a.issuance(a.consume_code(code), at=late)) == Unknown()
        assert await store.issue(a.issuance(a.rotate(family, 0), at=late)) == Unknown()
        assert await store.issue(a.issuance(a.consume_device(asked, allowed.grant_id), at=late)) == Unknown()
        assert await store.issue(a.issuance(at=after(1))) == Unknown(), "judged before the end, written after it"
        again = a.grant(store, handle="h4", grant_id=grant.grant_id + 5000)
        assert not await store.transactions.conclude(a.conclusion(again, a.code(again, "again")))
        assert await store.issue(a.issuance(at=late)) == Redeemed()
        assert not await store.issuers.end_everything(a.ending("all", "", issuer_id=2))
        issuer = await store.issuers.only()
        assert issuer is not None
        assert issuer.epoch == after(1)
        assert await store.revocations.ended(ISSUER, "all", "") == after(1)

    async def test_a_client_that_ends_twice_in_a_second_takes_what_was_minted_between(self, store: Store) -> None:
        """Put back after the first end, it gets tokens of the next whole second (``not_before``)."""
        await store.issuers.create(a.issuer(), a.event())
        await _client(store)
        for n, at in enumerate((after(0.1), after(0.2), after(0.3))):
            assert await store.clients.end(a.ending("client", "app", at), "app")
            assert await _epoch(store) == await _told(store) == (at if n == 0 else after(n))
            await _client(store)
        assert await store.clients.end(a.ending("client", "app", after(60.5)), "app")
        assert await _epoch(store) == after(60.5), "an epoch lies ahead only where it must"

    async def test_a_clients_end_is_past_what_its_issuers_end_put_off(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        await _client(store)
        assert await store.issuers.end_everything(_all(after(0.1)))
        assert await store.clients.end(a.ending("client", "app", after(0.2)), "app")
        assert await _epoch(store) == after(1)

    async def test_an_issuers_end_is_past_what_its_own_and_a_clients_end_put_off(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        await _client(store)
        assert await store.clients.end(a.ending("client", "app", after(0.1)), "app")
        await _client(store)
        for n in (1, 2):
            assert await store.issuers.end_everything(_all(after(0.2)))
            issuer = await store.issuers.only()
            assert issuer is not None
            assert issuer.epoch == await _told(store) == after(n)

    async def test_a_person_who_ends_twice_in_a_second_ends_in_the_feed_too(self, store: Store) -> None:
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        assert await store.accounts.end_everything(a.ending("subject", "anna", after(0.1)), "anna")
        assert await store.accounts.end_everything(a.ending("subject", "anna", after(0.2)), "anna")
        person = await store.accounts.find(ISSUER, "anna")
        assert person is not None
        assert person.account.epoch == await _told(store) == after(1)
