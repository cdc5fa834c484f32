"""Private keys: loaded objects that sign, each with one algorithm and one name (house law 4.5)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from licet.protocol.jose import base64url
from licet.protocol.jose.algorithms import ALGORITHMS, KeyType
from licet.protocol.jose.jwk import VerifyingKey

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey

_RSA_BITS = 2048
_RSA_E = 65537


class SigningKey:
    """A private key that signs JWTs with *alg* under the name *kid*."""

    __slots__ = ("_headers", "_private", "_sign", "alg", "kid")

    def __init__(self, private: Any, alg: str, kid: str) -> None:
        if alg not in ALGORITHMS or ALGORITHMS[alg].kty != _key_type(private):
            raise ValueError(f"the key is none for {alg}")
        self.alg = alg
        self.kid = kid
        self._private = private
        self._sign = ALGORITHMS[alg].sign
        self._headers: dict[str, bytes] = {}

    def sign_jwt(self, typ: str, claims: Mapping[str, Any]) -> str:
        """*claims* as a compact JWS of type *typ* (RFC 7515 §7.1, RFC 8725 §3.11)."""
        header = self._headers.get(typ) or self._header(typ)
        signing_input = header + base64url.encode(msgspec.json.encode(claims))
        return (signing_input + b"." + base64url.encode(self._sign(self._private, signing_input))).decode()

    def public_jwk(self) -> dict[str, Any]:
        """The public half, for a JWK set."""
        return {**_public_members(self._private.public_key()), "kid": self.kid, "use": "sig", "alg": self.alg}

    def verifying(self) -> VerifyingKey:
        """The public half, to verify with."""
        return VerifyingKey.from_jwk(self.public_jwk())

    def _header(self, typ: str) -> bytes:
        """The header is the same for every token of a type: encoded once, with the dot behind it."""
        header = {"alg": self.alg, "kid": self.kid, "typ": typ}
        return self._headers.setdefault(typ, base64url.encode(msgspec.json.encode(header)) + b".")

    def __repr__(self) -> str:
        return f"SigningKey(kid={self.kid!r}, alg={self.alg!r})"


def generate_es256() -> ec.EllipticCurvePrivateKey:
    """A new P-256 key, from the crypto library's own random source."""
    return ec.generate_private_key(ec.SECP256R1())


def generate_rs256() -> rsa.RSAPrivateKey:
    """A new RSA key of 2048 bits; takes tenths of a second."""
    return rsa.generate_private_key(_RSA_E, _RSA_BITS)


def to_pkcs8(private: PrivateKey) -> bytes:
    """*private* as DER, in the clear: the caller seals it before it is stored."""
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def from_pkcs8(der: bytes, alg: str, kid: str, *, authentic: bool = False) -> SigningKey:
    """The signing key that ``to_pkcs8`` wrote; raises ValueError where it is none for *alg*.

    *authentic*: the bytes come out of a seal of ours, so nobody chose them, and proving RSA primes anew (50 ms)
    would show nothing.
    """
    return SigningKey(load_der_private_key(der, password=None, unsafe_skip_rsa_key_validation=authentic), alg, kid)


def _key_type(private: Any) -> KeyType:
    if isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(private.curve, ec.SECP256R1):
        return "EC"
    if isinstance(private, rsa.RSAPrivateKey) and private.key_size >= _RSA_BITS:
        return "RSA"
    if isinstance(private, ed25519.Ed25519PrivateKey):
        return "OKP"
    raise ValueError("a signing key is P-256, RSA of at least 2048 bits, or Ed25519")


def _public_members(public: Any) -> dict[str, str]:
    if isinstance(public, ec.EllipticCurvePublicKey):
        point = public.public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _text(point.x.to_bytes(32)), "y": _text(point.y.to_bytes(32))}
    if isinstance(public, rsa.RSAPublicKey):
        numbers = public.public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n), "e": _number(numbers.e)}
    return {"kty": "OKP", "crv": "Ed25519", "x": _text(public.public_bytes(Encoding.Raw, PublicFormat.Raw))}


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8))


def _text(raw: bytes) -> str:
    return base64url.encode(raw).decode()
