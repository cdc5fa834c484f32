"""Authorization requests that ask for too much, too little, or in two ways at once (RFC 9700 §2.1, §4.8, §4.12)."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
import pytest

from licet.requirements import (
    CORS_LIMITED,
    ISS_IN_RESPONSE,
    NO_307_REDIRECT,
    PAGES_NOT_FRAMED,
    PKCE_CHALLENGE_WELL_FORMED,
    PKCE_REQUIRED,
    PKCE_S256_ONLY,
    REQUEST_OBJECT_ANSWERED,
    RESOURCE_KNOWN,
    RESPONSE_MODE_KNOWN,
    RESPONSE_TYPE_CODE,
    SCOPE_REGISTERED,
    SCOPE_WELL_FORMED,
)
from tests.attacks.watch import asked, noted, nothing_given, told
from tests.visitor import Form, Visitor, verifier
from tests.world import CALLBACK, INVOICES, ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio

NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}
CHALLENGE = verifier()[1]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("AZ-17", {"response_type": "token"}, "unsupported_response_type"),
    ("AZ-17", {"response_type": "id_token token"}, "unsupported_response_type"),
    ("AZ-17", {"response_type": "code token"}, "unsupported_response_type"),
    ("AZ-17", {"response_type": "code id_token"}, "unsupported_response_type"),
    ("AZ-17", {"response_type": "CODE"}, "unsupported_response_type"),
    ("AZ-17", {"response_type": "none"}, "unsupported_response_type"),
    ("AZ-19", {"response_mode": "fragment"}, "invalid_request"),
    ("AZ-19", {"response_mode": "web_message"}, "invalid_request"),
    ("AZ-19", {"response_mode": "jwt"}, "invalid_request"),
    ("AZ-20", NO_CHALLENGE, "invalid_request"),
    ("AZ-20", {"code_challenge": ""}, "invalid_request"),
    ("AZ-21", {"code_challenge_method": "plain"}, "invalid_request"),
    ("AZ-21", {"code_challenge_method": None}, "invalid_request"),
    ("AZ-21", {"code_challenge_method": "s256"}, "invalid_request"),
    ("AZ-21", {"code_challenge_method": "S512"}, "invalid_request"),
    ("AZ-22", {"code_challenge": CHALLENGE[:-1]}, "invalid_request"),
    ("AZ-22", {"code_challenge": CHALLENGE + "="}, "invalid_request"),
    ("AZ-22", {"code_challenge": CHALLENGE + "A"}, "invalid_request"),
    ("AZ-22", {"code_challenge": "+" + CHALLENGE[1:]}, "invalid_request"),
    ("AZ-22", {"code_challenge": CHALLENGE[:-1] + "B"}, "invalid_request"),  # its last letter carries no such bits
    ("AZ-24", {"scope": "openid admin"}, "invalid_scope"),
    ("AZ-24", {"scope": "openid licet:apply"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid\torders.read"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid\norders.read"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid,orders.read"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid\u2003orders.read"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid  orders.read"}, "invalid_scope"),
    ("AZ-25", {"scope": " openid"}, "invalid_scope"),
    ("AZ-25", {"scope": "*"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid orders"}, "invalid_scope"),
    ("AZ-25", {"scope": "openid orders.*"}, "invalid_scope"),
    ("AZ-25", {"scope": "OpenID"}, "invalid_scope"),
    ("AZ-25", {"scope": 'openid "profile"'}, "invalid_scope"),
    ("AZ-25", {"scope": " ".join(f"s{n}" for n in range(1500))}, "invalid_scope"),
    ("AZ-26", {"resource": "https://elsewhere.example.com"}, "invalid_target"),
    ("AZ-26", {"resource": ORDERS + "/"}, "invalid_target"),
    ("AZ-26", {"resource": ORDERS + "#x"}, "invalid_target"),
    ("AZ-26", {"resource": ORDERS.upper()}, "invalid_target"),
    ("AZ-26", {"resource": "orders"}, "invalid_target"),
    ("AZ-26", {"resource": "shop"}, "invalid_target"),
    ("AZ-26", {"resource": [ORDERS, "https://elsewhere.example.com"]}, "invalid_target"),
    ("AZ-31", {"state": "x" * 2049}, "invalid_request"),
    ("AZ-31", {"nonce": "x" * 2049}, "invalid_request"),
    ("AZ-47", {"request_uri": "https://internal.example.com/"}, "request_uri_not_supported"),
    ("AZ-47", {"request": "e30.e30."}, "request_not_supported"),
    ("AZ-47", {"registration": "{}"}, "registration_not_supported"),
]


@pytest.mark.witness(
    RESPONSE_TYPE_CODE,
    RESPONSE_MODE_KNOWN,
    PKCE_REQUIRED,
    PKCE_S256_ONLY,
    PKCE_CHALLENGE_WELL_FORMED,
    RESOURCE_KNOWN,
    SCOPE_REGISTERED,
    SCOPE_WELL_FORMED,
    REQUEST_OBJECT_ANSWERED,
    ISS_IN_RESPONSE,
)
@pytest.mark.parametrize("client_id", ["shop", "spa"])
async def test_what_a_client_may_not_ask(here: World, client_id: str) -> None:
    """AZ-17 AZ-19 AZ-20 AZ-21 AZ-22 AZ-24 AZ-25 AZ-26 AZ-31 AZ-35 AZ-47: told to the client, with state and iss, even
    where somebody is signed in and agreed long ago; confidential or public, silently or not."""
    address = CALLBACK if client_id == "shop" else "https://spa.example.com/"
    async with here.visitor() as http:
        await Visitor(http).authorize(client_id=client_id, redirect_uri=address)
        async with nothing_given(here):
            for row, change, error in REFUSED:
                for silently in ({}, {"prompt": "none"}):
                    sent = asked(client_id=client_id, redirect_uri=address) | silently | change
                    answer = await http.get(
                        f"/authorize?{urlencode({k: v for k, v in sent.items() if v is not None}, doseq=True)}"
                    )
                    said = told(answer, address)
                    assert said["error"] == error, (row, change, said)
                    assert said["iss"] == ISSUER, row
                    assert said["state"] == change.get("state", "st"), row
                    assert "code" not in said, row
                    assert await noted(here, answer) == error, row


@pytest.mark.witness(SCOPE_REGISTERED)
@pytest.mark.parametrize("scope", ["profile", "profile email", "offline_access", "phone offline_access"])
async def test_nobody_is_asked_for_what_buys_nothing(here: World, scope: str) -> None:
    """A code for scopes about a person without openid could not be redeemed: refused before somebody agrees to it."""
    async with here.visitor() as http, nothing_given(here):
        said = told(await http.get("/authorize", params=asked(scope=scope)))
    assert said["error"] == "invalid_scope"
    async with here.visitor() as http:
        device = await http.post("/device_authorization", data={"client_id": "tv", "scope": "profile"})
    assert device.json()["error"] == "invalid_scope"


@pytest.mark.witness(SCOPE_REGISTERED)
async def test_a_scope_of_others_is_not_ones_own(here: World) -> None:
    """AZ-24: known here, registered for another client."""
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    metadata = msgspec.structs.replace(shop.client.metadata, scope=("openid", "orders.read"))
    await here.put(msgspec.structs.replace(shop.client, metadata=metadata), *shop.credentials)
    async with here.visitor() as http, nothing_given(here):
        answer = await http.get("/authorize", params=asked(scope="openid orders.write"))
        assert told(answer)["error"] == "invalid_scope"
        for scope in ("invoices.read", "openid orders.read email"):
            device = await http.post("/device_authorization", data={"client_id": "tv", "scope": scope})
            assert device.json()["error"] == "invalid_scope"


async def test_narrowing_is_said(here: World) -> None:
    """AZ-24: a scope that is not granted is missing from what the token answer says, never there without being good."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        await visitor.authorize(scope="openid")
        answered = await visitor.authorize(scope="openid offline_access", prompt="none")
        form = {
            "grant_type": "authorization_code",
            "code": answered.parameters["code"],
            "client_id": "shop",
            "client_secret": SECRET,
            "code_verifier": answered.code_verifier,
        }
        body = (await http.post("/token", data=form)).json()
    assert body["scope"] == "openid"
    assert "refresh_token" not in body


STATES = [
    "a\r\nSet-Cookie: x=y",
    "<script>alert(1)</script>",
    '"><img src=x>',
    "%0d%0aX: y",
    "ü∑💥",
    "a b+c&d=e#f",
    "a" * 2048,
    "\u202egnirts",
    "{'a':[1]}",
    "\x7f\x1b[2J",
]


@pytest.mark.parametrize("mode", ["query", "form_post"])
async def test_state_goes_round_and_nowhere_else(here: World, mode: str) -> None:
    """AZ-31: encoded, never a header, never markup."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        for state in STATES:
            for error in ({}, {"response_type": "token"}):
                answer = await http.get("/authorize", params=asked(state=state, response_mode=mode) | error)
                assert "x=y" not in answer.headers.get("set-cookie", "")
                if mode == "query":
                    assert answer.headers["location"].isprintable()
                    assert told(answer)["state"] == state
                else:
                    assert answer.status_code == 200
                    assert "<script>alert" not in answer.text
                    fields = Form(answer.text).forms[0]["fields"]
                    assert fields["state"] == state
                    assert ("error" in fields) == bool(error)
        nul = await http.get("/authorize?" + urlencode(asked()) + "%00")
        assert nul.status_code == 400


async def test_errors_travel_as_answers_do(here: World) -> None:
    """AZ-35: form_post of an error says state and iss too, and no code is beside them."""
    async with here.visitor() as http, nothing_given(here):
        for change in ({"prompt": "none"}, {"scope": "nonsense"}, {"max_age": "x"}):
            page = await http.get("/authorize", params=asked(response_mode="form_post") | change)
            form = Form(page.text).forms[0]
            assert form["action"] == CALLBACK
            assert set(form["fields"]) == {"error", "error_description", "error_uri", "state", "iss"}
            assert await noted(here, page) == form["fields"]["error"]


@pytest.mark.parametrize("prompt", ["none", "login"])
async def test_a_request_that_came_by_post(here: World, prompt: str) -> None:
    """AZ-27, SE-02: kept and answered by a GET of our own, where our cookies come along."""
    async with here.visitor() as http:
        async with nothing_given(here):
            foreign = {"Origin": "https://shop.example.com", "Sec-Fetch-Site": "cross-site"}
            kept = await http.post("/authorize", data=asked(prompt=prompt), headers=foreign)
            assert kept.status_code == 303
            went = kept.headers["location"]
            assert went.startswith(f"{ISSUER}/continue?transaction=")
            answer = await http.get(went)
        if prompt == "none":
            assert told(answer)["error"] == "login_required"
            assert await noted(here, answer) == "login_required"
        else:
            assert answer.headers["location"].startswith(f"{ISSUER}/login?transaction=")
    async with here.visitor() as http:
        await Visitor(http).authorize()
        kept = await http.post("/authorize", data=asked(prompt="none"))
        assert "code" in told(await http.get(kept.headers["location"]))


async def test_a_head_tells_nothing_in_its_body(here: World) -> None:
    async with here.visitor() as http:
        await Visitor(http).authorize()
        answer = await http.head("/authorize", params=asked())
        assert answer.status_code == 303
        assert answer.content == b""


PAGES = ["/authorize", "/login", "/consent", "/continue", "/device", "/device/confirm", "/logout", "/nowhere"]


@pytest.mark.witness(CORS_LIMITED, PAGES_NOT_FRAMED)
async def test_pages_are_nobody_elses(here: World) -> None:
    """AZ-32 AZ-36 AZ-37 SE-19: no page is read by scripts, framed, opened by or leaked to another site; errors neither."""
    async with here.visitor() as http:
        for path in PAGES:
            origin = {"Origin": "https://spa.example.com", "Accept": "text/html"}
            for answer in (
                await http.get(path, headers=origin),
                await http.options(path, headers=origin | {"Access-Control-Request-Method": "GET"}),
            ):
                assert "access-control-allow-origin" not in answer.headers, path
                assert answer.headers["referrer-policy"] == "no-referrer", path
            page = await http.get(path, headers={"Accept": "text/html"})
            assert "frame-ancestors 'none'" in page.headers["content-security-policy"], path
            assert page.headers["x-frame-options"] == "DENY", path
            assert page.headers["cross-origin-opener-policy"] == "same-origin", path
            assert page.headers["cache-control"] == "no-store", path
            assert not [part for part in ("http://", "https://") if f'src="{part}' in page.text], path


@pytest.mark.witness(NO_307_REDIRECT)
async def test_a_password_is_never_sent_on(here: World) -> None:
    """AZ-33: every redirect after a form is a 303, or a page of ours with a link."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        response = await http.get("/authorize", params=asked())
        seen = [response.status_code]
        while "code=" not in response.headers.get("location", "") and response.status_code in {200, 303}:
            if response.status_code == 303:
                response = await http.get(response.headers["location"])
            else:
                page = Form(response.text)
                if page.continues is not None:
                    break
                response = await visitor.fill(page, response)
                seen.append(response.status_code)
        assert seen == [303, 303, 200]
        assert page.continues is not None
        assert "code" in dict(parse_qsl(urlsplit(page.continues).query))


async def test_several_resources_are_one_grant_and_one_token_each(here: World) -> None:
    """AZ-26: named together they may be agreed to; a token is for one of them."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(scope="orders.read invoices.read", resource=[ORDERS, INVOICES])
        form = {
            "grant_type": "authorization_code",
            "code": answered.parameters["code"],
            "client_id": "shop",
            "client_secret": SECRET,
            "code_verifier": answered.code_verifier,
        }
        assert (await http.post("/token", data=form)).json()["error"] == "invalid_target"
        assert (await http.post("/token", data=form | {"resource": [ORDERS, INVOICES]})).json()[
            "error"
        ] == "invalid_target"
        assert (await http.post("/token", data=form | {"resource": INVOICES})).json()["scope"] == "invoices.read"
