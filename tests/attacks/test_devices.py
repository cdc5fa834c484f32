"""Codes on screens: guessed, sent round, approved by the wrong person, polled without end (RFC 8628 §5; rulings X)."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from licet.events import EventType
from licet.protocol import user_code
from licet.requirements import (
    DEVICE_CODE_BOUND_TO_CLIENT,
    DEVICE_CODE_EXPIRES,
    DEVICE_CODE_SINGLE_USE,
    DEVICE_DENIED,
    DEVICE_ONE_CLAIMANT,
    DEVICE_POLLING_INTERVAL,
    FORM_FROM_OUR_PAGE,
    USER_CODE_GUESSING_THROTTLED,
    USER_CODE_UNGUESSABLE,
)
from tests.attacks.test_refresh_theft import changed
from tests.attacks.watch import disable, given, just_before, noted, nothing_given, row
from tests.flows.test_device import ask, confirm_page, decide, poll
from tests.visitor import Form, Visitor
from tests.world import World

pytestmark = pytest.mark.anyio


@pytest.mark.witness(USER_CODE_GUESSING_THROTTLED)
async def test_guessing_a_user_code(here: World) -> None:
    """DV-01: five tries from one network, by form or by link, however they are spelt; a right one costs nothing; a
    minute gives one back."""
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = Form((await http.get("/device")).text)
        for _ in range(8):
            right = await visitor.press(page, "device-submit", user_code=asked["user_code"])
            assert right.status_code == 303
        guesses = ["BBBBBBBB", "bbbb-bbbb", "nonsense", "", "x" * 5000]
        assert [(await visitor.press(page, "device-submit", user_code=guess)).status_code for guess in guesses] == [
            200
        ] * 5
        assert (await visitor.press(page, "device-submit", user_code=asked["user_code"])).status_code == 429
        assert (await http.get("/device", params={"user_code": asked["user_code"]})).status_code == 429
    async with here.visitor("192.0.2.200") as neighbour:
        assert (await neighbour.get("/device", params={"user_code": asked["user_code"]})).status_code == 429
        here.clock.ahead_s = 61
        assert (await neighbour.get("/device", params={"user_code": asked["user_code"]})).status_code == 303
    assert here.server.app.internal_errors == 0


async def test_a_botnet_has_a_breaker(here: World) -> None:
    """DV-01: five hundred wrong codes from anywhere close the page for a while, also for who has a network of its own
    for each."""
    for number in range(700):
        async with here.visitor(f"198.{18 + number // 250}.{number % 250}.1") as http:
            answer = await http.get("/device", params={"user_code": "BBBBBBBB"})
        if answer.status_code == 429:
            break
    else:
        raise AssertionError("nothing ever closed")
    assert number >= 500, "it fills again by one in 0.6 s"


@pytest.mark.witness(USER_CODE_UNGUESSABLE)
def test_every_letter_is_as_likely() -> None:
    """DV-02: twenty letters, by rejection, from the system's random source."""
    from licet.ambient import SystemEntropy

    entropy = SystemEntropy()
    letters = "".join(user_code.make(entropy.bytes(64)) for _ in range(5000))
    counts = [letters.count(letter) for letter in user_code.ALPHABET]
    expected = len(letters) / 20
    chi_squared = sum((count - expected) ** 2 / expected for count in counts)
    assert chi_squared < 60, "19 degrees of freedom: one in a million"


@pytest.mark.witness(DEVICE_ONE_CLAIMANT)
@pytest.mark.parametrize("button", ["consent-allow", "consent-deny"])
async def test_who_entered_it_decides(here: World, button: str) -> None:
    """DV-03 DV-08: a second person who has the code neither allows nor denies, and that they tried is on record."""
    asked = (await ask(here)).json()
    async with here.visitor() as first, here.visitor("198.51.100.9") as second:
        page = Form((await confirm_page(Visitor(first), asked["user_code"])).text)
        other = Visitor(second, login="bob")
        before = await given(here)
        refused = await confirm_page(other, asked["user_code"])
        assert refused.status_code == 400
        assert await noted(here, refused) == "invalid_request"
        stolen = page.with_button(button)["fields"] | {"decision": "allow"}
        assert (await second.post("/device/confirm", data=stolen)).status_code == 400
        assert (await poll(here, asked["device_code"])).json()["error"] == "authorization_pending"
        assert await given(here) == before
        (event,) = await here.events(EventType.DEVICE_CONTESTED)
        assert (event.subject, event.client) == (here.subjects["bob"], "tv")
        await Visitor(first).press(page, button)
    expected = {"consent-allow": 200, "consent-deny": 400}[button]
    assert (await poll(here, asked["device_code"])).status_code == expected


async def test_who_is_somebody_else_here_gives_it_up(here: World) -> None:
    """DV-03: "use another account" hands the question on to that account, in this browser."""
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        page = Form((await confirm_page(Visitor(http), asked["user_code"])).text)
        fields = page.with_button("consent-allow")["fields"]
        switched = await http.post("/device/confirm", data=fields | {"decision": "switch"})
        bob = Visitor(http, login="bob")
        login = await http.get(switched.headers["location"])
        confirm = await http.get((await bob.fill(Form(login.text), login)).headers["location"])
        assert confirm.status_code == 200, confirm.text[:600]
        assert (await Visitor(http).press(page, "consent-allow")).status_code == 403, "alice's form is not bob's"
        await bob.press(Form(confirm.text), "consent-allow")
    assert row(here, "SELECT subject_id FROM grants") == (here.subjects["bob"],)
    assert await here.events(EventType.DEVICE_CONTESTED) == []


async def test_a_link_never_decides(here: World) -> None:
    """DV-04 DV-05 DV-09: it shows who asks, from where and for what; the refusal comes first, nothing is focused; the
    code has left the address by then."""
    asked = (await ask(here, address="203.0.113.9")).json()
    async with here.visitor() as http:
        await Visitor(http).authorize()
        before = await given(here)
        first = await http.get(asked["verification_uri_complete"])
        assert asked["user_code"] not in first.headers["location"]
        assert first.headers["referrer-policy"] == "no-referrer"
        page = await http.get(first.headers["location"])
        assert await given(here) == before
    assert (await poll(here, asked["device_code"])).json()["error"] == "authorization_pending"
    text = page.text
    assert "Lounge TV" in text
    assert "203.0.113.9" in text
    assert "autofocus" not in text
    assert text.index('value="deny"') < text.index('value="allow"')


@pytest.mark.witness(DEVICE_POLLING_INTERVAL)
async def test_a_flood_of_polls(here: World) -> None:
    """DV-06: each too early one makes the interval longer for good; all are cheap refusals."""
    asked = (await ask(here)).json()
    async with nothing_given(here):
        answers = await asyncio.gather(*(poll(here, asked["device_code"]) for _ in range(20)))
        assert sorted(a.json()["error"] for a in answers) == ["authorization_pending"] + ["slow_down"] * 19
        here.clock.ahead_s = 60
        assert (await poll(here, asked["device_code"])).json()["error"] == "slow_down"


@pytest.mark.witness(DEVICE_CODE_BOUND_TO_CLIENT, DEVICE_CODE_SINGLE_USE, DEVICE_DENIED, DEVICE_CODE_EXPIRES)
async def test_a_device_code_in_other_hands_or_too_late(here: World) -> None:
    """DV-07: another client's, used, denied, expired, cut: each has its error and gives nothing."""
    tv = await here.store.clients.find(1, "tv")
    assert tv is not None
    await here.put(msgspec.structs.replace(tv.client, client_id="other-tv"))
    allowed, denied, forgotten = [(await ask(here)).json() for _ in range(3)]
    async with here.visitor() as http:
        await decide(Visitor(http), allowed["user_code"])
        await decide(Visitor(http), denied["user_code"], "consent-deny")
    before = await given(here)
    assert (await poll(here, allowed["device_code"], client_id="other-tv")).json()["error"] == "invalid_grant"
    assert (await poll(here, allowed["device_code"], client_id="spa")).json()["error"] == "unauthorized_client"
    for spelling in (
        allowed["device_code"][:-1],
        allowed["user_code"],
        allowed["device_code"].replace("lctdc", "lctac"),
    ):
        assert (await poll(here, spelling)).json()["error"] == "invalid_grant"
    for _ in range(2):
        assert (await poll(here, denied["device_code"])).json()["error"] == "access_denied"
    assert await given(here) == before
    assert (await poll(here, allowed["device_code"])).status_code == 200
    async with nothing_given(here):
        assert (await poll(here, allowed["device_code"])).json()["error"] == "invalid_grant"
        here.clock.ahead_s = 601
        assert (await poll(here, forgotten["device_code"])).json()["error"] == "expired_token"


@pytest.mark.witness(FORM_FROM_OUR_PAGE)
async def test_a_forged_form(here: World) -> None:
    """DV-03, SE-02: the code page and the confirmation take only our own forms."""
    asked = (await ask(here)).json()
    async with here.visitor() as http, nothing_given(here):
        assert (await http.post("/device", data={"user_code": asked["user_code"]})).status_code == 403
        response = await confirm_page(Visitor(http), asked["user_code"])
        fields = Form(response.text).with_button("consent-allow")["fields"] | {"decision": "allow"}
        for change, headers in (({"csrf": "A" * 24}, {}), ({"csrf": ""}, {}), ({}, {"Sec-Fetch-Site": "cross-site"})):
            assert (await http.post("/device/confirm", data=fields | change, headers=headers)).status_code == 403
        assert (await http.post("/consent", data=fields)).status_code == 400
    assert (await poll(here, asked["device_code"])).json()["error"] == "authorization_pending"


@pytest.mark.parametrize("what", ["person", "password", "session", "tv"])
async def test_what_ends_while_the_button_is_pressed(here: World, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    """TK-48: nobody who is gone approves, and nothing is approved for an app that is gone."""
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        page = Form((await confirm_page(Visitor(http), asked["user_code"])).text)
        just_before(monkeypatch, here.store.devices, "decide", lambda: disable(here, what))
        async with nothing_given(here):
            assert (await Visitor(http).press(page, "consent-allow")).status_code == 400
            assert (await poll(here, asked["device_code"])).status_code in {400, 401}


@pytest.mark.parametrize("what", ["person", "password", "tv"])
async def test_what_ends_before_the_device_comes_back(here: World, what: str) -> None:
    """TK-48: approved, and then ended: the device gets nothing."""
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        await decide(Visitor(http), asked["user_code"])
    await disable(here, what)
    async with nothing_given(here):
        assert (await poll(here, asked["device_code"])).status_code in {400, 401}


async def test_a_device_that_may_not_refresh_stays_no_longer_than_the_visit(here: World) -> None:
    """DV-05: ``offline_access`` counts only for who may refresh, as at the authorization endpoint."""
    scope = ("openid", "offline_access")
    client = await changed(here, "tv", grant_types=("urn:ietf:params:oauth:grant-type:device_code",), scope=scope)
    policy = msgspec.structs.replace(client.policy, refresh="none")
    await here.put(msgspec.structs.replace(client, policy=policy))
    asked: dict[str, Any] = (await ask(here, scope="openid offline_access")).json()
    async with here.visitor() as http:
        await decide(Visitor(http), asked["user_code"])
    body = (await poll(here, asked["device_code"])).json()
    assert body["scope"] == "openid"
    assert row(here, "SELECT access FROM grants") == ("online",)


async def test_what_the_device_page_shows_is_what_is_agreed_to(here: World) -> None:
    """DV-05: an app that is renamed while somebody reads is shown again before it is agreed to."""
    asked = (await ask(here)).json()
    async with here.visitor() as http:
        page = Form((await confirm_page(Visitor(http), asked["user_code"])).text)
        client = await changed(here, "tv", client_name="Your Bank")
        await here.put(msgspec.structs.replace(client, metadata_digest=b"another"))
        async with nothing_given(here):
            assert (await Visitor(http).press(page, "consent-allow")).status_code == 403
