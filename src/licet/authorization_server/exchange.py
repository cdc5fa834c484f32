"""What comes in and what may go out: the words between endpoints and ``web/``.

Endpoints take an ``Incoming`` and return one of the answers below; bytes, headers and templates are ``web/``'s.
"""

from __future__ import annotations

from typing import Any

import msgspec

from licet.ambient import Instant
from licet.authorization_server.views import View
from licet.protocol.parameters import Parameters


class Incoming(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One request, as far as the protocol cares."""

    method: str
    path: str
    """Below the issuer, beginning with a slash: ``/token``."""
    query: Parameters
    form: Parameters
    """Of a POST with ``application/x-www-form-urlencoded``; empty otherwise."""
    json: bytes = b""
    """The body where the endpoint takes JSON; empty otherwise."""
    authorization: str | None = None
    """The ``Authorization`` header, whole."""
    basic: tuple[str, str] | None = None
    """The id and the secret in it, where it is well-formed Basic."""
    cookies: dict[str, str] = {}
    accept: str = ""
    """The ``Accept`` header."""
    origin: str | None = None
    fetch_site: str | None = None
    """``Sec-Fetch-Site``, which browsers send and scripts cannot forge."""
    dpop: str | None = None
    certificate: bytes | None = None
    """The client's TLS certificate in DER, where the transport or a trusted proxy gave one."""
    named: tuple[str, ...] = ()
    """What stands in the path where the table of paths has names, in their order."""
    if_match: str | None = None
    if_none_match: str | None = None
    peer: str = ""
    """The network address that asked, after trusted proxies."""
    request_id: str = ""
    at: Instant = Instant(0)


class SetCookie(msgspec.Struct, frozen=True, gc=False):
    """A cookie to set; an empty value takes it away. ``web/cookies.py`` adds the attributes that guard it."""

    name: str
    value: str
    max_age_s: int | None = None
    """None: until the browser closes."""


class Json(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A JSON answer, never stored by anyone between."""

    body: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Problem(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A refusal as a problem document (RFC 9457), never stored by anyone between."""

    body: dict[str, Any]
    status: int
    headers: tuple[tuple[str, str], ...] = ()


class Jwt(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One signed token and nothing else, never stored by anyone between."""

    body: str
    media_type: str = "application/jwt"


class Redirect(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """303: go there with a GET (RFC 9700 §4.12)."""

    location: str
    cookies: tuple[SetCookie, ...] = ()


class FormPost(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A page that posts *fields* to *action* by itself, or by its button (OAuth 2.0 Form Post Response Mode §2)."""

    action: str
    fields: tuple[tuple[str, str], ...]
    app: str
    cookies: tuple[SetCookie, ...] = ()


class Page(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A page for a person; the view's class chooses the template."""

    view: View
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    cookies: tuple[SetCookie, ...] = ()


class Empty(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Nothing but a status."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()


class Document(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A public document that anyone may keep for a while: metadata, keys."""

    body: bytes
    max_age_s: int
    media_type: str = "application/json"


Answer = Json | Problem | Jwt | Redirect | FormPost | Page | Empty | Document
