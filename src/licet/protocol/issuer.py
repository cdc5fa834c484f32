"""Issuer identifiers: which are acceptable, where their metadata is, and comparing them (RFC 8414 §2, §3; RFC 9207).

An issuer is a string. It is compared letter by letter and never taken from a request.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from licet.protocol.redirect_uri import is_host

OAUTH = "/.well-known/oauth-authorization-server"
OPENID = "/.well-known/openid-configuration"

_ISSUER = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]+)*)"
)
_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
_MAX_LENGTH = 255
_MAX_PORT = 65535


def matches(expected: str, received: str | None) -> bool:
    """Whether *received*, an ``iss`` parameter or the ``issuer`` of a document, is *expected* (RFC 9207 §2.4)."""
    return received == expected


def acceptable(url: str, *, development: bool = False) -> str | None:
    """Why an authorization server may not be called *url*, in words; None if it may (RFC 8414 §2).

    Of our own issuers: one spelling, no trailing slash, a path of plain segments. ``http`` only in development,
    and only at a loopback address.
    """
    read = _ISSUER.fullmatch(url)
    if read is None or len(url) > _MAX_LENGTH:
        return (
            "is not https://host, perhaps with a port and a path of plain segments: "
            "no user, query, fragment, capital letters in the host, or trailing slash"
        )
    if not is_host(read["host"]) or int(read["port"] or 1) > _MAX_PORT:
        return "has a host or a port that is none"
    if any(segment in {".", ".."} for segment in read["path"].split("/")):
        return "has a path with dot segments"
    if read["scheme"] == "http" and not (development and read["host"] in _LOOPBACK):
        return "is http; only a development server at 127.0.0.1, [::1] or localhost may be"
    return None


def well_known_paths(issuer: str) -> tuple[str, ...]:
    """Every path at which *issuer*'s metadata may be looked for, most usual first.

    RFC 8414 §3 puts the well-known segment before the issuer's path, OpenID Connect Discovery §4 behind it; clients
    do either with either name.
    """
    path = urlsplit(issuer).path.rstrip("/")
    return tuple(dict.fromkeys((OAUTH + path, path + OPENID, OPENID + path, path + OAUTH)))
