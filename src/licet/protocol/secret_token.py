"""Secrets that we generate, in a form a scanner recognises: ``lctat_…``.

A prefix says what leaked; 32 random bytes in base62 are the secret; a checksum tells a real one from noise
offline, so that garbage never reaches the store. The checksum is no security: anyone can compute it.
JWT access tokens look like JWTs; opaque ones, codes, refresh tokens, secrets and cookies look like this.
"""

from __future__ import annotations

import re
from hashlib import sha256
from operator import mul
from zlib import crc32

PATTERN = re.compile(r"\blct[a-z]{2,3}_[0-9A-Za-z]{49}\b")
"""What a scanner looks for: every kind there is or will be, and a letter for the environment."""

RANDOM_BYTES = 32
"""What ``make`` takes: 256 bits, twice what RFC 6749 §10.10 demands of what is not guessed."""

DRAWN_FROM_BYTES = 64
"""What ``drawn`` takes."""

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""In ASCII order, so that strings of one length compare as the numbers they stand for."""
_PAYLOAD, _CHECKSUM = 43, 6
_DRAWS = (_ALPHABET.encode() * 5)[:256]
_NO_DRAW = bytes(range(4 * len(_ALPHABET), 256))
_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)
_DIGITS = bytes(max(_ALPHABET.find(chr(byte)), 0) for byte in range(256))
_WEIGHTS = tuple(62**place for place in reversed(range(_PAYLOAD)))
_CHUNK = 62**8


def make(kind: str, random: bytes) -> str:
    """The secret that *random* (32 bytes) stands for, as text of *kind*: ``at``, ``rt``, ``cs``, ``ac`` and so on."""
    if len(random) != RANDOM_BYTES:
        raise ValueError("a secret is made from 32 random bytes")
    body = f"lct{kind}_{_base62(int.from_bytes(random))}"
    return body + _checksum(body)


def drawn(kind: str, random: bytes) -> str:
    """A secret of *kind* whose digits are drawn from *random* (64 bytes), each as likely; 1 µs instead of 7.

    A byte gives a digit if it is below 248, four times 62. The one case in fifty that stands for no 32 bytes, and the
    one in 10^17 in which too few are left, are made the other way.
    """
    if len(random) != DRAWN_FROM_BYTES:
        raise ValueError("a secret is drawn from 64 random bytes")
    digits = random.translate(_DRAWS, _NO_DRAW)[-_PAYLOAD:].decode()
    if len(digits) < _PAYLOAD or digits > _LARGEST:
        return make(kind, sha256(random).digest())
    body = f"lct{kind}_{digits}"
    return body + _checksum(body)


def well_formed(kind: str, token: str) -> bool:
    """Whether *token* could be ours: right kind, form and checksum. Costs about a microsecond."""
    start = len(kind) + 4
    end = start + _PAYLOAD
    return (
        len(token) == end + _CHECKSUM
        and token.startswith(f"lct{kind}_")
        and token.isascii()
        and token[start:].isalnum()
        and token[start:end] <= _LARGEST
        and _checksum(token[:end]) == token[end:]
    )


def payload(kind: str, token: str) -> bytes | None:
    """The 32 bytes inside *token*; None where it is malformed, of another kind or mistyped."""
    if not well_formed(kind, token):
        return None
    start = len(kind) + 4
    digits = token[start : start + _PAYLOAD].encode().translate(_DIGITS)
    number: int = sum(map(mul, digits, _WEIGHTS))
    return number.to_bytes(RANDOM_BYTES)


def _base62(number: int) -> str:
    """43 digits: eight at a time, so that only five of the divisions are of long numbers."""
    pairs: list[str] = []
    for _ in range(5):
        number, chunk = divmod(number, _CHUNK)
        for _ in range(4):
            chunk, pair = divmod(chunk, 3844)
            pairs.append(_PAIRS[pair])
    high, low = divmod(number, 3844)
    pairs += (_PAIRS[low], _ALPHABET[high])
    pairs.reverse()
    return "".join(pairs)


def _checksum(body: str) -> str:
    high, low = divmod(crc32(body.encode()), 3844)
    high, middle = divmod(high, 3844)
    return _PAIRS[high] + _PAIRS[middle] + _PAIRS[low]


_LARGEST = _base62(2**256 - 1)
"""43 digits reach a little past 256 bits; what lies beyond stands for no bytes."""
