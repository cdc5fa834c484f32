"""Bytes into parameters: query, form and cookies, strictly (RFC 6749 appendix B, OAuth 2.1 §3.2).

Strict means: UTF-8 that is well-formed, escapes that are complete, no NUL, a bounded number of fields. Whatever two
readers could read differently is refused here, so that no check behind sees another text than the one that is used.
"""

from __future__ import annotations

import re
from typing import Final

from licet.protocol.errors import InvalidRequest
from licet.protocol.parameters import Parameters
from licet.requirements import (
    ADMINISTRATION_WELL_FORMED,
    FORM_ENCODED_POST,
    REGISTRATION_WELL_FORMED,
    REQUEST_SIZE_BOUNDED,
)

FIELDS: Final = 64
"""The longest request of the protocol has about thirty."""

MEDIA_TYPE: Final = b"application/x-www-form-urlencoded"

_COOKIE_PREFIXES: Final = ("__Host-licet-", "licet-")
"""Only ours are read, so that a neighbour on the same host cannot crowd them out."""

_HEX: Final = "0123456789abcdefABCDEF"
_OCTETS: Final = {a + b: bytes([int(a + b, 16)]) for a in _HEX for b in _HEX if a + b != "00"}
_ASCII: Final = {pair: octet.decode() for pair, octet in _OCTETS.items() if octet < b"\x80"}

_CHARSET: Final = re.compile(rb";\s*charset\s*=\s*\"?utf-?8\"?\s*", re.IGNORECASE)


def parameters(encoded: bytes) -> Parameters:
    """Read ``name=value&…``, of a query or a body. Raises InvalidRequest: not UTF-8, a bad escape, NUL, too many."""
    if not encoded:
        return Parameters()
    if encoded.count(b"&") >= FIELDS:
        raise InvalidRequest(f"There are more than {FIELDS} parameters", per=REQUEST_SIZE_BOUNDED)
    try:
        text = encoded.decode()
        if "\0" in text:
            raise _malformed()
        # A raw space is taken for what it is: somebody pasted an address that nothing had encoded.
        pairs = [field.partition("=")[::2] for field in text.replace("+", " ").split("&") if field]
        if "%" in text:
            pairs = [
                (_unescape(name) if "%" in name else name, _unescape(value) if "%" in value else value)
                for name, value in pairs
            ]
        return Parameters(pairs)
    except (UnicodeDecodeError, KeyError):
        raise _malformed() from None


def form(body: bytes, content_type: bytes | None) -> Parameters:
    """Read the body of a POST. Raises InvalidRequest: another media type (JSON above all), another charset."""
    if content_type is None:
        if body:
            raise _not_a_form()
    elif content_type != MEDIA_TYPE:
        media_type, separator, _ = content_type.partition(b";")
        if media_type.strip().lower() != MEDIA_TYPE:
            raise _not_a_form()
        if separator and not _CHARSET.fullmatch(content_type[len(media_type) :]):
            raise _not_a_form()
    return parameters(body)


def json(body: bytes, content_type: bytes | None) -> bytes:
    """Let through the body of a request to an endpoint that takes JSON. Raises InvalidRequest: another media type."""
    if not _is_json(content_type):
        raise InvalidRequest("Send the metadata as application/json in UTF-8", per=REGISTRATION_WELL_FORMED)
    return body


def described(body: bytes, content_type: bytes | None) -> bytes:
    """Let through what describes an object of the admin API. Raises InvalidRequest: another media type."""
    if not _is_json(content_type):
        raise InvalidRequest("Send the object as application/json in UTF-8", per=ADMINISTRATION_WELL_FORMED)
    return body


def _is_json(content_type: bytes | None) -> bool:
    return content_type is not None and content_type.partition(b";")[0].strip().lower() == b"application/json"


def cookies(header: bytes | None) -> dict[str, str]:
    """Read our own cookies (RFC 6265 §5.4). Of two with one name neither counts: someone planted one of them."""
    if header is None:
        return {}
    ours: dict[str, str] = {}
    twice: set[str] = set()
    for pair in header.decode("latin-1").split(";"):
        name, equals, value = pair.strip().partition("=")
        if equals and name.startswith(_COOKIE_PREFIXES):
            if name in ours:
                twice.add(name)
            ours[name] = value
    for name in twice:
        del ours[name]
    return ours


def _unescape(text: str) -> str:
    """Replace ``%XX``. Raises KeyError: not two hexadecimal digits, or NUL. UnicodeDecodeError: not UTF-8."""
    head, *pieces = text.split("%")
    try:
        return head + "".join([_ASCII[piece[:2]] + piece[2:] for piece in pieces])
    except KeyError:  # a letter outside ASCII, whose bytes must be put together first
        return b"".join([head.encode(), *(_OCTETS[piece[:2]] + piece[2:].encode() for piece in pieces)]).decode()


def _malformed() -> InvalidRequest:
    return InvalidRequest("The parameters are not well-formed UTF-8 in URL encoding", per=FORM_ENCODED_POST)


def _not_a_form() -> InvalidRequest:
    return InvalidRequest("Send the parameters as application/x-www-form-urlencoded in UTF-8", per=FORM_ENCODED_POST)
