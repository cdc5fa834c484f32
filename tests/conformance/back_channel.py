"""The back-channel logout plan (OpenID Connect Back-Channel Logout 1.0 §2.4, §2.5)."""

from __future__ import annotations

import asyncio
from typing import Any

from joserfc import jwt

from tests.browser.callbacks import Arrival as Call
from tests.conformance.browser import Arrival
from tests.conformance.logout import ends, is_signed_out, signed_in_at
from tests.conformance.relying_party import RelyingParty, SignedIn
from tests.conformance.suite import SIGNED_OUT, Suite, module

EVENT = "http://schemas.openid.net/event/backchannel-logout"
_PATIENCE_S = 10


@module("oidcc-backchannel-logout-discovery-endpoint-verification")
async def discovery(here: Suite) -> None:
    """Advertised, with sessions."""
    assert here.metadata["end_session_endpoint"].startswith("https://")
    assert here.metadata["backchannel_logout_supported"] is True
    assert here.metadata["backchannel_logout_session_supported"] is True


@module("oidcc-backchannel-rp-initiated-logout")
async def logout(here: Suite) -> None:
    """The app is told at its own address who signed out, in a token made for it."""
    app, signed_in = await signed_in_at(
        here,
        backchannel_logout_uri=f"{here.receiver.origin}/backchannel_logout",
        backchannel_logout_session_required=True,
    )
    where = await ends(app, id_token_hint=signed_in.id_token, post_logout_redirect_uri=SIGNED_OUT, state="st")
    assert where == Arrival(method="GET", address=SIGNED_OUT, query={"state": "st"}), where
    call = await called(here)
    assert (call.method, call.path, set(call.parameters)) == ("POST", "/backchannel_logout", {"logout_token"})
    token = jwt.decode(call.parameters["logout_token"], await app.keys(), algorithms=["RS256"])
    about(token.header, token.claims, app, signed_in)
    await is_signed_out(app)


async def called(here: Suite) -> Call:
    """The one call that arrives."""
    async with asyncio.timeout(_PATIENCE_S):
        while not here.receiver.arrived:  # noqa: ASYNC110  a thread appends to it
            await asyncio.sleep(0.02)
    return here.receiver.only()


def about(header: dict[str, Any], claims: dict[str, Any], app: RelyingParty, signed_in: SignedIn) -> None:
    """What a logout token must say, and must not."""
    assert header.get("typ", "logout+jwt").lower() == "logout+jwt"
    assert claims["iss"] == app.metadata["issuer"]
    assert claims["aud"] in (app.client_id, [app.client_id])
    assert abs(claims["iat"] - app.now()) < 60
    assert claims["iat"] < claims["exp"] <= claims["iat"] + 120
    assert claims["jti"]
    assert claims["events"] == {EVENT: {}}
    assert "nonce" not in claims
    assert claims["sid"] == signed_in.claims["sid"]
    assert claims.get("sub", signed_in.claims["sub"]) == signed_in.claims["sub"]
