"""Saying yes for somebody else, twice, or to something else than what was shown (RFC 6749 §10.12; ASVS 10.7; rulings C, L)."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import msgspec
import pytest

from licet.events import EventType
from licet.requirements import CONSENT_GIVEN, FORM_FROM_OUR_PAGE, TRANSACTION_BOUND_TO_BROWSER, TRANSACTION_ONCE
from licet.storage.records import Client
from tests.attacks.test_refresh_theft import changed
from tests.attacks.watch import SPA, asked, disable, given, just_before, noted, nothing_given, row, told
from tests.visitor import Form, Visitor
from tests.world import CALLBACK, ISSUER, PASSWORD, World

pytestmark = pytest.mark.anyio


async def consent_page(visitor: Visitor, **change: Any) -> httpx2.Response:
    """Sign in where that is needed, up to the page that asks."""
    response = await visitor.http.get("/authorize", params=asked(**change))
    while response.status_code == 303:
        response = await visitor.http.get(response.headers["location"])
        if 'id="login-submit"' in response.text:
            response = await visitor.fill(Form(response.text), response)
    assert 'id="consent-allow"' in response.text, response.text[:800]
    return response


@pytest.mark.witness(TRANSACTION_BOUND_TO_BROWSER)
async def test_what_a_browser_sends_along_changes_nothing(here: World) -> None:
    """AZ-18: the request is kept here; address, scope or client in a later form or address are not even read."""
    more = {
        "redirect_uri": "https://evil.example.com/",
        "scope": "openid orders.write",
        "client_id": "spa",
        "state": "x",
        "code_challenge": "x" * 43,
        "prompt": "none",
        "response_mode": "form_post",
    }
    async with here.visitor() as http:
        visitor = Visitor(http)
        login = await http.get("/authorize", params=asked())
        went = login.headers["location"]
        page = Form((await http.get(went, params=dict([went.partition("?")[2].split("=")]) | more)).text)
        signed_in = await visitor.press(page, "login-submit", login="alice", password=PASSWORD, **more)
        page = Form((await http.get(signed_in.headers["location"])).text)
        answered = await visitor.walk(await visitor.press(page, "consent-allow", **more))
    assert answered.address.startswith(f"{CALLBACK}?code=")
    assert answered.parameters["state"] == "st"
    assert row(here, "SELECT scope, client_id FROM grants") == ('["openid"]', "shop")


@pytest.mark.witness(FORM_FROM_OUR_PAGE)
async def test_a_forged_yes(here: World) -> None:
    """AZ-38: from another site, without the token, with another's or another person's: refused, and the question stays."""
    async with here.visitor() as http, here.visitor("198.51.100.7") as other:
        visitor = Visitor(http)
        page = Form((await consent_page(visitor)).text)
        theirs = Form((await consent_page(Visitor(other, login="bob"))).text).with_button("consent-allow")["fields"]
        fields = page.with_button("consent-allow")["fields"]
        forgeries: list[tuple[dict[str, str], dict[str, str]]] = [
            ({"csrf": ""}, {}),
            ({"csrf": "A" * 24}, {}),
            ({"csrf": theirs["csrf"]}, {}),
            ({}, {"Sec-Fetch-Site": "cross-site"}),
            ({}, {"Sec-Fetch-Site": "same-site"}),
            ({}, {"Origin": "https://evil.example.com"}),
            ({}, {"Origin": f"{ISSUER}.evil.example.com"}),
        ]
        async with nothing_given(here):
            for change, headers in forgeries:
                answer = await http.post("/consent", data=fields | {"decision": "allow"} | change, headers=headers)
                assert answer.status_code == 403, (change, headers)
                assert await noted(here, answer) == "invalid_request"
            assert (await other.post("/consent", data=fields | {"decision": "allow"})).status_code == 400
            assert (await http.get("/consent", params=fields | {"decision": "allow"})).status_code == 200
            assert (await http.post("/consent", data=fields | {"decision": "yes"})).status_code == 400
        assert "code" in (await visitor.walk(await visitor.press(page, "consent-allow"))).parameters


@pytest.mark.witness(TRANSACTION_ONCE)
async def test_one_answer_to_one_question(here: World) -> None:
    """AZ-39: pressed ten times at once, then again from the history: one code; the others see a page, the client one
    answer."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = Form((await consent_page(visitor)).text)
        jar = httpx2.Cookies(http.cookies)
        answers = await asyncio.gather(*(visitor.press(page, "consent-allow") for _ in range(10)))
        assert sorted(answer.status_code for answer in answers) == [200] + [400] * 9
        http.cookies = jar
        async with nothing_given(here):
            assert (await visitor.press(page, "consent-deny")).status_code == 400
    assert [len(await here.events(kind)) for kind in (EventType.CODE_ISSUED, EventType.CONSENT_DENIED)] == [1, 0]


@pytest.mark.witness(TRANSACTION_ONCE)
async def test_a_sign_in_that_is_pressed_twice(here: World) -> None:
    """AZ-39: where consent is remembered the sign-in itself ends the request; the client never hears of both a code and
    an error."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        await visitor.authorize()
        response = await http.get("/authorize", params=asked(prompt="login"))
        page = Form((await http.get(response.headers["location"])).text)
        answers = await asyncio.gather(
            *(visitor.press(page, "login-submit", login="alice", password=PASSWORD) for _ in range(4))
        )
        codes = [answer for answer in answers if "code=" in answer.text]
        assert len(codes) == 1
        assert "error=" not in "".join(answer.text for answer in answers)
        for other in (answer for answer in answers if answer not in codes):
            assert other.status_code == 400 or other.headers["location"].startswith(f"{ISSUER}/login?")
        assert "code" in (await visitor.authorize(prompt="none")).parameters, "one of the cookies is good"


POLICIES: dict[str, tuple[str, str, str, list[bool], str | None]] = {
    # what the client is: client_id, address, policy → asked at the first, second and silent request; silent answer
    "confidential": ("shop", CALLBACK, "remember", [True, False], None),
    "public at https": ("spa", SPA, "remember", [True, False], None),
    "public at loopback": ("reader", "http://127.0.0.1:9/callback", "remember", [True, True], "consent_required"),
    "public at its own scheme": (
        "reader",
        "com.example.reader:/callback",
        "remember",
        [True, True],
        "consent_required",
    ),
    "trusted": ("shop", CALLBACK, "trusted", [False, False], None),
    "trusted but not assured": ("reader", "http://127.0.0.1:9/callback", "trusted", [True, True], "consent_required"),
    "always": ("shop", CALLBACK, "always", [True, True], "consent_required"),
}


@pytest.mark.witness(CONSENT_GIVEN)
@pytest.mark.parametrize("who", POLICIES)
async def test_who_is_believed_to_be_who_was_agreed_to(here: World, who: str) -> None:
    """AZ-40 AZ-11 AZ-27: the table of rulings C."""
    client_id, address, policy, expected, silent = POLICIES[who]
    found = await here.store.clients.find(1, client_id)
    assert found is not None
    operated = msgspec.structs.replace(found.client.policy, consent=policy)
    await here.put(msgspec.structs.replace(found.client, policy=operated), *found.credentials)
    async with here.visitor() as http:
        for expects in expected:
            visitor = Visitor(http)
            await visitor.authorize(client_id=client_id, redirect_uri=address)
            assert any(title.startswith("Consent") for title in visitor.pages) == expects, visitor.pages
        said = (await Visitor(http).authorize(client_id=client_id, redirect_uri=address, prompt="none")).parameters
    assert said.get("error") == silent
    assert ("code" in said) == (silent is None)


@pytest.mark.witness(CONSENT_GIVEN)
async def test_what_a_yes_covers(here: World) -> None:
    """AZ-27, AZ-40: not more scope, not a sensitive one, not another declaration of the app, not one that was withdrawn;
    ``offline_access`` never slips in silently (rulings D)."""

    async def silently(http: httpx2.AsyncClient, scope: str = "openid") -> str:
        return (await Visitor(http).authorize(scope=scope, prompt="none")).parameters.get("error", "")

    async with here.visitor() as http:
        await Visitor(http).authorize()
        assert [await silently(http, s) for s in ("openid", "openid orders.read")] == ["", "consent_required"]
        assert await silently(http, "openid offline_access") == ""
        assert row(here, "SELECT count(*) FROM grants WHERE access = 'offline'") == (0,)
        await Visitor(http).authorize(scope="openid offline_access")
        await silently(http, "openid offline_access")
        assert row(here, "SELECT count(*) FROM grants WHERE access = 'offline'") == (2,)
        orders = next(api for api in await here.store.resources.every(1) if api.resource.name == "orders")
        event = (await here.events(EventType.CLIENT_CREATED))[0]
        delicate = tuple(msgspec.structs.replace(scope, sensitive=True) for scope in orders.scopes)
        await here.store.resources.put(orders.resource, delicate, orders.credentials, event)
        await here.server.upkeep.directory.refresh()
        await Visitor(http).authorize(scope="openid orders.read")
        assert await silently(http, "openid orders.read") == "consent_required"
        await disable(here, "consent")
        assert await silently(http) == "consent_required"
        await Visitor(http).authorize()
        assert await silently(http) == ""
        found = await here.store.clients.find(1, "shop")
        assert found is not None
        await here.put(msgspec.structs.replace(found.client, metadata_digest=b"another"), *found.credentials)
        assert await silently(http) == "consent_required"


async def renamed(here: World) -> Client:
    client = await changed(here, "shop", client_name="Your Bank")
    found = await here.store.clients.find(1, "shop")
    assert found is not None
    await here.put(msgspec.structs.replace(client, metadata_digest=b"another"), *found.credentials)
    return client


@pytest.mark.witness(FORM_FROM_OUR_PAGE, CONSENT_GIVEN)
@pytest.mark.parametrize("what", ["the app", "the words"])
async def test_a_yes_is_to_what_was_shown(here: World, what: str) -> None:
    """AZ-41: what is changed while somebody reads is shown again before it is agreed to."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = Form((await consent_page(visitor, scope="openid orders.read")).text)
        if what == "the app":
            await renamed(here)
        else:
            orders = next(api for api in await here.store.resources.every(1) if api.resource.name == "orders")
            event = (await here.events(EventType.CLIENT_CREATED))[0]
            words = tuple(msgspec.structs.replace(scope, words="Do as it likes") for scope in orders.scopes)
            await here.store.resources.put(orders.resource, words, orders.credentials, event)
            await here.server.upkeep.directory.refresh()
        async with nothing_given(here):
            assert (await visitor.press(page, "consent-allow")).status_code == 403
        fields = page.with_button("consent-allow")["fields"]
        again = await http.get("/consent", params={"transaction": fields["transaction"]})
        assert ("Your Bank" if what == "the app" else "Do as it likes") in again.text
        assert "code" in (await visitor.walk(await visitor.press(Form(again.text), "consent-allow"))).parameters


@pytest.mark.parametrize("gone", ["redirect_uris", "scope"])
async def test_what_the_operator_takes_away_meanwhile_is_gone(here: World, gone: str) -> None:
    """AZ-01, AZ-24: an address that was removed gets no code of a request that was begun before; nor does a scope."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = Form((await consent_page(visitor, scope="openid orders.read")).text)
        left: tuple[str, ...] = ("https://new.example.com/",) if gone == "redirect_uris" else ("openid",)
        await changed(here, "shop", **{gone: left})
        before = await given(here)
        answer = await visitor.press(page, "consent-allow")
        if gone == "redirect_uris":
            assert answer.status_code == 400
            assert await given(here) == before
        else:
            fields = page.with_button("consent-allow")["fields"]
            again = await http.get("/consent", params={"transaction": fields["transaction"]})
            await visitor.walk(await visitor.press(Form(again.text), "consent-allow"))
            assert row(here, "SELECT scope FROM grants") == ('["openid"]',)


@pytest.mark.parametrize("what", ["consent", "session", "person", "password"])
@pytest.mark.parametrize("silent", [True, False])
async def test_what_ends_between_the_judgement_and_the_write(
    here: World, monkeypatch: pytest.MonkeyPatch, what: str, silent: bool
) -> None:
    """TK-48: after an ending was acknowledged nothing rests on what ended; the request is judged again."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        before = await given(here)
        done = just_before(monkeypatch, here.store.transactions, "conclude", lambda: disable(here, what))
        change = {"prompt": "none"} if silent else {}
        answer = await http.get("/authorize", params=asked(**change))
        assert done
        assert answer.headers["location"].startswith(f"{ISSUER}/continue?"), answer.headers["location"]
        answer = await http.get(answer.headers["location"])
        assert await given(here) == before
        if silent:
            assert told(answer)["error"] == ("consent_required" if what == "consent" else "login_required")
        else:
            assert f"{ISSUER}/{'consent' if what == 'consent' else 'login'}?" in answer.headers["location"]


@pytest.mark.parametrize("what", ["session", "person", "shop"])
async def test_a_yes_that_comes_too_late(here: World, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """TK-48, AZ-39: signed out, disabled or the app switched off while the button is pressed: no code, and no error of
    ours."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = Form((await consent_page(visitor)).text)
        just_before(monkeypatch, here.store.transactions, "conclude", lambda: disable(here, what))
        async with nothing_given(here):
            answer = await visitor.press(page, "consent-allow")
    assert answer.status_code == 400
    assert "location" not in answer.headers
