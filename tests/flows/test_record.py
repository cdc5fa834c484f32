"""One day in a server's life: everything that can be recorded by a request is, with all that docs/events.md promises."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from licet.events import Event, EventType
from tests import record
from tests.flows.test_authorization_code import redeem
from tests.flows.test_device import ask, confirm_page, decide, poll
from tests.flows.test_request_object import sends
from tests.flows.test_request_object import signed as signed_request
from tests.visitor import Form, Visitor
from tests.world import SECRET, World

pytestmark = pytest.mark.anyio

OF_OPERATORS = {
    EventType.ISSUER_CREATED,
    EventType.ISSUER_ENDED,
    EventType.CONFIGURATION_APPLIED,
    EventType.KEY_CREATED,
    EventType.KEY_PUBLISHED,
    EventType.KEY_ACTIVATED,
    EventType.KEY_RETIRING,
    EventType.KEY_RETIRED,
    EventType.KEY_DESTROYED,
    EventType.KEY_REVOKED,
    EventType.KEY_RESEALED,
    EventType.CLIENT_CREATED,
    EventType.CLIENT_REMOVED,
    EventType.RESOURCE_REMOVED,
    EventType.CLIENT_CHANGED,
    EventType.CLIENT_DISABLED,
    EventType.INITIAL_TOKEN_CREATED,
    EventType.INITIAL_TOKEN_REVOKED,
    EventType.RESOURCE_CREATED,
    EventType.RESOURCE_CHANGED,
    EventType.ACCOUNT_CREATED,
    EventType.ACCOUNT_CHANGED,
    EventType.ACCOUNT_DISABLED,
    EventType.ACCOUNT_ENABLED,
    EventType.ACCOUNT_SIGNED_OUT,
    EventType.PASSWORD_CHANGED,
    EventType.CONSENT_WITHDRAWN,
    EventType.LOGOUT_SENT,
    EventType.LOGOUT_FAILED,
}
"""What commands, the file and time bring about."""


def test_the_page_is_the_list() -> None:
    assert set(record.promised()) == set(EventType)
    fields = {field for promised in record.promised().values() for field in promised}
    assert fields <= set(Event.__struct_fields__)


def test_a_broken_promise_is_found() -> None:
    """The check can fail: nobody, no outcome, a field missing, a secret inside."""
    good = {
        "issuer_id": 1,
        "at": 1,
        "type": EventType.ACCOUNT_ENABLED,
        "actor": "operator",
        "subject": "a",
        "request_id": "r",
    }
    assert record.faults([Event(**good)]) == []
    for change in (
        {"actor": ""},
        {"actor": "somebody"},
        {"outcome": "maybe"},
        {"request_id": ""},
        {"subject": ""},
        {"data": {"token": "lctat_" + 49 * "a"}},
        {"reason": "eyJhbGciOiJFUzI1NiJ9.e30.x"},
    ):
        assert len(record.faults([Event(**good | change)])) == 1, change


async def _shop(here: World, scope: str = "openid orders.read offline_access", **change: Any) -> Any:
    """A person signs in, allows the shop, and it redeems the code: the answer, and what the browser came back with."""
    async with here.visitor() as http:
        answered = await Visitor(http, **change).authorize(scope=scope)
    return answered, (await redeem(here, answered)).json()


async def _post(here: World, path: str, **form: str) -> Any:
    async with here.visitor() as http:
        return await http.post(path, data={"client_id": "shop", "client_secret": SECRET} | form)


async def _web(here: World) -> list[str]:
    """Codes, refreshes, replays, a no, a sign-out: all that was given out."""
    await _shop(here, decision="consent-deny")  # before a yes is remembered
    answered, first = await _shop(here)
    await redeem(here, answered)  # a replay
    _, gone = await _shop(here)
    await _post(here, "/revoke", token=gone["access_token"])
    await _post(here, "/revoke", token=gone["refresh_token"])
    async with here.visitor() as http:
        public = await Visitor(http).authorize(
            client_id="spa", redirect_uri="https://spa.example.com/", scope="openid offline_access"
        )
        spa = {"client_id": "spa", "client_secret": None, "redirect_uri": "https://spa.example.com/"}
        held = (await redeem(here, public, **spa)).json()
        used = {"grant_type": "refresh_token", "refresh_token": held["refresh_token"], "client_id": "spa"}
        next_one = (await http.post("/token", data=used)).json()
        await http.post("/token", data=used)  # as if the answer had been lost
        here.clock.ahead_s += 120  # a superseded token, long after
        await http.post("/token", data={**used, "refresh_token": next_one["refresh_token"]})
        await http.post("/token", data=used)
        await Visitor(http).press(Form((await http.get("/logout")).text), "logout-yes")
    return [
        *(v for got in (first, gone, held, next_one) for k, v in got.items() if k.endswith("_token")),
        answered.parameters["code"],
    ]


async def _device(here: World) -> list[str]:
    yes, no, two = [(await ask(here, address=f"192.0.2.{n}")).json() for n in (1, 2, 3)]
    async with here.visitor() as http:
        await decide(Visitor(http), yes["user_code"])
        stopped = await decide(Visitor(http), no["user_code"], "consent-deny")
        await Visitor(http).press(Form(stopped.text), "device-report")
    tokens = (await poll(here, yes["device_code"])).json()
    async with here.visitor() as alice, here.visitor() as bob:
        await confirm_page(Visitor(alice), two["user_code"])
        await confirm_page(Visitor(bob, login="bob"), two["user_code"])
    codes = [asked[name] for asked in (yes, no, two) for name in ("device_code", "user_code")]
    return [*codes, *(v for k, v in tokens.items() if k.endswith("_token"))]


async def _service(here: World) -> list[str]:
    from tests.flows.test_client_credentials import assertion

    signed = assertion(here)
    async with here.visitor() as http:
        answer = await http.post("/token", data={"grant_type": "client_credentials", "scope": "orders.read", **signed})
    found, keyed = [await here.store.clients.find(1, name) for name in ("shop", "signer")]
    assert found is not None and keyed is not None
    key = msgspec.structs.replace(keyed.credentials[0], owner="shop", credential_id="shop-key")
    await here.put(found.client, *found.credentials, key)
    request, _ = signed_request(here)
    assert "code" in (await sends(here, request)).parameters
    return [signed["client_assertion"], answer.json()["access_token"], request]


async def test_a_whole_day(here: World) -> None:
    """``world`` holds every event to the page when it closes; here: nothing is left out, and nothing given out is told."""
    given_out = [*await _web(here), *await _device(here), *await _service(here)]
    with pytest.raises(AssertionError, match="still not there"):
        await _shop(here, password="not the one that it is")
    chain = await here.store.events.tail(1, 10_000)
    seen = {chained.event.type for chained in chain}
    assert set(EventType) - OF_OPERATORS - seen == set()
    text = "\n".join(str(chained.event) for chained in chain)
    assert len(given_out) > 20
    for secret in given_out:
        assert secret not in text
    assert await here.store.events.verify() is None
    assert record.faults(chained.event for chained in chain) == []
