"""Refresh tokens in other hands, and what they reach (RFC 9700 §4.14; OAuth 2.1 §4.3; rulings D, F)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from licet import app
from licet.authorization_server.settings import Settings
from licet.events import EventType
from licet.requirements import (
    GRANT_ALIVE,
    REFRESH_BOUND_TO_CLIENT,
    REFRESH_EXPIRES,
    REFRESH_REUSE_DETECTED,
    SCOPE_WITHIN_GRANT,
)
from licet.storage.records import Client
from licet.storage.sqlite import SQLiteStore
from tests.attacks.watch import disable, noted, nothing_given, row
from tests.flows.test_refresh import SHOP, SPA, alive, refresh, tokens
from tests.world import CHEAP, ORDERS, World

pytestmark = pytest.mark.anyio

FULL = "openid profile orders.read offline_access"


async def changed(here: World, client_id: str, **metadata: Any) -> Client:
    """The operator changes what a client may."""
    found = await here.store.clients.find(1, client_id)
    assert found is not None
    client = msgspec.structs.replace(found.client, metadata=msgspec.structs.replace(found.client.metadata, **metadata))
    await here.put(client, *found.credentials)
    return client


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
@pytest.mark.parametrize("generation", [0, 1])
async def test_a_superseded_token_ends_the_line(here: World, generation: int) -> None:
    """TK-31 TK-32 TK-34 TK-36: parent or grandparent of a token that was used; the thief's line dies too."""
    line = [await tokens(here, SPA)]
    for _ in range(2):
        line.append((await refresh(here, SPA, line[-1]["refresh_token"])).json())
    if generation == 1:  # the parent: its retry is over
        here.clock.ahead_s = 61
    async with nothing_given(here):
        for _ in range(3):
            reused = await refresh(here, SPA, line[generation]["refresh_token"])
            assert reused.json()["error"] == "invalid_grant"
            assert await noted(here, reused) == "invalid_grant"
        assert (await refresh(here, SPA, line[-1]["refresh_token"])).json()["error"] == "invalid_grant"
    assert not await alive(here, line[-1]["access_token"])
    (event,) = await here.events(EventType.REFRESH_REUSED)
    assert (event.outcome, event.client, event.requirement) == ("refused", "spa", REFRESH_REUSE_DETECTED.id)


async def test_an_explicitly_revoked_token_has_no_second_chance(here: World) -> None:
    """TK-35: revoked is not superseded: it is over, and no window opens it."""
    got = await tokens(here, SPA)
    async with here.visitor() as http:
        await http.post("/revoke", data={"client_id": "spa", "token": got["refresh_token"]})
    async with nothing_given(here):
        assert (await refresh(here, SPA, got["refresh_token"])).json()["error"] == "invalid_grant"
    assert await here.events(EventType.REFRESH_REUSED) == []


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
async def test_a_restart_forgets_nothing(here: World, tmp_path: Path) -> None:
    """TK-37: rotated, used and revoked stay so for a server that has just been started on the same file."""
    used = await tokens(here, SPA)
    successor = (await refresh(here, SPA, used["refresh_token"])).json()["refresh_token"]
    await refresh(here, SPA, successor)
    await here.store.close()
    store = SQLiteStore.open(tmp_path / "licet.db", here.vault.vouching())
    server = await app.build(store, here.issuer, here.vault, here.clock, settings=Settings(passwords=CHEAP))
    here.store, here.server = store, server
    async with nothing_given(here):
        assert (await refresh(here, SPA, used["refresh_token"])).json()["error"] == "invalid_grant"
    server.close()
    await store.close()
    with closing(sqlite3.connect(tmp_path / "licet.db")) as file:
        assert file.execute("SELECT count(*) FROM families WHERE ended_at IS NULL").fetchone() == (0,)


@pytest.mark.witness(REFRESH_BOUND_TO_CLIENT)
async def test_other_hands(here: World) -> None:
    """TK-38 TK-46: another client, a public twin, no secret, a wrong one, half a token: refused, and nothing ends."""
    got = await tokens(here, SHOP)
    value = got["refresh_token"]
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    metadata = msgspec.structs.replace(shop.client.metadata, token_endpoint_auth_method="none")
    await here.put(msgspec.structs.replace(shop.client, client_id="shop-twin", metadata=metadata))
    thieves = [
        SPA,
        {"client_id": "shop-twin"},
        {"client_id": "shop"},
        SHOP | {"client_secret": "guess"},
        {"client_id": "tv"},
    ]
    async with nothing_given(here):
        for thief in thieves:
            answer = await refresh(here, thief, value)
            assert answer.json()["error"] in {"invalid_grant", "invalid_client"}, thief
        for spelling in (
            value[:-1],
            value + "0",
            value.swapcase(),
            value * 2,
            "x" * 60_000,
            got["access_token"],
            got["id_token"],
        ):
            assert (await refresh(here, SHOP, spelling)).json()["error"] == "invalid_grant", spelling[:60]
    assert (await refresh(here, SHOP, value)).status_code == 200


@pytest.mark.witness(SCOPE_WITHIN_GRANT)
async def test_it_never_reaches_further_than_the_grant(here: World) -> None:
    """TK-39: not by scope, not by resource, not after it was narrowed once."""
    got = await tokens(here, SHOP, FULL)
    async with nothing_given(here):
        for more, error in (
            ({"scope": "openid orders.write"}, "invalid_scope"),
            ({"scope": "openid email"}, "invalid_scope"),
            ({"scope": "invoices.read"}, "invalid_scope"),
            ({"scope": "orders"}, "invalid_scope"),
            ({"resource": "https://elsewhere.example.com"}, "invalid_target"),
            ({"resource": "https://invoices.example.com"}, "invalid_scope"),
            ({"scope": "openid", "resource": ORDERS}, "invalid_scope"),
        ):
            assert (await refresh(here, SHOP, got["refresh_token"], **more)).json()["error"] == error, more
    narrow = (await refresh(here, SHOP, got["refresh_token"], scope="orders.read")).json()
    assert narrow["scope"] == "orders.read"
    assert "id_token" not in narrow
    assert not await alive(here, narrow["access_token"]), "without openid it is no token for userinfo"
    back = (await refresh(here, SHOP, got["refresh_token"])).json()
    assert set(back["scope"].split()) == set(FULL.split())


@pytest.mark.witness(GRANT_ALIVE)
@pytest.mark.parametrize("what", ["person", "password", "consent", "session", "shop"])
async def test_what_it_hangs_on(here: World, what: str) -> None:
    """TK-40: person, password, consent and client end every grant, the visit only an online one; at once, though the
    server has not looked at its configuration again."""
    offline = await tokens(here, SHOP, FULL)
    await disable(here, what)
    survives = what == "session"
    async with here.visitor() as http:
        known = (
            await http.get("/userinfo", headers={"Authorization": f"Bearer {offline['access_token']}"})
        ).status_code
        again = await refresh(here, SHOP, offline["refresh_token"])
    assert again.status_code == (200 if survives else 400)
    if what != "shop":  # a client's end is seen here within a quarter of a second, in the write above at once
        assert known == (200 if survives else 401)


async def test_a_scope_that_was_taken_away_is_dropped(here: World) -> None:
    """TK-40: from the client, or with its API; nothing left is nothing given."""
    got = await tokens(here, SHOP, FULL)
    await changed(here, "shop", scope=("openid", "orders.read"))
    less = (await refresh(here, SHOP, got["refresh_token"])).json()
    assert less["scope"] == "openid orders.read"
    orders = next(api for api in await here.store.resources.every(1) if api.resource.name == "orders")
    gone = msgspec.structs.replace(orders.resource, status="disabled")
    event = (await here.events(EventType.CLIENT_CREATED))[0]
    await here.store.resources.put(gone, orders.scopes, orders.credentials, event)
    await here.server.upkeep.directory.refresh()
    rest = (await refresh(here, SHOP, got["refresh_token"])).json()
    assert rest["scope"] == "openid"
    await changed(here, "shop", scope=("invoices.read",))
    async with nothing_given(here):
        assert (await refresh(here, SHOP, got["refresh_token"])).json()["error"] == "invalid_scope"


async def test_offline_access_that_was_taken_away_buys_no_refresh_token(here: World) -> None:
    """TK-40: between the code and its redemption, too."""
    from tests.attacks.test_code_injection import code, redeem

    answered = await code(here)
    await changed(here, "shop", scope=("openid",))
    body = (await redeem(here, answered)).json()
    assert "refresh_token" not in body
    assert body["scope"] == "openid"


@pytest.mark.witness(REFRESH_EXPIRES)
async def test_sliding_has_an_end(here: World) -> None:
    """TK-41: used every three weeks it still ends after ninety days."""
    got = await tokens(here, SHOP)
    for _ in range(4):
        here.clock.ahead_s += 21 * 86400
        assert (await refresh(here, SHOP, got["refresh_token"])).status_code == 200
    here.clock.ahead_s += 6 * 86400 + 60
    async with nothing_given(here):
        assert (await refresh(here, SHOP, got["refresh_token"])).json()["error"] == "invalid_grant"
    assert row(here, "SELECT count(*) FROM families WHERE absolute_until > issued_at + 90 * 86400 * 1000000") == (0,)
