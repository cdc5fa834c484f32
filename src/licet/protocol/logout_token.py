"""Logout tokens: an issuer tells a client that a session is over, and how a client checks it (OpenID Connect Back-Channel
Logout §2.4, §2.6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from licet.protocol.jose import InvalidJWT, SigningKey, VerifyingKey, claims, verify

TYPE = "logout+jwt"
EVENT = "http://schemas.openid.net/event/backchannel-logout"
LIFETIME_S = 120
"""§2.4: two minutes at most."""

_TYPES: frozenset[str | None] = frozenset({TYPE})


class LogoutClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a good logout token says. Times are in seconds."""

    iss: str
    aud: str
    iat: int
    exp: int
    jti: str
    sub: str | None = None
    sid: str | None = None


def make(key: SigningKey, *, issuer: str, client_id: str, issued_at_s: int, jti: str, sub: str, sid: str) -> str:
    """A signed logout token for *client_id* alone: *sid* says which visit of *sub* is over. Never with a nonce."""
    said = {
        "iss": issuer,
        "sub": sub,
        "aud": client_id,
        "iat": issued_at_s,
        "exp": issued_at_s + LIFETIME_S,
        "jti": jti,
        "events": {EVENT: {}},
        "sid": sid,
    }
    return key.sign_jwt(TYPE, said)


def check(
    token: str,
    keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey],
    *,
    issuer: str,
    client_id: str,
    algs: frozenset[str],
    now_s: int,
    leeway_s: int = 60,
) -> LogoutClaims:
    """What *token* says, if *issuer* signed it for *client_id* alone, just now. Whether its ``jti`` was seen before is for
    the caller to remember.

    Raises InvalidJWT: of another type (an ID token above all), issuer, audience or algorithm; expired or of the future;
    about nobody; with a nonce; or with another event than the one.
    """
    said = verify(token, keys, algs, _TYPES)
    read = LogoutClaims(
        iss=claims.text(said, "iss"),
        aud=_only(claims.audience(said)),
        iat=claims.seconds(said, "iat"),
        exp=claims.seconds(said, "exp"),
        jti=claims.text(said, "jti"),
        sub=claims.optional_text(said, "sub"),
        sid=claims.optional_text(said, "sid"),
    )
    if read.iss != issuer:
        raise InvalidJWT("is from another issuer")
    if read.aud != client_id:
        raise InvalidJWT("is for another client")
    if now_s >= read.exp + leeway_s:
        raise InvalidJWT("is expired")
    if read.iat > now_s + leeway_s:
        raise InvalidJWT("is from the future")
    _about_an_ending(said, read)
    return read


def _only(audience: tuple[str, ...]) -> str:
    if len(audience) != 1:
        raise InvalidJWT("is for others too")
    return audience[0]


def _about_an_ending(said: Mapping[str, Any], read: LogoutClaims) -> None:
    if read.sub is None and read.sid is None:
        raise InvalidJWT("says of nobody that they signed out")
    if "nonce" in said:
        raise InvalidJWT("has a nonce, as only ID tokens have")
    events = said.get("events")
    if type(events) is not dict or type(events.get(EVENT)) is not dict:
        raise InvalidJWT("tells of no sign-out")
