"""Every operation with an id in its path, and the id of somebody else's object: 404, and nothing learnt or changed.

The bytes of the answer are those for an id that never was.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from licet.administration.table import OPERATIONS, Operation
from licet.events import Event, EventType
from licet.requirements import ADMINISTRATION_OBJECT_KNOWN
from licet.resource_owner import accounts
from licet.storage.ports import Store
from licet.storage.records import Issuer, Resource, Scope
from tests.administration.conftest import Administered, service
from tests.visitor import Visitor
from tests.world import _secret

pytestmark = pytest.mark.anyio

ANY = {"If-Match": "*"}
BODIES: dict[str, Any] = {
    "/apps/{app}": {"is": "service", "may": ["orders.read"]},
    "/apis/{api}": {"audience": "https://else.example", "scopes": {}},
    "/scopes/{scope+}": {"api": "orders", "says": "x"},
}
NAMED = [one for one in OPERATIONS if "{" in one.path]


@dataclass
class Objects:
    """The ids of real objects, some of them another's, by the name that a path has for them."""

    mine: dict[str, str]
    """Of one person, one app, one API."""
    others: dict[str, str]
    """Below another owner of the same issuer."""
    foreign: dict[str, str]
    """Of another issuer in the same store."""


async def _person(store: Store, here: Administered, issuer_id: int, login: str) -> str:
    account = await accounts.create(
        store.accounts,
        here.world.server.app._entropy,  # type: ignore[arg-type]
        issuer_id=issuer_id,
        login=login,
        phc="$argon2id$x",
        profile={},
        at=here.world.clock.now(),
        actor="operator",
    )
    assert account is not None
    return account.subject_id


async def objects(here: Administered) -> Objects:
    """A grant, a session and a consent of alice and of bob, to two apps; and a second issuer's row of each kind."""
    store, vault, now = here.world.store, here.world.vault, here.world.clock.now()
    found = {}
    for login, app in (("alice", "shop"), ("bob", "spa")):
        async with here.world.visitor() as http:
            redirect = {"shop": "https://shop.example.com/callback", "spa": "https://spa.example.com/"}[app]
            await Visitor(http, login=login).authorize(client_id=app, redirect_uri=redirect, scope="openid orders.read")
        person = here.world.subjects[login]
        session = (await here.call("GET", f"/people/{person}/sessions")).json()["items"][0]["id"]
        grant = (await here.call("GET", f"/people/{person}/grants")).json()["items"][0]["id"]
        found[login] = {"person": person, "session": session, "grant": grant, "app": app}
    for name in ("one", "two"):
        await here.call("PUT", f"/apps/{name}", json=BODIES["/apps/{app}"], headers={"If-None-Match": "*"})
        api = {"audience": f"https://{name}.example", "scopes": {f"{name}.read": "Read"}}
        await here.call("PUT", f"/apis/{name}", json=api, headers={"If-None-Match": "*"})
        for kind in ("apps", "apis"):
            answer = await here.call("POST", f"/{kind}/{name}/secrets", headers=ANY)
            found.setdefault(name, {})[kind] = answer.json()["id"]
    event = Event(issuer_id=2, type=EventType.ISSUER_CREATED, at=now, actor="operator", object="https://two.example")
    await store.issuers.create(Issuer(issuer_id=2, url="https://two.example"), event)
    elsewhere = replace(service("elsewhere", "orders.read"), issuer_id=2)
    secret = replace(_secret(vault, "client", "elsewhere"), issuer_id=2)
    created = replace(event, type=EventType.CLIENT_CREATED, client="elsewhere")
    await store.clients.put(elsewhere, (secret,), created)
    resource = Resource(issuer_id=2, identifier="https://far.example", name="far", source="api")
    scope = Scope(issuer_id=2, name="far.read", resource="https://far.example", words="Read")
    await store.resources.put(
        resource, (scope,), (), replace(created, type=EventType.RESOURCE_CREATED, object="api.far")
    )
    foreign = {"person": await _person(store, here, 2, "carol"), "app": "elsewhere", "api": "far", "scope": "far.read"}
    signed_in = await store.listing.session(1, found["bob"]["session"])
    standing = await store.devices.standing(1, int(found["bob"]["grant"]))
    assert signed_in is not None
    assert standing is not None
    return Objects(
        mine=found["alice"] | {"api": "one", "scope": "one.read"},
        others=found["bob"] | {"apps": found["two"]["apps"], "apis": found["two"]["apis"]},
        foreign=foreign,
    )


async def world_of(here: Administered) -> tuple[object, ...]:
    """All that could have changed: the record has a line for every change."""
    store = here.world.store
    tail = [chained.event for chained in await store.events.tail(1, 10_000)]
    return (
        tuple(tail),
        await store.issuers.generation(1),
        await store.issuers.generation(2),
        await store.revocations.latest(1),
    )


def paths(one: Operation, ids: Objects) -> list[tuple[str, ...]]:
    """For a path of *one*: names that are unknown, of another issuer, and, below an owner, of another owner."""
    names = [part.strip("{+}") for part in one.path.split("/") if "{" in part]
    owner = names[0] if len(names) > 1 else ""
    strange: list[tuple[str, ...]] = []
    if not owner:
        if not one.makes:
            strange += [("nobody",), ("1",), ("a b",), ("%00",)]
        if names[0] in ids.foreign:
            strange.append((ids.foreign[names[0]],))
        return strange
    mine = {"person": ids.mine["person"], "app": "shop", "api": "one"}[owner]
    if one.path.endswith("/secrets/{secret}"):
        kind = one.path.split("/")[1]
        mine = "one"
        strange += [(mine, ids.others[kind]), ("two", "nobody")]
    elif one.path.endswith("/consents/{app}"):
        strange += [(mine, "spa"), (mine, "elsewhere")]
    else:
        strange += [(mine, ids.others[names[1]]), (ids.others[owner], ids.mine[names[1]])]
        strange += [("nobody", ids.mine[names[1]])]
        if names[1] == "grant":
            strange.append((mine, f"0{ids.mine['grant']}"))
    return [*strange, (mine, "nobody"), (ids.foreign[owner], "nobody"), ("nobody", "nobody")]


@pytest.mark.witness(ADMINISTRATION_OBJECT_KNOWN)
async def test_an_id_of_another_owner_is_an_id_that_never_was(here: Administered) -> None:
    """RG-09."""
    ids = await objects(here)
    before, asked = await world_of(here), 0
    for one in NAMED:
        unknown: bytes | None = None
        for names in paths(one, ids):
            given = iter(names)
            path = "/".join(next(given) if "{" in part else part for part in one.path.split("/"))
            body = BODIES.get(one.path) if one.method == "PUT" else None
            headers = ANY if one.conditional else {}
            answer = await here.call(one.method, path, json=body, headers=headers)
            assert answer.status_code == 404, (one.id, path, answer.text)
            unknown = unknown or answer.content
            assert answer.content == unknown, (one.id, path)
            asked += 1
    assert asked > 90
    assert await world_of(here) == before


async def test_the_same_ids_below_their_owners_are_found(here: Administered) -> None:
    """So that the test above cannot pass because nothing is ever found."""
    ids = await objects(here)
    mine, bob = ids.mine, ids.others
    for path in (
        f"/people/{mine['person']}/sessions/{mine['session']}",
        f"/people/{mine['person']}/grants/{mine['grant']}",
        f"/people/{mine['person']}/consents/shop",
        f"/people/{bob['person']}/sessions/{bob['session']}",
        f"/apps/shop/grants/{mine['grant']}",
        f"/apps/spa/grants/{bob['grant']}",
        f"/sessions/{bob['session']}",
        f"/grants/{bob['grant']}",
        "/apps/two",
        "/apis/two",
        "/scopes/two.read",
    ):
        assert (await here.call("GET", path)).status_code == 200, path
    for kind in ("apps", "apis"):
        answer = await here.call("DELETE", f"/{kind}/two/secrets/{bob[kind]}", headers=ANY)
        assert answer.status_code == 204
