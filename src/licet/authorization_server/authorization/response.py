"""The answer of the authorization endpoint, to where the addressee said (OAuth 2.1 §4.1.2, RFC 9207 §2).

After a GET a 303; after a POST a page of ours that moves on, because browsers hold ``form-action`` against every
hop after a form (rulings L); ``form_post`` posts.
"""

from __future__ import annotations

import msgspec

from licet.authorization_server.authorization.addressee import Addressee
from licet.authorization_server.exchange import Answer, FormPost, Page, Redirect, SetCookie
from licet.authorization_server.views import App, Return
from licet.protocol import redirect_uri
from licet.protocol.errors import Refusal

Pairs = tuple[tuple[str, str], ...]


class Way(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How the browser came here, which decides how it leaves."""

    after_post: bool = False
    login: str = ""
    cookies: tuple[SetCookie, ...] = ()


def granted(addressee: Addressee, code: str, issuer: str, app: App, way: Way) -> Answer:
    """The code, on its way to the client."""
    return _send(addressee, (("code", code),), issuer, app, way, allowed=True)


def refused(addressee: Addressee, refusal: Refusal, issuer: str, app: App, way: Way) -> Answer:
    """An error, on its way to the client (RFC 6749 §4.1.2.1)."""
    pairs = (
        ("error", refusal.error),
        ("error_description", refusal.description),
        ("error_uri", refusal.error_uri),
    )
    return _send(addressee, pairs, issuer, app, way, allowed=False)


def _send(addressee: Addressee, pairs: Pairs, issuer: str, app: App, way: Way, *, allowed: bool) -> Answer:
    if addressee.state is not None:
        pairs = (*pairs, ("state", addressee.state))
    pairs = (*pairs, ("iss", issuer))
    if addressee.response_mode == "form_post":
        return FormPost(action=addressee.redirect_uri, fields=pairs, app=app.name, cookies=way.cookies)
    location = redirect_uri.with_parameters(addressee.redirect_uri, pairs)
    if not way.after_post:
        return Redirect(location=location, cookies=way.cookies)
    view = Return(
        app=app,
        login=way.login,
        location=location,
        refresh=redirect_uri.kind(addressee.redirect_uri) != "private-use",
        allowed=allowed,
    )
    return Page(view=view, cookies=way.cookies)
