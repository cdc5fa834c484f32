"""What the OpenID Connect stories share: clients that are registered a little differently, people with a profile."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from licet.events import Event, EventType
from licet.storage.records import Client, ClientPolicy
from tests.flows.test_authorization_code import redeem
from tests.visitor import Visitor
from tests.world import World

EVERYTHING: dict[str, Any] = {
    "name": "Alice Martin",
    "family_name": "Martin",
    "given_name": "Alice",
    "middle_name": "Maria",
    "nickname": "Ali",
    "preferred_username": "alice",
    "profile": "https://people.example.com/alice",
    "picture": "https://people.example.com/alice.png",
    "website": "https://alice.example.com",
    "gender": "female",
    "birthdate": "1990-02-28",
    "zoneinfo": "Europe/Lisbon",
    "locale": "en-GB",
    "updated_at": 1_700_000_000,
    "email": "alice@example.com",
    "email_verified": True,
    "phone_number": "+351 21 555 0123",
    "phone_number_verified": False,
    "address": {"street_address": "Rua do Exemplo 7", "locality": "Lisboa", "country": "PT"},
}


async def registered(
    here: World, client_id: str = "shop", policy: ClientPolicy | None = None, **metadata: Any
) -> Client:
    """Change how a client is registered."""
    found = await here.store.clients.find(1, client_id)
    assert found is not None
    client = msgspec.structs.replace(
        found.client,
        metadata=msgspec.structs.replace(found.client.metadata, **metadata),
        policy=policy or found.client.policy,
    )
    await here.put(client, *found.credentials)
    return client


async def describe(here: World, profile: dict[str, Any], login: str = "alice") -> None:
    """Fill in what is known of a person."""
    event = Event(
        issuer_id=1, type=EventType.ACCOUNT_CHANGED, at=here.clock.now(), actor="operator", subject=here.subjects[login]
    )
    assert await here.store.accounts.describe(1, here.subjects[login], profile, event)


async def tokens(here: World, **parameters: Any) -> dict[str, Any]:
    """Alice signs in and agrees; what the shop gets for the code."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(**parameters)
    assert "code" in answered.parameters, answered.parameters
    answer = await redeem(here, answered, **_pair(parameters))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def _pair(parameters: dict[str, Any]) -> dict[str, Any]:
    return {"redirect_uri": parameters["redirect_uri"]} if "redirect_uri" in parameters else {}


def claims(**places: dict[str, Any]) -> str:
    """The ``claims`` parameter."""
    return json.dumps(places)
