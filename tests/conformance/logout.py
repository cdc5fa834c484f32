"""The RP-initiated logout plan (OpenID Connect RP-Initiated Logout 1.0 §2, §3)."""

from __future__ import annotations

from secrets import token_urlsafe
from urllib.parse import urlencode

from tests.conformance.basic import UNANSWERED
from tests.conformance.browser import Arrival, Shown
from tests.conformance.relying_party import RelyingParty, SignedIn, forged, unsigned
from tests.conformance.suite import SIGNED_OUT, Suite, module
from tests.conformance.verdict import Verdict


async def signed_in_at(here: Suite, **more: object) -> tuple[RelyingParty, SignedIn]:
    """Carol at an app that knows how to sign out."""
    app = await here.relying_party(**more)  # type: ignore[arg-type]
    return app, await app.signs_in()


async def ends(app: RelyingParty, **parameters: str) -> Arrival | Shown:
    """The browser at the end session endpoint; what is asked is answered with yes."""
    endpoint = app.metadata["end_session_endpoint"]
    return await app.browser.opens(f"{endpoint}?{urlencode(parameters)}" if parameters else endpoint)


async def is_signed_out(app: RelyingParty) -> None:
    """Nobody is there any more."""
    await app.fails(app.asks(prompt="none"), *UNANSWERED)


def goes_nowhere(app: RelyingParty, where: Arrival | Shown) -> Verdict:
    """The browser stays, whatever it agreed to; first it read an error or a question."""
    assert isinstance(where, Shown), f"the browser was sent to {where}"
    first = app.browser.shown[0]
    assert first.status == 400 or "logout-yes" in first.buttons, first
    return Verdict("review", f"“{first.title}”")


async def says_so(app: RelyingParty, where: Arrival | Shown) -> Verdict:
    """Carol reads that she has signed out, and she has."""
    assert isinstance(where, Shown), f"the browser was sent to {where}"
    assert where.status == 200 and "You have signed out" in where.text, where
    title = where.title
    await is_signed_out(app)
    return Verdict("review", f"“{title}”")


@module("oidcc-rp-initiated-logout-discovery-endpoint-verification")
async def discovery(here: Suite) -> None:
    """The endpoint is advertised."""
    assert here.metadata["end_session_endpoint"].startswith("https://")


@module("oidcc-rp-initiated-logout")
async def logout(here: Suite) -> None:
    """With hint, address and state: back at the app with the state and nothing else, and signed out."""
    app, signed_in = await signed_in_at(here)
    state = token_urlsafe(8)
    where = await ends(app, id_token_hint=signed_in.id_token, post_logout_redirect_uri=SIGNED_OUT, state=state)
    assert where == Arrival(method="GET", address=SIGNED_OUT, query={"state": state}), where
    await is_signed_out(app)


@module("oidcc-rp-initiated-logout-no-state")
async def no_state(here: Suite) -> None:
    """Without a state none comes back."""
    app, signed_in = await signed_in_at(here)
    where = await ends(app, id_token_hint=signed_in.id_token, post_logout_redirect_uri=SIGNED_OUT)
    assert where == Arrival(method="GET", address=SIGNED_OUT, query={}), where
    await is_signed_out(app)


@module("oidcc-rp-initiated-logout-bad-post-logout-redirect-uri")
async def bad_post_logout_redirect_uri(here: Suite) -> Verdict:
    """An address that is not registered."""
    app, signed_in = await signed_in_at(here)
    elsewhere = f"{SIGNED_OUT}/unregistered"
    where = await ends(app, id_token_hint=signed_in.id_token, post_logout_redirect_uri=elsewhere, state="st")
    return goes_nowhere(app, where)


@module("oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri")
async def query_added(here: Suite) -> Verdict:
    """The registered address with a query is another address."""
    app, signed_in = await signed_in_at(here)
    elsewhere = f"{SIGNED_OUT}?foo=bar"
    where = await ends(app, id_token_hint=signed_in.id_token, post_logout_redirect_uri=elsewhere, state="st")
    return goes_nowhere(app, where)


@module("oidcc-rp-initiated-logout-modified-id-token-hint")
async def modified_id_token_hint(here: Suite) -> Verdict:
    """A hint from which the signature was taken."""
    app, signed_in = await signed_in_at(here)
    hint = unsigned(signed_in.claims)
    return goes_nowhere(app, await ends(app, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state="st"))


@module("oidcc-rp-initiated-logout-bad-id-token-hint")
async def bad_id_token_hint(here: Suite) -> Verdict:
    """A hint that somebody else signed."""
    app, signed_in = await signed_in_at(here)
    hint = forged(signed_in.claims, signed_in.header["kid"])
    return goes_nowhere(app, await ends(app, id_token_hint=hint, post_logout_redirect_uri=SIGNED_OUT, state="st"))


@module("oidcc-rp-initiated-logout-no-id-token-hint")
async def no_id_token_hint(here: Suite) -> Verdict:
    """An address, and nobody knows whose."""
    app, _ = await signed_in_at(here)
    return goes_nowhere(app, await ends(app, post_logout_redirect_uri=SIGNED_OUT, state="st"))


@module("oidcc-rp-initiated-logout-no-params")
async def no_params(here: Suite) -> Verdict:
    """Nothing at all: signed out, and told so."""
    app, _ = await signed_in_at(here)
    return await says_so(app, await ends(app))


@module("oidcc-rp-initiated-logout-no-post-logout-redirect-uri")
async def no_post_logout_redirect_uri(here: Suite) -> Verdict:
    """A hint and nowhere to go: signed out, and told so."""
    app, signed_in = await signed_in_at(here)
    return await says_so(app, await ends(app, id_token_hint=signed_in.id_token, state="st"))


@module("oidcc-rp-initiated-logout-only-state")
async def only_state(here: Suite) -> Verdict:
    """A state for nobody: signed out, and told so."""
    app, _ = await signed_in_at(here)
    return await says_so(app, await ends(app, state="st"))
