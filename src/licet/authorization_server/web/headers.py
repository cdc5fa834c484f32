"""Headers that never change, encoded once, and the check for those that do.

The pages' content policies are beside the templates, in ``pages.py``.
"""

from __future__ import annotations

import re
from typing import Final

from licet.authorization_server.web.asgi import Headers
from licet.authorization_server.web.pages import CSP, FORM_POST_CSP

EVERYWHERE: Final[Headers] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
HSTS: Final[Headers] = ((b"strict-transport-security", b"max-age=31536000; includeSubDomains"),)
"""One year (ASVS 5.0.0 §3.4.1). Only of an https issuer: on loopback it would lock other programs out."""

NOT_STORED: Final[Headers] = ((b"cache-control", b"no-store"), (b"pragma", b"no-cache"))
"""RFC 6749 §5.1."""

JSON: Final[Headers] = ((b"content-type", b"application/json"), *NOT_STORED)

_HTML: Final[Headers] = (
    (b"content-type", b"text/html; charset=utf-8"),
    *NOT_STORED,
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
PAGE: Final[Headers] = (*_HTML, (b"content-security-policy", CSP.encode("ascii")))
FORM_POST: Final[Headers] = (*_HTML, (b"content-security-policy", FORM_POST_CSP.encode("ascii")))

ASSET: Final[Headers] = ((b"cross-origin-resource-policy", b"same-origin"),)

_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE: Final = re.compile(r"[ !-~]*")
_LOCATION: Final = re.compile(r"[!-~]+")


def header(name: str, value: str) -> tuple[bytes, bytes]:
    """Encode one header. Raises ValueError: anything that could end the line (RFC 9110 §5.5)."""
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ValueError(f"header {name!r} cannot be written")
    return name.lower().encode("ascii"), value.encode("ascii")


def location(address: str) -> tuple[bytes, bytes]:
    """Encode ``Location``. Raises ValueError: anything but visible ASCII, where a reader might see another address."""
    if not _LOCATION.fullmatch(address):
        raise ValueError("the address to redirect to cannot be written into a header")
    return b"location", address.encode("ascii")
