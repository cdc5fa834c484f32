"""Clients that register themselves: within what the token and the quota leave, managed by their own token alone."""

from __future__ import annotations

from asyncio import gather
from typing import Any

from msgspec.structs import replace

from licet.events import EventType
from licet.protocol.client_metadata import ClientMetadata
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Conclusion, Full, Registered, Registering, Store
from licet.storage.records import InitialToken, Registration, RegistrationPolicy


class Registrations:
    """``registrations``, and ``clients.of_source``."""

    async def test_a_token_lets_no_more_register_than_it_says(self, store: Store) -> None:
        await _token(store, uses_left=3)
        outcomes = await gather(*(store.registrations.register(_new(f"c{n}")) for n in range(10)))
        assert outcomes == ["registered"] * 3 + ["spent"] * 7
        found = [await store.clients.find(ISSUER, f"c{n}") for n in range(10)]
        assert sum(one is not None for one in found) == 3
        assert await a.recorded(store, EventType.CLIENT_CREATED) == 3
        token = await store.registrations.find_token(ISSUER, a.digest("token"))
        assert token is not None
        assert token.uses_left == 0

    async def test_a_token_that_is_over_or_elsewhere_lets_nobody_register(self, store: Store) -> None:
        await _token(store, expires_at=AT)
        assert await store.registrations.register(_new("c")) == "spent"
        assert await store.registrations.register(_new("c", token=a.digest("other"))) == "spent"
        assert await store.clients.find(ISSUER, "c") is None
        assert await store.registrations.find(ISSUER, "c") is None

    async def test_there_are_no_more_than_the_quota(self, store: Store) -> None:
        outcomes = await gather(*(store.registrations.register(_new(f"c{n}", token=None, most=4)) for n in range(9)))
        assert sorted(outcomes) == ["full"] * 5 + ["registered"] * 4

    async def test_a_refusal_for_the_quota_spends_nothing(self, store: Store) -> None:
        await _token(store, uses_left=1)
        assert await store.registrations.register(_new("c", most=0)) == "full"
        assert await store.registrations.register(_new("c")) == "registered"

    async def test_a_registration_comes_back_whole(self, store: Store) -> None:
        new = _new("c", token=None)
        await store.registrations.register(new)
        assert await store.clients.find(ISSUER, "c") == Registered(client=new.client, credentials=new.credentials)
        assert await store.registrations.find(ISSUER, "c") == new.registration
        assert await store.registrations.find(ISSUER + 1, "c") is None

    async def test_registering_makes_nobody_read_everything_anew(self, store: Store) -> None:
        before = await store.issuers.generation(ISSUER)
        await store.registrations.register(_new("c", token=None))
        assert await store.issuers.generation(ISSUER) == before

    async def test_of_many_updates_with_one_token_one_is_done(self, store: Store) -> None:
        new = _new("c", token=None)
        await store.registrations.register(new)
        changed = replace(new.client, metadata=ClientMetadata(client_name="Other"), metadata_digest=a.digest("other"))

        async def update(n: int) -> bool:
            return await store.registrations.replace(
                changed, (), a.digest("managing"), a.digest(f"next{n}"), a.event(EventType.CLIENT_CHANGED)
            )

        assert sum(await gather(*(update(n) for n in range(10)))) == 1
        found = await store.clients.find(ISSUER, "c")
        assert found == Registered(client=changed, credentials=())
        assert await a.recorded(store, EventType.CLIENT_CHANGED) == 1

    async def test_what_an_operator_ended_is_not_updated(self, store: Store) -> None:
        new = _new("c", token=None)
        await store.registrations.register(new)
        assert await store.clients.end(a.ending("client", "c"), "c")
        event = a.event(EventType.CLIENT_CHANGED)
        assert not await store.registrations.replace(new.client, (), a.digest("managing"), a.digest("next"), event)

    async def test_a_client_takes_itself_away_once_and_is_purged_later(self, store: Store) -> None:
        await store.registrations.register(_new("c", token=None))
        assert not await store.registrations.remove(a.ending("client", "c"), "c", a.digest("other"), after(100))
        outcomes = await gather(
            *(
                store.registrations.remove(a.ending("client", "c"), "c", a.digest("managing"), after(100))
                for _ in range(5)
            )
        )
        assert outcomes.count(True) == 1
        found = await store.clients.find(ISSUER, "c")
        assert found is not None
        assert (found.client.status, found.client.epoch) == ("disabled", AT)
        assert len(await store.revocations.since(ISSUER, 0, 10)) == 1
        await store.purge(after(99), 100)
        assert await store.clients.find(ISSUER, "c") is not None
        await store.purge(after(100), 100)
        assert await store.clients.find(ISSUER, "c") is None
        assert await store.registrations.find(ISSUER, "c") is None

    async def test_what_was_used_stays_and_what_was_not_goes(self, store: Store) -> None:
        for name in ("used", "unused"):
            await store.registrations.register(_new(name, token=None))
        assert await store.registrations.used(ISSUER, "used", AT)
        assert not await store.registrations.used(ISSUER, "used", AT)
        assert not await store.registrations.used(ISSUER, "nobody", AT)
        assert not await store.registrations.used(ISSUER, "unused", after(60))
        await store.purge(after(60), 100)
        found = await store.clients.find(ISSUER, "used")
        assert found is not None
        assert found.client.expires_at is None
        assert len(found.credentials) == 1
        assert await store.clients.find(ISSUER, "unused") is None

    async def test_tokens_are_listed_taken_back_and_purged(self, store: Store) -> None:
        await _token(store)
        await _token(store, digest=a.digest("second"), created_at=after(1), expires_at=after(9))
        assert [one.digest for one in await store.registrations.tokens(ISSUER)] == [
            a.digest("token"),
            a.digest("second"),
        ]
        revoked = a.event(EventType.INITIAL_TOKEN_REVOKED)
        assert await store.registrations.revoke_token(ISSUER, a.digest("token"), revoked)
        assert not await store.registrations.revoke_token(ISSUER, a.digest("token"), revoked)
        await store.purge(after(9), 100)
        assert await store.registrations.tokens(ISSUER) == ()

    async def test_clients_are_found_by_where_they_came_from(self, store: Store) -> None:
        filed = replace(a.client("filed"), source="file")
        await store.clients.put(filed, (), a.event())
        new = _new("c", token=None)
        await store.registrations.register(new)
        assert await store.clients.of_source(ISSUER, "file") == (Registered(client=filed, credentials=()),)
        assert await store.clients.of_source(ISSUER, "dcr") == (
            Registered(client=new.client, credentials=new.credentials),
        )

    async def test_a_documents_client_is_written_down_with_its_first_grant(self, store: Store) -> None:
        adopts = _described("https://c/1")
        assert await store.transactions.conclude(_conclusion(store, adopts, 1))
        assert await store.clients.find(ISSUER, "https://c/1") == Registered(
            client=adopts.client, credentials=adopts.credentials
        )
        assert await store.registrations.find(ISSUER, "https://c/1") == adopts.registration
        assert await store.transactions.conclude(_conclusion(store, adopts, 2)), "it is written down, and says the same"
        assert await a.recorded(store, EventType.CLIENT_CREATED) == 1

    async def test_nothing_is_done_where_the_document_says_something_else_by_now(self, store: Store) -> None:
        await store.transactions.conclude(_conclusion(store, _described("https://c/1"), 1))
        other = _described("https://c/1", metadata_digest=a.digest("other"))
        conclusion = _conclusion(store, other, 2)
        assert not await store.transactions.conclude(conclusion)
        assert await store.grants.find_by_handle(ISSUER, conclusion.grant.handle) is None
        assert await store.codes.find(ISSUER, conclusion.code.digest) is None

    async def test_nothing_is_done_where_there_is_no_room(self, store: Store) -> None:
        await store.registrations.register(_new("c", token=None))
        full = _conclusion(store, _described("https://c/1", most=1), 1)
        try:
            await store.transactions.conclude(full)
        except Full:
            pass
        else:
            raise AssertionError("one too many")
        assert await store.clients.find(ISSUER, "https://c/1") is None
        assert await store.grants.find_by_handle(ISSUER, full.grant.handle) is None

    async def test_a_request_that_is_over_writes_nobody_down(self, store: Store) -> None:
        conclusion = replace(_conclusion(store, _described("https://c/1"), 1), txn_id="never")
        assert not await store.transactions.conclude(conclusion)
        assert await store.clients.find(ISSUER, "https://c/1") is None
        assert await store.registrations.find(ISSUER, "https://c/1") is None

    async def test_a_device_that_is_allowed_writes_its_documents_client_down(self, store: Store) -> None:
        """Only with the approval itself, and not where there is no room or somebody else claimed it."""
        asked = a.pending("tv", client_id="https://c/1")
        await store.devices.open(asked, a.event(EventType.DEVICE_ASKED))
        await store.devices.claim(ISSUER, asked.device_digest, "anna", AT, a.event(EventType.DEVICE_CLAIMED))

        async def approve(who: str, adopts: Registering) -> bool:
            grant = a.grant(store, client_id="https://c/1", origin="device", session_id=None)
            told = (a.event(EventType.DEVICE_APPROVED),)
            return await store.devices.decide(ISSUER, asked.device_digest, who, AT, grant, told, adopts=adopts)

        assert not await approve("bob", _described("https://c/1"))
        assert await store.clients.find(ISSUER, "https://c/1") is None
        try:
            await approve("anna", _described("https://c/1", most=0))
        except Full:
            assert await store.clients.find(ISSUER, "https://c/1") is None
        else:
            raise AssertionError("one too many")
        assert await approve("anna", _described("https://c/1"))
        assert await store.clients.find(ISSUER, "https://c/1") is not None

    async def test_a_document_that_changes_changes_its_client_once(self, store: Store) -> None:
        adopts = _described("https://c/1")
        await store.transactions.conclude(_conclusion(store, adopts, 1))
        changed = replace(adopts.client, metadata=ClientMetadata(client_name="New"), metadata_digest=a.digest("new"))

        async def renew() -> bool:
            before, event = adopts.client.metadata_digest, a.event(EventType.CLIENT_CHANGED)
            return await store.registrations.renew(changed, (), before, None, event)

        assert (await gather(*(renew() for _ in range(5)))).count(True) == 1
        assert await store.clients.find(ISSUER, "https://c/1") == Registered(client=changed, credentials=())
        assert await a.recorded(store, EventType.CLIENT_CHANGED) == 1
        assert await store.revocations.since(ISSUER, 0, 10) == ()

    async def test_what_was_given_ends_where_the_keys_were_replaced(self, store: Store) -> None:
        adopts = _described("https://c/1")
        await store.transactions.conclude(_conclusion(store, adopts, 1))
        ending = a.ending("client", "https://c/1", at=after(5))
        changed = replace(adopts.client, metadata_digest=a.digest("new"))
        before, event = adopts.client.metadata_digest, a.event(EventType.CLIENT_CHANGED)
        assert await store.registrations.renew(changed, (), before, ending, event)
        found = await store.clients.find(ISSUER, "https://c/1")
        assert found is not None
        assert (found.client.status, found.client.epoch) == ("active", after(5))
        assert [line.kind for line in await store.revocations.since(ISSUER, 0, 10)] == ["client"]
        late = _conclusion(store, _described("https://c/1", metadata_digest=a.digest("new")), 2)
        assert not await store.transactions.conclude(late), "granted before the keys were replaced"

    async def test_a_documents_client_stays_as_long_as_it_is_used(self, store: Store) -> None:
        await store.transactions.conclude(_conclusion(store, _described("https://c/1"), 1))
        assert await store.registrations.extend(ISSUER, "https://c/1", AT, after(500))
        assert await store.registrations.extend(ISSUER, "https://c/1", AT, after(400))
        assert not await store.registrations.extend(ISSUER, "https://c/1", after(500), after(900))
        assert not await store.registrations.extend(ISSUER, "nobody", AT, after(900))
        await store.purge(after(499), 100)
        found = await store.clients.find(ISSUER, "https://c/1")
        assert found is not None
        assert found.client.expires_at == after(500)
        await store.purge(after(500), 100)
        assert await store.clients.find(ISSUER, "https://c/1") is None

    async def test_a_documents_client_that_was_disabled_is_remembered(self, store: Store) -> None:
        await store.transactions.conclude(_conclusion(store, _described("https://c/1"), 1))
        assert await store.clients.end(a.ending("client", "https://c/1"), "https://c/1")
        assert not await store.registrations.extend(ISSUER, "https://c/1", AT, after(900))
        await store.purge(after(9000), 100)
        found = await store.clients.find(ISSUER, "https://c/1")
        assert found is not None
        assert found.client.status == "disabled"
        assert len(found.credentials) == 1


async def _token(store: Store, **changes: Any) -> None:
    token = InitialToken(
        **{
            "issuer_id": ISSUER,
            "digest": a.digest("token"),
            "note": "somebody",
            "policy": RegistrationPolicy(scope=("openid",), profile="oidc-core"),
            "uses_left": 2,
            "created_at": AT,
            "expires_at": after(600),
            **changes,
        }
    )
    await store.registrations.create_token(token, a.event(EventType.INITIAL_TOKEN_CREATED))


def _new(client_id: str, *, token: bytes | None = a.digest("token"), most: int = 100) -> Registering:
    return Registering(
        client=replace(a.client(client_id), source="dcr", created_at=AT, expires_at=after(60)),
        credentials=(a.credential(owner=client_id),),
        registration=Registration(
            issuer_id=ISSUER,
            client_id=client_id,
            digest=a.digest("managing"),
            policy=RegistrationPolicy(),
            created_at=AT,
            expires_at=after(60),
        ),
        token=token,
        most=most,
        event=a.event(EventType.CLIENT_CREATED),
    )


def _described(client_id: str, *, most: int = 100, **changes: Any) -> Registering:
    new = _new(client_id, token=None, most=most)
    return replace(
        new,
        client=replace(new.client, source="cimd", **changes),
        registration=replace(new.registration, digest=b""),
    )


def _conclusion(store: Store, adopts: Registering, number: int) -> Conclusion:
    allowed = a.grant(store, client_id=adopts.client.client_id, handle=f"handle {number}", session_id=None)
    return a.conclusion(allowed, a.code(allowed, f"code {number}"), txn_id=None, consent=None, adopts=adopts)
