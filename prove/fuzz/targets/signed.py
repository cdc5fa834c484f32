"""Promises of what is signed: JSON, keys, tokens; with claims that are well signed and still nonsense."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from licet.protocol import access_token, client_assertion, id_token
from licet.protocol.errors import InvalidClient, InvalidToken
from licet.protocol.jose import (
    InvalidJWT,
    SigningKey,
    VerifyingKey,
    header_of,
    key_set,
    parse,
    thumbprint,
    verify,
)
from licet.protocol.jose.strict_json import object_of
from prove.fuzz.targets.model import Target, text
from tests.protocol.forging import forge

NOW_S, ISSUER, CLIENT, API = 1_700_000_000, "https://id.example.com", "app", "https://api.example.com"
_PRIVATE = ec.derive_private_key(2**200 + 7, ec.SECP256R1())
_KEY = SigningKey(_PRIVATE, "ES256", "k1")
_KEYS = {"k1": _KEY.verifying()}
_ALL: frozenset[str | None] = frozenset({"at+jwt", "jwt", "client-authentication+jwt", None})


def _object(raw: bytes) -> dict[str, Any] | None:
    try:
        return object_of(raw)
    except InvalidJWT:
        return None


def json_object(raw: bytes) -> None:
    """One reading for everybody, and the same when written again; or refused."""
    value = _object(raw)
    if value is None:
        return

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    assert json.loads(raw.decode(), object_pairs_hook=once) == value
    assert object_of(json.dumps(value).encode()) == value


def key(raw: bytes) -> None:
    """A key that says what it is for, or refused; alone and in a set."""
    for document in (raw, b'{"keys":[' + raw + b"]}"):
        with suppress(InvalidJWT):
            assert all(one.algs for one in key_set(document))
    jwk = _object(raw)
    if jwk is None:
        return
    with suppress(InvalidJWT):
        assert len(thumbprint(jwk)) == 43
    try:
        loaded = VerifyingKey.from_jwk(jwk)
    except InvalidJWT:
        return
    assert loaded.algs
    assert not {"d", "p", "q", "k"} & jwk.keys()
    assert not any(loaded.verify(alg, b"x", bytes(64)) for alg in ("ES256", "RS256", "PS256", "EdDSA", "none"))


def token(raw: bytes) -> None:
    """No bytes are a token that we signed, but those we signed: every change is seen."""
    said = text(raw)
    with suppress(InvalidJWT):
        parse(said)
    with suppress(InvalidJWT):
        header_of(said)
    try:
        claims = verify(said, _KEYS, frozenset({"ES256"}), _ALL)
    except InvalidJWT:
        return
    assert said in _SIGNED, claims


def access_claims(raw: bytes) -> None:
    """Well signed: good for this API and this hour as any reader of JSON reads it, or refused."""
    signed = _forged("at+jwt", raw)
    try:
        access_token.check(signed, _KEYS, issuer=ISSUER, audience=API, now_s=NOW_S)
    except InvalidToken:
        return
    claims = json.loads(raw)
    assert claims["iss"] == ISSUER
    assert API in ([claims["aud"]] if isinstance(claims["aud"], str) else claims["aud"])
    assert isinstance(claims["sub"], str)
    assert isinstance(claims["client_id"], str)
    assert isinstance(claims["jti"], str)
    assert claims["exp"] > NOW_S
    assert claims["iat"] < claims["exp"]
    assert claims["iat"] <= NOW_S + 60


def id_claims(raw: bytes) -> None:
    """Well signed: for this client and this request, or refused."""
    signed = _forged("JWT", raw)
    try:
        id_token.check(
            signed, _KEYS, issuer=ISSUER, client_id=CLIENT, algs=frozenset({"ES256"}), nonce="n", now_s=NOW_S
        )
    except InvalidJWT:
        return
    claims = json.loads(raw)
    assert claims["aud"] in (CLIENT, [CLIENT])
    assert (claims["iss"], claims["nonce"]) == (ISSUER, "n")
    assert "events" not in claims


def assertion_claims(raw: bytes) -> None:
    """Well signed: about its maker, for the issuer alone, for ten minutes at most; or refused."""
    signed = _forged("client-authentication+jwt", raw)
    client_assertion.peek_client_id(signed)
    try:
        checked = client_assertion.check(signed, _KEYS, client_id=CLIENT, issuer=ISSUER, now_s=NOW_S)
    except InvalidClient:
        return
    claims = json.loads(raw)
    assert (claims["iss"], claims["sub"], claims["aud"]) == (CLIENT, CLIENT, ISSUER)
    assert NOW_S < claims["exp"] == checked.expires_at_s <= NOW_S + 600
    assert len(checked.jti_key) == 32


def _forged(typ: str, payload: bytes) -> str:
    return forge(_PRIVATE, {"alg": "ES256", "kid": "k1", "typ": typ}, payload)


_ACCESS = {
    "iss": ISSUER,
    "sub": "s",
    "aud": API,
    "client_id": CLIENT,
    "jti": "j",
    "iat": NOW_S,
    "exp": NOW_S + 600,
    "scope": "read",
    "cnf": {"jkt": "x"},
    "nbf": NOW_S,
    "amr": ["pwd"],
}
_ID = {"iss": ISSUER, "sub": "s", "aud": CLIENT, "iat": NOW_S, "exp": NOW_S + 600, "nonce": "n", "auth_time": NOW_S}
_ASSERTION = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "j", "iat": NOW_S, "exp": NOW_S + 60}
_SIGNED = tuple(
    _KEY.sign_jwt(typ, claims)
    for typ, claims in (("at+jwt", _ACCESS), ("JWT", _ID), ("client-authentication+jwt", _ASSERTION))
)
_RFC_7515_A3 = (
    b"eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
    b"fQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
_RFC_8037_A2 = b'{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'

TARGETS = {
    "json": Target(
        json_object,
        (b'{"a":[1,-2.5e3,null,true,"\\u00e9\\n"],"b":{"c":{}}}', b'{"a":1,"a":2}', b'{"a":"\\ud83d\\ude00"}', b"{} "),
    ),
    "jwk": Target(key, (json.dumps(_KEY.public_jwk()).encode(), _RFC_8037_A2, b'{"kty":"RSA","n":"AQ","e":"AQAB"}')),
    "jws": Target(token, (*(one.encode() for one in _SIGNED), _RFC_7515_A3)),
    "access_token": Target(access_claims, (json.dumps(_ACCESS).encode(), b'{"aud":["a","b"]}')),
    "id_token": Target(id_claims, (json.dumps(_ID).encode(), b'{"events":{}}')),
    "client_assertion": Target(assertion_claims, (json.dumps(_ASSERTION).encode(), b'{"aud":["x"]}')),
}
