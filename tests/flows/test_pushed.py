"""Pushed authorization requests (RFC 9126): lodged first, run by a browser, answered once."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec
import pytest

from licet.authorization_server.settings import Pushing, Settings
from licet.requirements import (
    PUSHED_BOUND_TO_CLIENT,
    PUSHED_NO_REQUEST_URI,
    PUSHED_SINGLE_USE,
    PUSHED_WHERE_REQUIRED,
    PUSHING_THROTTLED,
)
from tests.visitor import Form, Visitor, verifier
from tests.world import CALLBACK, CHEAP, CLIENTS, ISSUER, SECRET, World, world

pytestmark = pytest.mark.anyio

SHOP = {"client_id": "shop", "client_secret": SECRET}


def request(**changes: Any) -> dict[str, Any]:
    asked = {
        "response_type": "code",
        "client_id": "shop",
        "client_secret": SECRET,
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "st",
        "code_challenge": verifier()[1],
        "code_challenge_method": "S256",
    } | changes
    return {name: value for name, value in asked.items() if value is not None}


async def push(here: World, **changes: Any) -> httpx2.Response:
    async with here.visitor() as http:
        return await http.post("/par", data=request(**changes))


async def pushed(here: World, **changes: Any) -> str:
    answer = await push(here, **changes)
    assert answer.status_code == 201, answer.text
    return f"/authorize?{urlencode({'client_id': changes.get('client_id', 'shop')})}&{urlencode({'request_uri': answer.json()['request_uri']})}"


async def test_a_pushed_request_buys_tokens(here: World) -> None:
    """conformance P1 and P3: only client_id and request_uri reach the browser."""
    code_verifier, challenge = verifier()
    answer = await push(here, code_challenge=challenge)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert set(body) == {"request_uri", "expires_in"}
    assert body["request_uri"].startswith("urn:ietf:params:oauth:request_uri:lctpr_")
    assert body["expires_in"] == 60
    async with here.visitor() as http:
        query = urlencode({"client_id": "shop", "request_uri": body["request_uri"]})
        answered = await Visitor(http).walk(await http.get(f"/authorize?{query}"))
        assert answered.parameters["state"] == "st"
        tokens = await http.post(
            "/token",
            data=SHOP
            | {
                "grant_type": "authorization_code",
                "code": answered.parameters["code"],
                "redirect_uri": CALLBACK,
                "code_verifier": code_verifier,
            },
        )
    assert tokens.status_code == 200
    assert "id_token" in tokens.json()


async def test_a_public_client_pushes_too(here: World) -> None:
    """RFC 9126 §2: as at the token endpoint, so ``none`` is enough where it is registered."""
    uri = "https://spa.example.com/"
    address = await pushed(here, client_id="spa", client_secret=None, redirect_uri=uri)
    async with here.visitor() as http:
        assert (await Visitor(http).walk(await http.get(address))).address.startswith(uri)


async def test_basic_needs_no_client_id_beside_it(here: World) -> None:
    async with here.visitor() as http:
        answer = await http.post("/par", data=request(client_id=None, client_secret=None), auth=("shop", SECRET))
    assert answer.status_code == 201


async def test_what_else_the_browser_brings_does_not_count(here: World) -> None:
    """RFC 9126 §4, RFC 9101 §6.3: neither scope nor address can be changed on the way."""
    address = await pushed(here)
    async with here.visitor() as http:
        answered = await Visitor(http).walk(
            await http.get(f"{address}&redirect_uri=https://evil.example.com/&state=other&scope=nonsense")
        )
    assert answered.address.startswith(CALLBACK)
    assert answered.parameters["state"] == "st"


async def test_a_browser_may_post_it(here: World) -> None:
    """OpenID Connect Core §3.1.2.1: the authorization endpoint takes a form as well."""
    uri = (await push(here)).json()["request_uri"]
    async with here.visitor() as http:
        response = await http.post("/authorize", data={"client_id": "shop", "request_uri": uri})
        assert (await Visitor(http).walk(response)).parameters["state"] == "st"


@pytest.mark.witness(PUSHED_SINGLE_USE)
async def test_reloading_works_until_it_is_answered_and_then_no_more(here: World) -> None:
    """AZ-44, conformance P2: consumed at completion, not at the first visit, whichever browser came first."""
    address = await pushed(here)
    async with here.visitor() as first, here.visitor("198.51.100.7") as other:
        for _ in range(3):
            assert (await first.get(address)).status_code == 303
        begun = await other.get(address)
        assert begun.status_code == 303
        answered = await Visitor(first).walk(await first.get(address))
        assert "code" in answered.parameters
        again = await first.get(address)
        assert again.status_code == 400
        assert "location" not in again.headers
        # The other browser's run of it is over as well, at the moment it would be answered.
        visitor = Visitor(other, login="bob")
        page = await other.get(begun.headers["location"])
        signed_in = await visitor.press(Form(page.text), "login-submit", login="bob", password=visitor.password)
        consent = await other.get(signed_in.headers["location"])
        said_yes = await visitor.press(Form(consent.text), "consent-allow")
        assert said_yes.status_code == 400
        assert CALLBACK not in said_yes.text


@pytest.mark.witness(PUSHED_SINGLE_USE)
async def test_somebody_signed_in_with_consent_answers_it_once(here: World) -> None:
    """No page is needed, so no browser's transaction stands between: the pushed row itself is completed."""
    async with here.visitor() as http:
        await Visitor(http).walk(await http.get(await pushed(here)))
        address = await pushed(here)
        assert (await http.get(address)).headers["location"].startswith(CALLBACK)
        assert (await http.get(address)).status_code == 400


async def test_a_no_answers_it_as_well(here: World) -> None:
    address = await pushed(here)
    async with here.visitor() as http:
        answered = await Visitor(http, decision="consent-deny").walk(await http.get(address))
        assert answered.parameters["error"] == "access_denied"
        assert (await http.get(address)).status_code == 400


@pytest.mark.witness(PUSHED_BOUND_TO_CLIENT)
async def test_it_is_over_in_a_minute_but_whoever_began_may_finish(here: World) -> None:
    """AZ-45: the handle is for one redirect; who signs in has the time that everybody has."""
    address = await pushed(here)
    async with here.visitor() as http, here.visitor() as late:
        begun = await http.get(address)
        here.clock.ahead_s += 61
        assert (await late.get(address)).status_code == 400
        here.clock.ahead_s += 600
        await here.server.upkeep._purge()
        assert "code" in (await Visitor(http).walk(begun)).parameters


@pytest.mark.witness(PUSHED_BOUND_TO_CLIENT)
async def test_it_is_its_own_clients(here: World) -> None:
    """AZ-43: another client's id with it is answered to neither."""
    uri = (await push(here)).json()["request_uri"]
    async with here.visitor() as http:
        for client_id in ("spa", "reader", "nobody", ""):
            answer = await http.get(f"/authorize?{urlencode({'client_id': client_id, 'request_uri': uri})}")
            assert answer.status_code == 400
            assert "location" not in answer.headers
        assert (await http.get(f"/authorize?{urlencode({'request_uri': uri})}")).status_code == 400


@pytest.mark.parametrize(
    "change", [lambda u: u[:-1], lambda u: u + "0", lambda u: u[:40] + "AAAA" + u[44:], lambda u: u[:34]]
)
async def test_a_guessed_one_is_none(here: World, change: Any) -> None:
    """AZ-45."""
    uri = change((await push(here)).json()["request_uri"])
    async with here.visitor() as http:
        answer = await http.get(f"/authorize?{urlencode({'client_id': 'shop', 'request_uri': uri})}")
    assert answer.status_code == 400


async def test_a_client_disabled_meanwhile_is_not_answered(here: World) -> None:
    address = await pushed(here)
    shop = next(one for one in CLIENTS if one.client_id == "shop")
    await here.put(msgspec.structs.replace(shop, status="disabled"))
    async with here.visitor() as http:
        assert (await http.get(address)).status_code == 400


@pytest.mark.witness(PUSHED_NO_REQUEST_URI)
async def test_it_holds_its_parameters_itself(here: World) -> None:
    """AZ-47, RFC 9126 §2.1."""
    for uri in ("https://internal/", (await push(here)).json()["request_uri"]):
        answer = await push(here, request_uri=uri)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_id": "nobody"}, 401, "invalid_client"),
        ({"redirect_uri": "https://evil.example.com/"}, 400, "invalid_request"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"code_challenge": None, "code_challenge_method": None}, 400, "invalid_request"),
        ({"code_challenge_method": "plain"}, 400, "invalid_request"),
        ({"scope": "nonsense"}, 400, "invalid_scope"),
        ({"resource": "https://unknown.example.com"}, 400, "invalid_target"),
        ({"request": "e30.e30."}, 400, "request_not_supported"),
        ({"prompt": "none login"}, 400, "invalid_request"),
        ({"state": ["a", "b"]}, 400, "invalid_request"),
    ],
)
async def test_what_a_browser_may_not_ask_may_not_be_pushed(
    here: World, change: dict[str, Any], status: int, error: str
) -> None:
    """The same checks, told to the client itself: nothing is redirected, nothing kept."""
    answer = await push(here, **change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


async def test_it_is_pushed_by_a_form_only(here: World) -> None:
    async with here.visitor() as http:
        assert (await http.get("/par")).status_code == 405
        assert (await http.post("/par", json=request())).status_code == 400


@pytest.mark.witness(PUSHED_WHERE_REQUIRED)
async def test_a_client_that_must_push_brings_none_by_browser(here: World) -> None:
    """AZ-46, RFC 9126 §6."""
    shop = next(one for one in CLIENTS if one.client_id == "shop")
    must = msgspec.structs.replace(shop.metadata, require_pushed_authorization_requests=True)
    registered = await here.store.clients.find(1, "shop")
    assert registered is not None
    await here.put(msgspec.structs.replace(shop, metadata=must), *registered.credentials)
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
        assert answered.parameters["error"] == "invalid_request"
        assert "code" in (await Visitor(http).walk(await http.get(await pushed(here)))).parameters


@pytest.mark.witness(PUSHED_WHERE_REQUIRED)
async def test_a_server_that_takes_pushed_ones_only_says_so(tmp_path: Any) -> None:
    """AZ-46, RFC 9126 §5."""
    async with (
        world(tmp_path, Settings(passwords=CHEAP, pushing=Pushing(required=True))) as here,
        here.visitor() as http,
    ):
        metadata = (await http.get("/.well-known/openid-configuration")).json()
        assert metadata["require_pushed_authorization_requests"] is True
        assert metadata["pushed_authorization_request_endpoint"] == f"{ISSUER}/par"
        assert (await Visitor(http).authorize()).parameters["error"] == "invalid_request"
        assert "code" in (await Visitor(http).walk(await http.get(await pushed(here)))).parameters


@pytest.mark.witness(PUSHING_THROTTLED)
async def test_nobody_fills_the_store(tmp_path: Any) -> None:
    """One network's pushes for a public client stop; others go on, and what nobody came for is purged in a minute."""
    async with world(tmp_path, Settings(passwords=CHEAP, pushing=Pushing(at_once=3, per_second=1))) as here:
        spa = {"client_id": "spa", "client_secret": None, "redirect_uri": "https://spa.example.com/"}
        for _ in range(3):
            assert (await push(here, **spa)).status_code == 201
        refused = await push(here, **spa)
        assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        async with here.visitor("198.51.100.7") as http:
            assert (await http.post("/par", data=request(**spa))).status_code == 201
        assert (await push(here)).status_code == 201
        here.clock.ahead_s += 62
        assert await here.store.purge(here.clock.now(), 500) >= 5


async def test_nothing_of_the_handle_is_kept(here: World, tmp_path: Any) -> None:
    """A dump of the store starts nobody's request."""
    uri = (await push(here)).json()["request_uri"]
    await here.store.flush()
    handle = uri.rpartition(":")[2].encode()
    assert all(handle not in file.read_bytes() for file in tmp_path.glob("licet.db*"))


@pytest.mark.witness(PUSHED_SINGLE_USE)
async def test_of_many_browsers_at_once_one_is_answered(here: World) -> None:
    """AZ-44: everything is agreed already, and the same address is opened twenty times in one moment."""
    async with here.visitor() as http:
        await Visitor(http).walk(await http.get(await pushed(here)))
        address = await pushed(here)
        answers = await asyncio.gather(*(http.get(address) for _ in range(20)))
    codes = [one for one in answers if one.headers.get("location", "").startswith(f"{CALLBACK}?code=")]
    assert len(codes) == 1
    assert all(one.status_code == 400 for one in answers if one not in codes)
