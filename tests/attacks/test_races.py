"""Endings that overtake what was judged a moment before: after one is acknowledged nothing new is live (TK-48).

Sign-in, consent and devices have theirs beside their other attacks; the crowds are in ``tests/flows/test_concurrency.py``.
"""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from licet.events import EventType
from licet.requirements import CLIENT_KNOWN, CODE_REPLAY_ENDS_GRANT, CODE_SINGLE_USE, GRANT_ALIVE
from tests.attacks.test_code_injection import alive, code, redeem
from tests.attacks.watch import disable, just_before, noted, nothing_given
from tests.flows.test_refresh import SHOP, SPA, refresh, tokens
from tests.world import SECRET, World

pytestmark = pytest.mark.anyio


@pytest.mark.witness(GRANT_ALIVE)
@pytest.mark.parametrize("what", ["person", "password", "consent", "shop", "session"])
@pytest.mark.parametrize("grant", ["code", "refresh"])
async def test_what_ends_while_tokens_are_minted(
    here: World, monkeypatch: pytest.MonkeyPatch, what: str, grant: str
) -> None:
    """TK-48: judged alive, ended, and only then written: nothing is. An online grant's visit counts, too."""
    scope = "openid" if what == "session" else "openid offline_access"
    if what == "session":
        shop = await here.store.clients.find(1, "shop")
        assert shop is not None
        policy = msgspec.structs.replace(shop.client.policy, refresh="online")
        await here.put(msgspec.structs.replace(shop.client, policy=policy), *shop.credentials)
    answered = await code(here, scope=scope)
    token = (await redeem(here, answered)).json()["refresh_token"] if grant == "refresh" else ""
    done = just_before(monkeypatch, here.store, "issue", lambda: disable(here, what))
    async with nothing_given(here):
        answer = await (refresh(here, SHOP, token) if token else redeem(here, answered))
    assert done
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    assert await noted(here, answer) == "invalid_grant"


@pytest.mark.witness(CLIENT_KNOWN)
@pytest.mark.parametrize("scope", ["orders.read", "invoices.read"])
async def test_a_client_that_is_switched_off_while_it_is_served(
    here: World, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """TK-48, TK-38: also where nothing is consumed, and where the token is a JWT that APIs would believe for minutes."""
    form = {"grant_type": "client_credentials", "client_id": "billing", "client_secret": SECRET, "scope": scope}
    done = just_before(monkeypatch, here.store, "issue", lambda: disable(here, "billing"))
    async with here.visitor() as http, nothing_given(here):
        for _ in range(2):  # the second time from a configuration that has not been read again
            answer = await http.post("/token", data=form)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert done


async def test_a_token_given_back_while_it_is_used(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """TK-48: revoke ∥ refresh: whichever is written first, what is given out after the revocation is not alive."""
    got = await tokens(here, SPA)

    async def revoke() -> None:
        async with here.visitor() as http:
            assert (
                await http.post("/revoke", data={"client_id": "spa", "token": got["refresh_token"]})
            ).status_code == 200

    just_before(monkeypatch, here.store, "issue", revoke)
    async with nothing_given(here):
        assert (await refresh(here, SPA, got["refresh_token"])).json()["error"] == "invalid_grant"
    monkeypatch.undo()
    got = await tokens(here, SPA)
    answers = await asyncio.gather(
        *(refresh(here, SPA, got["refresh_token"]) for _ in range(3)), *(revoke() for _ in range(3))
    )
    for answer in answers[:3]:
        if answer is not None and answer.status_code == 200:
            assert (await refresh(here, SPA, answer.json()["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.witness(CODE_SINGLE_USE, CODE_REPLAY_ENDS_GRANT)
async def test_a_code_that_is_used_between_looking_and_using(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """TK-03: the loser of the race was a valid replay: the winner's tokens end, once, on record."""
    answered = await code(here)
    won = []

    async def first() -> None:
        won.append((await redeem(here, answered)).json())

    just_before(monkeypatch, here.store, "issue", first)
    lost = await redeem(here, answered)
    assert lost.json()["error"] == "invalid_grant"
    assert await alive(here, won[0]) == (False, False)
    assert len(await here.events(EventType.CODE_REPLAYED)) == 1


@pytest.mark.witness(CODE_SINGLE_USE)
async def test_a_guesser_in_the_race_ends_nothing(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """TK-04: wrong verifiers before, during and after: one success, and it stays."""
    answered = await code(here)

    async def guesses() -> None:
        for verifier in ("a" * 43, "b" * 43):
            assert (await redeem(here, answered, code_verifier=verifier)).json()["error"] == "invalid_grant"

    await guesses()
    just_before(monkeypatch, here.store, "issue", guesses)
    body = (await redeem(here, answered)).json()
    await guesses()
    assert await alive(here, body) == (True, True)
    assert await here.events(EventType.CODE_REPLAYED) == []


async def test_configuration_that_is_read_while_it_changes(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """TK-48: a client that was read before a change and arrives after it was announced is not kept (other backends wait
    while they read)."""
    directory = here.server.upkeep.directory
    await here.put((await _shop(here))[0], *(await _shop(here))[1])
    real = here.store.clients.find

    async def slow(issuer_id: int, client_id: str) -> object:
        found = await real(issuer_id, client_id)
        if client_id == "shop" and not ended:
            ended.append(client_id)
            await disable(here, "shop")
            await directory.refresh()
        return found

    ended: list[str] = []
    monkeypatch.setattr(here.store.clients, "find", slow)
    await directory.client("shop")
    after = await directory.client("shop")
    assert after is not None
    assert after.client.status == "disabled"


async def _shop(here: World) -> tuple[msgspec.Struct, tuple[msgspec.Struct, ...]]:
    found = await here.store.clients.find(1, "shop")
    assert found is not None
    return found.client, found.credentials
