"""HTTP Basic as OAuth means it: both halves form-encoded first (RFC 6749 §2.3.1).

Other readers take the halves as they are; ids and secrets that we make are the same in either reading.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error
from urllib.parse import quote_plus, unquote_plus

_MAX_LENGTH = 4096
_FORM = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
_VISIBLE = re.compile(r"[\x20-\x7E]*")


def encode(client_id: str, client_secret: str) -> str:
    """The value of the ``Authorization`` header for a client that is *client_id*."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {b64encode(pair.encode()).decode()}"


def decode(authorization: str) -> tuple[str, str] | None:
    """The client's id and secret in an ``Authorization`` header; None if it is not well-formed Basic.

    The scheme may be written in any case, one space follows, base64 is canonical, and both halves are made of
    visible ASCII and spaces (RFC 6749 appendix A.1, A.2).
    """
    scheme, space, credentials = authorization.partition(" ")
    if scheme.lower() != "basic" or not space or len(credentials) > _MAX_LENGTH:
        return None
    try:
        raw = b64decode(credentials)
        if b64encode(raw) != credentials.encode("ascii"):  # other spellings, stray letters, bits that are thrown away
            return None
        client_id, colon, secret = raw.decode().partition(":")
        pair = _form_decoded(client_id), _form_decoded(secret)
    except (Error, UnicodeError, ValueError):
        return None
    return pair if colon and pair[0] else None


def _form_decoded(text: str) -> str:
    if text.isalnum() and text.isascii():  # as the ids and secrets are that most people have
        return text
    if _FORM.fullmatch(text) is None:
        raise ValueError("a percent sign with no byte after it")
    decoded = unquote_plus(text, errors="strict")
    if _VISIBLE.fullmatch(decoded) is None:
        raise ValueError("neither visible ASCII nor a space")
    return decoded
