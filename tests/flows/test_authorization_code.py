"""Authorization code with PKCE: from the address a client sends a browser to, to tokens and what they show."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from licet.events import EventType
from licet.requirements import (
    CLIENT_KNOWN,
    CODE_BOUND_TO_CLIENT,
    CODE_BOUND_TO_REDIRECT_URI,
    CODE_REPLAY_ENDS_GRANT,
    CODE_SHORT_LIVED,
    CODE_SINGLE_USE,
    CONSENT_GIVEN,
    ERRORS_STAY_HOME,
    GRANT_TYPE_ALLOWED,
    ID_TOKEN_ALGORITHM,
    ISS_IN_RESPONSE,
    MAX_AGE_HONOURED,
    NO_307_REDIRECT,
    NONCE_RETURNED,
    ONE_API_PER_TOKEN,
    PARAMETERS_ONCE,
    PKCE_CHALLENGE_FRESH,
    PKCE_CHALLENGE_WELL_FORMED,
    PKCE_NO_DOWNGRADE,
    PKCE_REQUIRED,
    PKCE_S256_ONLY,
    PKCE_VERIFIER_CHECKED,
    PROMPT_HONOURED,
    PROMPT_KNOWN,
    PROMPT_NONE_SILENT,
    REDIRECT_URI_EXACT,
    REDIRECT_URI_REGISTERED,
    REQUEST_OBJECT_ANSWERED,
    RESOURCE_KNOWN,
    RESPONSE_MODE_KNOWN,
    RESPONSE_TYPE_CODE,
    SCOPE_REGISTERED,
    USERINFO_NEEDS_OPENID,
)
from tests.visitor import Answered, Form, Visitor
from tests.world import CALLBACK, ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio


async def redeem(here: World, answered: Answered, **change: Any) -> Any:
    form = {
        "grant_type": "authorization_code",
        "code": answered.parameters.get("code"),
        "client_id": "shop",
        "client_secret": SECRET,
        "redirect_uri": CALLBACK,
        "code_verifier": answered.code_verifier,
    } | change
    async with here.visitor() as http:
        return await http.post("/token", data={k: v for k, v in form.items() if v is not None})


async def userinfo(here: World, access_token: str) -> Any:
    async with here.visitor() as http:
        return await http.get("/userinfo", headers={"Authorization": f"Bearer {access_token}"})


async def id_claims(here: World, id_token: str, audience: str = "shop", alg: str = "RS256") -> dict[str, Any]:
    async with here.visitor() as http:
        jwks = jwt.PyJWKSet.from_dict((await http.get("/jwks")).json())
    header = jwt.get_unverified_header(id_token)
    key = next(k for k in jwks.keys if k.key_id == header["kid"])
    return jwt.decode(id_token, key, algorithms=[alg], audience=audience, issuer=ISSUER, leeway=60)


@pytest.mark.witness(ISS_IN_RESPONSE, NONCE_RETURNED, CONSENT_GIVEN, ID_TOKEN_ALGORITHM, NO_307_REDIRECT)
async def test_a_person_signs_in_agrees_and_the_shop_learns_who_it_is(here: World) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http)
        answered = await visitor.authorize(scope="openid profile email", nonce="n-0S6")
    assert visitor.pages == ["Sign in to Corner Shop", "Consent: Corner Shop", "Back to Corner Shop"]
    assert answered.address.startswith(CALLBACK + "?")
    assert (answered.parameters["state"], answered.parameters["iss"]) == ("st", ISSUER)
    answer = await redeem(here, answered)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert "refresh_token" not in body  # offline_access was not asked for
    claims = await id_claims(here, body["id_token"])
    assert claims["nonce"] == "n-0S6"
    assert claims["amr"] == ["pwd"]
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {"sub": claims["sub"], "name": "Alice", "email": "alice@example.com", "email_verified": True}


async def test_the_second_time_nobody_is_asked(here: World) -> None:
    async with here.visitor() as http:
        await Visitor(http).authorize()
        again = Visitor(http)
        answered = await again.authorize()
        silent = await Visitor(http).authorize(prompt="none")
    assert again.pages == []
    assert "code" in answered.parameters
    assert "code" in silent.parameters


WRONG = [
    pytest.param({"code_verifier": "a" * 43}, "invalid_grant", id="wrong verifier"),
    pytest.param({"code_verifier": None}, "invalid_grant", id="no verifier"),
    pytest.param({"code_verifier": "short"}, None, id="malformed verifier"),
    pytest.param({"client_id": "spa", "client_secret": None}, "invalid_grant", id="another client"),
    pytest.param({"redirect_uri": CALLBACK + "/"}, "invalid_grant", id="another redirect_uri"),
    pytest.param({"code": "lctac_" + "0" * 49}, "invalid_grant", id="no such code"),
    pytest.param({"code": None}, "invalid_request", id="no code"),
]


@pytest.mark.witness(PKCE_VERIFIER_CHECKED, CODE_BOUND_TO_CLIENT, CODE_BOUND_TO_REDIRECT_URI, CODE_SINGLE_USE)
@pytest.mark.parametrize(("change", "error"), WRONG)
async def test_a_wrong_redemption_burns_nothing(here: World, change: dict[str, Any], error: str | None) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    refused = await redeem(here, answered, **change)
    assert refused.status_code == 400, refused.text
    assert error is None or refused.json()["error"] == error
    assert (await redeem(here, answered)).status_code == 200


async def test_redirect_uri_may_be_left_out_with_pkce(here: World) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    assert (await redeem(here, answered, redirect_uri=None)).status_code == 200


@pytest.mark.witness(CODE_REPLAY_ENDS_GRANT, CODE_SINGLE_USE)
async def test_second_redemption_revokes_what_the_first_bought(here: World) -> None:
    """A replayed code is refused and everything it ever bought dies (RFC 6749 §4.1.2)."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    bought = (await redeem(here, answered)).json()["access_token"]
    assert (await userinfo(here, bought)).status_code == 200
    wrong = await redeem(here, answered, code_verifier="b" * 43)
    assert wrong.json()["error"] == "invalid_grant"
    assert (await userinfo(here, bought)).status_code == 200, "an invalid replay ends nothing"
    assert (await redeem(here, answered)).json()["error"] == "invalid_grant"
    assert (await userinfo(here, bought)).status_code == 401
    assert (await redeem(here, answered)).json()["error"] == "invalid_grant"
    assert len(await here.events(EventType.CODE_REPLAYED)) == 1


@pytest.mark.witness(CODE_SHORT_LIVED)
async def test_a_code_lives_a_minute(here: World) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    here.clock.ahead_s = 61
    assert (await redeem(here, answered)).json()["error"] == "invalid_grant"


@pytest.mark.witness(PKCE_NO_DOWNGRADE)
async def test_a_verifier_without_a_challenge(here: World) -> None:
    """Only a client whose policy lets it go without PKCE gets so far (RFC 9700 §4.8)."""
    import msgspec

    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    policy = msgspec.structs.replace(shop.client.policy, profile="oidc-core")
    await here.put(msgspec.structs.replace(shop.client, policy=policy), *shop.credentials)
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(code_challenge=None, code_challenge_method=None)
    assert "code" in answered.parameters, answered.address
    assert (await redeem(here, answered)).json()["error"] == "invalid_request"
    assert (await redeem(here, answered, code_verifier=None, redirect_uri=None)).json()["error"] == "invalid_grant"
    assert (await redeem(here, answered, code_verifier=None)).status_code == 200


TO_THE_CLIENT = [
    pytest.param({"response_type": "token"}, "unsupported_response_type", id="implicit"),
    pytest.param({"response_type": "code id_token"}, "unsupported_response_type", id="hybrid"),
    pytest.param({"response_type": None}, "invalid_request", id="no response_type"),
    pytest.param({"code_challenge": None, "code_challenge_method": None}, "invalid_request", id="no PKCE"),
    pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="plain"),
    pytest.param({"code_challenge_method": None}, "invalid_request", id="method missing"),
    pytest.param({"code_challenge": "short"}, "invalid_request", id="malformed challenge"),
    pytest.param({"code_challenge": None}, "invalid_request", id="a method without a challenge"),
    pytest.param({"scope": "openid admin"}, "invalid_scope", id="unknown scope"),
    pytest.param({"resource": "https://elsewhere.example.com"}, "invalid_target", id="foreign resource"),
    pytest.param({"response_mode": "fragment"}, "invalid_request", id="fragment"),
    pytest.param({"prompt": "none login"}, "invalid_request", id="none and more"),
    pytest.param({"prompt": "dance"}, "invalid_request", id="unknown prompt"),
    pytest.param({"prompt": "none"}, "login_required", id="nobody here"),
    pytest.param({"max_age": "soon"}, "invalid_request", id="max_age in words"),
    pytest.param({"request": "eyJ"}, "request_not_supported", id="request object"),
    pytest.param({"request_uri": "https://internal/"}, "request_uri_not_supported", id="request object by reference"),
    pytest.param({"scope": ["openid", "profile"]}, "invalid_request", id="scope twice"),
    pytest.param({"id_token_hint": "nonsense"}, "login_required", id="a hint that is not ours"),
]


@pytest.mark.witness(
    RESPONSE_TYPE_CODE,
    PKCE_REQUIRED,
    PKCE_S256_ONLY,
    PKCE_CHALLENGE_WELL_FORMED,
    SCOPE_REGISTERED,
    RESOURCE_KNOWN,
    RESPONSE_MODE_KNOWN,
    PROMPT_KNOWN,
    PROMPT_NONE_SILENT,
    REQUEST_OBJECT_ANSWERED,
    PARAMETERS_ONCE,
    ISS_IN_RESPONSE,
)
@pytest.mark.parametrize(("change", "error"), TO_THE_CLIENT)
async def test_errors_that_the_client_is_told(here: World, change: dict[str, Any], error: str) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(**change)
        assert answered.address.startswith(CALLBACK + "?"), answered.address
        assert answered.parameters["error"] == error, answered.parameters
        assert (answered.parameters["state"], answered.parameters["iss"]) == ("st", ISSUER)
        assert "code" not in answered.parameters
        assert "code" in (await Visitor(http).authorize()).parameters


AT_HOME = [
    pytest.param({"client_id": None}, id="no client"),
    pytest.param({"client_id": "nobody"}, id="unknown client"),
    pytest.param({"redirect_uri": CALLBACK + "/"}, id="a slash too many"),
    pytest.param({"redirect_uri": CALLBACK + "?x=1"}, id="a query too many"),
    pytest.param({"redirect_uri": "https://SHOP.example.com/callback"}, id="capitals"),
    pytest.param({"redirect_uri": "https://shop.example.com/callback/../evil"}, id="dots"),
    pytest.param({"redirect_uri": "https://evil.example.com/"}, id="another host"),
    pytest.param({"redirect_uri": "https://evil.example.com/", "prompt": "none"}, id="another host, silently"),
    pytest.param({"redirect_uri": "https://evil.example.com/", "response_type": "token"}, id="wrong twice"),
    pytest.param({"redirect_uri": [CALLBACK, CALLBACK]}, id="redirect_uri twice"),
    pytest.param({"client_id": ["shop", "spa"]}, id="client_id twice"),
    pytest.param({"client_id": "reader", "redirect_uri": None}, id="two registered, none named"),
]


@pytest.mark.witness(REDIRECT_URI_EXACT, REDIRECT_URI_REGISTERED, CLIENT_KNOWN, ERRORS_STAY_HOME)
@pytest.mark.parametrize("change", AT_HOME)
async def test_errors_that_nobody_is_redirected_with(here: World, change: dict[str, Any]) -> None:
    async with here.visitor() as http:
        asked = {
            "response_type": "code",
            "client_id": "shop",
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": "st",
        } | change
        page = await http.get("/authorize", params={k: v for k, v in asked.items() if v is not None})
    assert page.status_code == 400
    assert "location" not in page.headers
    assert page.headers["content-type"].startswith("text/html")
    assert "Error" in Form(page.text).title
    assert "evil.example.com" not in page.text


@pytest.mark.parametrize("port", ["", ":1", ":51004", ":65535"])
async def test_a_native_app_listens_on_any_port(here: World, port: str) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http)
        answered = await visitor.authorize(client_id="reader", redirect_uri=f"http://127.0.0.1{port}/callback")
    assert answered.address.startswith(f"http://127.0.0.1{port}/callback?code=")


async def test_a_custom_scheme_needs_the_click(here: World) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = await http.get("/authorize", params=_reader())
        while True:
            form = Form(page.text) if page.status_code == 200 else None
            if form is not None and form.continues is not None:
                break
            page = await (visitor.fill(form, page) if form else http.get(page.headers["location"]))
    assert form.refresh is None
    assert form.continues.startswith("com.example.reader:/callback?code=")


def _reader() -> dict[str, str]:
    from tests.visitor import verifier

    return {
        "response_type": "code",
        "client_id": "reader",
        "redirect_uri": "com.example.reader:/callback",
        "scope": "openid",
        "code_challenge": verifier()[1],
        "code_challenge_method": "S256",
    }


@pytest.mark.witness(PKCE_CHALLENGE_FRESH)
async def test_a_challenge_that_bought_tokens_is_not_taken_again(here: World) -> None:
    from tests.visitor import verifier

    value, challenge = verifier()
    async with here.visitor() as http:
        first = await Visitor(http).authorize(code_challenge=challenge)
        reload = await Visitor(http).authorize(code_challenge=challenge)
        assert "code" in reload.parameters, "a reload before redemption must work"
        assert (await redeem(here, first, code_verifier=value)).status_code == 200
        again = await Visitor(http).authorize(code_challenge=challenge)
    assert again.parameters["error"] == "invalid_request"


@pytest.mark.witness(PROMPT_HONOURED, MAX_AGE_HONOURED)
@pytest.mark.parametrize("ask", [{"prompt": "login"}, {"max_age": "0"}, {"prompt": "select_account login"}])
async def test_asked_to_prove_themselves_again(here: World, ask: dict[str, str]) -> None:
    async with here.visitor() as http:
        first = (await redeem(here, await Visitor(http).authorize())).json()
        here.clock.ahead_s = 5
        again = Visitor(http)
        second = (await redeem(here, await again.authorize(**ask))).json()
        assert "Sign in to Corner Shop" in again.pages
        assert (await Visitor(http).authorize(prompt="none")).parameters["iss"] == ISSUER
    before, after = await id_claims(here, first["id_token"]), await id_claims(here, second["id_token"])
    assert after["auth_time"] > before["auth_time"]
    assert (after["sub"], after["sid"]) == (before["sub"], before["sid"])


@pytest.mark.witness(MAX_AGE_HONOURED)
async def test_max_age_by_the_clock(here: World) -> None:
    async with here.visitor() as http:
        await Visitor(http).authorize()
        here.clock.ahead_s = 10
        fresh = Visitor(http)
        await fresh.authorize(max_age="60")
        assert fresh.pages == []
        assert (await Visitor(http).authorize(max_age="5", prompt="none")).parameters["error"] == "login_required"
        stale = Visitor(http)
        await stale.authorize(max_age="5")
        assert "Sign in to Corner Shop" in stale.pages


@pytest.mark.witness(CONSENT_GIVEN, PROMPT_NONE_SILENT)
async def test_consent_is_asked_for_what_is_new(here: World) -> None:
    async with here.visitor() as http:
        await Visitor(http).authorize()
        silent = await Visitor(http).authorize(scope="openid orders.read", prompt="none")
        assert silent.parameters["error"] == "consent_required"
        more = Visitor(http)
        await more.authorize(scope="openid orders.read")
        assert more.pages == ["Consent: Corner Shop", "Back to Corner Shop"]
        asked = Visitor(http)
        await asked.authorize(prompt="consent")
        assert "Consent: Corner Shop" in asked.pages


@pytest.mark.witness(CONSENT_GIVEN)
async def test_an_app_nobody_can_be_sure_of_asks_each_time(here: World) -> None:
    """A loopback redirect belongs to whoever listens (rulings C, RFC 8252 §8.6)."""
    async with here.visitor() as http:
        for _ in range(2):
            visitor = Visitor(http)
            await visitor.authorize(client_id="reader", redirect_uri="http://127.0.0.1:9/callback")
            assert "Consent: Desk Reader" in visitor.pages
        silent = await Visitor(http).authorize(
            client_id="reader", redirect_uri="http://127.0.0.1:9/callback", prompt="none"
        )
    assert silent.parameters["error"] == "consent_required"


async def test_the_person_says_no(here: World) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http, decision="consent-deny").authorize()
    assert (answered.parameters["error"], answered.parameters["iss"]) == ("access_denied", ISSUER)
    assert len(await here.events(EventType.CONSENT_DENIED)) == 1


async def test_wrong_password_then_the_right_one(here: World) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http, password="wrong")
        page = await http.get((await http.get("/authorize", params=_shop())).headers["location"])
        again = await visitor.fill(Form(page.text), page)
        form = Form(again.text)
        assert again.status_code == 200
        assert 'role="alert"' in again.text
        answered = await Visitor(http).walk(
            await visitor.press(form, "login-submit", login="alice", password="correct horse battery staple")
        )
    assert "code" in answered.parameters


def _shop() -> dict[str, str]:
    from tests.visitor import verifier

    return {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "code_challenge": verifier()[1],
        "code_challenge_method": "S256",
    }


async def test_form_post(here: World) -> None:
    async with here.visitor() as http:
        await Visitor(http).authorize()
        page = await http.get("/authorize", params=_shop() | {"response_mode": "form_post", "state": '<&">'})
    assert page.status_code == 200
    form = Form(page.text).forms[0]
    assert form["action"] == CALLBACK
    assert form["fields"]["state"] == '<&">'
    assert form["fields"]["iss"] == ISSUER
    assert form["fields"]["code"].startswith("lctac_")
    assert "form-action" not in page.headers["content-security-policy"]


async def test_a_post_from_another_site_comes_back_by_a_get_of_ours(here: World) -> None:
    async with here.visitor() as http:
        first = await http.post(
            "/authorize", data=_shop(), headers={"Origin": "https://shop.example.com", "Sec-Fetch-Site": "cross-site"}
        )
        assert first.status_code == 303
        assert first.headers["location"].startswith(f"{ISSUER}/continue?transaction=")
        answered = await Visitor(http).walk(first)
    assert "code" in answered.parameters


@pytest.mark.witness(ONE_API_PER_TOKEN)
@pytest.mark.parametrize(
    ("scope", "resource", "aud", "userinfo_status"),
    [
        ("openid profile", None, None, 200),
        ("openid orders.read", None, [ORDERS, f"{ISSUER}/userinfo"], 200),
        ("openid orders.read", ORDERS, ORDERS, 401),
        ("orders.read", None, ORDERS, 401),
    ],
)
async def test_one_token_one_api(here: World, scope: str, resource: str | None, aud: Any, userinfo_status: int) -> None:
    """The table of rulings B."""
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(scope=scope, resource=resource)
    body = (await redeem(here, answered)).json()
    if aud is None:
        assert body["access_token"].startswith("lctat_")
    else:
        assert jwt.decode(body["access_token"], options={"verify_signature": False})["aud"] == aud
    assert (await userinfo(here, body["access_token"])).status_code == userinfo_status


@pytest.mark.witness(ONE_API_PER_TOKEN)
async def test_scopes_of_several_apis_need_a_name_at_the_token_endpoint(here: World) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(scope="orders.read invoices.read")
    assert (await redeem(here, answered)).json()["error"] == "invalid_target"
    body = (await redeem(here, answered, resource=ORDERS)).json()
    assert body["scope"] == "orders.read"


@pytest.mark.witness(USERINFO_NEEDS_OPENID)
async def test_userinfo_refuses_what_is_not_for_it(here: World) -> None:
    async with here.visitor() as http:
        assert (await http.get("/userinfo")).status_code == 401
        assert (await userinfo(here, "lctat_" + "0" * 49)).status_code == 401
        body = (await redeem(here, await Visitor(http).authorize())).json()
        in_body = await http.post("/userinfo", data={"access_token": body["access_token"]})
        assert in_body.status_code == 200
        in_query = await http.get("/userinfo", params={"access_token": body["access_token"]})
        assert in_query.status_code == 401
        assert in_query.headers["www-authenticate"].startswith("Bearer")
        as_id = await userinfo(here, body["id_token"])
        assert as_id.status_code == 401


@pytest.mark.witness(GRANT_TYPE_ALLOWED)
async def test_a_client_without_the_code_grant(here: World) -> None:
    async with here.visitor() as http:
        page = await http.get("/authorize", params=_shop() | {"client_id": "billing"})
    assert page.status_code == 400


async def test_logout_ends_what_the_visit_bought(here: World) -> None:
    async with here.visitor() as http:
        body = (await redeem(here, await Visitor(http).authorize())).json()
        page = Form((await http.get("/logout")).text)
        assert (await userinfo(here, body["access_token"])).status_code == 200, "a GET ends nothing"
        done = await Visitor(http).press(page, "logout-yes")
        assert "You have signed out" in done.text
        assert (await userinfo(here, body["access_token"])).status_code == 401
        assert (await Visitor(http).authorize(prompt="none")).parameters["error"] == "login_required"
