"""Refresh tokens: who gets one, how it rotates, and what a reused one ends (OAuth 2.1 §4.3; rulings D and F)."""

from __future__ import annotations

import asyncio
from typing import Any

import jwt
import msgspec
import pytest

from licet.events import EventType
from licet.requirements import (
    GRANT_ALIVE,
    REFRESH_BOUND_TO_CLIENT,
    REFRESH_EXPIRES,
    REFRESH_REUSE_DETECTED,
    SCOPE_WITHIN_GRANT,
)
from tests.visitor import Visitor
from tests.world import CALLBACK, SECRET, World

pytestmark = pytest.mark.anyio
SPA = {"client_id": "spa", "redirect_uri": "https://spa.example.com/"}
SHOP = {"client_id": "shop", "client_secret": SECRET}


async def tokens(here: World, client: dict[str, str], scope: str = "openid offline_access") -> dict[str, Any]:
    redirect = client.get("redirect_uri", CALLBACK)
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(client_id=client["client_id"], redirect_uri=redirect, scope=scope)
        form = client | {
            "grant_type": "authorization_code",
            "code": answered.parameters["code"],
            "code_verifier": answered.code_verifier,
            "redirect_uri": redirect,
        }
        answer = await http.post("/token", data=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def refresh(here: World, client: dict[str, str], refresh_token: str, **more: str) -> Any:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token} | more
    async with here.visitor() as http:
        return await http.post("/token", data={k: v for k, v in client.items() if k != "redirect_uri"} | form)


async def alive(here: World, access_token: str) -> bool:
    async with here.visitor() as http:
        answer = await http.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})
    return bool(answer.status_code == 200)


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
async def test_a_public_clients_token_rotates_and_reuse_ends_everything(here: World) -> None:
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    third = (await refresh(here, SPA, second["refresh_token"])).json()
    assert len({t["refresh_token"] for t in (first, second, third)}) == 3
    claims = [jwt.decode(t["id_token"], options={"verify_signature": False}) for t in (first, third)]
    assert claims[0]["sub"] == claims[1]["sub"]
    assert claims[0]["auth_time"] == claims[1]["auth_time"]
    assert "nonce" not in claims[1]
    assert await alive(here, third["access_token"])
    assert (await refresh(here, SPA, first["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await alive(here, third["access_token"])
    assert (await refresh(here, SPA, third["refresh_token"])).json()["error"] == "invalid_grant"
    assert len(await here.events(EventType.REFRESH_REUSED)) == 1


async def test_a_confidential_clients_token_stays(here: World) -> None:
    first = await tokens(here, SHOP)
    for _ in range(3):
        again = await refresh(here, SHOP, first["refresh_token"])
        assert again.status_code == 200
        assert "refresh_token" not in again.json()


async def test_none_without_offline_access(here: World) -> None:
    assert "refresh_token" not in await tokens(here, SPA, "openid")


async def test_online_refresh_dies_with_the_visit(here: World) -> None:
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    policy = msgspec.structs.replace(shop.client.policy, refresh="online")
    await here.put(msgspec.structs.replace(shop.client, policy=policy), *shop.credentials)
    got = await tokens(here, SHOP, "openid")
    assert (await refresh(here, SHOP, got["refresh_token"])).status_code == 200
    here.clock.ahead_s = 9 * 3600
    assert (await refresh(here, SHOP, got["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.witness(REFRESH_BOUND_TO_CLIENT)
async def test_another_clients_token_ends_nothing(here: World) -> None:
    got = await tokens(here, SPA)
    assert (await refresh(here, SHOP, got["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await refresh(here, SHOP, "lctrt_" + "0" * 49)).json()["error"] == "invalid_grant"
    assert (await refresh(here, SPA, got["refresh_token"])).status_code == 200


@pytest.mark.witness(REFRESH_EXPIRES)
@pytest.mark.parametrize("days", [31, 91])
async def test_idle_and_absolute_ends(here: World, days: int) -> None:
    got = await tokens(here, SHOP)
    if days > 90:
        for _ in range(4):
            here.clock.ahead_s += 22 * 86400
            assert (await refresh(here, SHOP, got["refresh_token"])).status_code == 200
        here.clock.ahead_s += 3 * 86400
    else:
        here.clock.ahead_s = days * 86400
    assert (await refresh(here, SHOP, got["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.witness(SCOPE_WITHIN_GRANT)
async def test_scope_narrows_and_never_widens(here: World) -> None:
    got = await tokens(here, SHOP, "openid profile offline_access")
    narrow = (await refresh(here, SHOP, got["refresh_token"], scope="openid")).json()
    assert narrow["scope"] == "openid"
    back = (await refresh(here, SHOP, got["refresh_token"])).json()
    assert "profile" in back["scope"].split()
    wide = await refresh(here, SHOP, got["refresh_token"], scope="openid orders.read")
    assert wide.json()["error"] == "invalid_scope"


async def test_many_at_once_leave_no_fork(here: World) -> None:
    """Whoever loses the race repeats what the winner did: one successor, and none is forked (rulings F)."""
    got = await tokens(here, SPA)
    answers = await asyncio.gather(*(refresh(here, SPA, got["refresh_token"]) for _ in range(10)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["refresh_token"] for a in answers}) == 1
    assert len({a.json()["access_token"] for a in answers}) == 10
    assert (await refresh(here, SPA, answers[0].json()["refresh_token"])).status_code == 200


@pytest.mark.witness(GRANT_ALIVE)
@pytest.mark.parametrize("what", ["person disabled", "client disabled", "password changed", "consent withdrawn"])
async def test_what_it_hangs_on_ends(here: World, what: str) -> None:
    from licet.ambient import Instant, SystemEntropy
    from licet.events import Event
    from licet.resource_owner import accounts
    from licet.storage.ports import Ending
    from licet.storage.records import Revocation

    got = await tokens(here, SHOP)
    now, subject = here.clock.now(), here.subjects["alice"]
    ending = Ending(
        issuer_id=1,
        at=now,
        reason=what,
        revocation=Revocation(issuer_id=1, kind="subject", key=subject, at=now, cause=what, purge_at=Instant(now + 1)),
        event=Event(
            issuer_id=1,
            type=EventType.ACCOUNT_DISABLED,
            at=now,
            actor="operator",
            subject=subject,
            request_id="command",
            reason=what,
        ),
    )
    match what:
        case "person disabled":
            await here.store.accounts.end(ending, subject)
        case "client disabled":
            await here.store.clients.end(ending, "shop")
        case "consent withdrawn":
            await here.store.consents.withdraw(ending, subject, "shop")
        case _:
            person = await here.store.accounts.find(1, subject)
            assert person is not None
            await here.store.accounts.set_password(
                ending, accounts.password(person.account, person.authenticators[0].secret, SystemEntropy(), now)
            )
    await here.server.upkeep.directory.refresh()
    answer = await refresh(here, SHOP, got["refresh_token"])
    assert answer.status_code in (400, 401)
    assert not await alive(here, got["access_token"])
