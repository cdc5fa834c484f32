"""Issuers, keys, clients, APIs, scopes and people: what is put comes back, whole and nowhere else."""

from __future__ import annotations

from asyncio import gather

import pytest
from msgspec.structs import replace

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.key_turns import KeyStep, KeyTurn
from licet.storage.ports import (
    Conflict,
    Person,
    Protected,
    Registered,
    Store,
)
from licet.storage.records import ClientPolicy, Key


def _key(kid: str, issuer_id: int = ISSUER) -> Key:
    return Key(
        issuer_id=issuer_id,
        kid=kid,
        purpose="id_token",
        alg="ES256",
        state="active",
        public_jwk={"kty": "EC", "x": "1"},
        sealed=b"\x00sealed",
        publish_at=AT,
        active_at=AT,
    )


class Registration:
    """``issuers``, ``keys``, ``clients``, ``resources``, ``accounts``."""

    async def test_issuers(self, store: Store) -> None:
        assert await store.issuers.only() is None
        one, two = a.issuer(), a.issuer(2, development=True)
        await store.issuers.create(one, a.event())
        assert await store.issuers.only() == one
        await store.issuers.create(two, a.event(issuer_id=2))
        assert await store.issuers.only() is None
        assert await store.issuers.find(two.url) == two
        assert await store.issuers.find("https://elsewhere.example") is None
        with pytest.raises(Conflict):
            await store.issuers.create(a.issuer(3, url=one.url), a.event())
        await store.issuers.move(2, "http://localhost:8001")
        moved = await store.issuers.find("http://localhost:8001")
        assert moved is not None
        assert moved.issuer_id == 2
        with pytest.raises(Conflict):
            await store.issuers.move(2, one.url)

    async def test_keys(self, store: Store) -> None:
        await store.keys.create((_key("k1"), _key("k2")), (a.event(), a.event()))
        await store.keys.create((_key("k3", 2),), (a.event(issuer_id=2),))
        assert await store.keys.every(ISSUER) == (_key("k1"), _key("k2"))
        with pytest.raises(Conflict):
            await store.keys.create((_key("k4"), _key("k3")), ())  # one kid, one key, over all issuers
        assert len(await store.keys.every(ISSUER)) == 2

    async def test_a_turn_happens_whole_or_not_at_all(self, store: Store) -> None:
        """Steps fit the states that are there, and no two keys of one purpose and algorithm sign."""
        old, new = _key("k1"), replace(_key("k2"), state="pending")
        await store.issuers.create(a.issuer(), a.event())
        await store.keys.create((old, new), ())
        swap = (
            KeyStep(before=old, after=replace(old, state="retiring", retire_at=after(9), hints_until=after(99))),
            KeyStep(before=new, after=replace(new, state="active", active_at=after(1))),
        )
        for unlawful in (
            swap[1:],  # two would sign
            (KeyStep(before=None, after=replace(_key("k3"), state="pending")),),  # two would wait
            (KeyStep(before=None, after=old),),  # is there already
            (KeyStep(before=replace(old, state="retired"), after=replace(old, state="destroyed")),),  # is not there yet
            (KeyStep(before=replace(old, sealed=b"other"), after=replace(old, state="retiring")),),  # is sealed anew
            (*swap, KeyStep(before=_key("k4"), after=replace(_key("k4"), state="retiring"))),  # is not there at all
        ):
            turn = KeyTurn(issuer_id=ISSUER, steps=unlawful, events=(a.event(EventType.KEY_RETIRING),))
            assert not await store.keys.turn(turn)
            assert not await store.keys.revoke(a.ending("key", "k1"), turn)
        assert await store.keys.every(ISSUER) == (old, new)
        assert await a.recorded(store, EventType.KEY_RETIRING) == 0
        assert await store.revocations.since(ISSUER, 0, 9) == ()
        turn = KeyTurn(issuer_id=ISSUER, steps=swap, events=(a.event(EventType.KEY_RETIRING),))
        generation = await store.issuers.generation(ISSUER)
        assert sorted(await gather(store.keys.turn(turn), store.keys.turn(turn))) == [False, True]
        assert await store.keys.every(ISSUER) == tuple(step.after for step in swap)
        assert await a.recorded(store, EventType.KEY_RETIRING) == 1
        assert await store.issuers.generation(ISSUER) == generation + 1

    async def test_a_key_is_revoked_with_its_line_in_the_feed(self, store: Store) -> None:
        """The private key goes in the transaction that tells of it."""
        old, new = _key("k1"), _key("k2")
        await store.keys.create((old,), ())
        gone = replace(old, state="destroyed", sealed=None, destroy_at=AT)
        steps = (KeyStep(before=old, after=gone), KeyStep(before=None, after=new))
        turn = KeyTurn(issuer_id=ISSUER, steps=steps, events=())
        ending = a.ending("key", "k1")
        assert sorted(await gather(*(store.keys.revoke(ending, turn) for _ in range(2)))) == [False, True]
        assert await store.keys.every(ISSUER) == (gone, new)
        assert await store.revocations.ended(ISSUER, "key", "k1") == AT
        assert len(await store.revocations.since(ISSUER, 0, 9)) == 1

    async def test_clients(self, store: Store) -> None:
        policy = ClientPolicy(rotate=False, consent="trusted", access_token_lifetime_s=60)
        client = a.client(policy=policy, expires_at=after(9))
        secrets = (a.credential("app", "c1"), a.credential("app", "c2"))
        dead = a.credential("app", "c3", revoked_at=AT)
        await store.clients.put(client, (*secrets, dead), a.event())
        await store.clients.put(a.client("other"), (), a.event())
        expected = Registered(client=client, credentials=secrets)
        assert await store.clients.find(ISSUER, "app") == expected
        assert await store.clients.every(ISSUER) == (
            expected,
            Registered(client=a.client("other"), credentials=()),
        )
        assert await store.clients.find(2, "app") is None
        assert await store.clients.every(2) == ()

    async def test_clients_of_one_kind(self, store: Store) -> None:
        pages = a.client("pages", kind="browser-app")
        for each in (pages, a.client("old", kind="browser-app", status="disabled"), a.client()):
            await store.clients.put(each, (), a.event())
        assert await store.clients.of_kind(ISSUER, "browser-app") == (pages,)
        assert await store.clients.of_kind(2, "browser-app") == ()

    async def test_putting_a_client_again_replaces_all_but_its_epoch(self, store: Store) -> None:
        await store.clients.put(a.client(), (a.credential("app"),), a.event())
        assert await store.clients.end(a.ending("client", "app", after(5)), "app")
        jwk = a.credential("app", "c9", kind="jwk", digest=None, jwk={"kty": "EC"})
        await store.clients.put(a.client(owner="berta"), (jwk,), a.event())
        found = await store.clients.find(ISSUER, "app")
        assert found == Registered(client=a.client(owner="berta", epoch=after(5)), credentials=(jwk,))

    async def test_resources(self, store: Store) -> None:
        scopes = (a.scope("read"), a.scope("write", sensitive=True))
        proof = a.credential("notes", owner_kind="resource")
        await store.resources.put(a.resource(), scopes, (proof,), a.event())
        await store.resources.put(a.resource("mail", lifetime_s=60), (), (), a.event())
        notes = Protected(resource=a.resource(), scopes=scopes, credentials=(proof,))
        mail = Protected(resource=a.resource("mail", lifetime_s=60), scopes=(), credentials=())
        assert await store.resources.every(ISSUER) == (mail, notes)
        assert await store.resources.every(2) == ()

    async def test_an_api_may_be_given_another_identifier(self, store: Store) -> None:
        await store.resources.put(a.resource(), (a.scope("read"),), (), a.event())
        moved = a.resource(identifier="https://new.example")
        await store.resources.put(moved, (a.scope("read", "https://new.example"),), (), a.event())
        (found,) = await store.resources.every(ISSUER)
        assert (found.resource, [scope.name for scope in found.scopes]) == (moved, ["read"])

    async def test_apis_share_neither_identifier_nor_scopes(self, store: Store) -> None:
        await store.resources.put(a.resource(), (a.scope("read"),), (), a.event())
        before = await store.resources.every(ISSUER)
        with pytest.raises(Conflict):
            await store.resources.put(a.resource("mail"), (a.scope("read", "https://mail.example"),), (), a.event())
        with pytest.raises(Conflict):
            await store.resources.put(a.resource("mail", identifier="https://notes.example"), (), (), a.event())
        with pytest.raises(Conflict):
            await store.resources.put_own_scopes(ISSUER, (a.scope("read", None),), a.event())
        assert await store.resources.every(ISSUER) == before

    async def test_own_scopes(self, store: Store) -> None:
        openid, email = a.scope("openid", None), a.scope("email", None)
        await store.resources.put_own_scopes(ISSUER, (email, openid), a.event())
        assert await store.resources.own_scopes(ISSUER) == (email, openid)
        await store.resources.put_own_scopes(ISSUER, (openid,), a.event())
        assert await store.resources.own_scopes(ISSUER) == (openid,)

    async def test_accounts(self, store: Store) -> None:
        assert await store.accounts.create(a.account(), ("anna", "anna@x.example"), a.password(), a.event())
        expected = Person(account=a.account(), authenticators=(a.password(),))
        assert await store.accounts.find(ISSUER, "anna") == expected
        assert await store.accounts.find_by_login(ISSUER, "anna@x.example") == expected
        assert await store.accounts.find_by_login(ISSUER, "berta") is None
        assert await store.accounts.find(2, "anna") is None
        assert await store.accounts.find_by_login(2, "anna") is None
        rehashed = replace(a.password(), secret="$argon2id$newer")  # noqa: S106  not one
        await store.accounts.rehash(rehashed)
        assert await store.accounts.find(ISSUER, "anna") == Person(account=a.account(), authenticators=(rehashed,))

    async def test_an_identifier_is_one_persons(self, store: Store) -> None:
        people = [f"person {n}" for n in range(30)]
        created = await gather(
            *(
                store.accounts.create(a.account(who), (who, "same"), a.password(who), a.event(subject=who))
                for who in people
            )
        )
        assert created.count(True) == 1
        for who, was in zip(people, created, strict=True):
            assert (await store.accounts.find_by_login(ISSUER, who) is not None) is was
        with pytest.raises(Conflict):  # a subject is never reassigned
            await store.accounts.create(a.account(people[created.index(True)]), ("free",), a.password("x"), a.event())
        assert await store.accounts.find_by_login(ISSUER, "free") is None

    async def test_generation_grows_with_every_change_of_configuration_and_people(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        await store.issuers.create(a.issuer(2), a.event(issuer_id=2))
        seen = await store.issuers.generation(ISSUER)
        changes = (
            store.keys.create((_key("k1"),), (a.event(),)),
            store.clients.put(a.client(), (), a.event()),
            store.clients.end(a.ending("client", "app"), "app"),
            store.resources.put(a.resource(), (), (), a.event()),
            store.resources.put_own_scopes(ISSUER, (), a.event()),
            store.accounts.create(a.account(), ("anna",), a.password(), a.event()),
            store.accounts.set_password(a.ending("subject", "anna"), a.password("anna", "p2")),
            store.accounts.end(a.ending("subject", "anna"), "anna"),
            store.issuers.move(ISSUER, "https://new.example"),
        )
        for change in changes:
            await change
            assert await store.issuers.generation(ISSUER) > seen
            seen = await store.issuers.generation(ISSUER)
        assert await store.issuers.generation(2) == 0
