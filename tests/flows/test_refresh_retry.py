"""A refresh whose answer was lost, repeated (rulings F and I): the same successor or nothing, never a second line."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import jwt
import msgspec
import pytest

from licet import app
from licet.ambient import SystemEntropy
from licet.authorization_server.settings import Lifetimes, Settings
from licet.authorization_server.token.refresh_value import read
from licet.authorization_server.token.retry import Retries
from licet.events import EventType
from licet.requirements import REFRESH_BOUND_TO_CLIENT, REFRESH_REUSE_DETECTED
from licet.storage.ports import Replayed
from licet.storage.vault import MasterKeys, Unsealable, Vault
from tests.flows.test_refresh import SHOP, SPA, alive, refresh, tokens
from tests.world import CHEAP, World

pytestmark = pytest.mark.anyio
FULL = "openid profile orders.read offline_access"


async def elsewhere(here: World, refresh_token: str) -> Any:
    """The same refresh from another network."""
    form = {"grant_type": "refresh_token", "client_id": "spa", "refresh_token": refresh_token}
    async with here.visitor("198.51.100.7") as http:
        return await http.post("/token", data=form)


async def restarted(here: World, window_s: int) -> None:
    """The server with another window."""
    settings = Settings(passwords=CHEAP, lifetimes=replace(Lifetimes(), replay_window_s=window_s))
    here.server = await app.build(here.store, here.issuer, here.vault, here.clock, settings=settings)


async def test_the_predecessor_gets_the_same_successor_and_a_fresh_access_token(here: World) -> None:
    """TK-33: as often as it asks, until the successor is used."""
    first = await tokens(here, SPA)
    lost = (await refresh(here, SPA, first["refresh_token"])).json()
    again = [(await refresh(here, SPA, first["refresh_token"])).json() for _ in range(3)]
    assert {answer["refresh_token"] for answer in again} == {lost["refresh_token"]}
    assert len({answer["access_token"] for answer in (lost, *again)}) == 4
    assert all([await alive(here, answer["access_token"]) for answer in (lost, *again)])
    claims = [jwt.decode(a["id_token"], options={"verify_signature": False}) for a in (lost, *again)]
    assert len({(c["sub"], c["auth_time"]) for c in claims}) == 1
    assert not any("nonce" in c for c in claims)
    assert (await refresh(here, SPA, lost["refresh_token"])).status_code == 200
    told = await here.events(EventType.REFRESH_REPLAYED)
    assert [(event.client, event.outcome, event.subject) for event in told] == [
        ("spa", "done", here.subjects["alice"])
    ] * 3
    assert await here.events(EventType.REFRESH_REUSED) == []


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
async def test_once_the_successor_was_used_the_predecessor_ends_the_family(here: World) -> None:
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    third = (await refresh(here, SPA, second["refresh_token"])).json()
    assert (await refresh(here, SPA, first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await refresh(here, SPA, third["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await alive(here, third["access_token"])


@pytest.mark.parametrize(("ahead_s", "status"), [(59, 200), (61, 400)])
async def test_the_window_closes(here: World, ahead_s: int, status: int) -> None:
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    here.clock.ahead_s = ahead_s
    assert (await refresh(here, SPA, first["refresh_token"])).status_code == status
    assert (await refresh(here, SPA, second["refresh_token"])).status_code == status, "the family ended with it"


async def test_a_window_of_zero_is_none(here: World) -> None:
    await restarted(here, 0)
    first = await tokens(here, SPA)
    await refresh(here, SPA, first["refresh_token"])
    assert (await refresh(here, SPA, first["refresh_token"])).json()["error"] == "invalid_grant"
    assert len(await here.events(EventType.REFRESH_REUSED)) == 1


async def test_a_retry_extends_no_life(here: World) -> None:
    """Neither the family's nor the window's."""
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    here.clock.ahead_s = 50
    before = await families(here)
    assert (await refresh(here, SPA, first["refresh_token"])).status_code == 200
    (was,), (now,) = before, await families(here)
    assert (now.idle_until, now.absolute_until, now.replay_until) == (
        was.idle_until,
        was.absolute_until,
        was.replay_until,
    )
    assert (now.generation, now.current_digest, now.replays) == (was.generation, was.current_digest, 1)
    here.clock.ahead_s = 61
    assert (await refresh(here, SPA, second["refresh_token"])).status_code == 200


async def families(here: World) -> list[Any]:
    """Every family, as it is stored."""
    from licet.storage.sqlite import SQLiteStore
    from licet.storage.sqlite.tokens import FAMILIES

    assert isinstance(here.store, SQLiteStore)
    rows = here.store.families._read.rows(f"SELECT {FAMILIES.columns} FROM families", ())
    return list(FAMILIES.each(rows, here.vault.vouching()))


async def test_a_retry_may_name_another_scope_of_the_grant_and_never_more(here: World) -> None:
    first = await tokens(here, SPA, FULL)
    lost = (await refresh(here, SPA, first["refresh_token"])).json()
    narrow = (await refresh(here, SPA, first["refresh_token"], scope="openid")).json()
    assert (narrow["refresh_token"], narrow["scope"]) == (lost["refresh_token"], "openid")
    wide = await refresh(here, SPA, first["refresh_token"], scope="openid invoices.read")
    assert wide.json()["error"] == "invalid_scope"
    target = await refresh(here, SPA, first["refresh_token"], resource="https://stranger.example.com")
    assert target.json()["error"] == "invalid_target"
    assert (await refresh(here, SPA, first["refresh_token"])).json()["refresh_token"] == lost["refresh_token"]


@pytest.mark.witness(REFRESH_BOUND_TO_CLIENT)
async def test_another_client_gets_nothing_and_ends_nothing(here: World) -> None:
    first = await tokens(here, SPA)
    lost = (await refresh(here, SPA, first["refresh_token"])).json()
    assert (await refresh(here, SHOP, first["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await refresh(here, SPA, first["refresh_token"])).json()["refresh_token"] == lost["refresh_token"]


@pytest.mark.parametrize("by", ["old", "new"])
async def test_after_a_revocation_there_is_no_second_chance(here: World, by: str) -> None:
    """TK-35: with either of the two given back."""
    first = await tokens(here, SPA)
    lost = (await refresh(here, SPA, first["refresh_token"])).json()
    value = first["refresh_token"] if by == "old" else lost["refresh_token"]
    async with here.visitor() as http:
        assert (await http.post("/revoke", data={"client_id": "spa", "token": value})).status_code == 200
    for token in (first["refresh_token"], lost["refresh_token"]):
        assert (await refresh(here, SPA, token)).json()["error"] == "invalid_grant"
    assert (await families(here))[0].successor_salt is None


async def test_one_retry_from_elsewhere_is_a_phone_that_changed_networks(here: World) -> None:
    first = await tokens(here, SPA)
    lost = (await refresh(here, SPA, first["refresh_token"])).json()
    assert (await elsewhere(here, first["refresh_token"])).json()["refresh_token"] == lost["refresh_token"]
    second = (await elsewhere(here, lost["refresh_token"])).json()
    # The next generation's retry comes from where that generation was made: nothing strange about it.
    assert (await elsewhere(here, lost["refresh_token"])).json()["refresh_token"] == second["refresh_token"]


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
async def test_two_generations_in_a_row_retried_from_elsewhere_end_the_family(here: World) -> None:
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    assert (await elsewhere(here, first["refresh_token"])).status_code == 200
    third = (await refresh(here, SPA, second["refresh_token"])).json()
    assert (await elsewhere(here, second["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await refresh(here, SPA, third["refresh_token"])).json()["error"] == "invalid_grant"
    assert len(await here.events(EventType.REFRESH_REUSED)) == 1


async def test_a_generation_without_a_stranger_between_forgives(here: World) -> None:
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    assert (await elsewhere(here, first["refresh_token"])).status_code == 200
    third = (await refresh(here, SPA, second["refresh_token"])).json()
    fourth = (await refresh(here, SPA, third["refresh_token"])).json()
    assert (await elsewhere(here, third["refresh_token"])).json()["refresh_token"] == fourth["refresh_token"]


@pytest.mark.parametrize("then", ["refresh", "end", "purge", "no rotation any more"])
async def test_the_successor_salt_goes_when_its_time_is_over(here: World, then: str) -> None:
    """At most one per family, and none once the successor was used, the family ended or the window closed (I3)."""
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    salt = (await families(here))[0].successor_salt
    assert salt is not None
    match then:
        case "refresh":
            await refresh(here, SPA, second["refresh_token"])
            assert (await families(here))[0].successor_salt != salt
            return
        case "end":
            async with here.visitor() as http:
                await http.post("/revoke", data={"client_id": "spa", "token": second["refresh_token"]})
        case "purge":
            here.clock.ahead_s = 61
            assert await here.store.purge(here.clock.now(), 500) >= 1
        case _:
            spa = await here.store.clients.find(1, "spa")
            assert spa is not None
            stays = msgspec.structs.replace(spa.client.policy, rotate=False)
            await here.put(msgspec.structs.replace(spa.client, policy=stays))
            assert "refresh_token" not in (await refresh(here, SPA, second["refresh_token"])).json()
    (family,) = await families(here)
    assert (family.successor_salt, family.ended_at is None) == (None, then != "end")


async def test_a_row_that_was_moved_or_changed_opens_nothing(here: World) -> None:
    """Whoever can write rows, without the master key, gains no successor by it (rulings I)."""
    first, other = await tokens(here, SPA), await tokens(here, SPA)
    await refresh(here, SPA, first["refresh_token"])
    await refresh(here, SPA, other["refresh_token"])
    one, two = await families(here)
    writer = here.store.families._write  # type: ignore[attr-defined]
    await writer.submit(
        lambda tx: tx.run("UPDATE families SET successor_salt = ? WHERE handle = ?", (two.successor_salt, one.handle))
    )
    await writer.submit(
        lambda tx: tx.run("UPDATE families SET replay_until = replay_until + 1 WHERE handle = ?", (two.handle,))
    )
    for token in (first["refresh_token"], other["refresh_token"]):
        answer = await refresh(here, SPA, token)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


async def test_a_successor_takes_the_token_the_row_and_the_key(here: World) -> None:
    """With two of the three there is nothing to be had (rulings I)."""
    first = (await tokens(here, SPA))["refresh_token"]
    second = (await refresh(here, SPA, first)).json()["refresh_token"]
    (family,) = await families(here)
    salt, until = family.successor_salt, family.replay_until
    assert salt is not None
    assert until is not None
    row = Replayed(salt=salt, head=family.current_digest, generation=family.generation, replay_until=until)
    presented, retries = read(first), Retries(here.vault, 60)
    assert presented is not None
    assert retries.again(family, presented, row) == second
    other_salt = msgspec.structs.replace(row, salt=here.vault.salt())
    other_token = msgspec.structs.replace(presented, token=second)
    other_keys = Retries(Vault(MasterKeys.parse(MasterKeys.generate(SystemEntropy())), SystemEntropy()), 60)
    for whose, token, known in (
        (retries, presented, other_salt),
        (retries, other_token, row),
        (other_keys, presented, row),
    ):
        with pytest.raises(Unsealable):
            whose.again(family, token, known)


async def test_a_race_that_the_successor_wins_ends_the_family_or_repeats(here: World) -> None:
    """Parent and successor at once: whichever comes first, no fork and no error of ours."""
    for _ in range(5):
        first = await tokens(here, SPA)
        second = (await refresh(here, SPA, first["refresh_token"])).json()
        answers = await asyncio.gather(
            refresh(here, SPA, second["refresh_token"]), refresh(here, SPA, first["refresh_token"])
        )
        assert {a.status_code for a in answers} <= {200, 400}
        heads = {a.json().get("refresh_token") for a in answers if a.status_code == 200}
        assert len(heads - {second["refresh_token"]}) <= 1
    assert here.internal_errors == 0
