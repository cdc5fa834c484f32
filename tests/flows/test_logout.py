"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0): who is asked, who is not, and where they land."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest

from licet.authorization_server.logout.request import KEPT_S, STATE_MOST
from licet.events import EventType
from licet.protocol import id_token, jose
from licet.requirements import (
    FORM_FROM_OUR_PAGE,
    LOGOUT_ASKED,
    METADATA_TRUE,
    PARAMETERS_ONCE,
    POST_LOGOUT_REDIRECT_EXACT,
    REQUEST_SIZE_BOUNDED,
)
from tests.attacks.test_code_injection import redeem
from tests.visitor import Form, Visitor
from tests.world import ISSUER, World

pytestmark = pytest.mark.anyio

BYE = "https://shop.example.com/bye"
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://shop.example.com"}


async def register(here: World, *addresses: str, client_id: str = "shop") -> None:
    registered = await here.store.clients.find(1, client_id)
    assert registered is not None
    metadata = msgspec.structs.replace(registered.client.metadata, post_logout_redirect_uris=addresses)
    await here.put(msgspec.structs.replace(registered.client, metadata=metadata), *registered.credentials)


async def hint(here: World, http: httpx2.AsyncClient, **who: Any) -> str:
    """Sign in, and the ID token that the shop got."""
    body = (await redeem(here, await Visitor(http, **who).authorize())).json()
    token: str = body["id_token"]
    return token


async def starts(here: World, address: str, client_id: str = "shop") -> None:
    """Register where a sign-in to the client begins."""
    registered = await here.store.clients.find(1, client_id)
    assert registered is not None
    metadata = msgspec.structs.replace(registered.client.metadata, initiate_login_uri=address)
    await here.put(msgspec.structs.replace(registered.client, metadata=metadata), *registered.credentials)


async def silently(http: httpx2.AsyncClient) -> str:
    return (await Visitor(http).authorize(prompt="none")).parameters.get("error", "")


def asks(response: httpx2.Response) -> bool:
    return response.status_code == 200 and any("logout-yes" in form["buttons"] for form in Form(response.text).forms)


@pytest.mark.witness(METADATA_TRUE)
async def test_discovery_says_where(here: World) -> None:
    async with here.visitor() as http:
        said = (await http.get("/.well-known/openid-configuration")).json()
    assert said["end_session_endpoint"] == f"{ISSUER}/logout"


@pytest.mark.witness(LOGOUT_ASKED)
@pytest.mark.parametrize(("sent", "back"), [({"state": "a b&c"}, f"{BYE}?state=a%20b%26c"), ({}, BYE)])
async def test_a_hint_of_this_session_needs_no_question(here: World, sent: dict[str, str], back: str) -> None:
    """§2, §3: gone at once, back to the app with its state and nothing else; the record says which app it was."""
    await register(here, BYE)
    async with here.visitor() as http:
        asked = {"id_token_hint": await hint(here, http), "post_logout_redirect_uri": BYE} | sent
        answer = await http.get("/logout", params=asked)
        assert (answer.status_code, answer.headers["location"]) == (303, back)
        assert not [c for c in http.cookies.jar if c.name.endswith("-session")]
        assert await silently(http) == "login_required"
        again = await http.get("/logout", params=asked)
        assert again.headers["location"] == back, "whoever is out already is sent back as well"
    (event,) = await here.events(EventType.SESSION_ENDED)
    assert (event.client, event.reason) == ("shop", "signed out")


@pytest.mark.witness(LOGOUT_ASKED)
async def test_an_expired_hint_is_a_hint(here: World) -> None:
    await register(here, BYE)
    async with here.visitor() as http:
        token = await hint(here, http)
        here.clock.ahead_s += 2 * 3600
        answer = await http.get("/logout", params={"id_token_hint": token, "post_logout_redirect_uri": BYE})
    assert answer.headers["location"] == BYE


async def test_without_an_address_a_page_says_it_is_done(here: World) -> None:
    async with here.visitor() as http:
        answer = await http.get("/logout", params={"id_token_hint": await hint(here, http)})
        assert answer.status_code == 200
        assert "You have signed out" in answer.text
        assert await silently(http) == "login_required"


def forged(token: str) -> str:
    """The same claims, signed by somebody else under our key's name."""
    key = jose.SigningKey(jose.generate_rs256(), "RS256", jose.header_of(token).kid or "")
    return key.sign_jwt("JWT", jose.parse(token).payload)


def unsigned(token: str) -> str:
    head, payload, _ = token.split(".")
    del head
    return f"eyJhbGciOiJub25lIn0.{payload}."


@pytest.mark.witness(LOGOUT_ASKED)
@pytest.mark.witness(POST_LOGOUT_REDIRECT_EXACT)
@pytest.mark.parametrize("spoil", [forged, unsigned, lambda token: token[:-8], lambda _: "x"])
async def test_a_bad_hint_asks_and_sends_nowhere(here: World, spoil: Any) -> None:
    """§4: what did not validate is not used, and nor is the address that came with it."""
    await register(here, BYE)
    async with here.visitor() as http:
        bad = spoil(await hint(here, http))
        page = await http.get(
            "/logout", params={"id_token_hint": bad, "client_id": "shop", "post_logout_redirect_uri": BYE}
        )
        assert asks(page)
        assert await silently(http) == ""
        done = await Visitor(http).press(Form(page.text), "logout-yes")
        assert "You have signed out" in done.text
        assert Form(done.text).continues is None
        assert "shop.example.com" not in done.text


@pytest.mark.witness(POST_LOGOUT_REDIRECT_EXACT)
@pytest.mark.parametrize(
    "address",
    [
        f"{BYE}?more=1",
        f"{BYE}/",
        "https://shop.example.com/",
        "https://evil.example.com/",
        "javascript:alert(1)",
        "//x",
    ],
)
async def test_only_a_registered_address_letter_by_letter(here: World, address: str) -> None:
    await register(here, BYE)
    async with here.visitor() as http:
        token = await hint(here, http)
        page = await http.get("/logout", params={"id_token_hint": token, "post_logout_redirect_uri": address})
        assert asks(page)
        assert "location" not in page.headers
        answer = await Visitor(http).press(Form(page.text), "logout-yes")
        assert Form(answer.text).continues is None
        assert await silently(http) == "login_required"


@pytest.mark.witness(POST_LOGOUT_REDIRECT_EXACT)
@pytest.mark.parametrize("sent", [{}, {"client_id": "nobody"}, {"client_id": "spa"}])
async def test_no_hint_and_no_client_of_that_address_sends_nowhere(here: World, sent: dict[str, str]) -> None:
    await register(here, BYE)
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = await http.get("/logout", params={"post_logout_redirect_uri": BYE} | sent)
        assert asks(page)
        assert Form((await Visitor(http).press(Form(page.text), "logout-yes")).text).continues is None


@pytest.mark.witness(POST_LOGOUT_REDIRECT_EXACT)
async def test_a_client_that_is_not_the_hints(here: World) -> None:
    """§2: client_id must be that of the hint; otherwise neither is used."""
    await register(here, BYE)
    async with here.visitor() as http:
        sent = {"id_token_hint": await hint(here, http), "client_id": "spa", "post_logout_redirect_uri": BYE}
        assert asks(await http.get("/logout", params=sent))
        assert await silently(http) == ""


@pytest.mark.witness(LOGOUT_ASKED)
async def test_a_hint_of_another_session_asks(here: World) -> None:
    """Somebody else's token, or one's own from another browser, signs nobody out here; a yes still leads back."""
    await register(here, BYE)
    async with here.visitor() as bob, here.visitor() as other, here.visitor() as alice:
        for token in (await hint(here, bob, login="bob"), await hint(here, other)):
            await Visitor(alice).authorize()
            page = await alice.get("/logout", params={"id_token_hint": token, "post_logout_redirect_uri": BYE})
            assert asks(page)
            assert "asks us to sign" in page.text
            assert "Corner Shop" in page.text
            assert await silently(alice) == ""
            done = await Visitor(alice).press(Form(page.text), "logout-yes")
            assert (done.status_code, Form(done.text).continues) == (200, BYE)
            assert await silently(alice) == "login_required"
        assert await silently(bob) == ""


@pytest.mark.witness(POST_LOGOUT_REDIRECT_EXACT)
async def test_a_client_by_name_comes_back_after_a_yes(here: World) -> None:
    """After a form a page of ours moves on, by itself and by a link (rulings L)."""
    await register(here, BYE)
    async with here.visitor() as http:
        await Visitor(http).authorize()
        asked = {"client_id": "shop", "post_logout_redirect_uri": BYE, "state": "s1"}
        page = Form((await http.get("/logout", params=asked)).text)
        stayed = await Visitor(http).press(page, "logout-no")
        assert "You are still signed in" in stayed.text
        assert await silently(http) == ""
        done = Form((await Visitor(http).press(page, "logout-yes")).text)
        assert done.continues == f"{BYE}?state=s1"
        assert done.refresh == f"0; url={BYE}?state=s1"
        nobody = await http.get("/logout", params=asked)
        assert nobody.status_code == 200
        assert BYE not in nobody.text, "a name alone sends nobody anywhere"


@pytest.mark.witness(LOGOUT_ASKED)
async def test_a_form_of_the_app(here: World) -> None:
    """§2: POST as well. Such a form brings no cookie of ours; the hint does not come into an address."""
    await register(here, BYE)
    async with here.visitor() as http:
        token = await hint(here, http)
        sent = {"id_token_hint": token, "post_logout_redirect_uri": BYE, "state": "s1"}
        async with here.visitor() as stranger:
            moved = await stranger.post("/logout", data=sent, headers=FOREIGN)
        assert moved.status_code == 303
        ours = moved.headers["location"]
        assert ours.startswith(f"{ISSUER}/logout?transaction=")
        assert token not in ours
        assert "set-cookie" not in moved.headers
        left = await http.get(ours)
        assert (left.status_code, left.headers["location"]) == (303, f"{BYE}?state=s1")
        assert await silently(http) == "login_required"
        empty = await http.post("/logout", data={"ui_locales": "de"}, headers=FOREIGN)
        assert empty.headers["location"] == f"{ISSUER}/logout"


@pytest.mark.witness(POST_LOGOUT_REDIRECT_EXACT)
async def test_what_was_kept_is_ours_fresh_and_still_true(here: World) -> None:
    """What the form carries cannot be made or changed, gets old, and is judged again when it is used."""
    await register(here, BYE)
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = await http.get("/logout", params={"client_id": "shop", "post_logout_redirect_uri": BYE})
        fields = Form(page.text).with_button("logout-yes")["fields"]
        moved = parse_qs(urlsplit((await http.post("/logout", data={"client_id": "shop"})).headers["location"]).query)
        other = fields | {"transaction": moved["transaction"][0], "decision": "leave"}
        assert (await http.post("/logout", data=other)).status_code == 403, "the form was shown for another request"
        for bad in ("é", "AAAA", "x", fields["transaction"][:-4] + "AAAA"):
            assert "asks us to sign" not in (await http.get("/logout", params={"transaction": bad})).text
        assert "asks us to sign" in (await http.get("/logout", params={"transaction": fields["transaction"]})).text
        here.clock.ahead_s += KEPT_S + 1
        assert "asks us to sign" not in (await http.get("/logout", params={"transaction": fields["transaction"]})).text
        here.clock.ahead_s = 0
        await register(here)
        done = await http.post("/logout", data=fields | {"decision": "leave"})
        assert "You have signed out" in done.text
        assert Form(done.text).continues is None


@pytest.mark.witness(FORM_FROM_OUR_PAGE)
async def test_a_form_of_another_site_is_no_yes(here: World) -> None:
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = Form((await http.get("/logout", params={"client_id": "shop"})).text)
        fields = page.with_button("logout-yes")["fields"] | {"decision": "leave"}
        assert (await http.post("/logout", data=fields, headers=FOREIGN)).status_code == 403
        assert await silently(http) == ""


@pytest.mark.witness(PARAMETERS_ONCE)
@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
async def test_what_is_refused(here: World) -> None:
    async with here.visitor() as http:
        assert (await http.get("/logout?client_id=shop&client_id=spa")).status_code == 400
        for state, status in (("s" * STATE_MOST, 303), ("s" * (STATE_MOST + 1), 400)):
            answer = await http.post("/logout", data={"client_id": "shop", "state": state})
            assert answer.status_code == status
    assert here.internal_errors == 0


async def test_offline_grants_live_online_ones_end(here: World) -> None:
    """Rulings D: what was granted for the visit ends with it, what goes on while the person is away goes on."""
    await register(here, BYE)
    async with here.visitor() as http:
        online = (await redeem(here, await Visitor(http).authorize())).json()
        away = (
            await redeem(here, await Visitor(http).authorize(scope="openid offline_access", prompt="consent"))
        ).json()
        assert (await http.get("/logout", params={"id_token_hint": online["id_token"]})).status_code == 200

        async def userinfo(token: str) -> int:
            answer = await http.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
            return answer.status_code

        assert await userinfo(online["access_token"]) == 401
        assert await userinfo(away["access_token"]) == 200


def test_hinted_takes_one_audience() -> None:
    """A hint is for one app: with several it does not say who asks."""
    key = jose.SigningKey(jose.generate_es256(), "ES256", "k")
    claims = {"iss": ISSUER, "sub": "s", "iat": 1, "exp": 2, "sid": "x"}
    for aud, good in (("shop", True), (["shop"], True), (["shop", "spa"], False), ([], False)):
        said = id_token.hinted(key.sign_jwt("JWT", claims | {"aud": aud}), [key.verifying()], issuer=ISSUER)
        assert (said is not None) == good, aud
    assert id_token.hinted(key.sign_jwt("JWT", claims | {"aud": "shop"}), [key.verifying()], issuer="https://x") is None


async def test_the_page_says_which_apps_end(here: World) -> None:
    """Those that live by this session: not what goes on while the person is away, not another browser's."""
    async with here.visitor() as other, here.visitor() as http:
        spa = {"client_id": "spa", "redirect_uri": "https://spa.example.com/"}
        await Visitor(other).authorize(**spa)
        await Visitor(http).authorize()
        page = (await http.get("/logout")).text
        assert "Corner Shop" in page
        assert "Single Page" not in page
        await Visitor(http).authorize(**spa)
        both = (await http.get("/logout")).text
        assert "Corner Shop" in both
        assert "Single Page" in both


async def test_a_sign_in_can_be_started_again(here: World) -> None:
    """Core §4: a link to the app's own start, with our issuer after what its query says; only for who was signed in."""
    await starts(here, "https://shop.example.com/start?from=op")
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = Form((await http.get("/logout")).text)
        done = (await Visitor(http).press(page, "logout-yes")).text
        assert 'href="https://shop.example.com/start?from=op&amp;iss=https%3A%2F%2Fid.example.com"' in done
        nobody = (await http.get("/logout")).text
        assert "You have signed out" in nobody
        assert "/start" not in nobody
