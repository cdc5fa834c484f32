"""Several people in one browser: who acts, who is asked, who leaves (OpenID Connect Core §3.1.2.1 select_account)."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from licet.ambient import SystemEntropy
from licet.authorization_server.company import MOST
from licet.events import EventType
from licet.requirements import (
    ACCOUNT_CHOSEN,
    FORM_FROM_OUR_PAGE,
    ID_TOKEN_HINT_OURS,
    LOGOUT_ASKED,
    PROMPT_HONOURED,
    TRANSACTION_BOUND_TO_BROWSER,
    TRANSACTION_ONCE,
)
from licet.resource_owner import accounts
from licet.resource_owner.passwords import Passwords
from tests.attacks.test_code_injection import redeem
from tests.attacks.watch import asked
from tests.flows.openid import registered
from tests.flows.test_authorization_code import id_claims
from tests.flows.test_device import ask, confirm_page, poll
from tests.visitor import Answered, Form, Visitor
from tests.world import CHEAP, ISSUER, PASSWORD, World

pytestmark = pytest.mark.anyio

CHOOSER = "Choose an account for Corner Shop"
SIGN_IN = "Sign in to Corner Shop"


async def who(here: World, answered: Answered) -> str:
    """Whose code it is."""
    body = (await redeem(here, answered)).json()
    sub = (await id_claims(here, body["id_token"]))["sub"]
    return next(login for login, subject_id in here.subjects.items() if subject_id == sub)


async def silently(http: httpx2.AsyncClient, **parameters: Any) -> Answered:
    return await Visitor(http).authorize(prompt="none", **parameters)


async def both(here: World, http: httpx2.AsyncClient) -> tuple[Answered, Answered]:
    """Alice signs in, then bob beside her: he acts."""
    first = await Visitor(http).authorize()
    second = await Visitor(http, login="bob", account="account-another").authorize(prompt="select_account")
    return first, second


async def chooser(http: httpx2.AsyncClient, **parameters: Any) -> tuple[Form, httpx2.Response]:
    """The page, left open."""
    page: list[httpx2.Response] = []

    class Looks(Visitor):
        async def fill(self, shown: Form, response: httpx2.Response) -> httpx2.Response:
            page.append(response)
            raise Stopped

    class Stopped(Exception):  # noqa: N818  not an error
        pass

    with pytest.raises(Stopped):
        await Looks(http).authorize(**({"prompt": "select_account"} | parameters))
    return Form(page[0].text), page[0]


@pytest.mark.witness(ACCOUNT_CHOSEN, PROMPT_HONOURED)
async def test_one_account_is_a_choice_too(here: World) -> None:
    """It is shown and pressed, without a password; asked once in a transaction, and again in the next."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        for _ in range(2):
            visitor = Visitor(http)
            answered = await visitor.authorize(prompt="select_account")
            assert visitor.pages[0] == CHOOSER
            assert SIGN_IN not in visitor.pages
            assert await who(here, answered) == "alice"


async def test_with_nobody_here_there_is_nothing_to_choose_from(here: World) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http)
        await visitor.authorize(prompt="select_account")
    assert visitor.pages[0] == SIGN_IN
    assert CHOOSER not in visitor.pages, "a sign-in is a choice"


@pytest.mark.witness(ACCOUNT_CHOSEN)
async def test_two_people_side_by_side(here: World) -> None:
    """Whoever signed in last acts, the other stays; a choice makes the chosen one act everywhere, without a password."""
    async with here.visitor() as http:
        first, second = await both(here, http)
        assert (await who(here, first), await who(here, second)) == ("alice", "bob")
        assert await who(here, await silently(http)) == "bob"
        page, shown = await chooser(http)
        assert list(page.forms[0]["buttons"]) == ["account-1", "account-2", "account-leave", "account-another"]
        assert shown.text.index("bob") < shown.text.index("alice"), "first the one who acts"
        visitor = Visitor(http, account="account-2")
        assert await who(here, await visitor.authorize(prompt="select_account")) == "alice"
        assert SIGN_IN not in visitor.pages
        assert await who(here, await silently(http)) == "alice"
        assert await here.events(EventType.SESSION_ENDED) == []
    assert here.internal_errors == 0


@pytest.mark.witness(ACCOUNT_CHOSEN, ID_TOKEN_HINT_OURS)
@pytest.mark.parametrize("subject_type", ["public", "pairwise"])
async def test_a_hint_finds_the_one_it_means(here: World, subject_type: str) -> None:
    """By id_token_hint, by claims.sub, by login_hint: no page, and who acts goes on acting elsewhere."""
    await registered(here, subject_type=subject_type)
    async with here.visitor() as http:
        first, second = await both(here, http)
        tokens = [(await redeem(here, one)).json()["id_token"] for one in (first, second)]
        alice, bob = [(await id_claims(here, token))["sub"] for token in tokens]
        named = json.dumps({"id_token": {"sub": {"value": alice}}})
        for hint in ({"id_token_hint": tokens[0]}, {"claims": named}, {"login_hint": "ALICE "}):
            body = (await redeem(here, await silently(http, **hint))).json()
            assert (await id_claims(here, body["id_token"]))["sub"] == alice, hint
            body = (await redeem(here, await silently(http))).json()
            assert (await id_claims(here, body["id_token"]))["sub"] == bob
        # What names somebody is stronger than what hints at somebody; a hint at a stranger changes nothing.
        mixed = await silently(http, id_token_hint=tokens[0], login_hint="bob")
        assert (await id_claims(here, (await redeem(here, mixed)).json()["id_token"]))["sub"] == alice
        stranger = await silently(http, login_hint="carol")
        assert (await id_claims(here, (await redeem(here, stranger)).json()["id_token"]))["sub"] == bob


async def test_a_hint_keeps_its_person_through_the_pages(here: World) -> None:
    """The consent page is alice's although bob acts."""
    async with here.visitor() as http:
        first, _ = await both(here, http)
        token = (await redeem(here, first)).json()["id_token"]
        answered = await Visitor(http).authorize(id_token_hint=token, scope="openid email", prompt="consent")
        assert await who(here, answered) == "alice"


@pytest.mark.witness(ACCOUNT_CHOSEN, LOGOUT_ASKED)
async def test_nobody_takes_the_place_of_who_left(here: World) -> None:
    """A hint of bob's visit ends bob's; alice is still here, but acts only once she is chosen."""
    async with here.visitor() as http:
        _, second = await both(here, http)
        token = (await redeem(here, second)).json()["id_token"]
        left = await http.get("/logout", params={"id_token_hint": token})
        assert "You have signed out" in left.text
        assert "alice" in left.text
        assert (await silently(http)).parameters["error"] == "account_selection_required"
        visitor = Visitor(http)
        assert await who(here, await visitor.authorize()) == "alice"
        assert visitor.pages[0] == CHOOSER
        assert await who(here, await silently(http)) == "alice"


@pytest.mark.witness(LOGOUT_ASKED)
async def test_a_hint_of_who_does_not_act_ends_that_visit_alone(here: World) -> None:
    async with here.visitor() as http:
        first, _ = await both(here, http)
        token = (await redeem(here, first)).json()["id_token"]
        assert "You have signed out" in (await http.get("/logout", params={"id_token_hint": token})).text
        (event,) = await here.events(EventType.SESSION_ENDED)
        assert (event.subject, event.client) == (here.subjects["alice"], "shop")
        assert await who(here, await silently(http)) == "bob"
        assert not [cookie for cookie in http.cookies.jar if cookie.name.endswith("-others")]


@pytest.mark.witness(LOGOUT_ASKED)
async def test_a_yes_on_our_page_is_everybodys(here: World) -> None:
    """The page says who; a form that was shown before somebody joined is not good for them."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        alone = Form((await http.get("/logout")).text)
        await Visitor(http, login="bob", account="account-another").authorize(prompt="select_account")
        assert (await Visitor(http).press(alone, "logout-yes")).status_code == 403
        page = await http.get("/logout")
        assert "alice" in page.text
        assert "bob" in page.text
        assert "You have signed out" in (await Visitor(http).press(Form(page.text), "logout-yes")).text
        assert {event.subject for event in await here.events(EventType.SESSION_ENDED)} == set(here.subjects.values())
        assert (await silently(http)).parameters["error"] == "login_required"
        assert not [c for c in http.cookies.jar if c.name.endswith(("-others", "-session"))]


async def test_everybody_leaves_from_the_chooser(here: World) -> None:
    """And the app's request still waits, for whoever signs in next."""
    async with here.visitor() as http:
        await both(here, http)
        visitor = Visitor(http, account="account-leave")
        assert await who(here, await visitor.authorize(prompt="select_account")) == "alice"
        assert visitor.pages[:2] == [CHOOSER, SIGN_IN]
        assert len(await here.events(EventType.SESSION_ENDED)) == 2


@pytest.mark.witness(PROMPT_HONOURED)
async def test_a_choice_proves_nothing(here: World) -> None:
    """``login select_account``: chosen first, then asked for the password; whoever proved themselves in this transaction
    has not done so for whoever is chosen after that."""
    async with here.visitor() as http:
        first, _ = await both(here, http)
        before = (await id_claims(here, (await redeem(here, first)).json()["id_token"]))["auth_time"]
        here.clock.ahead_s = 20
        visitor = Visitor(http, account="account-2")
        body = (await redeem(here, await visitor.authorize(prompt="login select_account"))).json()
        assert visitor.pages[:2] == [CHOOSER, SIGN_IN]
        assert (await id_claims(here, body["id_token"]))["auth_time"] >= before + 20
        here.clock.ahead_s = 40
        # Bob signs in for the request; then, from where his "Not you?" leads, alice is chosen.
        bob = Visitor(http, login="bob")
        shown = await bob.http.get("/authorize", params=asked(prompt="login consent"))
        login = await http.get(shown.headers["location"])
        consent = await http.get((await bob.fill(Form(login.text), login)).headers["location"])
        fields = Form(consent.text).with_button("consent-allow")["fields"]
        switched = await http.post("/consent", data=fields | {"decision": "switch"})
        page = Form((await http.get(switched.headers["location"])).text)
        alice = await Visitor(http).press(page, "account-2")
        assert "/login?" in alice.headers["location"], "she has not proved herself for this request"
        again = Form((await http.get(alice.headers["location"])).text)
        assert again.forms[0]["fields"]["login"] == "alice", "it remembers whom they chose"


async def test_somebody_who_is_here_already_goes_on(here: World) -> None:
    """Signing in as somebody who is beside: the same visit under a new value, and who acted stays."""
    async with here.visitor() as http:
        first, second = await both(here, http)
        before = jar(http)
        again = await Visitor(http, login="alice", account="account-another").authorize(prompt="select_account")
        sids = [
            (await id_claims(here, (await redeem(here, one)).json()["id_token"]))["sid"]
            for one in (first, second, again)
        ]
        assert sids[0] == sids[2] != sids[1]
        assert jar(http)["others"] == before["session"]
        assert jar(http)["session"] != before["others"], "a proof changes the value"
        assert len(await here.events(EventType.SESSION_ENDED)) == 0


async def test_who_is_asked_to_prove_themselves_does_not_push_the_others_out(here: World) -> None:
    async with here.visitor() as http:
        await both(here, http)
        await Visitor(http, login="alice").authorize(prompt="login")
        page, _ = await chooser(http)
        assert {"account-1", "account-2"} <= page.forms[0]["buttons"].keys()
        assert await who(here, await silently(http)) == "alice"


async def test_a_browser_that_changes_hands_keeps_nobody(here: World) -> None:
    """Without having asked to be beside, whoever signs in takes the place of the one who was here."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        await Visitor(http, login="bob").authorize(prompt="login")
        (event,) = await here.events(EventType.SESSION_ENDED)
        assert (event.subject, event.reason) == (here.subjects["alice"], "replaced")
        page, _ = await chooser(http)
        assert "account-2" not in page.forms[0]["buttons"]


async def test_there_is_room_for_a_few(here: World) -> None:
    """The one who was there longest makes room, with an event; the page says so before."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        guests = [f"guest-{n}" for n in range(MOST)]
        for login in guests:
            await join(here, login)
            _, shown = await chooser(http)
            assert ("no room" in shown.text) is (login == guests[-1])
            await Visitor(http, login=login, account="account-another").authorize(prompt="select_account")
        (event,) = await here.events(EventType.SESSION_ENDED)
        assert (event.subject, event.reason) == (here.subjects["alice"], "replaced")
        page, _ = await chooser(http)
        assert [b for b in page.forms[0]["buttons"] if b[-1].isdigit()] == [f"account-{n + 1}" for n in range(MOST)]


@pytest.mark.witness(ACCOUNT_CHOSEN)
async def test_who_ended_elsewhere_is_not_shown_and_cannot_be_chosen(here: World) -> None:
    """A page that was shown before is shown again without them; nobody else acts instead."""
    async with here.visitor() as http:
        first, _ = await both(here, http)
        page, _ = await chooser(http)
        async with here.visitor() as elsewhere:
            elsewhere.cookies = httpx2.Cookies(http.cookies)
            token = (await redeem(here, first)).json()["id_token"]
            assert (await elsewhere.get("/logout", params={"id_token_hint": token})).status_code == 200
        shown = await Visitor(http).press(page, "account-2")
        assert shown.status_code == 200
        assert "alice" not in shown.text
        assert await who(here, await silently(http)) == "bob"


@pytest.mark.witness(FORM_FROM_OUR_PAGE, TRANSACTION_BOUND_TO_BROWSER)
async def test_only_our_form_in_this_browser_chooses(here: World) -> None:
    """SE-02: nobody is made to act as somebody else by a link or a form of another site, nor signed out."""
    async with here.visitor() as http, here.visitor() as stranger:
        await both(here, http)
        page, _ = await chooser(http)
        fields = page.forms[0]["fields"]
        alice = {"account": here.subjects["alice"]}
        for choice in (alice, {"decision": "leave"}, {"decision": "another"}):
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://shop.example.com"}):
                assert (await http.post("/login/choose", data=fields | choice, headers=headers)).status_code == 403
            assert (await http.post("/login/choose", data=fields | choice | {"csrf": "x"})).status_code == 403
            assert (await stranger.post("/login/choose", data=fields | choice)).status_code == 400
        assert (await http.get("/login/choose", params=fields | alice)).status_code == 200
        for nonsense in ({}, {"decision": "x"}):
            assert (await http.post("/login/choose", data=fields | nonsense)).status_code == 400
        assert (await http.post("/login/choose", data=fields | {"account": "nobody"})).status_code == 200
        assert await who(here, await silently(http)) == "bob"
        assert await here.events(EventType.SESSION_ENDED) == []
    assert here.internal_errors == 0


@pytest.mark.witness(TRANSACTION_ONCE)
async def test_an_answered_request_is_not_chosen_for(here: World) -> None:
    async with here.visitor() as http:
        await both(here, http)
        page, _ = await chooser(http)
        await Visitor(http).walk(await Visitor(http).press(page, "account-1"))
        assert (await Visitor(http).press(page, "account-1")).status_code == 400


async def test_planted_values_are_worth_nothing(here: World) -> None:
    """SE-01: noise, a value twice, that of an ended visit, too many: only live people are shown, each once."""
    async with here.visitor() as http, here.visitor() as bob:
        await Visitor(http).authorize()
        await Visitor(bob, login="bob").authorize()
        name, own, live = next(c.name for c in http.cookies.jar if c.name.endswith("-session")), jar(http), jar(bob)
        others = name.removesuffix("session") + "others"
        for planted, people in (
            ("", 1),
            ("x", 1),
            ("." * 500, 1),
            (f"{own['session']}.{own['session']}", 1),
            (f"{live['session']}.{live['session']}", 2),
            (".".join(["x"] * MOST + [live["session"]]), 1),
        ):
            http.cookies.set(others, planted, domain="id.example.com", path="/")
            page, _ = await chooser(http)
            assert len([b for b in page.forms[0]["buttons"] if b[-1].isdigit()]) == people, planted
    assert here.internal_errors == 0


async def test_the_cookie_of_the_others_is_guarded_like_the_one_of_who_acts(here: World) -> None:
    """SE-18: __Host-, Secure, HttpOnly, SameSite, and gone with the browser; no value of it is in the store."""
    async with here.visitor() as http:
        await Visitor(http).authorize()
        _, shown = await chooser(http)
        response = await Visitor(http).press(Form(shown.text), "account-another")
        login = await http.get(response.headers["location"])
        done = await Visitor(http, login="bob").fill(Form(login.text), login)
        (cookie,) = [c for c in done.headers.get_list("set-cookie") if "-others=" in c]
        assert cookie.startswith("__Host-licet-")
        assert cookie.partition("; ")[2] == "Path=/; HttpOnly; SameSite=Lax; Secure"


async def test_a_device_is_connected_by_the_one_who_is_chosen(here: World) -> None:
    """ "Not you?" leads to the choice where there is one."""
    wanted = (await ask(here)).json()
    async with here.visitor() as http:
        await both(here, http)
        confirm = await confirm_page(Visitor(http), wanted["user_code"])
        fields = Form(confirm.text).with_button("consent-allow")["fields"]
        switched = await http.post("/device/confirm", data=fields | {"decision": "switch"})
        page = await http.get(switched.headers["location"])
        assert "Lounge TV" in page.text
        chosen = await Visitor(http).press(Form(page.text), "account-2")
        confirm = await http.get(chosen.headers["location"])
        await Visitor(http).press(Form(confirm.text), "consent-allow")
        assert await who(here, await silently(http)) == "alice"
    token = (await poll(here, wanted["device_code"])).json()["access_token"]
    async with here.visitor() as http:
        said = (await http.get("/userinfo", headers={"Authorization": f"Bearer {token}"})).json()
    assert said["sub"] == here.subjects["alice"]


async def test_the_page_can_be_opened_by_itself(here: World) -> None:
    """For whoever wants to change who acts; with nobody here it asks for a password."""
    async with here.visitor() as http:
        lonely = await http.get((await http.get("/login/choose")).headers["location"])
        assert "/login?transaction=" in lonely.headers["location"]
        await both(here, http)
        page = await http.get((await http.get("/login/choose")).headers["location"])
        assert "Choose an account" in page.text
        done = await Visitor(http).press(Form(page.text), "account-2")
        assert done.headers["location"] == f"{ISSUER}/account/profile"
        assert await who(here, await silently(http)) == "alice"


def jar(http: httpx2.AsyncClient) -> dict[str, str]:
    """The values of the two cookies, by the last word of their names."""
    return {cookie.name.rpartition("-")[2]: str(cookie.value) for cookie in http.cookies.jar}


async def join(here: World, login: str) -> None:
    """Somebody new, with the password that everybody has here."""
    entropy = SystemEntropy()
    passwords = Passwords(CHEAP, entropy)
    account = await accounts.create(
        here.store.accounts,
        entropy,
        issuer_id=1,
        login=login,
        phc=await passwords.hash(PASSWORD),
        profile={},
        at=here.clock.now(),
        actor="operator",
    )
    passwords.close()
    assert account is not None
    here.subjects[login] = account.subject_id
