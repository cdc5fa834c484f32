"""Client assertions: a client proves who it is by signing something short-lived (RFC 7523 §2.2, §3; RFC 10070).

The audience is the issuer and nothing else, so that what one server was shown is no use at another (rulings K).
That an assertion is good once is the store's business; what it is remembered by is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from licet.protocol.errors import InvalidClient
from licet.protocol.jose import (
    ALGORITHMS,
    InvalidJWT,
    SigningKey,
    Unverified,
    VerifyingKey,
    claims,
    header_of,
    parse,
    verify,
)
from licet.requirements import (
    ASSERTION_ABOUT_ITSELF,
    ASSERTION_AUDIENCE_IS_ISSUER,
    ASSERTION_SHORT_LIVED,
    ASSERTION_SIGNED,
    ASSERTION_WELL_FORMED,
)
from licet.requirements.model import Requirement

TYPE = "client-authentication+jwt"
ANY_ALGORITHM = frozenset(ALGORITHMS)
MAX_LIFETIME_S = 600
LIFETIME_S = 60
"""What our own clients ask for: a request takes seconds."""

_TYPES: frozenset[str | None] = frozenset({TYPE, "jwt", None})
_AHEAD_S = 60
"""How far a client's clock may be ahead of ours."""
_MAX_JTI = 256


class Checked(msgspec.Struct, frozen=True, gc=False):
    """An assertion that proves who its client is, unless it was seen before."""

    jti_key: bytes
    """What to remember it by, together with the issuer and the client: 32 bytes."""
    expires_at_s: int


def make(key: SigningKey, client_id: str, issuer: str, jti: str, now_s: int) -> str:
    """An assertion by *client_id* for *issuer*, good for a minute."""
    said = {
        "iss": client_id,
        "sub": client_id,
        "aud": issuer,
        "jti": jti,
        "iat": now_s,
        "exp": now_s + LIFETIME_S,
    }
    return key.sign_jwt(TYPE, said)


def peek_client_id(assertion: str) -> str | None:
    """Whom *assertion* claims to be, to find the keys by; None if it does not say. Nothing is proven yet."""
    try:
        return claims.text(parse(assertion).payload, "sub")
    except InvalidJWT:
        return None


def peek_kid(assertion: str) -> str | None:
    """Which key *assertion* claims to be signed with, if it says; nothing is proven yet."""
    try:
        return header_of(assertion).kid
    except InvalidJWT:
        return None


def check(
    assertion: str,
    keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey],
    *,
    client_id: str,
    issuer: str,
    now_s: int,
    accepted_audiences: frozenset[str] | None = None,
    algs: frozenset[str] = ANY_ALGORITHM,
) -> Checked:
    """Decide whether *assertion* proves that its sender is *client_id* (RFC 7523 §3, RFC 10070).

    *accepted_audiences* is the issuer alone, unless a waiver adds older ones; only then may ``aud`` be a list.

    Raises InvalidClient, saying what is wrong: who reads it made the assertion.
    """
    parsed = _parsed(assertion)
    try:
        said = verify(assertion, keys, algs, _TYPES)
    except InvalidJWT as error:
        raise _refusal(error.reason, per=ASSERTION_SIGNED) from error
    _judge_parties(said, client_id)
    _judge_audience(said, issuer, accepted_audiences or frozenset([issuer]))
    expires_at_s = _judge_times(said, now_s)
    return Checked(_jti_key(said, parsed.signing_input), expires_at_s)


def _parsed(assertion: str) -> Unverified:
    try:
        parsed = parse(assertion)
    except InvalidJWT as error:
        raise _refusal(error.reason, per=ASSERTION_WELL_FORMED) from error
    if parsed.header.typ not in _TYPES:
        raise _refusal("is of another type than client-authentication+jwt", per=ASSERTION_WELL_FORMED)
    return parsed


def _judge_parties(said: Mapping[str, Any], client_id: str) -> None:
    if said.get("iss") != client_id or said.get("sub") != client_id:
        raise _refusal("must have the client_id as iss and as sub", per=ASSERTION_ABOUT_ITSELF)


def _judge_audience(said: Mapping[str, Any], issuer: str, accepted: frozenset[str]) -> None:
    aud = said.get("aud")
    if type(aud) is str and aud in accepted:
        return
    # A list lets one assertion open several servers, so it needs the same waiver as the older audiences.
    if accepted != {issuer} and type(aud) is list and any(type(one) is str and one in accepted for one in aud):
        return
    raise _refusal("must have the issuer, as one string, as aud", per=ASSERTION_AUDIENCE_IS_ISSUER)


def _judge_times(said: Mapping[str, Any], now_s: int) -> int:
    try:
        expires_at_s = claims.seconds(said, "exp")
        begins_s = [claims.optional_seconds(said, name) or 0 for name in ("iat", "nbf")]
    except InvalidJWT as error:
        raise _refusal(error.reason, per=ASSERTION_SHORT_LIVED) from error
    if now_s >= expires_at_s:
        raise _refusal("is expired", per=ASSERTION_SHORT_LIVED)
    if expires_at_s > now_s + MAX_LIFETIME_S:
        raise _refusal("must expire within ten minutes", per=ASSERTION_SHORT_LIVED)
    if max(begins_s) > now_s + _AHEAD_S:
        raise _refusal("is from the future", per=ASSERTION_SHORT_LIVED)
    return expires_at_s


def _jti_key(said: Mapping[str, Any], signing_input: bytes) -> bytes:
    """What the assertion is remembered by: its ``jti``, or what was signed.

    Not the signature: anybody can turn one ECDSA signature into another that is as good, and use the assertion twice.
    """
    if "jti" not in said:
        return sha256(b"assertion\x00" + signing_input).digest()
    try:
        jti = claims.text(said, "jti")
    except InvalidJWT as error:
        raise _refusal(error.reason, per=ASSERTION_WELL_FORMED) from error
    if len(jti) > _MAX_JTI:
        raise _refusal("has a jti that is too long", per=ASSERTION_WELL_FORMED)
    return sha256(b"jti\x00" + jti.encode()).digest()


def _refusal(reason: str, *, per: Requirement) -> InvalidClient:
    return InvalidClient(f"client_assertion {reason}", per=per)
