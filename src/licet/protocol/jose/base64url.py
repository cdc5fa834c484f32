"""Base64url without padding, in the one spelling that each run of bytes has (RFC 7515 §2)."""

from __future__ import annotations

from binascii import Error, a2b_base64, b2a_base64

from licet.protocol.jose.model import InvalidJWT

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")
"""The other alphabet and padding become what no alphabet has."""
_LAST = {0: frozenset(range(256)), 2: frozenset(b"AQgw"), 3: frozenset(b"AEIMQUYcgkosw048")}
"""By the length's remainder: what may stand last, so that no bit is thrown away and no token has a twin."""
_PADDING = (b"", b"", b"==", b"=")


def encode(raw: bytes) -> bytes:
    """*raw* in base64url."""
    return b2a_base64(raw, newline=False).translate(_TO_URL).rstrip(b"=")


def decode(text: str) -> bytes:
    """The bytes of *text*; raises InvalidJWT for padding, white space, ``+``, ``/`` and bits to spare."""
    remainder = len(text) % 4
    try:
        raw = text.encode("ascii")
        if raw and raw[-1] not in _LAST[remainder]:
            raise InvalidJWT("is not base64url as anybody writes it")
        return a2b_base64(raw.translate(_FROM_URL) + _PADDING[remainder], strict_mode=True)
    except (Error, KeyError, UnicodeEncodeError) as error:
        raise InvalidJWT("is not base64url") from error
