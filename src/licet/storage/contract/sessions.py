"""Sessions and transactions: begun, repeated, replaced, concluded once."""

from __future__ import annotations

from asyncio import gather

import pytest
from msgspec.structs import replace

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import SignedIn, Store


async def _anna(store: Store) -> None:
    assert await store.accounts.create(a.account(), ("anna",), a.password(), a.event())


class Sessions:
    """``sessions``, ``transactions``, ``consents``."""

    async def test_a_session_begins_and_is_noted_on_its_transaction(self, store: Store) -> None:
        await _anna(store)
        await store.transactions.open(a.transaction())
        session = a.session()
        await store.sessions.begin(session, "p1", None, "t1", a.event(EventType.SESSION_STARTED))
        assert await store.sessions.find(ISSUER, session.digest) == SignedIn(session=session, account=a.account())
        assert await store.sessions.find(2, session.digest) is None
        noted = replace(a.transaction(), subject_id="anna", session_id="s1", login_at=AT)
        assert await store.transactions.find(ISSUER, "t1") == noted

    async def test_beginning_ends_what_it_replaces_and_its_online_grants(self, store: Store) -> None:
        await _anna(store)
        await store.sessions.begin(a.session("planted"), "p1", None, None, a.event())
        online, _ = await a.concluded(store, "c1", session_id="planted", access="online")
        offline, _ = await a.concluded(store, "c2", session_id="planted")
        await store.sessions.begin(a.session("mine"), "p1", a.ending("session", "planted"), None, a.event())
        planted = await store.sessions.find(ISSUER, a.digest("planted"))
        assert planted is not None
        assert planted.session.status == "ended"
        standings = [await store.grants.find_by_handle(ISSUER, grant.handle) for grant in (online, offline)]
        assert [s.grant.revoked_at if s else None for s in standings] == [AT, None]
        assert await a.recorded(store, EventType.GRANT_ENDED) == 1
        assert [(line.kind, line.key) for line in await store.revocations.since(ISSUER, 0, 9)] == [
            ("grant", online.handle),
            ("session", "planted"),
        ]

    async def test_the_apps_that_would_end_with_a_session(self, store: Store) -> None:
        """Each once, by its online grants alone: those that are over, live on, or are of another session do not count."""
        await _anna(store)
        for name in ("s1", "s2"):
            await store.sessions.begin(a.session(name), "p1", None, None, a.event())
        first, _ = await a.concluded(store, "c1", session_id="s1", access="online", client_id="b")
        await a.concluded(store, "c2", session_id="s1", access="online", client_id="b")
        await a.concluded(store, "c3", session_id="s1", access="online", client_id="a")
        await a.concluded(store, "c4", session_id="s1", client_id="offline")
        await a.concluded(store, "c5", session_id="s2", access="online", client_id="elsewhere")
        assert await store.sessions.apps(ISSUER, "s1", AT) == ("a", "b")
        assert await store.sessions.apps(ISSUER, "s1", first.expires_at) == ()
        assert await store.sessions.apps(2, "s1", AT) == ()
        await store.sessions.end(a.ending("session", "s1"), "s1")
        assert await store.sessions.apps(ISSUER, "s1", AT) == ()
        assert await store.sessions.apps(ISSUER, "s2", AT) == ("elsewhere",)

    @pytest.mark.parametrize("end", ["password", "person"])
    async def test_nobody_is_signed_in_by_what_ended_while_it_was_checked(self, store: Store, end: str) -> None:
        """The old password was right a moment ago: checking one takes long."""
        await _anna(store)
        await store.transactions.open(a.transaction())
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        ending = a.ending("subject", "anna")
        if end == "password":
            await store.accounts.set_password(ending, a.password("anna", "p2"))
        else:
            await store.accounts.end(ending, "anna")
        late, told = a.session("late", created_at=after(1)), a.event(EventType.SESSION_STARTED)
        assert not await store.sessions.begin(late, "p1", a.ending("session", "s1"), "t1", told)
        assert not await store.sessions.again(
            replace(a.session(), auth_time=after(1)), "p1", a.digest("s1"), "t1", told
        )
        assert await store.sessions.find(ISSUER, a.digest("late")) is None
        assert await store.transactions.find(ISSUER, "t1") == a.transaction()
        assert await a.recorded(store, EventType.SESSION_STARTED) == 0
        assert await store.sessions.begin(late, "p2", None, None, told) is (end == "password")

    @pytest.mark.parametrize("limit", ["idle_until", "absolute_until"])
    async def test_an_expired_session_never_revives(self, store: Store, limit: str) -> None:
        """What its end of life took along would live again with it."""
        await _anna(store)
        session = replace(a.session(), **{limit: after(60)})
        await store.sessions.begin(session, "p1", None, None, a.event())
        newer = replace(session, digest=a.digest("new"), idle_until=after(999), absolute_until=after(999))
        at = after(60)
        late = replace(newer, auth_time=at)
        assert not await store.sessions.again(late, "p1", session.digest, None, a.event(at=at))
        assert await store.sessions.find(ISSUER, newer.digest) is None
        in_time = replace(newer, auth_time=after(60 - 0.000_001))
        assert await store.sessions.again(in_time, "p1", session.digest, None, a.event(at=at))

    async def test_signing_in_again_changes_the_cookie_and_counts(self, store: Store) -> None:
        await _anna(store)
        await store.transactions.open(a.transaction())
        await store.sessions.begin(a.session(), "p1", None, None, a.event(EventType.SESSION_STARTED))
        newer = replace(
            a.session(), digest=a.digest("new"), auth_time=after(9), amr=("pwd", "otp"), idle_until=after(99)
        )
        await store.sessions.again(newer, "p1", a.digest("s1"), "t1", a.event(EventType.SESSION_STARTED))
        assert await store.sessions.find(ISSUER, a.digest("s1")) is None
        found = await store.sessions.find(ISSUER, a.digest("new"))
        assert found is not None
        assert found.session == replace(newer, authentications=2)
        noted = await store.transactions.find(ISSUER, "t1")
        assert noted is not None
        assert noted.login_at == after(9)

    async def test_an_ended_session_never_revives(self, store: Store) -> None:
        await _anna(store)
        await store.transactions.open(a.transaction())
        await store.sessions.begin(a.session(), "p1", None, None, a.event(EventType.SESSION_STARTED))
        assert await store.sessions.end(a.ending("session", "s1"), "s1")
        newer = replace(a.session(), digest=a.digest("new"))
        await store.sessions.again(newer, "p1", a.digest("s1"), "t1", a.event(EventType.SESSION_STARTED))
        await store.sessions.touch(ISSUER, "s1", after(9_999))
        assert await store.sessions.find(ISSUER, a.digest("new")) is None
        assert await store.transactions.find(ISSUER, "t1") == a.transaction()
        assert await a.recorded(store, EventType.SESSION_STARTED) == 1
        found = await store.sessions.find(ISSUER, a.digest("s1"))
        assert found is not None
        assert found.session == replace(a.session(), status="ended", epoch=AT)

    async def test_touch_only_prolongs(self, store: Store) -> None:
        await _anna(store)
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        for idle_s in (2 * a.HOUR_S, 60):
            await store.sessions.touch(ISSUER, "s1", after(idle_s))
            found = await store.sessions.find(ISSUER, a.digest("s1"))
            assert found is not None
            assert found.session.idle_until == after(2 * a.HOUR_S)

    async def test_a_devices_transaction_keeps_saying_which_it_is(self, store: Store) -> None:
        asked = a.transaction(source="device")
        assert asked.request
        await store.transactions.open(asked)
        assert await store.transactions.deny(ISSUER, "t1", AT, a.event(EventType.CONSENT_DENIED))
        assert await store.transactions.find(ISSUER, "t1") == replace(asked, state="denied")

    async def test_a_choice_is_noted_and_forgets_who_else_signed_in(self, store: Store) -> None:
        """A proof counts for the session it was given in, not for whoever is chosen after it."""
        await _anna(store)
        await store.transactions.open(a.transaction())
        await store.sessions.begin(a.session(), "p1", None, "t1", a.event())
        await store.sessions.begin(a.session("s2"), "p1", None, None, a.event())
        assert await store.transactions.choose(ISSUER, "t1", "anna", "s1", after(1))
        found = await store.transactions.find(ISSUER, "t1")
        kept = replace(a.transaction(), subject_id="anna", session_id="s1", login_at=AT, select_at=after(1))
        assert found == kept
        assert await store.transactions.choose(ISSUER, "t1", "anna", "s2", after(2))
        found = await store.transactions.find(ISSUER, "t1")
        assert found == replace(kept, session_id="s2", login_at=None, select_at=after(2))

    async def test_nobody_is_chosen_who_is_not_signed_in(self, store: Store) -> None:
        """Nor for a transaction that is over: a session that ended since the page was shown stays ended."""
        await _anna(store)
        await store.transactions.open(a.transaction())
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        await store.sessions.begin(a.session("s2"), "p1", None, None, a.event())
        await store.sessions.end(a.ending("session", "s2"), "s2")
        idle, expired = a.session().idle_until, a.transaction().expires_at
        for subject_id, session_id, txn_id, at in (
            ("anna", "s2", "t1", AT),
            ("berta", "s1", "t1", AT),
            ("anna", "nobody", "t1", AT),
            ("anna", "s1", "t2", AT),
            ("anna", "s1", "t1", max(idle, expired)),
            ("anna", "s1", "t1", expired),
        ):
            assert not await store.transactions.choose(ISSUER, txn_id, subject_id, session_id, at)
        assert not await store.transactions.choose(2, "t1", "anna", "s1", AT)
        assert await store.transactions.find(ISSUER, "t1") == a.transaction()

    async def test_a_transaction_is_denied_once(self, store: Store) -> None:
        await _anna(store)
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        await store.transactions.open(a.transaction())
        assert await store.transactions.choose(ISSUER, "t1", "anna", "s1", AT)
        denied = [store.transactions.deny(ISSUER, "t1", AT, a.event(EventType.CONSENT_DENIED)) for _ in range(20)]
        assert (await gather(*denied)).count(True) == 1
        assert await a.recorded(store, EventType.CONSENT_DENIED) == 1
        assert not await store.transactions.choose(ISSUER, "t1", "anna", "s1", after(1))
        found = await store.transactions.find(ISSUER, "t1")
        assert found == replace(
            a.transaction(), subject_id="anna", session_id="s1", select_at=AT, state="denied", request=b""
        )

    async def test_a_transaction_is_concluded_once(self, store: Store) -> None:
        """However many buttons are pressed at once: one grant, one code, one event."""
        await store.transactions.open(a.transaction())
        grants = [a.grant(store) for _ in range(50)]
        conclusions = [
            a.conclusion(grant, a.code(grant, f"code {n}"), txn_id="t1", consent=a.consent())
            for n, grant in enumerate(grants)
        ]
        concluded = await gather(*map(store.transactions.conclude, conclusions))
        assert concluded.count(True) == 1
        found = [await store.codes.find(ISSUER, a.digest(f"code {n}")) for n in range(50)]
        assert [code is not None for code in found] == concluded
        assert await a.recorded(store, EventType.CODE_ISSUED) == 1
        assert await store.consents.find(ISSUER, "anna", "app") == a.consent()
        transaction = await store.transactions.find(ISSUER, "t1")
        assert transaction == replace(a.transaction(), state="completed", consent_at=AT, request=b"")
        assert not await store.transactions.deny(ISSUER, "t1", AT, a.event())

    async def test_an_expired_transaction_concludes_nothing(self, store: Store) -> None:
        await store.transactions.open(a.transaction())
        grant = a.grant(store)
        late = a.conclusion(grant, a.code(grant), txn_id="t1", at=a.transaction().expires_at)
        assert not await store.transactions.conclude(late)
        assert not await store.transactions.conclude(a.conclusion(grant, a.code(grant), txn_id="unknown"))
        assert await store.codes.find(ISSUER, a.digest("code")) is None
        in_time = after(-0.000_001, a.transaction().expires_at)
        assert await store.transactions.conclude(a.conclusion(grant, a.code(grant), txn_id="t1", at=in_time))

    async def test_nothing_is_concluded_for_who_has_ended_meanwhile(self, store: Store) -> None:
        """Signed out, or disabled, between the question and the button."""
        await _anna(store)
        await store.sessions.begin(a.session(), "p1", None, None, a.event())
        await store.transactions.open(a.transaction())
        grant = a.grant(store, session_id="s1")
        concluding = a.conclusion(grant, a.code(grant), txn_id="t1")
        await store.sessions.end(a.ending("session", "s1"), "s1")
        assert not await store.transactions.conclude(concluding)
        without_session = a.grant(store)
        await store.accounts.end(a.ending("subject", "anna"), "anna")
        assert not await store.transactions.conclude(a.conclusion(without_session, a.code(without_session)))
        assert await store.transactions.find(ISSUER, "t1") == a.transaction()

    async def test_nothing_is_concluded_for_a_client_that_ended_meanwhile(self, store: Store) -> None:
        await store.clients.put(a.client(), (), a.event())
        await store.clients.end(a.ending("client", "app"), "app")
        grant, later = a.grant(store), a.grant(store, issued_at=after(1))
        assert not await store.transactions.conclude(a.conclusion(grant, a.code(grant)))
        await store.clients.put(a.client(), (), a.event())  # enabled again: the grant would be born dead
        assert not await store.transactions.conclude(a.conclusion(grant, a.code(grant)))
        assert await store.codes.find(ISSUER, a.digest("code")) is None
        assert await store.transactions.conclude(a.conclusion(later, a.code(later)))

    async def test_a_consent_that_was_withdrawn_meanwhile_spares_nothing(self, store: Store) -> None:
        first, second = a.grant(store), a.grant(store)
        await store.transactions.conclude(a.conclusion(first, a.code(first, "c1"), consent=a.consent()))
        relying = a.conclusion(second, a.code(second, "c2"), relies_on=a.consent())
        await store.consents.withdraw(a.ending("grant", "anna app"), "anna", "app")
        assert not await store.transactions.conclude(relying)
        newer = a.consent(granted_at=after(5), items=())
        third = a.grant(store)
        await store.transactions.conclude(a.conclusion(third, a.code(third, "c3"), consent=newer))
        assert not await store.transactions.conclude(relying), "another decision than the one that was read"
        assert await store.codes.find(ISSUER, a.digest("c2")) is None
        fourth = a.grant(store)
        wider = a.consent(granted_at=after(6))
        await store.transactions.conclude(a.conclusion(fourth, a.code(fourth, "c4"), consent=wider))
        assert await store.transactions.conclude(relying), "a yes in another browser that says as much"

    async def test_a_new_consent_takes_the_olds_place(self, store: Store) -> None:
        first, second = a.grant(store), a.grant(store)
        newer = a.consent(via="device", granted_at=after(5), items=())
        await store.transactions.conclude(a.conclusion(first, a.code(first, "c1"), consent=a.consent()))
        await store.transactions.conclude(a.conclusion(second, a.code(second, "c2"), consent=newer))
        assert await store.consents.find(ISSUER, "anna", "app") == newer
        assert await store.consents.find(2, "anna", "app") is None
        assert await store.consents.find(ISSUER, "anna", "other") is None
