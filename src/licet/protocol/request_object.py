"""Request objects by value: an authorization request that its client signed (RFC 9101; OpenID Connect Core §6).

That one is taken only once is the store's business; what it is remembered by is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import msgspec

from licet.protocol.errors import InvalidRequestObject, RequestNotSupported
from licet.protocol.jose import ALGORITHMS, InvalidJWT, SigningKey, VerifyingKey, base64url, claims, verify
from licet.protocol.jose.strict_json import object_of
from licet.requirements import REQUEST_OBJECT_ANSWERED, REQUEST_OBJECT_ONCE, REQUEST_OBJECT_SIGNED
from licet.requirements.model import Requirement

TYPE = "oauth-authz-req+jwt"
ANY_ALGORITHM = frozenset(ALGORITHMS)
MAX_LIFETIME_S = 3600
LIFETIME_S = 300
"""What our own clients ask for: a browser follows an address at once."""

_TYPES: frozenset[str | None] = frozenset({TYPE, "JWT", None})
_ABOUT_THE_TOKEN = frozenset({"iss", "aud", "exp", "nbf", "iat", "jti", "sub"})
"""Claims of the JWT itself; everything else is a parameter."""
_AHEAD_S = 60
_MAX_JTI = 256


class Checked(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request that its client signed."""

    pairs: tuple[tuple[str, str], ...]
    """The parameters inside, as they would stand in an address."""
    jti_key: bytes | None
    """What to remember it by, where it names itself: 32 bytes."""
    expires_at_s: int


def make(key: SigningKey, client_id: str, issuer: str, parameters: Mapping[str, Any], jti: str, now_s: int) -> str:
    """*parameters*, signed by *client_id* for *issuer*, good for five minutes."""
    said = {
        "iss": client_id,
        "aud": issuer,
        "iat": now_s,
        "exp": now_s + LIFETIME_S,
        "jti": jti,
        "client_id": client_id,
        **parameters,
    }
    return key.sign_jwt(TYPE, said)


def check(
    request: str,
    keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey],
    *,
    client_id: str,
    issuer: str,
    now_s: int,
    algs: frozenset[str] = ANY_ALGORITHM,
) -> Checked:
    """What *request* asks for, if *client_id* signed it for *issuer* (RFC 9101 §6.2, §6.3).

    Raises RequestNotSupported: unsigned. InvalidRequestObject: another signature, client, audience or kind of token;
    expired, or good for more than an hour; a request within the request; a value that is no parameter.
    """
    if _unsigned(request):
        raise RequestNotSupported("Request objects must be signed", per=REQUEST_OBJECT_ANSWERED)
    try:
        said = verify(request, keys, algs, _TYPES)
        _judge_parties(said, client_id, issuer)
        expires_at_s = _judge_times(said, now_s)
        pairs = tuple(
            pair for name, value in said.items() if name not in _ABOUT_THE_TOKEN for pair in _pairs(name, value)
        )
    except InvalidJWT as error:
        raise _refusal(error.reason, per=REQUEST_OBJECT_SIGNED) from error
    return Checked(pairs=pairs, jti_key=_jti_key(said), expires_at_s=expires_at_s)


def _unsigned(request: str) -> bool:
    """``alg`` none: a request object without a signature is a kind that is not taken, not a broken one."""
    try:
        return object_of(base64url.decode(request.partition(".")[0])).get("alg") == "none"
    except InvalidJWT:
        return False


def _judge_parties(said: Mapping[str, Any], client_id: str, issuer: str) -> None:
    if claims.text(said, "iss") != client_id or said.get("client_id", client_id) != client_id:
        raise InvalidJWT("must have the client as iss and client_id")
    if issuer not in claims.audience(said):
        raise InvalidJWT("must have the issuer in aud")
    if "sub" in said:  # a client assertion has one, and must not start anything (RFC 9101 §10.8)
        raise InvalidJWT("must not have a sub")
    if "request" in said or "request_uri" in said:
        raise InvalidJWT("must not hold another request")


def _judge_times(said: Mapping[str, Any], now_s: int) -> int:
    expires_at_s = claims.seconds(said, "exp")
    if now_s >= expires_at_s:
        raise InvalidJWT("is expired")
    if expires_at_s > now_s + MAX_LIFETIME_S:
        raise InvalidJWT("must expire within an hour")
    if max(claims.optional_seconds(said, name) or 0 for name in ("iat", "nbf")) > now_s + _AHEAD_S:
        raise InvalidJWT("is from the future")
    return expires_at_s


def _pairs(name: str, value: Any) -> tuple[tuple[str, str], ...]:
    """A member as parameters: text as it is, whole numbers in digits, ``claims`` as JSON, ``resource`` as often as named."""
    if type(value) is str:
        return ((name, value),)
    if type(value) is int:
        return ((name, str(value)),)
    if name == "claims" and type(value) is dict:
        return ((name, msgspec.json.encode(value).decode()),)
    if name == "resource" and type(value) is list and all(type(one) is str for one in value):
        return tuple((name, one) for one in value)
    raise InvalidJWT("has a member that is no parameter: texts and whole numbers are")


def _jti_key(said: Mapping[str, Any]) -> bytes | None:
    try:
        jti = claims.optional_text(said, "jti")
    except InvalidJWT as error:
        raise _refusal(error.reason, per=REQUEST_OBJECT_ONCE) from error
    if jti is not None and len(jti) > _MAX_JTI:
        raise _refusal("has a jti that is too long", per=REQUEST_OBJECT_ONCE)
    return None if jti is None else sha256(b"request-object\x00" + jti.encode()).digest()


def _refusal(reason: str, *, per: Requirement) -> InvalidRequestObject:
    return InvalidRequestObject(f"The request object {reason}", per=per)
