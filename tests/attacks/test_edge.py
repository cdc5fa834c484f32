"""What reaches the server's edge before anything is judged: noise, poison, floods (OAuth 2.1 §7; RFC 9700 §4.11, §4.13)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

from licet.requirements import CORS_LIMITED, FORM_ENCODED_POST, NO_STORE, PARAMETERS_ONCE, REQUEST_SIZE_BOUNDED
from tests.attacks.test_code_injection import code, redeem
from tests.attacks.watch import asked, given, nothing_given, row
from tests.flows.test_device import ask
from tests.visitor import Visitor
from tests.world import PASSWORD, SECRET, World

pytestmark = pytest.mark.anyio

POISON = (
    "' OR '1'='1",
    "'; DROP TABLE grants; --",
    '{"$gt": ""}',
    "*)(uid=*",
    "${jndi:ldap://x}",
    "{{7*7}}",
    "%s%n",
    "../../etc/passwd",
    "\r\nX-Injected: 1",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "a" * 5000,
)
POSTS = {
    "/token": (
        "grant_type",
        "client_id",
        "client_secret",
        "code",
        "redirect_uri",
        "code_verifier",
        "refresh_token",
        "device_code",
        "scope",
        "resource",
        "client_assertion",
        "client_assertion_type",
        "x",
    ),
    "/introspect": ("token", "token_type_hint", "client_id", "client_secret"),
    "/revoke": ("token", "token_type_hint", "client_id", "client_secret"),
    "/device_authorization": ("client_id", "scope", "resource", "client_secret"),
    "/userinfo": ("access_token",),
    "/login": ("transaction", "csrf", "login", "password"),
    "/consent": ("transaction", "csrf", "decision"),
    "/device": ("csrf", "user_code"),
    "/device/confirm": ("transaction", "csrf", "decision", "code_tail"),
    "/device/report": ("transaction", "csrf"),
    "/logout": ("csrf", "decision", "transaction", "id_token_hint", "client_id", "post_logout_redirect_uri", "state"),
    "/authorize": ("client_id", "redirect_uri", "state", "scope"),
}


@pytest.mark.parametrize("path", POSTS)
async def test_data_is_data(here: World, path: str) -> None:
    """TK-47: in every parameter of every endpoint: refused as unknown, never an error of ours, nothing given, nothing gone."""
    right = (
        {"client_id": "shop", "client_secret": SECRET, "grant_type": "authorization_code"}
        if path in {"/token", "/introspect", "/revoke"}
        else {}
    )
    async with here.visitor() as http:
        await Visitor(http).authorize()
        async with nothing_given(here):
            for name in POSTS[path]:
                for poison in POISON:
                    answer = await http.post(path, data=right | {name: poison})
                    assert answer.status_code < 500, (name, poison)
                    assert "x-injected" not in answer.headers
                    assert "49" not in answer.headers.get("location", "")
    assert row(here, "SELECT count(*) FROM clients") == (6,)


@pytest.mark.witness(REQUEST_SIZE_BOUNDED, FORM_ENCODED_POST)
async def test_sizes_have_an_end(here: World) -> None:
    """TK-46 TK-14: bodies, queries, numbers of parameters, bytes that are no text: refused before they are read."""
    async with here.visitor() as http, nothing_given(here):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for body, status in (
            (b"x=" + b"a" * 70_000, 413),
            (b"&".join(b"p%d=1" % n for n in range(100)), 400),
            (b"grant_type=%ff%fe", 400),
            (b"grant_type=%zz", 400),
            (b"grant_type=%00", 400),
            (b"grant_type=\xc3\x28", 400),
            (b"\x00" * 10, 400),
        ):
            answer = await http.post("/token", content=body, headers=form)
            assert answer.status_code == status, body[:20]
        assert (await http.get("/authorize", params={"state": "a" * 20_000})).status_code == 414
        assert (await http.get("/jwks", headers={"X-Long": "a" * 40_000})).status_code == 431
        big = {"Authorization": "Bearer " + "a." * 9000}
        assert (await http.get("/userinfo", headers=big)).status_code == 401


@pytest.mark.witness(NO_STORE, CORS_LIMITED)
async def test_answers_are_nobodys_to_keep_or_read(here: World) -> None:
    """TK-44: success and error of every direct endpoint: not stored; read only by scripts of registered apps, without
    credentials; the others' origin is not echoed."""
    answered = await code(here)
    tokens = (await redeem(here, answered)).json()
    secret = {"client_id": "shop", "client_secret": SECRET}
    requests: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/token", {"data": {}}),
        ("POST", "/token", {"data": secret | {"grant_type": "client_credentials"}}),
        ("POST", "/revoke", {"data": secret | {"token": "x"}}),
        ("POST", "/introspect", {"data": secret | {"token": "x"}}),
        ("POST", "/device_authorization", {"data": {"client_id": "tv", "scope": "openid"}}),
        ("GET", "/userinfo", {"headers": {"Authorization": f"Bearer {tokens['access_token']}"}}),
        ("GET", "/userinfo", {}),
    ]
    async with here.visitor() as http:
        for origin, registered in (
            ("https://spa.example.com", True),
            ("https://evil.example.com", False),
            ("null", False),
            ("https://spa.example.com.evil.example.com", False),
            ("http://spa.example.com", False),
        ):
            for method, path, request in requests:
                headers = {"Origin": origin} | request.get("headers", {})
                answer = await http.request(method, path, **(request | {"headers": headers}))
                assert "no-store" in answer.headers["cache-control"], path
                allowed = answer.headers.get("access-control-allow-origin")
                open_here = registered and path in {"/token", "/revoke", "/userinfo"}
                assert allowed == (origin if open_here else None), (path, origin)
                assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.witness(PARAMETERS_ONCE)
async def test_every_direct_endpoint_reads_a_parameter_once(here: World) -> None:
    """TK-11, AZ-13: two readers of one request must not read two requests."""
    async with here.visitor() as http, nothing_given(here):
        for path, names in POSTS.items():
            if path in {"/token", "/introspect", "/revoke", "/device_authorization"}:
                for name in (name for name in names if name != "resource"):
                    answer = await http.post(path, data={name: ["a", "b"]})
                    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request"), (path, name)


async def test_the_record_is_whole_and_tells_no_secret(here: World) -> None:
    """TK-47: after a visit with everything in it the chain holds, each change has its event, and no event nor refusal says
    what was secret, even where it was sent in the wrong field."""
    answered = await code(here, state="state-that-is-private")
    tokens = (await redeem(here, answered)).json()
    device = (await ask(here)).json()
    async with here.visitor() as http:
        await http.get("/authorize", params=asked(client_id=tokens["refresh_token"]))
        await http.get("/authorize", params=asked(scope=f"openid {tokens['refresh_token']}"))
        await http.post(
            "/token", data={"grant_type": tokens["refresh_token"], "client_id": "shop", "client_secret": SECRET}
        )
        await http.post(
            "/token", data={"grant_type": "authorization_code", "client_id": answered.parameters["code"], "code": "x"}
        )
    await here.store.flush()
    assert await here.store.events.verify() is None
    secrets = [
        SECRET,
        PASSWORD,
        answered.parameters["code"],
        answered.code_verifier,
        tokens["access_token"],
        tokens["refresh_token"],
        tokens["id_token"],
        device["device_code"],
        device["user_code"],
        "state-that-is-private",
    ]
    remembered = [str(link.event) for link in await here.store.events.tail(1, 1000)]
    found = row(here, "SELECT group_concat(client_id || detail || description || error) FROM refusals")
    assert found is not None
    for secret in secrets:
        assert not [text for text in (*remembered, found[0]) if secret in text], secret[:12]
    kinds = {link.event.type.value for link in await here.store.events.tail(1, 1000)}
    assert {"session.started", "consent.given", "code.issued", "token.issued", "device.asked"} <= kinds


async def test_a_flood_of_beginnings_gives_nothing(here: World) -> None:
    """TK-46: whoever only begins requests gets pages and nothing that is worth anything."""
    before = await given(here)
    async with here.visitor() as http:
        for _ in range(40):
            http.cookies.clear()
            assert (await http.get(f"/authorize?{urlencode(asked())}")).status_code == 303
    assert await given(here) == before
    assert row(here, "SELECT count(*) FROM transactions") == (40,)
    here.clock.ahead_s = 3600
    await here.store.purge(here.clock.now(), 1000)
    assert row(here, "SELECT count(*) FROM transactions") == (0,)
