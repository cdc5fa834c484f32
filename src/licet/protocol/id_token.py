"""ID tokens: what an issuer says about a sign-in, and how a client checks it (OpenID Connect Core §2, §3.1.3.7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any

import msgspec

from licet.protocol.jose import ALGORITHMS, InvalidJWT, SigningKey, VerifyingKey, claims, header_of, left_half, verify

TYPE = "JWT"
ANY_ALGORITHM = frozenset(ALGORITHMS)

_TYPES: frozenset[str | None] = frozenset({TYPE, None})
_MAX_SUBJECT = 255


class IdClaims(msgspec.Struct, frozen=True, kw_only=True):
    """What a good ID token says, by its claims' names (OpenID Connect Core §2). Times are in seconds."""

    iss: str
    sub: str
    aud: tuple[str, ...]
    iat: int
    exp: int
    auth_time: int | None = None
    nonce: str | None = None
    acr: str = ""
    amr: tuple[str, ...] = ()
    sid: str | None = None
    said: dict[str, Any] = {}
    """Every claim as it was signed, those about the person included."""


def make(
    key: SigningKey,
    *,
    issuer: str,
    subject: str,
    client_id: str,
    issued_at_s: int,
    expires_at_s: int,
    auth_time_s: int | None,
    nonce: str | None,
    acr: str,
    amr: tuple[str, ...],
    sid: str | None,
    access_token: str | None = None,
    person: Mapping[str, Any] | None = None,
) -> str:
    """A signed ID token for *client_id* alone; with *access_token* it says which one came with it (``at_hash``).

    *person*: claims about them that were asked for here (§5.5); none of them can replace one of the sign-in's.
    """
    said: dict[str, Any] = {
        **(person or {}),
        "iss": issuer,
        "sub": subject,
        "aud": client_id,
        "iat": issued_at_s,
        "exp": expires_at_s,
    }
    if auth_time_s is not None:
        said["auth_time"] = auth_time_s
    if nonce is not None:
        said["nonce"] = nonce
    if acr:
        said["acr"] = acr
    if amr:
        said["amr"] = amr
    if sid is not None:
        said["sid"] = sid
    if access_token is not None:
        said["at_hash"] = left_half(key.alg, access_token)
    return key.sign_jwt(TYPE, said)


def check(
    token: str,
    keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey],
    *,
    issuer: str,
    client_id: str,
    algs: frozenset[str],
    nonce: str | None,
    now_s: int,
    leeway_s: int = 60,
    access_token: str | None = None,
    max_age_s: int | None = None,
) -> IdClaims:
    """What *token* says, if *issuer* signed it just now for *client_id* alone (OpenID Connect Core §3.1.3.7).

    *algs* is what the client registered for. *nonce*, *max_age_s*: what the request asked for; None where it did not.

    Raises InvalidJWT: another issuer, audience, algorithm, nonce or access token; expired or of the future; a
    sign-in that is older than asked for, or that does not say how old it is.
    """
    said = verify(token, keys, algs, _TYPES)
    read = _read(said, issuer)
    if read.aud != (client_id,) or said.get("azp", client_id) != client_id:
        raise InvalidJWT("is for another client, or for others too")
    if now_s >= read.exp + leeway_s:
        raise InvalidJWT("is expired")
    if read.iat > now_s + leeway_s:
        raise InvalidJWT("is from the future")
    if nonce is not None and not compare_digest((read.nonce or "").encode(), nonce.encode()):
        raise InvalidJWT("answers another request: its nonce is not ours")
    if access_token is not None:
        _belongs(said, header_of(token).alg, access_token)
    if max_age_s is not None and (read.auth_time is None or now_s > read.auth_time + max_age_s + leeway_s):
        raise InvalidJWT("is of a sign-in that is too old, or does not say how old it is")
    return read


def hinted(hint: str, keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey], *, issuer: str) -> IdClaims | None:
    """What an ID token that *issuer* gave to one client says, expired or not (rulings S); None if it is none.

    RP-Initiated Logout §2: who asks to sign somebody out need not be known otherwise.
    """
    try:
        read = _read(verify(hint, keys, ANY_ALGORITHM, _TYPES), issuer)
    except InvalidJWT:
        return None
    return read if len(read.aud) == 1 else None


def hinted_subject(
    hint: str, keys: Mapping[str, VerifyingKey] | Sequence[VerifyingKey], *, issuer: str, client_id: str
) -> str | None:
    """The subject of an ID token that *issuer* gave to *client_id*, expired or not (rulings S); None if it did not."""
    try:
        read = _read(verify(hint, keys, ANY_ALGORITHM, _TYPES), issuer)
    except InvalidJWT:
        return None
    return read.sub if client_id in read.aud else None


def _read(said: dict[str, Any], issuer: str) -> IdClaims:
    if "events" in said:
        raise InvalidJWT("is a logout token")
    read = IdClaims(
        iss=claims.text(said, "iss"),
        sub=claims.text(said, "sub"),
        aud=claims.audience(said),
        iat=claims.seconds(said, "iat"),
        exp=claims.seconds(said, "exp"),
        auth_time=claims.optional_seconds(said, "auth_time"),
        nonce=claims.optional_text(said, "nonce"),
        acr=claims.optional_text(said, "acr") or "",
        amr=claims.texts(said, "amr"),
        sid=claims.optional_text(said, "sid"),
        said=said,
    )
    if read.iss != issuer:
        raise InvalidJWT("is from another issuer")
    if len(read.sub) > _MAX_SUBJECT:
        raise InvalidJWT("has a sub that is too long")
    return read


def _belongs(said: Mapping[str, Any], alg: str, access_token: str) -> None:
    """Refuse an access token that did not come with this ID token, where the ID token says which one did."""
    expected = claims.optional_text(said, "at_hash")
    if expected is not None and not compare_digest(left_half(alg, access_token).encode(), expected.encode()):
        raise InvalidJWT("came with another access token")
