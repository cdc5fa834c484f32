"""What operators look through: in order, page by page, of one issuer and one person."""

from __future__ import annotations

from licet.ambient import Instant
from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import ISSUER, after
from licet.storage.ports import Store


async def _people(store: Store) -> None:
    for name in ("anna", "berta", "carl"):
        await store.accounts.create(a.account(name), (name,), a.password(name), a.event())


async def _signed_in(store: Store, *sessions: tuple[str, str]) -> None:
    for session_id, subject_id in sessions:
        session = a.session(session_id, subject_id=subject_id)
        assert await store.sessions.begin(session, "p1", None, None, a.event())


class Listing:
    """``listing``."""

    async def test_clients_come_by_their_ids_with_what_they_prove_themselves_with(self, store: Store) -> None:
        for client_id in ("tv", "shop", "bank"):
            await store.clients.put(a.client(client_id), (a.credential(client_id, f"of {client_id}"),), a.event())
        await store.clients.put(a.client("aaa", issuer_id=2), (), a.event())
        first = await store.listing.clients(ISSUER, "", 2)
        assert [one.client.client_id for one in first] == ["bank", "shop"]
        assert [one.credentials[0].owner for one in first] == ["bank", "shop"]
        assert [one.client.client_id for one in await store.listing.clients(ISSUER, "shop", 9)] == ["tv"]
        await store.clients.put(a.client("tv", status="removed"), (), a.event())
        assert await store.listing.clients(ISSUER, "shop", 9) == ()

    async def test_people_come_by_name(self, store: Store) -> None:
        await _people(store)
        await store.accounts.create(a.account("x", issuer_id=2), ("aaa",), a.password("x", issuer_id=2), a.event())
        first = await store.listing.people(ISSUER, "", 2)
        assert [(name, account.subject_id) for name, account in first] == [("anna", "anna"), ("berta", "berta")]
        assert [name for name, _ in await store.listing.people(ISSUER, "berta", 2)] == ["carl"]

    async def test_sessions_come_newest_first(self, store: Store) -> None:
        await _people(store)
        await _signed_in(store, ("s1", "anna"), ("s3", "berta"), ("s2", "anna"), ("s0", "anna"))
        ids = [one.session.session_id for one in await store.listing.sessions(ISSUER, None, "", 3)]
        assert ids == ["s0", "s2", "s3"]
        rest = await store.listing.sessions(ISSUER, None, "s3", 3)
        assert [(one.session.session_id, one.account.subject_id) for one in rest] == [("s1", "anna")]
        mine = await store.listing.sessions(ISSUER, "anna", "s0", 9)
        assert [one.session.session_id for one in mine] == ["s2", "s1"]
        assert await store.listing.sessions(ISSUER, None, "gone", 9) == ()
        assert await store.listing.sessions(2, None, "", 9) == ()
        one = await store.listing.session(ISSUER, "s2")
        assert one is not None
        assert one.session.session_id == "s2"
        assert await store.listing.session(2, "s2") is None

    async def test_a_session_that_goes_on_keeps_its_place(self, store: Store) -> None:
        await _people(store)
        await _signed_in(store, ("s1", "anna"), ("s2", "anna"))
        again = a.session("s1", subject_id="anna", digest=a.digest("again"), auth_time=after(1))
        assert await store.sessions.again(again, "p1", a.digest("s1"), None, a.event())
        ids = [one.session.session_id for one in await store.listing.sessions(ISSUER, "anna", "", 9)]
        assert ids == ["s2", "s1"]

    async def test_grants_come_newest_first_and_a_persons_app_by_app(self, store: Store) -> None:
        await _people(store)
        old, _ = await a.concluded(store, "1", client_id="shop", session_id="s1")
        other, _ = await a.concluded(store, "2", client_id="shop", subject_id="berta")
        new, _ = await a.concluded(store, "3", client_id="bank", session_id="s1")
        every = [one.grant for one in await store.listing.grants(ISSUER, None, None, 9)]
        assert every == [new, other, old]
        assert [one.grant for one in await store.listing.grants(ISSUER, None, new, 1)] == [other]
        mine = [one.grant for one in await store.listing.grants(ISSUER, "anna", None, 9)]
        assert mine == [old, new]
        assert [one.grant for one in await store.listing.grants(ISSUER, "anna", old, 9)] == [new]
        inside = [one.grant for one in await store.listing.grants_in(ISSUER, "s1", None, 9)]
        assert inside == [new, old]
        assert [one.grant for one in await store.listing.grants_in(ISSUER, "s1", new, 9)] == [old]
        assert await store.listing.grants(2, None, None, 9) == ()
        assert await store.listing.grants(2, "anna", None, 9) == ()

    async def test_a_grant_shows_its_families_and_a_person_their_consents(self, store: Store) -> None:
        await _people(store)
        grant, family = await a.refreshable(store)
        assert await store.listing.families(ISSUER, grant.grant_id, 9) == (family,)
        assert await store.listing.families(2, grant.grant_id, 9) == ()
        for client_id in ("shop", "bank"):
            of = a.grant(store, client_id=client_id)
            yes = a.conclusion(of, a.code(of, client_id), consent=a.consent(client_id=client_id))
            assert await store.transactions.conclude(yes)
        remembered = await store.listing.consents(ISSUER, "anna", "", 9)
        assert [one.client_id for one in remembered] == ["bank", "shop"]
        await store.consents.withdraw(a.ending("grant", "anna shop"), "anna", "shop")
        (left,) = await store.listing.consents(ISSUER, "anna", "bank", 9)
        assert left.revoked_at is not None
        assert await store.listing.consents(2, "anna", "", 9) == ()

    async def test_events_come_newest_first(self, store: Store) -> None:
        for n in range(5):
            await store.events.record(a.event(EventType.SIGN_IN_FAILED, at=after(n)))
        newest = await store.listing.events(ISSUER, None, 2)
        assert [link.event.at for link in newest] == [after(4), after(3)]
        earlier = await store.listing.events(ISSUER, (newest[-1].node, newest[-1].seq), 9)
        assert [link.event.at for link in earlier] == [after(2), after(1), Instant(after(0))]
        assert await store.listing.events(2, None, 9) == ()

    async def test_what_hangs_on_a_client_is_counted(self, store: Store) -> None:
        """Live grants, whose they are, what they hold, and what is remembered; of those clients alone that were asked for."""
        await store.issuers.create(a.issuer(), a.event())
        for n, (who, scope) in enumerate((("anna", ("read",)), ("anna", ("read", "write")), ("berta", ("write",)))):
            await a.concluded(store, f"c{n}", subject_id=who, scope=scope, grant_id=n + 1, handle=f"h{n}")
        dead, _ = await a.concluded(store, "dead", subject_id="dora", grant_id=10, handle="dead")
        await store.grants.end(a.ending("grant", "dead"), dead.grant_id)
        await a.concluded(store, "old", subject_id="emil", grant_id=11, handle="old", expires_at=a.after(5))
        await a.concluded(store, "other", client_id="other", grant_id=12, handle="other")
        held = await store.holdings.of(ISSUER, ("app", "nobody"), a.after(6))
        assert set(held) == {"app"}
        assert (held["app"].grants, held["app"].people) == (3, 2)
        assert held["app"].by_scope == {"read": 2, "write": 2}
        assert await store.holdings.of(2, ("app",), a.after(6)) == {}
        assert await store.holdings.of(ISSUER, (), a.after(6)) == {}
        for client in (a.client(), a.client("other", source="dcr"), a.client("off", source="dcr", status="disabled")):
            await store.clients.put(client, (), a.event())
        assert set(await store.holdings.of(ISSUER, None, a.after(6))) == {"app", "other"}
        assert await store.holdings.elsewhere(ISSUER, "file") == 1

    async def test_decisions_that_are_remembered_are_counted(self, store: Store) -> None:
        await store.clients.put(a.client(), (), a.event())
        grant = a.grant(store)
        assert await store.transactions.conclude(a.conclusion(grant, a.code(grant), consent=a.consent()))
        assert (await store.holdings.of(ISSUER, ("app",), a.AT))["app"].remembered == 1
        covered = (await store.holdings.of(ISSUER, ("app",), a.AT))["app"].remembered_of
        assert covered == {item.scope: 1 for item in a.consent().items}
        assert await store.consents.withdraw(a.ending("grant", grant.handle), "anna", "app")
        assert await store.holdings.of(ISSUER, ("app",), a.AT) == {}
