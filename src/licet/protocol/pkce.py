"""Proof Key for Code Exchange: who began is who redeems (RFC 7636).

S256 alone: ``plain`` protects nothing once the authorization request is seen (RFC 9700 §2.1.1).
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from hmac import compare_digest

from licet.protocol.errors import InvalidRequest
from licet.requirements import PKCE_CHALLENGE_WELL_FORMED, PKCE_S256_ONLY, PKCE_VERIFIER_CHECKED

METHOD = "S256"

_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")
"""32 bytes in base64url: the last of 43 letters carries four bits, so only sixteen may stand there."""


def make_verifier(random: bytes) -> str:
    """A verifier of *random*, 32 to 96 bytes (RFC 7636 §4.1)."""
    if not 32 <= len(random) <= 96:  # noqa: PLR2004  43 to 128 letters
        raise ValueError("a verifier is made from 32 to 96 random bytes")
    return urlsafe_b64encode(random).rstrip(b"=").decode()


def challenge_of(verifier: str) -> str:
    """The challenge that *verifier* answers (RFC 7636 §4.2)."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def check_challenge(challenge: str, method: str | None) -> None:
    """Raise InvalidRequest unless *challenge* can be a SHA-256 and *method* says so (RFC 7636 §4.3).

    A missing method means ``plain`` there, and ``plain`` is refused here.
    """
    if method != METHOD:
        raise InvalidRequest("code_challenge_method must be S256", per=PKCE_S256_ONLY)
    if _CHALLENGE.fullmatch(challenge) is None:
        raise InvalidRequest("code_challenge is not the base64url of a SHA-256", per=PKCE_CHALLENGE_WELL_FORMED)


def check_verifier(verifier: str) -> None:
    """Raise InvalidRequest unless *verifier* is 43 to 128 unreserved characters (RFC 7636 §4.1)."""
    if _VERIFIER.fullmatch(verifier) is None:
        raise InvalidRequest("code_verifier is not 43 to 128 unreserved characters", per=PKCE_VERIFIER_CHECKED)


def verify(verifier: str, challenge: str) -> bool:
    """Whether *verifier* is what *challenge* was made of (RFC 7636 §4.6), in constant time."""
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return compare_digest(challenge_of(verifier).encode(), challenge.encode())
