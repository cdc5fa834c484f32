"""Public keys as JSON (RFC 7517, RFC 7638, RFC 8037), and private ones that sign."""

from __future__ import annotations

import json
import warnings
from typing import Any

import joserfc.jwk
import joserfc.jwt
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import jose
from licet.protocol.jose import InvalidJWT, SigningKey, VerifyingKey
from tests.protocol.forging import b64

# RFC 7638 §3.1
RSA = {
    "kty": "RSA",
    "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3"
    "oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6"
    "qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJ"
    "zKnqDKgw",
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
# RFC 7517 appendix A.1
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
    "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
    "kid": "1",
}
# RFC 8037 appendix A.2
OKP = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


def test_thumbprints_of_the_rfcs() -> None:
    assert jose.thumbprint(RSA) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
    assert jose.thumbprint(OKP) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


@pytest.mark.parametrize("jwk", [RSA, EC, OKP])
def test_a_thumbprint_is_of_what_makes_the_key(jwk: dict[str, Any]) -> None:
    assert jose.thumbprint(jwk) == joserfc.jwk.import_key(jwk).thumbprint()
    assert jose.thumbprint(dict(reversed(jwk.items())) | {"use": "sig", "x5t": "x"}) == jose.thumbprint(jwk)


@pytest.mark.parametrize("jwk", [{}, {"kty": "oct", "k": "AA"}, {"kty": ["RSA"]}, {"kty": "RSA", "n": 5, "e": "AQAB"}])
def test_what_is_no_key_has_no_thumbprint(jwk: dict[str, Any]) -> None:
    with pytest.raises(InvalidJWT):
        jose.thumbprint(jwk)


def test_the_signature_of_rfc_8037() -> None:
    signing_input, _, signature = (
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    ).rpartition(".")
    key = VerifyingKey.from_jwk(OKP)
    raw = jose.base64url.decode(signature)
    assert key.verify("EdDSA", signing_input.encode(), raw)
    assert key.verify("Ed25519", signing_input.encode(), raw)
    assert not key.verify("EdDSA", signing_input.encode() + b" ", raw)


@pytest.mark.parametrize(
    ("jwk", "algs"),
    [
        (RSA, {"RS256"}),
        (RSA | {"alg": "PS256"}, {"PS256"}),
        ({k: v for k, v in RSA.items() if k != "alg"}, {"RS256", "PS256"}),
        (EC, {"ES256"}),
        (EC | {"use": "sig", "key_ops": ["verify"], "alg": "ES256"}, {"ES256"}),
        (OKP, {"EdDSA", "Ed25519"}),
        (OKP | {"alg": "Ed25519"}, {"Ed25519"}),
        (EC | {"x5c": ["never looked at"], "jku": "https://evil.example"}, {"ES256"}),
    ],
)
def test_a_key_is_for_what_it_says_or_what_its_type_can(jwk: dict[str, Any], algs: set[str]) -> None:
    key = VerifyingKey.from_jwk(jwk)
    assert key.algs == algs
    assert key.kid == jwk.get("kid")


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


N = int.from_bytes(jose.base64url.decode(RSA["n"]), "big")
OFF_CURVE = EC | {"y": EC["x"]}
P384 = {
    "kty": "EC",
    "crv": "P-384",
    "x": b64(bytes(48)),
    "y": b64(bytes(48)),
}


@pytest.mark.parametrize(
    ("jwk", "because"),
    [
        ({}, "type"),
        ({"kty": "oct", "k": b64(b"secret")}, "private"),
        ({"kty": "oct"}, "type"),
        ({"kty": "rsa"}, "type"),
        ({"kty": ["EC"]}, "type"),
        (RSA | {"d": "AQAB"}, "private"),
        (RSA | {"p": "AQAB"}, "private"),
        (RSA | {"oth": []}, "private"),
        (EC | {"d": EC["x"]}, "private"),
        (OKP | {"d": OKP["x"]}, "private"),
        (EC | {"k": ""}, "private"),
        (RSA | {"alg": "ES256"}, "type's"),
        (RSA | {"alg": "HS256"}, "type's"),
        (RSA | {"alg": "none"}, "type's"),
        (RSA | {"alg": "RS512"}, "type's"),
        (RSA | {"alg": None}, "type's"),
        (RSA | {"alg": ["RS256"]}, "type's"),
        (EC | {"use": "enc"}, "another use"),
        (EC | {"use": None}, "another use"),
        (EC | {"key_ops": []}, "another use"),
        (EC | {"key_ops": ["sign"]}, "another use"),
        (EC | {"key_ops": ["verify", "encrypt"]}, "another use"),
        (EC | {"use": "sig", "key_ops": "verify"}, "another use"),
        (EC | {"kid": ""}, "name"),
        (EC | {"kid": 7}, "name"),
        (EC | {"kid": None}, "name"),
        (EC | {"kid": "k" * 257}, "name"),
        (RSA | {"e": "AQ"}, "small"),
        (RSA | {"e": "Aw"}, "small"),
        (RSA | {"e": number(65538)}, "small"),
        (RSA | {"e": number(2**32 + 1)}, "small"),
        (RSA | {"e": number(2**64 + 1)}, "small"),
        (RSA | {"n": number(N >> 1)}, "small"),
        (RSA | {"n": number(2**1024 - 1)}, "small"),
        (RSA | {"n": number(2**512 - 1)}, "small"),
        (RSA | {"n": number(2**8193 + 1)}, "small|without n"),
        (RSA | {"n": number(N - 1)}, "small"),
        (RSA | {"n": number(N // 3 * 3 + (0 if N // 3 % 2 else 3))}, "factored"),
        (RSA | {"n": b64(b"\0" + N.to_bytes(256, "big"))}, "short"),
        (RSA | {"n": RSA["n"] + "=="}, "base64url"),
        (RSA | {"n": RSA["n"][:-1] + "x"}, "base64url"),
        (RSA | {"n": 5}, "without n"),
        ({"kty": "RSA", "e": "AQAB"}, "without n"),
        ({"kty": "RSA", "n": RSA["n"]}, "without e"),
        (EC | {"crv": "P-384"}, "curve"),
        (EC | {"crv": "secp256k1"}, "curve"),
        (P384, "curve"),
        (OFF_CURVE, "not on its curve"),
        (EC | {"x": b64(bytes(32)), "y": b64(bytes(32))}, "not on its curve"),
        (EC | {"x": b64(b"\xff" * 32)}, "not on its curve"),
        (EC | {"x": EC["x"][:-2]}, "base64url|32 bytes"),
        (EC | {"x": b64(bytes(33))}, "32 bytes"),
        (EC | {"y": None}, "without y"),
        (OKP | {"crv": "Ed448"}, "curve"),
        (OKP | {"crv": "X25519"}, "curve"),
        (OKP | {"x": b64(bytes(31))}, "32 bytes"),
    ],
)
def test_weak_private_and_contradictory_keys_are_refused(jwk: dict[str, Any], because: str) -> None:
    with pytest.raises(InvalidJWT, match=because):
        VerifyingKey.from_jwk(jwk)


@pytest.mark.parametrize(
    "point",
    [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ],
)
def test_points_of_small_order_are_refused(point: str) -> None:
    """One signature under such a key can be good for every message."""
    with pytest.raises(InvalidJWT, match="small order"):
        VerifyingKey.from_jwk(OKP | {"x": b64(bytes.fromhex(point))})


def test_moduli_of_the_broken_generator_are_refused() -> None:
    """They are powers of 65537 for each small prime (CVE-2017-15361); this one is for all of them together."""
    primes = [p for p in range(3, 168) if all(p % d for d in range(2, p))]
    product = 1
    for prime in primes:
        product *= prime
    power = pow(65537, 12345, product)
    modulus = power + product * ((2**2047 - power) // product + 1)
    modulus += product if modulus % 2 == 0 else 0
    with pytest.raises(InvalidJWT, match="factored"):
        VerifyingKey.from_jwk({"kty": "RSA", "n": number(modulus), "e": "AQAB"})


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "use", "key_ops", "kid", "d"]),
                       st.one_of(st.text(), st.sampled_from(["RSA", "EC", "OKP", "P-256", "Ed25519", "AQAB", EC["x"]]),
                                 st.none(), st.integers(), st.lists(st.text()))))  # fmt: skip
def test_any_object_is_a_key_or_refused(jwk: dict[str, Any]) -> None:
    try:
        VerifyingKey.from_jwk(jwk)
    except InvalidJWT:
        return
    assert "d" not in jwk


# Sets


def test_a_set_is_read_without_what_cannot_be_used() -> None:
    """RFC 7517 §5: other types, uses and algorithms are passed over."""
    jwks = {"keys": [EC, RSA, OKP, P384, EC | {"kid": "x", "use": "enc"}, {"kty": "unheard-of"}, RSA | {"e": "AQ"}]}
    assert [key.kid for key in jose.key_set(jwks)] == ["1", "2011-04-29", None]
    assert [key.kid for key in jose.key_set(json.dumps(jwks).encode())] == ["1", "2011-04-29", None]
    assert jose.key_set({"keys": []}) == ()


def test_one_name_may_stand_for_keys_of_two_algorithms() -> None:
    assert len(jose.key_set({"keys": [EC | {"kid": "k"}, RSA | {"kid": "k"}]})) == 2


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"keys": {}},
        {"keys": None},
        {"keys": ["x"]},
        {"keys": [EC] * 65},
        {"keys": [EC, EC]},
        {"keys": [EC, EC | {"x": EC["x"]}]},
        {"keys": [RSA, EC | {"d": EC["x"]}]},
        {"keys": [RSA, {"kty": "oct", "k": "AAAA"}]},
        b"",
        b"[]",
        b'{"keys":[],"keys":[]}',
        b'{"keys":[]} ' + b" " * 65536,
    ],
)
def test_a_poisoned_set_is_refused_whole(document: bytes | dict[str, Any]) -> None:
    with pytest.raises(InvalidJWT):
        jose.key_set(document)


# Private keys


def test_a_published_key_is_public_and_says_what_it_is_for(signing: dict[str, SigningKey]) -> None:
    for alg, key in signing.items():
        jwk = key.public_jwk()
        assert (jwk["alg"], jwk["use"], jwk["kid"]) == (alg, "sig", key.kid)
        assert not {"d", "p", "q", "dp", "dq", "qi"} & set(jwk)
        assert VerifyingKey.from_jwk(jwk).algs == {alg}
        assert joserfc.jwk.import_key(jwk).thumbprint() == jose.thumbprint(jwk)


def test_others_verify_what_we_sign(signing: dict[str, SigningKey]) -> None:
    claims = {"iss": "https://as.example", "sub": "alice", "exp": 2**40}
    for alg, key in signing.items():
        token = key.sign_jwt("at+jwt", claims)
        assert jwt.get_unverified_header(token) == {"alg": alg, "kid": key.kid, "typ": "at+jwt"}
        assert jwt.decode(token, jwt.PyJWK(key.public_jwk()), algorithms=[alg]) == claims
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", joserfc.errors.SecurityWarning)  # of the name EdDSA
            read = joserfc.jwt.decode(token, joserfc.jwk.import_key(key.public_jwk()), algorithms=[alg])
        assert read.claims == claims
        assert jose.verify(token, [key.verifying()], frozenset({alg}), frozenset({"at+jwt"})) == claims


def test_a_key_survives_being_stored(signing: dict[str, SigningKey]) -> None:
    for private, alg in (
        (jose.generate_es256(), "ES256"),
        (jose.generate_rs256(), "RS256"),
        (Ed25519PrivateKey.generate(), "Ed25519"),
    ):
        key = jose.from_pkcs8(jose.to_pkcs8(private), alg, "k")
        assert key.public_jwk() == SigningKey(private, alg, "k").public_jwk()
    assert signing["RS256"].public_jwk()["n"] != signing["PS256"].public_jwk()["n"]


@pytest.mark.parametrize("alg", ["RS256", "EdDSA", "HS256", "none", "ES384", ""])
def test_a_key_signs_with_its_own_algorithm_only(alg: str) -> None:
    with pytest.raises(ValueError, match="none for"):
        SigningKey(jose.generate_es256(), alg, "k")


def test_weak_keys_do_not_sign() -> None:
    for weak in (ec.generate_private_key(ec.SECP384R1()), rsa.generate_private_key(65537, 1024)):
        for alg in ("ES256", "RS256"):
            with pytest.raises(ValueError, match="P-256"):
                SigningKey(weak, alg, "k")


def test_nothing_secret_is_shown(es256: SigningKey) -> None:
    assert repr(es256) == "SigningKey(kid='es', alg='ES256')"
    assert repr(es256.verifying()) == "VerifyingKey(kid='es', algs=['ES256'])"
