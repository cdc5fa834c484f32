"""The Basic plan, and with ``response_mode=form_post`` the Form Post plan (OpenID Connect Core §3.1, §15.1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from licet.resource_owner.claims import CLAIMS as BY_SCOPE
from tests.conformance.browser import Arrival, Shown
from tests.conformance.relying_party import SignedIn, failed, succeeded, told, unsigned
from tests.conformance.suite import CLAIMS, RETURN, Suite, module
from tests.conformance.verdict import Skipped, Verdict

UNANSWERED = ("login_required", "interaction_required", "consent_required", "account_selection_required")
"""What ``prompt=none`` may fail with (OpenID Connect Core §3.1.2.6)."""


@module("oidcc-server")
async def server(here: Suite) -> None:
    """The code flow with Basic: every answer is whole and well-formed."""
    app = await here.relying_party()
    await app.userinfo(await app.signs_in())


@module("oidcc-response-type-missing")
async def response_type_missing(here: Suite) -> None:
    """An error goes back to the app; nothing breaks."""
    app = await here.relying_party()
    await app.fails(app.asks(response_type=None), "unsupported_response_type", "invalid_request")


@module("oidcc-idtoken-signature")
async def idtoken_signature(here: Suite) -> None:
    """A client that registers no algorithm gets RS256 and a kid."""
    app = await here.registered_party()
    signed_in = await app.signs_in()
    assert signed_in.header["alg"] == "RS256"
    assert signed_in.header["kid"]


@module("oidcc-idtoken-unsigned")
async def idtoken_unsigned(here: Suite) -> None:
    """Unsigned ID tokens are given only by servers that say so. This one must not say so."""
    assert "none" not in here.metadata["id_token_signing_alg_values_supported"]
    raise Skipped("`none` is not offered")


@module("oidcc-userinfo-get")
async def userinfo_get(here: Suite) -> None:
    """GET with the token in the header."""
    app = await here.relying_party()
    await app.userinfo(await app.signs_in())


@module("oidcc-userinfo-post-header")
async def userinfo_post_header(here: Suite) -> None:
    """POST with the token in the header."""
    app = await here.relying_party()
    await app.userinfo(await app.signs_in(), "POST")


@module("oidcc-userinfo-post-body")
async def userinfo_post_body(here: Suite) -> Verdict | None:
    """POST with the token in the body; not to take it is a warning."""
    app = await here.relying_party()
    signed_in = await app.signs_in()
    response = await app.http.post(
        here.metadata["userinfo_endpoint"], data={"access_token": signed_in.tokens["access_token"]}
    )
    if response.status_code >= 400:
        return Verdict("warning", "no token in the body")
    told(response, signed_in)
    return None


@module("oidcc-ensure-request-without-nonce-succeeds-for-code-flow")
async def without_nonce(here: Suite) -> None:
    """A nonce is not needed where the ID token comes from the token endpoint."""
    app = await here.relying_party()
    signed_in = await app.signs_in(nonce=None)
    assert "nonce" not in signed_in.claims


async def scope(here: Suite, *scopes: str) -> Verdict | None:
    """Userinfo says what the scopes release, the ID token does not (OpenID Connect Core §5.4)."""
    unknown = set(scopes) - set(here.metadata["scopes_supported"])
    if unknown:
        raise Skipped(f"no scope {', '.join(sorted(unknown))}")
    app = await here.relying_party()
    signed_in = await app.signs_in(scope=" ".join(("openid", *scopes)))
    return claims_of(await app.userinfo(signed_in), signed_in, scopes)


def claims_of(said: dict[str, Any], signed_in: SignedIn, scopes: tuple[str, ...]) -> Verdict | None:
    expected = {claim: CLAIMS[claim] for scope in scopes for claim in BY_SCOPE[scope]}
    assert not set(expected) & set(signed_in.claims), "claims of a scope in the ID token"
    assert set(said) <= {"sub", *expected}, "a claim that no scope releases"
    missing = sorted(claim for claim, value in expected.items() if said.get(claim) != value)
    return Verdict("warning", f"without {', '.join(missing)}") if missing else None


@module("oidcc-scope-profile")
async def scope_profile(here: Suite) -> Verdict | None:
    """All fourteen claims of the scope profile."""
    return await scope(here, "profile")


@module("oidcc-scope-email")
async def scope_email(here: Suite) -> Verdict | None:
    """email and email_verified."""
    return await scope(here, "email")


@module("oidcc-scope-address")
async def scope_address(here: Suite) -> Verdict | None:
    """address, as an object."""
    return await scope(here, "address")


@module("oidcc-scope-phone")
async def scope_phone(here: Suite) -> Verdict | None:
    """phone_number and phone_number_verified."""
    return await scope(here, "phone")


@module("oidcc-scope-all")
async def scope_all(here: Suite) -> Verdict | None:
    """All of them together."""
    return await scope(here, "address", "email", "phone", "profile")


@module("oidcc-alternate-happy-flow")
async def alternate_happy_flow(here: Suite) -> Verdict | None:
    """Neither the order of scopes nor that of parameters matters (RFC 6749 §3.3)."""
    app = await here.relying_party()
    asked = dict(reversed(app.asks(scope="email openid").items()))
    signed_in = await app.completes(asked)
    return claims_of(await app.userinfo(signed_in), signed_in, ("email",))


async def unhindered(here: Suite, **parameters: str) -> SignedIn:
    """A parameter that must not get in the way."""
    app = await here.relying_party()
    signed_in = await app.signs_in(**parameters)
    assert signed_in.pages[0].asks_to_sign_in, signed_in.pages
    return signed_in


@module("oidcc-display-page")
async def display_page(here: Suite) -> Verdict:
    """display=page shows the sign-in page."""
    return seen(await unhindered(here, display="page"))


@module("oidcc-display-popup")
async def display_popup(here: Suite) -> Verdict:
    """display=popup shows a sign-in page as well."""
    return seen(await unhindered(here, display="popup"))


def seen(signed_in: SignedIn) -> Verdict:
    """The page that a reviewer wants a picture of."""
    assert "Sign in to Relying Party rp" in signed_in.pages[0].text, signed_in.pages[0].text
    return Verdict("review", f"“{signed_in.pages[0].title}”")


async def twice(here: Suite, first: dict[str, str], second: dict[str, str], wait_s: float = 0) -> tuple[Any, Any]:
    """Sign in, let time pass, ask again: both ends, with one subject."""
    app = await here.relying_party()
    before = await app.signs_in(**first)
    here.wait(wait_s)
    hint = {"id_token_hint": before.id_token} if "id_token_hint" in second else {}
    after = await app.signs_in(**second | hint)
    assert before.claims["sub"] == after.claims["sub"]
    return before, after


def asked_again(before: SignedIn, after: SignedIn) -> Verdict:
    """The second time the person signed in, later."""
    assert any(page.asks_to_sign_in for page in after.pages), after.pages
    assert before.claims["auth_time"] < after.claims["auth_time"]
    return Verdict("review", f"again “{after.pages[0].title}”")


@module("oidcc-prompt-login")
async def prompt_login(here: Suite) -> Verdict:
    """prompt=login: the password again, and a later auth_time."""
    return asked_again(*await twice(here, {}, {"prompt": "login"}, wait_s=1))


@module("oidcc-prompt-none-not-logged-in")
async def prompt_none_not_logged_in(here: Suite) -> None:
    """prompt=none with nobody there: an error, and no page."""
    app = await here.relying_party()
    await app.fails(app.asks(prompt="none"), *UNANSWERED)
    assert not [page for page in app.browser.shown if page.asks_to_sign_in]


@module("oidcc-prompt-none-logged-in")
async def prompt_none_logged_in(here: Suite) -> None:
    """prompt=none with somebody there: no page, the same subject and auth_time."""
    silent(*await twice(here, {}, {"prompt": "none"}))


@module("oidcc-id-token-hint")
async def id_token_hint(here: Suite) -> None:
    """The same with a hint at who it was."""
    silent(*await twice(here, {}, {"prompt": "none", "id_token_hint": ""}))


def silent(before: SignedIn, after: SignedIn) -> None:
    """Nobody was asked anything, and the authentication is the first one's. (The page that posts an answer asks nothing.)"""
    assert not [page for page in after.pages if page.asks_to_sign_in or page.asks_for_consent], after.pages
    assert before.claims.get("auth_time") == after.claims.get("auth_time")


@module("oidcc-max-age-1")
async def max_age_1(here: Suite) -> Verdict:
    """max_age=1 after two seconds: the password again, and auth_time says when."""
    return asked_again(*await twice(here, {}, {"max_age": "1"}, wait_s=2))


@module("oidcc-max-age-10000")
async def max_age_10000(here: Suite) -> None:
    """max_age=15000, then 10000: no second sign-in, and auth_time each time because it was asked for."""
    before, after = await twice(here, {"max_age": "15000"}, {"max_age": "10000"})
    silent(before, after)
    assert before.claims["auth_time"] == after.claims["auth_time"]


@module("oidcc-ensure-request-with-unknown-parameter-succeeds")
async def unknown_parameter(here: Suite) -> None:
    """A parameter of nobody's is ignored (RFC 6749 §3.1)."""
    await unhindered(here, extra="foobar")


@module("oidcc-login-hint")
async def login_hint(here: Suite) -> None:
    """login_hint helps, or does nothing."""
    await unhindered(here, login_hint="buffy@id.example.com")


@module("oidcc-ui-locales")
async def ui_locales(here: Suite) -> Verdict:
    """A language that the pages do not speak is no error."""
    return seen(await unhindered(here, ui_locales="se"))


@module("oidcc-claims-locales")
async def claims_locales(here: Suite) -> None:
    """A language that the claims are not in is no error."""
    await unhindered(here, claims_locales="se")


@module("oidcc-ensure-request-with-acr-values-succeeds")
async def acr_values(here: Suite) -> Verdict | None:
    """acr_values as advertised: no error, and one of them comes back."""
    values = here.metadata.get("acr_values_supported") or ["1", "2"]
    signed_in = await unhindered(here, acr_values=" ".join(values))
    acr = signed_in.claims.get("acr")
    return None if acr in values else Verdict("warning", f"acr {acr}")


async def reused(here: Suite, wait_s: float) -> Verdict | None:
    """A code is good once; what it was changed into is good for nothing after the second try (RFC 6749 §4.1.2)."""
    app = await here.relying_party()
    signed_in = await app.signs_in()
    here.wait(wait_s)
    failed(await app.redeems(signed_in.answer["code"], signed_in.code_verifier), "invalid_grant")
    response = await app.http.get(
        here.metadata["userinfo_endpoint"], headers={"Authorization": f"Bearer {signed_in.tokens['access_token']}"}
    )
    return None if 400 <= response.status_code < 500 else Verdict("warning", "the access token lives on")


@module("oidcc-codereuse")
async def codereuse(here: Suite) -> Verdict | None:
    """Again at once."""
    return await reused(here, 0)


@module("oidcc-codereuse-30seconds")
async def codereuse_30seconds(here: Suite) -> Verdict | None:
    """Again half a minute later."""
    return await reused(here, 30)


@module("oidcc-ensure-registered-redirect-uri")
async def registered_redirect_uri(here: Suite) -> Verdict:
    """An address that is not registered gets nothing; the person reads why."""
    app = await here.relying_party()
    where = await app.opens(app.asks(redirect_uri=f"{RETURN}/unregistered"))
    return stopped(where)


def stopped(where: Arrival | Shown) -> Verdict:
    """A page of the server's own, with an error status, that says what is wrong with the address."""
    assert isinstance(where, Shown), f"the browser was sent to {where}"
    assert where.status == 400, where.status
    assert "an address that we do not know as its own" in where.text, where.text
    return Verdict("review", f"“{where.title}”")


@module("oidcc-ensure-post-request-succeeds")
async def post_request(here: Suite) -> None:
    """The request as a form of another site's (OpenID Connect Core §3.1.2.1)."""
    app = await here.relying_party()
    await app.userinfo(await app.signs_in(post=True))


@module("oidcc-server-client-secret-post")
async def server_client_secret_post(here: Suite) -> None:
    """The code flow with the secret in the body."""
    app = await here.relying_party(auth="client_secret_post")
    await app.userinfo(await app.signs_in())


def takes_unsigned(here: Suite) -> bool:
    return "none" in here.metadata.get("request_object_signing_alg_values_supported", ())


@module("oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported")
async def request_uri_unsigned(here: Suite) -> None:
    """An unsigned request object elsewhere is fetched, or refused by its name; never ignored."""
    app = await here.relying_party()
    asked = app.asks(request_uri="https://rp.example.com/request.jwt")
    await app.fails(asked, "request_uri_not_supported")
    raise Skipped("refused as `request_uri_not_supported`")


@module("oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported")
async def unsigned_request_object(here: Suite) -> None:
    """An unsigned request object is used, or refused by its name; never ignored."""
    app = await here.relying_party()
    asked = app.asks()
    asked["request"] = unsigned({"iss": app.client_id, "aud": here.metadata["issuer"], **asked})
    if takes_unsigned(here):
        await app.completes(asked)
        return
    error = await app.fails(asked, "request_not_supported", "invalid_request_object")
    raise Skipped(f"refused as `{error['error']}`")


@module("oidcc-ensure-request-object-with-redirect-uri")
async def request_object_with_redirect_uri(here: Suite) -> Verdict | None:
    """The object's redirect_uri, or a page: an unregistered one beside it gets nothing."""
    app = await here.relying_party()
    asked = app.asks()
    inside = unsigned({"iss": app.client_id, "aud": here.metadata["issuer"], **asked})
    where = await app.opens(asked | {"request": inside, "redirect_uri": f"{RETURN}/unregistered"})
    if isinstance(where, Arrival):
        assert where.address == RETURN
        assert "code" in app.answered(where, asked)
        return None
    verdict = stopped(where)
    if not takes_unsigned(here):
        raise Skipped("unsigned request objects are not offered")
    return verdict


@module("oidcc-claims-essential")
async def claims_essential(here: Suite) -> Verdict | None:
    """An essential claim for userinfo, without its scope; not to say it is a warning."""
    app = await here.relying_party()
    said = await app.userinfo(await app.signs_in(claims='{"userinfo":{"name":{"essential":true}}}'))
    return None if said.get("name") == CLAIMS["name"] else Verdict("warning", "without name")


@module("oidcc-refresh-token")
async def refresh_token(here: Suite) -> None:
    """A refresh token works for its client and for no other; the new ID token is about the same sign-in."""
    app, other = await here.relying_party(), await here.relying_party("rp2")
    tokens = [await refreshes(here, party) for party in (app, other)]
    failed(await app.token({"grant_type": "refresh_token", "refresh_token": tokens[1]}), "invalid_grant")


async def refreshes(here: Suite, app: Any) -> str:
    offline = "offline_access" in here.metadata["scopes_supported"]
    signed_in = await app.signs_in(**({"scope": "openid offline_access", "prompt": "consent"} if offline else {}))
    if "refresh_token" not in signed_in.tokens:
        assert "refresh_token" not in here.metadata["grant_types_supported"]
        raise Skipped("no refresh tokens")
    here.wait(1)
    tokens = succeeded(
        await app.token(
            {
                "grant_type": "refresh_token",
                "refresh_token": signed_in.tokens["refresh_token"],
                "scope": signed_in.tokens.get("scope", app.scope),
            }
        )
    )
    assert tokens["access_token"] != signed_in.tokens["access_token"]
    if "id_token" in tokens:
        _, claims = await app.verifies(tokens, None)
        for name in ("iss", "sub", "aud", "auth_time", "azp"):
            assert claims.get(name) == signed_in.claims.get(name), name
        assert claims["iat"] > signed_in.claims["iat"]
    await app.userinfo(replace(signed_in, tokens=tokens))
    return str(tokens.get("refresh_token", signed_in.tokens["refresh_token"]))


@module("oidcc-ensure-request-with-valid-pkce-succeeds")
async def valid_pkce(here: Suite) -> None:
    """PKCE with a client that also has a secret."""
    app = await here.relying_party()
    await app.signs_in(**app.challenged())
