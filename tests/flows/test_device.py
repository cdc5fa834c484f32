"""The device grant: a code on a screen, a person with a browser, and a device that polls (RFC 8628)."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest

from licet.events import EventType
from licet.requirements import (
    DEVICE_CODE_BOUND_TO_CLIENT,
    DEVICE_CODE_EXPIRES,
    DEVICE_CODE_KNOWN,
    DEVICE_CODE_SINGLE_USE,
    DEVICE_DENIED,
    DEVICE_ONE_CLAIMANT,
    DEVICE_POLLING_INTERVAL,
    FORM_FROM_OUR_PAGE,
    USER_CODE_GUESSING_THROTTLED,
    USER_CODE_UNGUESSABLE,
)
from tests.visitor import Form, Visitor
from tests.world import DEVICE_CODE, ISSUER, World

pytestmark = pytest.mark.anyio


async def ask(here: World, address: str = "192.0.2.1", **change: Any) -> Any:
    form = {"client_id": "tv", "scope": "openid profile"} | change
    async with here.visitor(address) as http:
        return await http.post("/device_authorization", data={k: v for k, v in form.items() if v is not None})


async def poll(here: World, device_code: str, **change: Any) -> Any:
    form = {"grant_type": DEVICE_CODE, "device_code": device_code, "client_id": "tv"} | change
    async with here.visitor() as http:
        return await http.post("/token", data={k: v for k, v in form.items() if v is not None})


async def confirm_page(visitor: Visitor, user_code: str) -> Any:
    """Type the code and sign in, up to the page that asks."""
    page = await visitor.http.get("/device")
    response = await visitor.press(Form(page.text), "device-submit", user_code=user_code)
    while response.status_code == 303:
        response = await visitor.http.get(response.headers["location"])
        if response.status_code == 200 and 'id="login-submit"' in response.text:
            response = await visitor.fill(Form(response.text), response)
    return response


async def decide(visitor: Visitor, user_code: str, button: str = "consent-allow") -> Any:
    response = await confirm_page(visitor, user_code)
    assert response.status_code == 200, response.text
    return await visitor.press(Form(response.text), button)


@pytest.mark.witness(USER_CODE_UNGUESSABLE, DEVICE_CODE_SINGLE_USE)
async def test_a_tv_is_signed_in(here: World) -> None:
    asked = (await ask(here)).json()
    assert asked["verification_uri"] == f"{ISSUER}/device"
    assert len(asked["user_code"].replace("-", "")) == 8
    assert (asked["interval"], asked["expires_in"]) == (5, 600)
    waiting = await poll(here, asked["device_code"])
    assert (waiting.status_code, waiting.json()["error"]) == (400, "authorization_pending")
    async with here.visitor() as http:
        done = await decide(Visitor(http), asked["user_code"].lower().replace("-", " "))
    assert "Done" in done.text
    answer = await poll(here, asked["device_code"])
    assert answer.status_code == 200, answer.text
    tokens = answer.json()
    assert {"access_token", "refresh_token", "id_token"} <= set(tokens)
    async with here.visitor() as http:
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert (await http.get("/userinfo", headers=bearer)).json()["name"] == "Alice"
        again = await poll(here, asked["device_code"])
        assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
        assert (await http.get("/userinfo", headers=bearer)).status_code == 200, "a second poll ends nothing"


@pytest.mark.witness(DEVICE_DENIED)
async def test_the_person_says_no(here: World) -> None:
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        visitor = Visitor(http)
        stopped = await decide(visitor, asked["user_code"], "consent-deny")
        assert (await poll(here, asked["device_code"])).json()["error"] == "access_denied"
        reported = await visitor.press(Form(stopped.text), "device-report")
    assert reported.status_code == 200
    assert len(await here.events(EventType.DEVICE_REPORTED)) == 1


@pytest.mark.witness(DEVICE_POLLING_INTERVAL)
async def test_too_fast_and_the_longer_interval_stays(here: World) -> None:
    device_code = (await ask(here)).json()["device_code"]

    async def after(seconds: float) -> str:
        here.clock.ahead_s += seconds
        return str((await poll(here, device_code)).json()["error"])

    assert await after(5) == "authorization_pending"
    assert await after(1) == "slow_down"
    assert await after(6) == "slow_down", "the interval is ten seconds now, and this was too soon again"
    assert await after(16) == "authorization_pending"


@pytest.mark.witness(DEVICE_CODE_EXPIRES)
async def test_it_expires(here: World) -> None:
    asked = (await ask(here)).json()
    here.clock.ahead_s = 601
    assert (await poll(here, asked["device_code"])).json()["error"] == "expired_token"
    async with here.visitor() as http:
        page = await confirm_page(Visitor(http), asked["user_code"])
    assert 'role="alert"' in page.text


@pytest.mark.witness(DEVICE_CODE_BOUND_TO_CLIENT, DEVICE_CODE_KNOWN)
async def test_whose_code_it_is(here: World) -> None:
    import msgspec

    tv = await here.store.clients.find(1, "tv")
    assert tv is not None
    await here.put(msgspec.structs.replace(tv.client, client_id="other-tv"))
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        await decide(Visitor(http), asked["user_code"])
    assert (await poll(here, asked["device_code"], client_id="other-tv")).json()["error"] == "invalid_grant"
    assert (await poll(here, "lctdc_" + "0" * 49)).json()["error"] == "invalid_grant"
    assert (await poll(here, "")).json()["error"] == "invalid_request"
    assert (await poll(here, asked["device_code"])).status_code == 200


@pytest.mark.witness(DEVICE_ONE_CLAIMANT)
async def test_a_second_person_cannot_decide(here: World) -> None:
    asked = (await ask(here)).json()
    async with here.visitor() as first, here.visitor() as second:
        page = await confirm_page(Visitor(first), asked["user_code"])
        other = await confirm_page(Visitor(second, login="bob"), asked["user_code"])
        assert other.status_code == 400
        assert "consent-allow" not in other.text
        assert (await poll(here, asked["device_code"])).json()["error"] == "authorization_pending"
        await Visitor(first).press(Form(page.text), "consent-allow")
    assert (await poll(here, asked["device_code"])).status_code == 200


async def test_many_polls_at_once_have_one_winner(here: World) -> None:
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        await decide(Visitor(http), asked["user_code"])
    answers = await asyncio.gather(*(poll(here, asked["device_code"]) for _ in range(20)))
    assert sorted(a.status_code for a in answers) == [200] + [400] * 19


async def test_a_link_is_never_enough(here: World) -> None:
    """From another network the page keeps two letters back; the code leaves the address at once (RFC 8628 §5.4)."""
    asked = (await ask(here, address="203.0.113.9")).json()
    async with here.visitor() as http:
        visitor = Visitor(http)
        first = await http.get(asked["verification_uri_complete"])
        assert first.status_code == 303
        assert "user_code" not in urlsplit(first.headers["location"]).query
        page = await http.get(first.headers["location"])
        response = await visitor.fill(Form(page.text), page)
        page = await http.get(response.headers["location"])
        assert asked["user_code"] not in page.text
        wrong = await visitor.press(Form(page.text), "consent-allow", code_tail="??")
        assert "Done" not in Form(wrong.text).title
        assert (await poll(here, asked["device_code"])).json()["error"] == "authorization_pending"
        done = await visitor.press(Form(wrong.text), "consent-allow", code_tail=asked["user_code"][-2:].lower())
    assert "Done" in Form(done.text).title
    assert (await poll(here, asked["device_code"])).status_code == 200


@pytest.mark.witness(USER_CODE_GUESSING_THROTTLED)
async def test_guessing_codes(here: World) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = Form((await http.get("/device")).text)
        statuses = [(await visitor.press(page, "device-submit", user_code="BBBBBBBB")).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]
    asked = (await ask(here)).json()
    async with here.visitor("198.51.100.7") as http:
        assert "consent-allow" in (await confirm_page(Visitor(http), asked["user_code"])).text


@pytest.mark.witness(FORM_FROM_OUR_PAGE)
async def test_a_form_of_another_site(here: World) -> None:
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        assert (await http.post("/device", data={"user_code": asked["user_code"]})).status_code == 403
        page = await confirm_page(Visitor(http), asked["user_code"])
        form = Form(page.text).with_button("consent-allow")
        forged = form["fields"] | {"decision": "allow", "csrf": "AAAA"}
        assert (await http.post("/device/confirm", data=forged)).status_code == 403
        foreign = await http.post(
            "/device/confirm", data=form["fields"] | {"decision": "allow"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert foreign.status_code == 403
    assert (await poll(here, asked["device_code"])).json()["error"] == "authorization_pending"
