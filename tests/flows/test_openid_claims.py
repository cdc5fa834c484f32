"""What a client learns of a person: by scope, by name, plain and signed; and what it never does."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import jwt
import pytest

from licet.requirements import (
    ACR_ESSENTIAL,
    CLAIMS_AGREED,
    CLAIMS_REQUEST_WELL_FORMED,
    USERINFO_NEEDS_OPENID,
    USERINFO_SIGNED,
)
from tests.flows.openid import EVERYTHING, claims, describe, registered, tokens
from tests.flows.test_authorization_code import id_claims, redeem, userinfo
from tests.visitor import Visitor
from tests.world import ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio

SIGN_IN = {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "sid", "at_hash"}
"""What an ID token says where nothing more was asked for."""

BY_SCOPE = {
    "profile": {
        "name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile", "picture",
        "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
    },
    "email": {"email", "email_verified"},
    "address": {"address"},
    "phone": {"phone_number", "phone_number_verified"},
}  # fmt: skip


@pytest.mark.parametrize("scope", BY_SCOPE)
async def test_each_scope_opens_its_claims_at_userinfo_and_no_others(here: World, scope: str) -> None:
    await describe(here, EVERYTHING)
    body = await tokens(here, scope=f"openid {scope}")
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {"sub": here.subjects["alice"]} | {name: EVERYTHING[name] for name in BY_SCOPE[scope]}
    assert set(await id_claims(here, body["id_token"])) == SIGN_IN, "claims about the person go to userinfo"


async def test_a_claim_without_a_value_or_of_another_type_is_never_sent(here: World) -> None:
    """No null, no empty text, no text where a number, a boolean or an object belongs (OpenID Connect Core §5.1, §5.3.2)."""
    await describe(
        here,
        {
            "name": "",
            "nickname": None,
            "updated_at": "yesterday",
            "email": "alice@example.com",
            "email_verified": "true",
            "phone_number": 351,
            "address": {"locality": "", "country": None},
        },
    )
    body = await tokens(here, scope="openid profile email address phone")
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {"sub": here.subjects["alice"], "email": "alice@example.com"}


@pytest.mark.parametrize("way", ["header", "posted header", "body"])
async def test_userinfo_answers_get_and_post(here: World, way: str) -> None:
    body = await tokens(here, scope="openid email")
    header, form = {"Authorization": f"Bearer {body['access_token']}"}, {"access_token": body["access_token"]}
    async with here.visitor() as http:
        answer = await {
            "header": lambda: http.get("/userinfo", headers=header),
            "posted header": lambda: http.post("/userinfo", headers=header),
            "body": lambda: http.post("/userinfo", data=form),
        }[way]()
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["email"] == "alice@example.com"


@pytest.mark.witness(CLAIMS_AGREED)
async def test_claims_asked_for_by_name_are_told_where_they_were_asked_for(here: World) -> None:
    await describe(here, EVERYTHING)
    asked = claims(
        userinfo={"given_name": {"essential": True}, "picture": None, "http://example.info/claims/groups": None},
        id_token={"email": None, "auth_time": {"essential": True}},
    )
    body = await tokens(here, scope="openid", claims=asked)
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {
        "sub": here.subjects["alice"],
        "given_name": "Alice",
        "picture": "https://people.example.com/alice.png",
    }
    said = await id_claims(here, body["id_token"])
    assert set(said) == SIGN_IN | {"email"}
    assert said["email"] == "alice@example.com"


@pytest.mark.witness(CLAIMS_AGREED)
async def test_a_claim_by_name_is_asked_in_the_words_of_its_scope_and_remembered(here: World) -> None:
    async with here.visitor() as http:
        assert "code" in (await Visitor(http).authorize(scope="openid")).parameters
        silent = {"scope": "openid", "prompt": "none", "claims": claims(userinfo={"email": None})}
        assert (await Visitor(http).authorize(**silent)).parameters["error"] == "consent_required"
        asked = Visitor(http)
        await asked.authorize(scope="openid", claims=claims(userinfo={"email": None}))
        assert asked.pages == ["Consent: Corner Shop", "Back to Corner Shop"]
        assert "code" in (await Visitor(http).authorize(**silent)).parameters


@pytest.mark.witness(CLAIMS_AGREED)
async def test_a_client_cannot_name_what_it_may_not_have(here: World) -> None:
    """Neither when it asks, nor after its scope was taken away."""
    await describe(here, EVERYTHING)
    asked = claims(userinfo={"email": None, "phone_number": None}, id_token={"email": None, "birthdate": None})
    await registered(here, scope=("openid", "profile", "email"))
    body = await tokens(here, scope="openid", claims=asked)
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {"sub": here.subjects["alice"], "email": "alice@example.com"}
    await registered(here, scope=("openid", "profile"))
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {"sub": here.subjects["alice"]}


async def test_no_claim_about_a_person_replaces_one_of_the_sign_in(here: World) -> None:
    """Whatever stands in a profile, and whatever is asked for by name."""
    await describe(here, {"name": "Alice", "sub": "bob", "iss": "https://evil.example", "acr": "9", "amr": ["hwk"]})
    asked = dict.fromkeys(("sub", "iss", "acr", "amr", "aud", "exp", "name"))
    body = await tokens(here, scope="openid", claims=claims(id_token=asked, userinfo=asked))
    said = await id_claims(here, body["id_token"])
    assert (said["sub"], said["iss"], said["acr"], said["name"]) == (here.subjects["alice"], ISSUER, "1", "Alice")
    told = (await userinfo(here, body["access_token"])).json()
    assert told == {"sub": here.subjects["alice"], "name": "Alice"}


async def test_a_refreshed_id_token_says_the_same_of_the_person(here: World) -> None:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(
            scope="openid offline_access", claims=claims(id_token={"name": None}), nonce="n"
        )
    body = (await redeem(here, answered)).json()
    first = await id_claims(here, body["id_token"])
    form = {"grant_type": "refresh_token", "refresh_token": body["refresh_token"]}
    async with here.visitor() as http:
        again = await http.post("/token", data=form | {"client_id": "shop", "client_secret": SECRET})
    second = await id_claims(here, again.json()["id_token"])
    assert second["name"] == first["name"] == "Alice"
    assert "nonce" not in second
    assert {name: first[name] for name in ("iss", "sub", "aud", "auth_time", "sid")} == {
        name: second[name] for name in ("iss", "sub", "aud", "auth_time", "sid")
    }


MALFORMED = [
    "nonsense", "[]", "null", '"sub"', '{"userinfo": []}', '{"id_token": "all"}', '{"userinfo": {"name": true}}',
    '{"userinfo": {"name": {"essential": "yes"}}}', '{"userinfo": {"name": {"values": "x"}}}',
    '{"userinfo": {"name": null, "name": null}}', '{"id_token": {"acr": {"values": [1]}}}',
    '{"id_token": {"sub": {"value": 7}}}', '{"id_token": {"sub": {"values": ["a", "b"]}}}', '{"x": "' + "a" * 9000 + '"}',
]  # fmt: skip


@pytest.mark.witness(CLAIMS_REQUEST_WELL_FORMED)
@pytest.mark.parametrize("text", MALFORMED)
async def test_a_malformed_claims_parameter_is_refused_by_name(here: World, text: str) -> None:
    async with here.visitor() as http:
        said = (await Visitor(http).authorize(claims=text)).parameters
    assert said["error"] == "invalid_request"
    assert "claims" in said["error_description"]


async def test_what_is_not_understood_in_claims_is_ignored(here: World) -> None:
    asked = '{"userinfo": {"name": {"purpose": "to greet you"}, "name#de": null}, "verified_claims": {"x": 1}, "id_token": {}}'
    body = await tokens(here, scope="openid", claims=asked)
    assert (await userinfo(here, body["access_token"])).json()["name"] == "Alice"


@pytest.mark.witness(USERINFO_SIGNED)
@pytest.mark.parametrize("alg", ["RS256", "ES256"])
async def test_userinfo_is_signed_for_whoever_registered_so(here: World, alg: str) -> None:
    await registered(here, userinfo_signed_response_alg=alg)
    body = await tokens(here, scope="openid email", nonce="n")
    for method in ("GET", "POST"):
        async with here.visitor() as http:
            header = {"Authorization": f"Bearer {body['access_token']}"}
            answer = await http.request(method, "/userinfo", headers=header)
        assert answer.headers["content-type"] == "application/jwt"
        assert answer.headers["cache-control"] == "no-store"
        said = await id_claims(here, answer.text, alg=alg)
        assert said.pop("iat") > 0
        assert said == {
            "iss": ISSUER,
            "aud": "shop",
            "sub": (await id_claims(here, body["id_token"]))["sub"],
            "email": "alice@example.com",
            "email_verified": True,
        }


@pytest.mark.witness(USERINFO_SIGNED)
async def test_signed_userinfo_passes_nowhere_for_another_token(here: World) -> None:
    """JW-10: neither as a hint, nor as an access token: it is signed with the key of ID tokens, and is none."""
    await registered(here, userinfo_signed_response_alg="RS256")
    body = await tokens(here, scope="openid email")
    signed = (await userinfo(here, body["access_token"])).text
    async with here.visitor() as http:
        said = (await Visitor(http).authorize(prompt="none", id_token_hint=signed)).parameters
    assert said["error"] == "login_required"
    assert "hint" in said["error_description"]
    assert (await userinfo(here, signed)).status_code == 401


@pytest.mark.witness(USERINFO_NEEDS_OPENID)
async def test_refusals_at_userinfo_are_plain_whatever_is_registered(here: World) -> None:
    await registered(here, userinfo_signed_response_alg="RS256")
    for token in ("nonsense", (await tokens(here, scope="openid orders.read", resource=ORDERS))["access_token"]):
        refused = await userinfo(here, token)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert refused.json()["error"] == "invalid_token"


@pytest.mark.witness(ACR_ESSENTIAL)
async def test_an_essential_acr_that_nothing_reaches_is_a_failed_authentication(here: World) -> None:
    """AZ-28: an old visit does not stand for the strong sign-in that was demanded."""
    async with here.visitor() as http:
        for wanted in ({"value": "2"}, {"values": ["urn:mace:incommon:iap:gold", "phr"]}):
            asked = claims(id_token={"acr": {"essential": True, **wanted}})
            visitor = Visitor(http)
            said = (await visitor.authorize(claims=asked)).parameters
            assert said["error"] == "unmet_authentication_requirements"
            assert said["state"] == "st"
            assert visitor.pages == [], "nobody signs in for nothing"


@pytest.mark.witness(ACR_ESSENTIAL)
@pytest.mark.parametrize(
    "asked",
    [
        {"acr_values": "1 2"},
        {"acr_values": "phr 2"},
        {"claims": claims(id_token={"acr": {"essential": True, "values": ["2", "1"]}})},
        {"claims": claims(id_token={"acr": {"values": ["2"]}})},
        {"claims": claims(id_token={"acr": {"essential": True}})},
    ],
    ids=["wished for", "wished for in vain", "essential", "named in vain", "essential without a value"],
)
async def test_no_acr_is_claimed_that_was_not_performed(here: World, asked: dict[str, Any]) -> None:
    body = await tokens(here, **asked)
    assert (await id_claims(here, body["id_token"]))["acr"] == "1"


async def test_default_acr_values_of_a_client_are_a_wish(here: World) -> None:
    await registered(here, default_acr_values=("phr",))
    assert (await id_claims(here, (await tokens(here))["id_token"]))["acr"] == "1"


async def test_auth_time_is_there_with_max_age_with_require_auth_time_and_by_default_max_age(here: World) -> None:
    await registered(here, require_auth_time=True, default_max_age=60)
    async with here.visitor() as http:

        async def auth_time(visitor: Visitor, **asked: str) -> int:
            body = (await redeem(here, await visitor.authorize(**asked))).json()
            return int(jwt.decode(body["id_token"], options={"verify_signature": False})["auth_time"])

        first = await auth_time(Visitor(http))
        here.clock.ahead_s += 30
        again = Visitor(http)
        assert await auth_time(again) == first
        assert again.pages == []
        here.clock.ahead_s += 60
        stale = Visitor(http)
        later = await auth_time(stale)
        assert later > first
        assert stale.pages[0] == "Sign in to Corner Shop", "default_max_age holds where max_age is silent"
        here.clock.ahead_s += 61
        wide = Visitor(http)
        assert await auth_time(wide, max_age="1000") == later
        assert wide.pages == [], "and max_age counts where it speaks"


@pytest.mark.parametrize(
    "asked",
    [
        {"display": "popup"},
        {"display": "hologram"},
        {"ui_locales": "pt-PT fr de-CH-1901"},
        {"claims_locales": "de en"},
        {"login_hint": "alice@example.com"},
        {"unheard": "of"},
    ],
)
async def test_wishes_are_never_an_error(here: World, asked: dict[str, str]) -> None:
    async with here.visitor() as http:
        assert "code" in (await Visitor(http).authorize(**asked)).parameters


async def test_login_hint_is_put_into_the_field_and_never_believed(here: World) -> None:
    async with here.visitor() as http:
        visitor = Visitor(http, login="bob")
        sent = await http.get("/authorize", params=_asked(login_hint='alice"><b>'))
        page = await http.get(sent.headers["location"])
        assert 'value="alice&#34;&gt;&lt;b&gt;"' in page.text
        answered = await visitor.authorize(login_hint="alice")
    body = (await redeem(here, answered)).json()
    assert (await id_claims(here, body["id_token"]))["sub"] == here.subjects["bob"]


def _asked(**more: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": "shop",
        "scope": "openid",
        "redirect_uri": "https://shop.example.com/callback",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    } | more


async def test_a_sub_asked_for_by_value_is_answered_about_that_person_or_not_at_all(here: World) -> None:
    alice, bob = (claims(id_token={"sub": {"value": here.subjects[who]}}) for who in ("alice", "bob"))
    async with here.visitor() as http:
        assert "code" in (await Visitor(http).authorize(claims=alice)).parameters
        assert "code" in (await Visitor(http).authorize(claims=alice, prompt="none")).parameters
        said = (await Visitor(http).authorize(claims=bob, prompt="none")).parameters
        assert said["error"] == "login_required"
        other = Visitor(http, login="bob")
        body = (await redeem(here, await other.authorize(claims=bob))).json()
    assert other.pages[0] == "Sign in to Corner Shop"
    assert jwt.decode(body["id_token"], options={"verify_signature": False})["sub"] == here.subjects["bob"]


async def test_at_hash_is_that_of_the_access_token(here: World) -> None:
    body = await tokens(here)
    half = sha256(body["access_token"].encode()).digest()[:16]
    expected = urlsafe_b64encode(half).rstrip(b"=").decode()
    assert (await id_claims(here, body["id_token"]))["at_hash"] == expected
