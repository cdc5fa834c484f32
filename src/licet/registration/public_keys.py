"""Public keys of clients and APIs, from PEM or JWK into the one form that is stored (RFC 7517; rulings H)."""

from __future__ import annotations

from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from licet.protocol.jose import InvalidJWT, VerifyingKey, base64url

_COORDINATE = 32
_MEMBERS = ("kty", "crv", "x", "y", "n", "e", "alg", "kid")
"""What identifies a key and says what it signs with; the rest of a JWK is decoration here."""


class Unusable(Exception):  # noqa: N818  a condition of the key
    """Not a public key that a client may sign with; the text says why."""


def from_pem(text: str) -> dict[str, Any]:
    """Read a PEM public key (SubjectPublicKeyInfo) as a JWK; raises Unusable."""
    if "PRIVATE KEY-----" in text:
        raise Unusable("this is a private key: keep it with its owner, only the public half belongs here")
    if "BEGIN CERTIFICATE-----" in text:
        raise Unusable("this is a certificate: openssl x509 -pubkey -noout prints the key in it")
    try:
        return from_jwk(_jwk(load_pem_public_key(text.encode())))
    except (ValueError, UnsupportedAlgorithm):
        raise Unusable("this is not a public key in PEM form") from None


def from_jwk(jwk: object) -> dict[str, Any]:
    """Read a JWK, keeping what identifies the key and nothing else; raises Unusable."""
    if not isinstance(jwk, dict):
        raise Unusable("this is not a JWK: a table with kty and the members of the key")
    try:
        VerifyingKey.from_jwk(jwk)
    except InvalidJWT as error:
        raise Unusable(f"this {error.reason}") from None
    return {member: jwk[member] for member in _MEMBERS if member in jwk}


def _jwk(key: object) -> dict[str, Any]:
    match key:
        case ec.EllipticCurvePublicKey() if isinstance(key.curve, ec.SECP256R1):
            point = key.public_numbers()
            return {"kty": "EC", "crv": "P-256", "x": _text(point.x, _COORDINATE), "y": _text(point.y, _COORDINATE)}
        case ed25519.Ed25519PublicKey():
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(key.public_bytes_raw()).decode()}
        case rsa.RSAPublicKey():
            numbers = key.public_numbers()
            return {"kty": "RSA", "n": _text(numbers.n), "e": _text(numbers.e)}
        case _:
            raise Unusable("this is a key of a type that is not taken")


def _text(number: int, length: int | None = None) -> str:
    return base64url.encode(number.to_bytes(length or (number.bit_length() + 7) // 8)).decode()
