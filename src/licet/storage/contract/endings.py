"""Endings: once, told once, and seen at once on every road (rulings D, J)."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Awaitable, Callable

from licet.ambient import Instant
from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Standing, Store, Unknown
from licet.storage.records import Grant


async def _standing(store: Store, grant: Grant) -> Standing:
    standing = await store.grants.find_by_handle(ISSUER, grant.handle)
    assert standing is not None
    return standing


async def _ended(store: Store, *grants: Grant) -> list[Instant | None]:
    return [(await _standing(store, grant)).grant.revoked_at for grant in grants]


async def _once(store: Store, *kinds: str, end: Callable[[], Awaitable[bool]]) -> None:
    """Of many endings one ends it, with one event and its lines in the feed: of *kinds*, in this order."""
    told, lines = await a.recorded(store, EventType.GRANT_ENDED), len(await store.revocations.since(ISSUER, 0, 99))
    assert (await gather(*(end() for _ in range(10)))).count(True) == 1
    assert not await end()
    assert await a.recorded(store, EventType.GRANT_ENDED) == told + 1
    after_ = await store.revocations.since(ISSUER, 0, 99)
    assert [line.kind for line in after_[lines:]] == list(kinds)


async def _person(store: Store) -> tuple[Grant, Grant]:
    """Anna, signed in, with an online and an offline grant."""
    await store.issuers.create(a.issuer(), a.event())
    await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
    await store.sessions.begin(a.session(), "p1", None, None, a.event())
    online, _ = await a.concluded(store, "online", session_id="s1", access="online")
    offline = a.grant(store, session_id="s1")
    concluded = a.conclusion(offline, a.code(offline, "offline"), consent=a.consent())
    await store.transactions.conclude(concluded)
    return online, offline


class Endings:
    """Every verb that ends something."""

    async def test_a_grants_end_takes_its_families_along(self, store: Store) -> None:
        grant, family = await a.refreshable(store)
        ending = a.ending("grant", grant.handle)
        await _once(store, "grant", end=lambda: store.grants.end(ending, grant.grant_id))
        assert await _ended(store, grant) == [AT]
        assert (await _standing(store, grant)).grant.reason == "test"
        found = await store.families.find(ISSUER, family.handle)
        assert found is not None
        assert (found.family.ended_at, found.family.why) == (AT, "test")

    async def test_a_sessions_end_takes_its_online_grants_along(self, store: Store) -> None:
        online, offline = await _person(store)
        await _once(store, "grant", "session", end=lambda: store.sessions.end(a.ending("session", "s1"), "s1"))
        assert await _ended(store, online, offline) == [AT, None]
        seen = (await _standing(store, offline)).session
        assert seen is not None
        assert (seen.status, seen.epoch) == ("ended", AT)
        assert await store.consents.find(ISSUER, "anna", "app") is not None

    async def test_a_persons_end_takes_everything_along(self, store: Store) -> None:
        online, offline = await _person(store)
        await _once(
            store,
            "grant",
            "grant",
            "subject",
            end=lambda: store.accounts.end(a.ending("subject", "anna", after(1)), "anna"),
        )
        assert await _ended(store, online, offline) == [after(1), after(1)]
        standing = await _standing(store, offline)
        assert (standing.subject_status, standing.subject_epoch) == ("disabled", after(1))
        signed_in = await store.sessions.find(ISSUER, a.digest("s1"))
        assert signed_in is not None
        assert (signed_in.session.status, signed_in.account.status) == ("ended", "disabled")
        assert await store.consents.find(ISSUER, "anna", "app") is None

    async def test_a_new_password_ends_what_the_old_one_opened_but_not_consent(self, store: Store) -> None:
        online, offline = await _person(store)
        newer = a.password("anna", "p2")
        assert await store.accounts.set_password(a.ending("subject", "anna", after(1)), newer)
        assert await _ended(store, online, offline) == [after(1), after(1)]
        person = await store.accounts.find(ISSUER, "anna")
        assert person is not None
        assert (person.account.status, person.account.epoch) == ("active", after(1))
        assert person.authenticators == (newer,)
        signed_in = await store.sessions.find(ISSUER, a.digest("s1"))
        assert signed_in is not None
        assert signed_in.session.status == "ended"
        assert await store.consents.find(ISSUER, "anna", "app") is not None
        assert not await store.accounts.set_password(a.ending("subject", "berta"), a.password("berta"))

    async def test_a_withdrawn_consent_takes_every_grant_to_that_client_along(self, store: Store) -> None:
        online, offline = await _person(store)
        other, _ = await a.concluded(store, "other", client_id="other")
        ending = a.ending("grant", "anna app")
        await _once(store, "grant", "grant", end=lambda: store.consents.withdraw(ending, "anna", "app"))
        assert await _ended(store, online, offline, other) == [AT, AT, None]
        told = await store.revocations.since(ISSUER, 0, 9)
        assert {(line.key, line.aud) for line in told} == {
            (grant.handle, grant.resources) for grant in (online, offline)
        }
        assert await store.consents.find(ISSUER, "anna", "app") is None

    async def test_a_clients_end_is_seen_and_forgets_consent(self, store: Store) -> None:
        _, offline = await _person(store)
        await store.clients.put(a.client(), (), a.event())
        await _once(store, "client", end=lambda: store.clients.end(a.ending("client", "app", after(1)), "app"))
        found = await store.clients.find(ISSUER, "app")
        assert found is not None
        assert (found.client.status, found.client.epoch) == ("disabled", after(1))
        assert await store.consents.find(ISSUER, "anna", "app") is None
        code = a.code(offline, "offline")
        assert await store.issue(a.issuance(a.consume_code(code))) == Unknown()

    async def test_an_opaque_tokens_end(self, store: Store) -> None:
        token = a.access_token()
        await store.issue(a.issuance(token=token))
        await _once(store, "jti", end=lambda: store.access_tokens.revoke(a.ending("jti", token.jti), token.digest))
        found = await store.access_tokens.find(ISSUER, token.digest)
        assert found is not None
        assert found.token.revoked_at == AT

    async def test_a_jwts_end_is_a_line_in_the_feed(self, store: Store) -> None:
        await _once(store, "jti", end=lambda: store.access_tokens.revoke_jwt(a.ending("jti", "j1")))
        assert await store.revocations.ended(ISSUER, "jti", "j1") == AT
        assert await store.revocations.ended(ISSUER, "jti", "j2") is None
        assert await store.revocations.ended(ISSUER, "grant", "j1") is None
        assert await store.revocations.ended(2, "jti", "j1") is None

    async def test_what_nobody_has_cannot_end(self, store: Store) -> None:
        ending = a.ending("grant", "x")
        assert not await store.grants.end(ending, 7)
        assert not await store.sessions.end(ending, "x")
        assert not await store.accounts.end(ending, "x")
        assert not await store.clients.end(ending, "x")
        assert not await store.consents.withdraw(ending, "x", "x")
        assert not await store.access_tokens.revoke(ending, b"x")
        assert await store.revocations.since(ISSUER, 0, 9) == ()
        assert await store.events.tail(ISSUER, 9) == ()

    async def test_another_issuer_ends_nothing_here(self, store: Store) -> None:
        online, offline = await _person(store)
        ending = a.ending("grant", "x", issuer_id=2)
        assert not await store.grants.end(ending, online.grant_id)
        assert not await store.sessions.end(ending, "s1")
        assert not await store.accounts.end(ending, "anna")
        assert not await store.consents.withdraw(ending, "anna", "app")
        assert await _ended(store, online, offline) == [None, None]

    async def test_the_feed_is_numbered_and_read_in_order(self, store: Store) -> None:
        for n in range(5):
            await store.access_tokens.revoke_jwt(a.ending("jti", f"j{n}"))
        await store.access_tokens.revoke_jwt(a.ending("jti", "elsewhere", issuer_id=2))
        lines = await store.revocations.since(ISSUER, 0, 3)
        assert [line.key for line in lines] == ["j0", "j1", "j2"]
        rest = await store.revocations.since(ISSUER, lines[-1].seq, 99)
        assert [line.key for line in rest] == ["j3", "j4"]
        assert sorted({line.seq for line in (*lines, *rest)}) == [line.seq for line in (*lines, *rest)]

    async def test_the_newest_end_counts(self, store: Store) -> None:
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        for n in (1, 2):
            await store.accounts.set_password(a.ending("subject", "anna", after(n)), a.password("anna", f"n{n}"))
        assert await store.revocations.ended(ISSUER, "subject", "anna") == after(2)
