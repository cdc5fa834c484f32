"""JWT access tokens: minting them and judging them (RFC 9068).

Judging here is what a signature and a clock can say. Whether the grant still lives is for introspection and for the
guard's feed of endings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidScope, InvalidToken
from licet.protocol.jose import ALGORITHMS, InvalidJWT, SigningKey, VerifyingKey, claims, verify
from licet.requirements import TOKEN_ACCEPTED_ONLY_VALID

TYPE = "at+jwt"
ANY_ALGORITHM = frozenset(ALGORITHMS)
MAX_LEEWAY_S = 60

_TYPES: frozenset[str | None] = frozenset({TYPE})
_AHEAD_S = 60
"""How far the issuer's clock may be ahead of ours."""
_CONFIRMATIONS = frozenset({"jkt", "x5t#S256"})
"""The ways a token may be bound to a key (RFC 9449 §6.1, RFC 8705 §3.1)."""


class AccessClaims(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a good access token says, by its claims' names (RFC 9068 §2.2). Times are in seconds."""

    iss: str
    sub: str
    aud: tuple[str, ...]
    client_id: str
    jti: str
    iat: int
    exp: int
    nbf: int = 0
    scope: tuple[str, ...] = ()
    grant_id: str | None = None
    """Names the grant without being worth anything; the feed of endings speaks of it."""
    sid: str | None = None
    auth_time: int | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()
    cnf: dict[str, str] | None = None
    """The key that whoever presents the token must prove to hold. None: nobody need."""


def make(
    key: SigningKey,
    *,
    issuer: str,
    subject: str,
    audience: tuple[str, ...],
    client_id: str,
    scope: tuple[str, ...],
    jti: str,
    issued_at_s: int,
    expires_at_s: int,
    grant_handle: str | None = None,
    sid: str | None = None,
    auth_time_s: int | None = None,
    acr: str = "",
    amr: tuple[str, ...] = (),
    cnf: Mapping[str, str] | None = None,
) -> str:
    """A signed access token. What is empty or None is left out; a single audience is a string."""
    if not audience:
        raise ValueError("an access token is for somebody")
    said: dict[str, Any] = {
        "iss": issuer,
        "sub": subject,
        "aud": audience[0] if len(audience) == 1 else audience,
        "client_id": client_id,
        "iat": issued_at_s,
        "exp": expires_at_s,
        "jti": jti,
    }
    if scope:
        said["scope"] = scopes.format(scope)
    if grant_handle is not None:
        said["grant_id"] = grant_handle
    if sid is not None:
        said["sid"] = sid
    if auth_time_s is not None:
        said["auth_time"] = auth_time_s
    if acr:
        said["acr"] = acr
    if amr:
        said["amr"] = amr
    if cnf is not None:
        said["cnf"] = cnf
    return key.sign_jwt(TYPE, said)


def check(
    token: str,
    keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey],
    *,
    issuer: str,
    audience: str | None,
    now_s: int,
    leeway_s: int = 0,
    algs: frozenset[str] = ANY_ALGORITHM,
) -> AccessClaims:
    """What *token* says, if *issuer* signed it for *audience* and it is of this hour (RFC 9068 §4).

    *audience* None is for the issuer itself, which knows its own tokens for whomever they are.

    Raises InvalidToken; its cause is UnknownKey where the keys may be out of date.
    """
    if not 0 <= leeway_s <= MAX_LEEWAY_S:
        raise ValueError("leeway is 0 to 60 seconds")
    try:
        read = _read(verify(token, keys, algs, _TYPES))
        _judge(read, issuer, audience, now_s, leeway_s)
    except InvalidJWT as error:
        raise InvalidToken(f"The access token {error.reason}", per=TOKEN_ACCEPTED_ONLY_VALID) from error
    return read


def _read(said: Mapping[str, Any]) -> AccessClaims:
    """Every claim that RFC 9068 §2.2 requires, and the others where they are there, each of its own type."""
    return AccessClaims(
        iss=claims.text(said, "iss"),
        sub=claims.text(said, "sub"),
        aud=claims.audience(said),
        client_id=claims.text(said, "client_id"),
        jti=claims.text(said, "jti"),
        iat=claims.seconds(said, "iat"),
        exp=claims.seconds(said, "exp"),
        nbf=claims.optional_seconds(said, "nbf") or 0,
        scope=_scope(said),
        grant_id=claims.optional_text(said, "grant_id"),
        sid=claims.optional_text(said, "sid"),
        auth_time=claims.optional_seconds(said, "auth_time"),
        acr=claims.optional_text(said, "acr") or "",
        amr=claims.texts(said, "amr"),
        cnf=_confirmation(said),
    )


def _judge(read: AccessClaims, issuer: str, audience: str | None, now_s: int, leeway_s: int) -> None:
    if read.iss != issuer:
        raise InvalidJWT("is from another issuer")
    if audience is not None and audience not in read.aud:
        raise InvalidJWT("is for another audience")
    if now_s >= read.exp + leeway_s:
        raise InvalidJWT("is expired")
    if max(read.iat, read.nbf) > now_s + _AHEAD_S or read.iat >= read.exp:
        raise InvalidJWT("is from the future, or over before it began")


def _scope(said: Mapping[str, Any]) -> tuple[str, ...]:
    text = claims.optional_text(said, "scope")
    try:
        return () if text is None else scopes.parse(text)
    except InvalidScope as error:
        raise InvalidJWT("has a scope that is none") from error


def _confirmation(said: Mapping[str, Any]) -> dict[str, str] | None:
    """The token's binding. One that is empty or unknown is refused: taken for none, it would open to anybody."""
    if "cnf" not in said:
        return None
    cnf = said["cnf"]
    if type(cnf) is not dict or not cnf or not _CONFIRMATIONS.issuperset(cnf):
        raise InvalidJWT("is bound to a key in a way that is not known")
    return {name: claims.text(cnf, name) for name in cnf}
