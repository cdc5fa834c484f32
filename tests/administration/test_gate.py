"""Who may administer, and what becomes of everybody else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest

from licet.administration.table import OPERATIONS, Operation
from licet.events import EventType
from licet.requirements import (
    ADMINISTRATION_AUTHORIZED,
    ADMINISTRATION_BY_PROGRAMS,
    ADMINISTRATION_GUESSING_THROTTLED,
    ADMINISTRATION_SCOPED,
)
from licet.storage.ending import ending
from tests.administration.conftest import ALL, AUDIENCE, BEARER, Administered, service
from tests.visitor import Visitor
from tests.world import ISSUER, ORDERS, SECRET, client, world

pytestmark = pytest.mark.anyio

Over = Callable[[Administered], Awaitable[None]]


@pytest.mark.witness(ADMINISTRATION_AUTHORIZED)
async def test_nobody_comes_in_without_a_token_for_here(here: Administered) -> None:
    async with here.world.visitor() as http:
        none = await http.get("/admin/v1/apps")
        basic = await http.get("/admin/v1/apps", auth=("licet-read", SECRET))
        wrong = await http.get("/admin/v1/apps", headers={"Authorization": "Bearer wrong"})
    assert {answer.status_code for answer in (none, basic, wrong)} == {401}
    assert none.headers["www-authenticate"] == 'Bearer realm="licet"'
    assert 'error="invalid_token"' in wrong.headers["www-authenticate"]
    assert none.headers["content-type"] == "application/problem+json"
    assert none.headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in none.headers


@pytest.mark.witness(ADMINISTRATION_AUTHORIZED)
async def test_a_token_for_another_api_opens_nothing(here: Administered) -> None:
    answer = await here.token("licet-read", scope="orders.read", resource=ORDERS)
    here.tokens["elsewhere"] = answer.json()["access_token"]
    assert (await here.call("GET", "/apps", "elsewhere")).status_code == 401


async def test_the_administration_is_in_no_default_scope_and_never_beside_another_api(here: Administered) -> None:
    default = await here.token("licet-read")
    assert default.json().get("scope", "orders.read") == "orders.read"
    both = await here.token("licet-read", scope="licet:read orders.read")
    assert both.json()["error"] in ("invalid_scope", "invalid_target")
    alone = await here.token("licet-read", scope="licet:read", resource=AUDIENCE)
    assert alone.status_code == 200


async def test_only_an_app_that_may_gets_it(here: Administered) -> None:
    assert (await here.token("billing", scope="licet:read")).json()["error"] == "invalid_scope"
    assert (await here.token("licet-read", scope="licet:apply")).json()["error"] == "invalid_scope"


@pytest.mark.witness(ADMINISTRATION_BY_PROGRAMS)
async def test_no_person_is_asked_for_it_whatever_an_app_may(here: Administered) -> None:
    shop = await here.world.store.clients.find(1, "shop")
    assert shop is not None
    metadata = msgspec.structs.replace(shop.client.metadata, scope=(*shop.client.metadata.scope, "licet:apply"))
    await here.world.put(msgspec.structs.replace(shop.client, metadata=metadata), *shop.credentials)
    async with here.world.visitor() as http:
        answered = await Visitor(http).authorize(scope="openid licet:apply")
    assert answered.parameters["error"] == "invalid_scope"
    tv = client(
        "tv",
        "tv",
        token_endpoint_auth_method="none",
        scope=("openid", "licet:apply"),
        grant_types=("urn:ietf:params:oauth:grant-type:device_code",),
        response_types=(),
    )
    await here.world.put(tv)
    async with here.world.visitor() as http:
        device = await http.post("/device_authorization", data={"client_id": "tv", "scope": "openid licet:apply"})
    assert device.json()["error"] == "invalid_scope"


async def test_metadata_does_not_offer_it(here: Administered) -> None:
    async with here.world.visitor() as http:
        offered = (await http.get("/.well-known/openid-configuration")).json()["scopes_supported"]
    assert not [scope for scope in offered if scope.startswith("licet:")]


async def _revoked(here: Administered) -> None:
    async with here.world.visitor() as http:
        answer = await http.post("/revoke", data={"token": here.tokens["licet:read"]}, auth=("licet-read", SECRET))
        assert answer.status_code == 200


async def _disabled(here: Administered) -> None:
    ends = ending(
        1,
        "client",
        "licet-read",
        at=here.world.clock.now(),
        cause="test",
        actor="operator",
        event=EventType.CLIENT_DISABLED,
        client="licet-read",
        request_id="r",
    )
    await here.world.store.clients.end(ends, "licet-read")
    await here.world.server.upkeep.directory.refresh()


async def _narrowed(here: Administered) -> None:
    found = await here.world.store.clients.find(1, "licet-read")
    assert found is not None
    await here.world.put(service("licet-read", "orders.read"), *found.credentials)


async def _a_strangers(here: Administered) -> None:
    found = await here.world.store.clients.find(1, "licet-read")
    assert found is not None
    await here.world.put(msgspec.structs.replace(found.client, source="dcr"), *found.credentials)


async def _expired(here: Administered) -> None:
    here.world.clock.ahead_s += 3700


async def _everything(here: Administered) -> None:
    ends = ending(
        1,
        "all",
        "",
        at=here.world.clock.now(),
        cause="test",
        actor="operator",
        event=EventType.ISSUER_ENDED,
        about=ISSUER,
        request_id="r",
    )
    await here.world.store.issuers.end_everything(ends)
    await here.world.server.upkeep.directory.refresh()


@pytest.mark.witness(ADMINISTRATION_AUTHORIZED)
@pytest.mark.parametrize("over", [_revoked, _disabled, _narrowed, _a_strangers, _expired, _everything])
async def test_every_ending_reaches_its_tokens(here: Administered, over: Over) -> None:
    assert (await here.call("GET", "/apps", "licet:read")).status_code == 200
    await over(here)
    assert (await here.call("GET", "/apps", "licet:read")).status_code == 401


@pytest.mark.witness(ADMINISTRATION_SCOPED)
@pytest.mark.parametrize("one", OPERATIONS, ids=lambda one: one.id)
async def test_each_operation_takes_one_scope_and_no_other(here: Administered, one: Operation) -> None:
    path = one.path.replace("{", "x").replace("+}", "").replace("}", "")
    for scope in ALL:
        answer = await here.call(one.method, path, scope, json={})
        enough = {one.scope, "licet:apply"} if one.scope == "licet:plan" else {one.scope}
        assert (answer.status_code == 403) is (scope not in enough), (scope, answer.text)
        if scope not in enough:
            assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
            assert f'scope="{one.scope}"' in answer.headers["www-authenticate"]
            assert answer.json()["error"] == "insufficient_scope"
    async with here.world.visitor() as http:
        assert (await http.request(one.method, f"/admin/v1{path}", json={})).status_code == 401


@pytest.mark.witness(ADMINISTRATION_GUESSING_THROTTLED)
async def test_wrong_tokens_become_slow_and_the_right_one_passes(here: Administered) -> None:
    with here.world.clock.held():
        async with here.world.visitor() as http:
            wrong = [await http.get("/admin/v1/apps", headers={"Authorization": f"Bearer x{n}"}) for n in range(60)]
        assert [answer.status_code for answer in wrong].count(429) == 10
        assert wrong[-1].headers["retry-after"] == "10"
        assert (await here.call("GET", "/apps")).status_code == 200
        assert (await here.call("GET", "/apps", "licet:read")).status_code == 200
    async with here.world.visitor("198.51.100.7") as http:
        elsewhere = await http.get("/admin/v1/apps", headers={"Authorization": "Bearer x"})
    assert elsewhere.status_code == 401


async def test_no_token_reaches_the_record_or_the_refusals(here: Administered) -> None:
    await here.call("GET", "/apps/none")
    await here.call("DELETE", "/apps/shop", headers={"If-Match": "*"})
    await here.world.store.flush()
    told = b"".join(msgspec.json.encode(one.event) for one in await here.world.store.events.tail(1, 10_000))
    assert BEARER.encode() not in told
    assert all(token.encode() not in told for token in here.tokens.values())


async def test_where_it_is_off_there_is_nothing(tmp_path: Path) -> None:
    async with world(tmp_path) as off, off.visitor() as http:
        assert (await http.get("/admin/v1/apps")).status_code == 404
        await off.put(service("ops", "licet:read"))
        assert "licet:read" not in off.server.upkeep.directory.catalogue.scopes
        assert AUDIENCE not in off.server.upkeep.directory.catalogue.by_identifier
