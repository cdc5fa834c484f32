"""A person fills in what apps may be told of them: without script, only their own, and nothing that misleads."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from licet.events import EventType
from licet.requirements import FORM_FROM_OUR_PAGE, TRANSACTION_ONCE
from tests.flows.openid import describe, tokens
from tests.flows.test_authorization_code import userinfo
from tests.visitor import Form, Visitor
from tests.world import ISSUER, World

pytestmark = pytest.mark.anyio


async def profile_page(http: httpx2.AsyncClient, login: str = "alice") -> httpx2.Response:
    """The page, after signing in where that is needed."""
    response = await http.get("/account/profile")
    for _ in range(4):
        if response.status_code == 303:
            response = await http.get(response.headers["location"])
        elif 'id="login-submit"' in response.text:
            response = await Visitor(http, login=login).fill(Form(response.text), response)
    assert response.status_code == 200, response.text
    return response


async def save(http: httpx2.AsyncClient, page: httpx2.Response, **typed: str) -> httpx2.Response:
    return await Visitor(http).press(Form(page.text), "profile-save", **typed)


async def known(here: World, login: str = "alice") -> dict[str, Any]:
    person = await here.store.accounts.find(1, here.subjects[login])
    assert person is not None
    return person.account.profile


async def test_somebody_signs_in_fills_it_in_and_an_app_is_told(here: World) -> None:
    async with here.visitor() as http:
        page = await profile_page(http)
        form = Form(page.text).with_button("profile-save")["fields"]
        assert (form["name"], form["email"], form["family_name"]) == ("Alice", "alice@example.com", "")
        assert "verified" in page.text
        saved = await save(
            http,
            page,
            name="Alice Martin",
            birthdate="0000-02-29",
            website="https://alice.example.com/",
            locality="Lisboa",
            country="Portugal",
            zoneinfo="Europe/Lisbon",
            locale="pt-PT",
            phone_number="+351 21 555 0123",
        )
        assert Form(saved.text).title == "Saved: Your profile"
    body = await tokens(here, scope="openid profile email address phone")
    told = (await userinfo(here, body["access_token"])).json()
    assert isinstance(told.pop("updated_at"), int)
    assert told == {
        "sub": here.subjects["alice"],
        "name": "Alice Martin",
        "birthdate": "0000-02-29",
        "website": "https://alice.example.com/",
        "zoneinfo": "Europe/Lisbon",
        "locale": "pt-PT",
        "email": "alice@example.com",
        "email_verified": True,
        "address": {"locality": "Lisboa", "country": "Portugal"},
        "phone_number": "+351 21 555 0123",
        "phone_number_verified": False,
    }


async def test_the_record_says_which_claims_changed_and_never_what_they_say(here: World) -> None:
    async with here.visitor() as http:
        page = await profile_page(http)
        await save(http, page, nickname="Ali", region="Alentejo")
        await save(http, page, nickname="Ali", region="Alentejo")
    (event,) = await here.events(EventType.ACCOUNT_CHANGED)
    assert event.actor == f"subject:{here.subjects['alice']}"
    assert event.data == {"fields": ["address", "nickname"]}
    assert "Alentejo" not in str(event)


async def test_another_mail_address_is_not_verified_any_more(here: World) -> None:
    async with here.visitor() as http:
        page = await save(http, await profile_page(http), email="alice@new.example.com")
        assert (await known(here))["email_verified"] is False
        assert ">verified<" not in page.text
        page = await save(http, page, email="")
        assert not {"email", "email_verified"} & set(await known(here))
        await save(http, page, email="alice@example.com")
    assert (await known(here))["email_verified"] is False, "going back proves nothing"


async def test_what_has_no_field_stays(here: World) -> None:
    await describe(here, {"name": "Alice", "employee": "42"})
    async with here.visitor() as http:
        await save(http, await profile_page(http), name="", nickname="Ali")
    profile = await known(here)
    assert (profile["employee"], profile["nickname"]) == ("42", "Ali")
    assert "name" not in profile


WRONG = [
    ("website", "javascript:alert(1)"),
    ("website", "https://alice@evil.example/"),
    ("picture", "data:image/png;base64,AAAA"),
    ("profile", "//people.example.com"),
    ("email", "alice"),
    ("email", "alice@example.com, bob@example.com"),
    ("phone_number", "call me"),
    ("birthdate", "1990-02-30"),
    ("birthdate", "0000"),
    ("birthdate", "yesterday"),
    ("zoneinfo", "../../etc/passwd"),
    ("locale", "en;q=1"),
    ("name", "Alice\u202egnp.exe"),
    ("locality", "Lisboa\r\nX-Injected: 1"),
    ("nickname", "A" * 201),
]


@pytest.mark.parametrize(("field", "text"), WRONG)
async def test_what_could_mislead_is_not_taken_and_nothing_else_is_either(here: World, field: str, text: str) -> None:
    before = await known(here)
    async with here.visitor() as http:
        page = await save(http, await profile_page(http), given_name="Alicia", **{field: text})
    assert Form(page.text).title == "Try again: Your profile"
    assert f'href="#{field}"' in page.text
    assert Form(page.text).with_button("profile-save")["fields"]["given_name"] == "Alicia", (
        "what was typed is still there"
    )
    assert await known(here) == before


@pytest.mark.witness(FORM_FROM_OUR_PAGE)
async def test_nobody_fills_it_in_for_somebody_else(here: World) -> None:
    """Neither from another site, nor without the page, nor with the form of the sign-out page or of another person."""
    before = await known(here)
    async with here.visitor() as http, here.visitor("198.51.100.7") as bobs:
        form = Form((await profile_page(http)).text).with_button("profile-save")["fields"] | {"name": "Mallory"}
        logout = Form((await http.get("/logout")).text).forms[-1]["fields"]["csrf"]
        theirs = Form((await profile_page(bobs, "bob")).text).with_button("profile-save")["fields"]["csrf"]
        for bad in ({"csrf": ""}, {"csrf": logout}, {"csrf": theirs}):
            assert (await http.post("/account/profile", data=form | bad)).status_code == 403
        foreign = {"Sec-Fetch-Site": "cross-site"}
        assert (await http.post("/account/profile", data=form, headers=foreign)).status_code == 403
        mine = Form((await profile_page(http)).text).with_button("profile-save")["fields"]["csrf"]
        assert (await http.post("/logout", data={"csrf": mine, "decision": "leave"})).status_code == 403
    assert await known(here) == before
    async with here.visitor() as stranger:
        sent = await stranger.post("/account/profile", data=form)
        assert (sent.status_code, sent.headers["location"].partition("?")[0]) == (303, f"{ISSUER}/login")


@pytest.mark.witness(TRANSACTION_ONCE)
async def test_coming_for_the_account_grants_nothing_to_any_app(here: World) -> None:
    async with here.visitor() as http:
        sent = await http.get("/account/profile")
        query = sent.headers["location"].partition("?")[2]
        assert "app" not in Form((await http.get(f"/login?{query}")).text).title
        refused = await http.get(f"/consent?{query}")
        assert refused.status_code == 400
        assert (await http.get(f"/device/confirm?{query}")).status_code == 400
        assert (await http.get(f"/continue?{query}")).headers["location"].startswith(f"{ISSUER}/login?")
    assert await here.events(EventType.CODE_ISSUED) == []


async def test_what_was_typed_cannot_leave_its_field(here: World) -> None:
    async with here.visitor() as http:
        page = await save(http, await profile_page(http), name='"><script>alert(1)</script>')
    assert "<script>" not in page.text
    assert (await known(here))["name"] == '"><script>alert(1)</script>'
