"""A code is used at most once, by its client, in time, and all of the issuance stands or none (I1, I4)."""

from __future__ import annotations

from asyncio import gather

import pytest

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import AlreadyRedeemed, Conflict, Issuance, Redeemed, Store, Unknown


class SingleUse:
    """``issue`` with a code, or with nothing to consume."""

    async def test_a_code_buys_tokens_once_however_many_try_at_once(self, store: Store) -> None:
        """200 parallel redemptions: one wins; the rest end the grant, once, with one event and one line."""
        grant, code = await a.concluded(store)
        attempts = [a.issuance(a.consume_code(code), token=a.access_token(f"t{n}", grant)) for n in range(200)]
        outcomes = await gather(*map(store.issue, attempts))
        assert outcomes.count(Redeemed()) == 1
        assert outcomes.count(AlreadyRedeemed(grant.grant_id)) == 199
        assert await a.recorded(store, EventType.TOKEN_ISSUED) == 1
        assert await a.recorded(store, EventType.CODE_REPLAYED) == 1
        assert len(await store.revocations.since(ISSUER, 0, 10)) == 1
        found = [await store.access_tokens.find(ISSUER, a.digest(f"t{n}")) for n in range(200)]
        (kept,) = [one for one in found if one is not None]
        assert kept.standing is not None
        assert kept.standing.grant.revoked_at == AT

    async def test_a_good_code_leaves_everything_behind(self, store: Store) -> None:
        grant, code = await a.concluded(store)
        family = a.family(grant)
        token = a.access_token("t", grant, cnf={"jkt": "x"})
        assert await store.issue(a.issuance(a.consume_code(code), token=token, family=family)) == Redeemed()
        found_code = await store.codes.find(ISSUER, code.digest)
        found_family = await store.families.find(ISSUER, family.handle)
        found_token = await store.access_tokens.find(ISSUER, token.digest)
        assert found_code is not None
        assert found_family is not None
        assert found_token is not None
        assert found_code.code.consumed_at == AT
        assert found_code.code.purge_at == after(24 * a.HOUR_S)
        assert (found_family.family, found_family.standing.grant) == (family, grant)
        assert (found_token.token, found_token.standing) == (token, found_family.standing)
        assert await store.replay.seen(ISSUER, "challenge", a.digest("challenge"), AT)

    @pytest.mark.parametrize(("late_us", "outcome"), [(-1, Redeemed()), (0, Unknown()), (1, Unknown())])
    async def test_a_code_is_good_until_the_very_instant_it_expires(
        self, store: Store, late_us: int, outcome: Redeemed | Unknown
    ) -> None:
        _, code = await a.concluded(store)
        at = after(late_us / 1_000_000, code.expires_at)
        assert await store.issue(a.issuance(a.consume_code(code), at=at)) == outcome

    async def test_another_clients_attempt_at_a_code_changes_nothing(self, store: Store) -> None:
        grant, code = await a.concluded(store)
        stolen = a.consume_code(code, client_id="thief")
        assert await store.issue(a.issuance(stolen, token=a.access_token("loot", grant))) == Unknown()
        assert await store.access_tokens.find(ISSUER, a.digest("loot")) is None
        assert await store.issue(a.issuance(a.consume_code(code))) == Redeemed()
        assert await store.issue(a.issuance(stolen)) == Unknown()  # also after it was used: nothing ends
        standing = await store.grants.find_by_handle(ISSUER, grant.handle)
        assert standing is not None
        assert standing.grant.revoked_at is None

    async def test_a_code_is_of_one_grant(self, store: Store) -> None:
        _, code = await a.concluded(store)
        other, _ = await a.concluded(store, "another code")
        assert await store.issue(a.issuance(a.consume_code(code, grant_id=other.grant_id))) == Unknown()

    async def test_a_code_nobody_made_is_unknown(self, store: Store) -> None:
        _, code = await a.concluded(store)
        assert await store.issue(a.issuance(a.consume_code(code, digest=a.digest("guess")))) == Unknown()

    async def test_a_replay_counts_after_the_code_has_expired(self, store: Store) -> None:
        """Rulings M: the tombstone outlives the code."""
        grant, code = await a.concluded(store)
        await store.issue(a.issuance(a.consume_code(code)))
        late = await store.issue(a.issuance(a.consume_code(code), at=after(a.HOUR_S)))
        assert late == AlreadyRedeemed(grant.grant_id)
        assert await a.recorded(store, EventType.CODE_REPLAYED) == 1

    async def test_a_replay_after_the_grant_has_ended_is_not_told_again(self, store: Store) -> None:
        grant, code = await a.concluded(store)
        await store.issue(a.issuance(a.consume_code(code)))
        assert await store.grants.end(a.ending("grant", grant.handle), grant.grant_id)
        assert await store.issue(a.issuance(a.consume_code(code))) == AlreadyRedeemed(grant.grant_id)
        assert await a.recorded(store, EventType.CODE_REPLAYED) == 0

    async def test_a_grant_that_ended_buys_nothing(self, store: Store) -> None:
        """Judged alive a moment ago, ended since: the statement that consumes looks again."""
        grant, code = await a.concluded(store)
        await store.grants.end(a.ending("grant", grant.handle), grant.grant_id)
        assert await store.issue(a.issuance(a.consume_code(code), token=a.access_token())) == Unknown()
        assert await store.access_tokens.find(ISSUER, a.digest("token")) is None

    async def test_a_grant_that_expired_buys_nothing(self, store: Store) -> None:
        _, code = await a.concluded(store, expires_at=after(10))
        assert await store.issue(a.issuance(a.consume_code(code), at=after(10))) == Unknown()

    async def test_a_client_that_was_disabled_buys_nothing(self, store: Store) -> None:
        await store.clients.put(a.client(), (), a.event())
        _, code = await a.concluded(store)
        await store.clients.end(a.ending("client", "app"), "app")
        assert await store.issue(a.issuance(a.consume_code(code))) == Unknown()
        await store.clients.put(a.client(), (), a.event())  # enabled again: what is older than its end stays dead
        assert await store.issue(a.issuance(a.consume_code(code))) == Unknown()

    async def test_a_client_that_was_disabled_gets_no_tokens_for_itself(self, store: Store) -> None:
        """Nothing is consumed, so no other statement would look again."""
        changed = a.event(EventType.CLIENT_CHANGED)
        await store.clients.put(a.client(), (), changed)
        await store.clients.end(a.ending("client", "app"), "app")
        token = a.access_token()
        assert await store.issue(a.issuance(token=token)) == Unknown()
        assert await store.access_tokens.find(ISSUER, token.digest) is None
        assert await a.recorded(store, EventType.TOKEN_ISSUED) == 0
        await store.clients.put(a.client(), (), changed)
        assert await store.issue(a.issuance(token=token)) == Redeemed()

    async def test_tokens_without_consumption(self, store: Store) -> None:
        """Client credentials use nothing up."""
        token = a.access_token()
        assert await store.issue(a.issuance(token=token)) == Redeemed()
        found = await store.access_tokens.find(ISSUER, token.digest)
        assert found is not None
        assert (found.token, found.standing) == (token, None)

    async def test_what_fails_leaves_nothing_and_harms_nobody(self, store: Store) -> None:
        """An issuance that cannot be stored consumes nothing; those that are written with it succeed."""
        grant, code = await a.concluded(store)
        await store.issue(a.issuance(token=a.access_token("twin")))
        impossible = a.issuance(a.consume_code(code), token=a.access_token("twin", grant))

        def others(prefix: str) -> list[Issuance]:
            return [a.issuance(token=a.access_token(f"{prefix}{n}")) for n in range(50)]

        outcomes = await gather(
            *map(store.issue, [*others("before "), impossible, *others("after ")]), return_exceptions=True
        )
        assert isinstance(outcomes[50], Conflict)
        assert outcomes.count(Redeemed()) == 100
        assert await a.recorded(store, EventType.TOKEN_ISSUED) == 101
        assert await store.events.verify() is None
        assert await store.issue(a.issuance(a.consume_code(code))) == Redeemed()

    async def test_issuers_do_not_see_one_anothers_codes(self, store: Store) -> None:
        """The same digests and ids under another issuer are other things (I7)."""
        grant, code = await a.concluded(store)
        elsewhere = a.issuance(a.consume_code(code), issuer_id=2, token=a.access_token(issuer_id=2))
        assert await store.issue(elsewhere) == Unknown()
        assert await store.issue(a.issuance(a.consume_code(code), token=a.access_token("token", grant))) == Redeemed()
        assert await store.codes.find(2, code.digest) is None
        assert await store.access_tokens.find(2, a.digest("token")) is None
        assert await store.grants.find_by_handle(2, grant.handle) is None
        assert await store.issue(a.issuance(token=a.access_token(issuer_id=2), issuer_id=2)) == Redeemed()
        assert len(await store.events.tail(2, 10)) == 1
