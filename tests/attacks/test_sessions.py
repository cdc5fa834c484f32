"""Browser sessions: planted, kept alive, taken away, come back from the dead (ASVS 7; RFC 9700 §4.7; rulings L)."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import pytest

from licet.events import EventType
from licet.requirements import (
    FORM_FROM_OUR_PAGE,
    ID_TOKEN_HINT_OURS,
    MAX_AGE_HONOURED,
    PROMPT_HONOURED,
    PROMPT_NONE_SILENT,
    TRANSACTION_BOUND_TO_BROWSER,
)
from tests.attacks.test_code_injection import redeem
from tests.attacks.watch import asked, disable, given, just_before, noted, nothing_given, row, told
from tests.flows.test_refresh import SHOP, alive, refresh
from tests.visitor import Form, Visitor
from tests.world import ISSUER, PASSWORD, World

pytestmark = pytest.mark.anyio


def session_cookie(http: httpx2.AsyncClient) -> tuple[str, str]:
    return next((cookie.name, str(cookie.value)) for cookie in http.cookies.jar if cookie.name.endswith("-session"))


async def sign_in_page(http: httpx2.AsyncClient, **change: Any) -> Form:
    response = await http.get("/authorize", params=asked(**change))
    return Form((await http.get(response.headers["location"])).text)


async def silently(http: httpx2.AsyncClient, **change: Any) -> str:
    return (await Visitor(http).authorize(prompt="none", **change)).parameters.get("error", "")


async def test_a_planted_session_is_worth_nothing(here: World) -> None:
    """SE-01: signing in makes a new value, whoever's was there before; the attacker's ends, with event and feed line."""
    async with here.visitor("198.51.100.9") as attacker, here.visitor() as victim:
        await Visitor(attacker, login="bob").authorize()
        name, planted = session_cookie(attacker)
        victim.cookies.set(name, planted, domain="id.example.com", path="/")
        await Visitor(victim).authorize(prompt="login")
        _, value = session_cookie(victim)
        assert value != planted
        assert await silently(attacker) == "login_required"
        assert row(here, "SELECT count(*) FROM sessions WHERE status = 'active'") == (1,)
        (event,) = await here.events(EventType.SESSION_ENDED)
        assert (event.subject, event.reason) == (here.subjects["bob"], "replaced")
        lines = await here.store.revocations.since(1, 0, 9)
        assert [line.key for line in lines if line.kind == "session"] == [event.object]


async def test_every_proof_changes_the_cookie(here: World) -> None:
    """SE-01: a value that was seen before somebody proved themselves again is dead; the session goes on."""
    async with here.visitor() as http, here.visitor() as thief:
        await Visitor(http).authorize()
        name, seen = session_cookie(http)
        thief.cookies.set(name, seen, domain="id.example.com", path="/")
        assert await silently(thief) == ""
        await Visitor(http).authorize(prompt="login")
        assert session_cookie(http)[1] != seen
        assert await silently(thief) == "login_required"
        assert row(here, "SELECT count(*) FROM sessions") == (1,)


async def test_cookies_that_come_twice_or_are_not_ours(here: World) -> None:
    """SE-01: of two cookies with one name neither counts (RFC 6265 leaves their order open); noise is no session."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        name, value = session_cookie(http)
    async with here.visitor() as http:
        for header in (
            f"{name}={value}; {name}=x",
            f"{name}=x; {name}={value}",
            f"{name}={value[:-1]}",
            f"{name}=",
            name,
            f"{name.removeprefix('__Host-')}={value}",
            f"{name.upper()}={value}",
        ):
            answer = await http.get("/authorize", params=asked(prompt="none"), headers={"Cookie": header})
            assert told(answer)["error"] == "login_required", header
        assert "code" in told(
            await http.get("/authorize", params=asked(prompt="none"), headers={"Cookie": f"{name}={value}"})
        )


@pytest.mark.witness(FORM_FROM_OUR_PAGE, TRANSACTION_BOUND_TO_BROWSER)
async def test_nobody_is_signed_in_as_somebody_else_unasked(here: World) -> None:
    """SE-02: a form of another site, a link to somebody's sign-in, a token of another request: no session begins."""
    async with here.visitor("198.51.100.9") as attacker, here.visitor() as victim:
        theirs = (await sign_in_page(attacker)).with_button("login-submit")["fields"]
        mine = (await sign_in_page(victim)).with_button("login-submit")["fields"]
        proof = {"login": "bob", "password": PASSWORD}
        tries: list[tuple[dict[str, str], dict[str, str], int]] = [
            (theirs, {}, 400),
            (mine | {"csrf": theirs["csrf"]}, {}, 403),
            (mine | {"csrf": ""}, {}, 403),
            (mine, {"Sec-Fetch-Site": "cross-site"}, 403),
            (mine, {"Origin": "https://evil.example.com"}, 403),
            (mine, {"Origin": "null", "Sec-Fetch-Site": "cross-site"}, 403),
            ({}, {}, 400),
        ]
        for fields, headers, status in tries:
            answer = await victim.post("/login", data=fields | proof, headers=headers)
            assert answer.status_code == status, (fields, headers)
            assert "set-cookie" not in answer.headers
            await noted(here, answer)
    assert await here.events(EventType.SESSION_STARTED) == []


@pytest.mark.witness(PROMPT_HONOURED, MAX_AGE_HONOURED)
@pytest.mark.parametrize("ask", [{"prompt": "login"}, {"max_age": "0"}, {"max_age": "5"}])
async def test_an_old_session_does_not_answer_for_a_fresh_one(here: World, ask: dict[str, str]) -> None:
    """AZ-28: not by going straight to a later page, not by signing in elsewhere, not by a second tab of another request."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        here.clock.ahead_s = 10
        begun = await http.get("/authorize", params=asked(**ask))
        went = begun.headers["location"]
        before = await given(here)
        for path in ("/consent", "/continue"):
            answer = await http.get(went.replace("/login", path))
            assert answer.headers.get("location", "").startswith(f"{ISSUER}/") or answer.status_code == 400, path
            assert "code=" not in answer.text + answer.headers.get("location", "")
        assert await given(here) == before
        assert told(await http.get("/authorize", params=asked(max_age="5", prompt="none")))["error"] == "login_required"
        if ask.get("max_age") != "5":  # there a sign-in elsewhere is as fresh as was asked for
            await Visitor(http).authorize(prompt="login")
            again = await http.get(went.replace("/login", "/continue"))
            assert again.headers["location"].startswith(f"{ISSUER}/login?")
        page = Form((await http.get(went)).text)
        answered = await Visitor(http).walk(
            await Visitor(http).press(page, "login-submit", login="alice", password=PASSWORD)
        )
        assert "code" in answered.parameters


async def test_a_fresh_sign_in_says_when_it_was(here: World) -> None:
    """AZ-28: ``auth_time`` is the truth, also where max_age asked for less than nothing had passed."""
    import jwt

    async with here.visitor() as http:
        first = (await redeem(here, await Visitor(http).authorize())).json()
        here.clock.ahead_s = 100
        same = (await redeem(here, await Visitor(http).authorize(max_age="1000"))).json()
        fresh = (await redeem(here, await Visitor(http).authorize(max_age="50"))).json()
    times = [jwt.decode(t["id_token"], options={"verify_signature": False})["auth_time"] for t in (first, same, fresh)]
    assert times[0] == times[1]
    assert times[2] - times[0] >= 100


async def test_a_fresh_sign_in_is_by_who_is_here(here: World) -> None:
    """AZ-28: alice signed in for this request, then bob signed in for another one: this one asks bob to do it too."""
    async with here.visitor() as http:
        begun = await http.get("/authorize", params=asked(prompt="login"))
        page = Form((await http.get(begun.headers["location"])).text)
        answer = await Visitor(http).press(page, "login-submit", login="alice", password=PASSWORD)
        question = answer.headers["location"]
        assert question.startswith(f"{ISSUER}/consent?")
        await Visitor(http, login="bob").authorize(prompt="login")
        again = await http.get(question.replace("/consent", "/continue"))
        assert again.headers["location"].startswith(f"{ISSUER}/login?")


@pytest.mark.witness(ID_TOKEN_HINT_OURS, PROMPT_NONE_SILENT)
async def test_hints(here: World) -> None:
    """AZ-30, AZ-27: of another person, another client, another key, a token that is no ID token: login_required and no
    word more; an expired one is still a hint."""
    async with here.visitor() as http, here.visitor("198.51.100.9") as bobs:
        body = (await redeem(here, await Visitor(http).authorize(scope="openid offline_access orders.read"))).json()
        his = (await redeem(here, await Visitor(bobs, login="bob").authorize())).json()["id_token"]
        head, claims, signature = body["id_token"].split(".")
        answers = set()
        async with nothing_given(here):
            for hint in (
                his,
                body["access_token"],
                f"{head}.{claims}.",
                f"{head}.{claims}.{signature[::-1]}",
                "x",
                "a.b.c",
                "x" * 9000,
            ):
                said = told(await http.get("/authorize", params=asked(prompt="none", id_token_hint=hint)))
                answers.add((said["error"],))
        assert answers == {("login_required",)}
        here.clock.ahead_s = 3600
        assert await silently(http, id_token_hint=body["id_token"]) == ""
        both = told(
            await http.get("/authorize", params=asked(prompt="none", id_token_hint=body["id_token"], max_age="60"))
        )
        assert both["error"] == "login_required"


@pytest.mark.parametrize("what", ["person", "password"])
async def test_a_disabled_person_is_nowhere_signed_in(here: World, what: str) -> None:
    """SE-14: session, code, access and refresh token end together, before the answer to who ended them."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(scope="openid offline_access")
        spare = await Visitor(http).authorize(scope="openid offline_access")
        body = (await redeem(here, answered)).json()
        await disable(here, what)
        async with nothing_given(here):
            assert await silently(http) == "login_required"
            assert (await redeem(here, spare)).json()["error"] == "invalid_grant"
            assert (await refresh(here, SHOP, body["refresh_token"])).json()["error"] == "invalid_grant"
            assert not await alive(here, body["access_token"])
            if what == "person":
                page = await sign_in_page(http)
                refused = await Visitor(http).press(page, "login-submit", login="alice", password=PASSWORD)
                assert 'id="login-submit"' in refused.text


@pytest.mark.parametrize("what", ["person", "password"])
@pytest.mark.parametrize("known", [True, False])
async def test_the_old_password_does_not_outlive_itself(
    here: World, monkeypatch: pytest.MonkeyPatch, what: str, known: bool
) -> None:
    """TK-48, SE-14: it was right when it was checked, which takes long; it was replaced before the session began."""
    async with here.visitor() as http:
        if known:
            await Visitor(http).authorize()
        started = len(await here.events(EventType.SESSION_STARTED))
        page = await sign_in_page(http, prompt="login")
        just_before(monkeypatch, here.store.sessions, "again" if known else "begin", lambda: disable(here, what))
        here.clock.ahead_s = 1  # the one who ends it took the time a moment before
        async with nothing_given(here):
            answer = await Visitor(http).press(page, "login-submit", login="alice", password=PASSWORD)
            assert 'id="login-submit"' in answer.text, "as if it had been wrong"
            assert "-session=" not in answer.headers.get("set-cookie", "")
            assert await silently(http) == "login_required"
        assert len(await here.events(EventType.SESSION_STARTED)) == started


@pytest.mark.witness(FORM_FROM_OUR_PAGE)
async def test_nobody_is_signed_out_unasked(here: World) -> None:
    """SE-15: not by a link, not by a form of another site; where our cookie did not come along, it is not taken away."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = Form((await http.get("/logout")).text)
        fields = page.with_button("logout-yes")["fields"]
        for headers, data in (
            ({"Sec-Fetch-Site": "cross-site"}, fields),
            ({"Origin": "https://evil.example.com"}, fields),
            ({}, {}),
            ({}, {"csrf": "A" * 24}),
        ):
            assert (await http.post("/logout", data=data, headers=headers)).status_code == 403, headers
        jar = httpx2.Cookies(http.cookies)
        http.cookies.clear()  # SameSite=Lax: the form of another site brings none of ours, and browsers take what is set
        foreign = await http.post(
            "/logout", headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example.com"}
        )
        assert "set-cookie" not in foreign.headers
        http.cookies = jar
        assert await silently(http) == ""
        stayed = await http.post("/logout", data=fields | {"decision": "stay"})
        assert stayed.status_code == 200
        assert await silently(http) == ""
        for address in ("https://evil.example.com/", "//evil.example.com"):
            asked_away = await http.get("/logout", params={"post_logout_redirect_uri": address, "next": address})
            assert "evil" not in asked_away.text + asked_away.headers.get("location", "")
        await Visitor(http).press(page, "logout-yes")
        assert await silently(http) == "login_required"
    (event,) = await here.events(EventType.SESSION_ENDED)
    assert event.reason == "signed out"


async def test_sessions_end_by_themselves(here: World) -> None:
    """SE-17: eight hours idle, a day at most, by the server's clock; what was granted for the visit ends with it."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        for _ in range(3):
            here.clock.ahead_s += 7 * 3600
            assert await silently(http) == "", "a visit moves the idle end"
        here.clock.ahead_s += 3 * 3600 + 60
        assert await silently(http) == "login_required", "but not the absolute one"
    here.clock.ahead_s = 0
    async with here.visitor() as http:
        await Visitor(http).authorize()
        here.clock.ahead_s = 8 * 3600 + 60
        assert await silently(http) == "login_required"


async def test_no_token_outlives_the_visit_it_was_bought_for(here: World) -> None:
    """SE-17: a minute before the day of a visit is over, a token of ten minutes lives a minute (I4)."""
    async with here.visitor() as http:
        await Visitor(http).authorize(scope="openid orders.read")
        for _ in range(3):
            here.clock.ahead_s += 7 * 3600
            assert await silently(http) == ""
        here.clock.ahead_s += 3 * 3600 - 60
        body = (await redeem(here, await Visitor(http).authorize(scope="openid orders.read"))).json()
    assert body["expires_in"] <= 61


async def test_what_died_with_a_visit_does_not_come_back_with_the_next(here: World) -> None:
    """SE-17: signing in again in the same browser, with the old cookie still there, begins a new session; a refresh token
    that ended when the old one went idle stays dead (rulings D)."""
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    policy = msgspec.structs.replace(shop.client.policy, refresh="online")
    await here.put(msgspec.structs.replace(shop.client, policy=policy), *shop.credentials)
    async with here.visitor() as http:
        stolen = (await redeem(here, await Visitor(http).authorize())).json()["refresh_token"]
        assert (await refresh(here, SHOP, stolen)).status_code == 200
        here.clock.ahead_s = 9 * 3600
        assert (await refresh(here, SHOP, stolen)).json()["error"] == "invalid_grant"
        await Visitor(http).authorize()
        assert await silently(http) == ""
        async with nothing_given(here):
            assert (await refresh(here, SHOP, stolen)).json()["error"] == "invalid_grant"
    assert row(here, "SELECT count(*) FROM sessions") == (2,)


async def test_what_cookies_are_like(here: World) -> None:
    """SE-18: each is for this host alone, over TLS alone, for no script, and sent by no other site's form."""
    async with here.visitor() as http:
        lines: list[str] = []
        response = await http.get("/authorize", params=asked())
        while 'id="continue"' not in response.text:
            lines += response.headers.get_list("set-cookie")
            if response.status_code == 303:
                response = await http.get(response.headers["location"])
            else:
                response = await Visitor(http).fill(Form(response.text), response)
        lines += response.headers.get_list("set-cookie")
        lines += (await http.get("/device")).headers.get_list("set-cookie")
    assert len({line.partition("=")[0] for line in lines}) == 4
    for line in lines:
        name, *attributes = [part.strip() for part in line.split(";")]
        assert name.startswith("__Host-licet-")
        assert {"Path=/", "HttpOnly", "Secure", "SameSite=Lax"} <= set(attributes)
        assert not any(attribute.lower().startswith("domain") for attribute in attributes)


async def test_addresses_in_requests_lead_nowhere(here: World) -> None:
    """SE-20: where somebody goes after signing in is kept here, by an id; no address in a request is followed."""
    async with here.visitor() as http:
        page = await sign_in_page(http)
        more = dict.fromkeys(("next", "return_to", "continue", "url", "redirect", "RelayState"), "//evil.example.com")
        answer = await Visitor(http).press(page, "login-submit", login="alice", password=PASSWORD, **more)
        assert answer.headers["location"].startswith(f"{ISSUER}/consent?transaction=")
        for path in ("/login", "/consent", "/continue", "/logout"):
            for address in ("//evil.example.com", "/\\evil.example.com", "https:evil.example.com"):
                reached = await http.get(path, params={"next": address, "transaction": address})
                assert "evil" not in reached.text + reached.headers.get("location", "")


async def test_switching_accounts_in_the_middle(here: World) -> None:
    """SE-01, AZ-38: the question that alice was shown is bob's to answer only after it was shown to bob; alice's visit
    is over, with what it bought."""
    async with here.visitor() as http:
        visitor = Visitor(http)
        bought = (await redeem(here, await visitor.authorize())).json()
        assert await alive(here, bought["access_token"])
        response = await http.get("/authorize", params=asked(prompt="consent"))
        page = Form((await http.get(response.headers["location"])).text)
        fields = page.with_button("consent-allow")["fields"]
        switched = await http.post("/consent", data=fields | {"decision": "switch"})
        login = await http.get(switched.headers["location"])
        bob = Visitor(http, login="bob")
        consent = await http.get((await bob.fill(Form(login.text), login)).headers["location"])
        async with nothing_given(here):
            assert (await visitor.press(page, "consent-allow")).status_code == 403
        assert "bob" in consent.text
        await bob.walk(await bob.press(Form(consent.text), "consent-allow"))
        assert row(here, "SELECT subject_id FROM grants ORDER BY grant_id DESC") == (here.subjects["bob"],)
        assert not await alive(here, bought["access_token"])
