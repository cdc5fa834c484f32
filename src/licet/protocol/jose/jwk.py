"""Public keys as JSON (RFC 7517): read strictly, weak ones refused, private ones never taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers

from licet.protocol.jose import base64url
from licet.protocol.jose.algorithms import ALGORITHMS
from licet.protocol.jose.model import InvalidJWT
from licet.protocol.jose.strict_json import object_of

MAX_SET_BYTES = 65536
MAX_KEYS = 64
MAX_KID = 256

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_THUMBPRINT = {"EC": ("crv", "kty", "x", "y"), "OKP": ("crv", "kty", "x"), "RSA": ("e", "kty", "n")}
_RSA_BITS = range(2048, 8193)
"""Below is breakable, above is work for us that others ask for."""
_RSA_E = range(65537, 2**32, 2)
_ED25519_P = 2**255 - 19
_ED25519_ORDER_8 = int.from_bytes(
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"
)
_ED25519_SMALL = frozenset({0, 1, _ED25519_P - 1, _ED25519_ORDER_8, _ED25519_P - _ED25519_ORDER_8})
_COORDINATE = 32
_SMALL_PRIMES = tuple(n for n in range(3, 168, 2) if all(n % d for d in range(3, math.isqrt(n) + 1, 2)))
_ROCA = {p: frozenset(pow(65537, i, p) for i in range(p)) for p in _SMALL_PRIMES}
"""Moduli of one broken generator are powers of 65537 for every small prime at once (CVE-2017-15361)."""


class VerifyingKey:
    """A loaded public key, and the algorithms it may be used with."""

    __slots__ = ("_public", "algs", "kid")

    def __init__(self, public: Any, algs: frozenset[str], kid: str | None) -> None:
        self._public = public
        self.algs = algs
        self.kid = kid

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> VerifyingKey:
        """The key that *jwk* is.

        Raises InvalidJWT: private members, RSA under 2048 bits, factorable or with an exponent nobody chooses, another
        curve than P-256 and Ed25519, a point off it or of small order, members that contradict each other.
        """
        if not _PRIVATE.isdisjoint(jwk):
            raise InvalidJWT("is a private or secret key")
        kty = jwk.get("kty")
        if kty == "RSA":
            public: Any = _rsa(jwk)
        elif kty == "EC":
            public = _p256(jwk)
        elif kty == "OKP":
            public = _ed25519(jwk)
        else:
            raise InvalidJWT("is a key of a type that is not taken")
        return cls(public, _algs(jwk), _kid(jwk))

    def verify(self, alg: str, signing_input: bytes, signature: bytes) -> bool:
        """Whether *signature* is this key's over *signing_input* with *alg*; never true for another algorithm."""
        if alg not in self.algs:
            return False
        try:
            ALGORITHMS[alg].verify(self._public, signing_input, signature)
        except InvalidSignature:
            return False
        return True

    def __repr__(self) -> str:
        return f"VerifyingKey(kid={self.kid!r}, algs={sorted(self.algs)})"


def key_set(document: bytes | Mapping[str, Any]) -> tuple[VerifyingKey, ...]:
    """The usable signature keys of a JWK set (RFC 7517 §5): others in it are passed over.

    Raises InvalidJWT for the whole set: too big, not a set, a private key in it, two keys of one name and algorithm.
    """
    if isinstance(document, bytes):
        if len(document) > MAX_SET_BYTES:
            raise InvalidJWT("is too big for a key set")
        document = object_of(document)
    jwks = document.get("keys")
    if not isinstance(jwks, list | tuple) or len(jwks) > MAX_KEYS:
        raise InvalidJWT("is not a key set, or has too many keys")
    keys = tuple(key for jwk in jwks if (key := _usable(jwk)) is not None)
    named = [(key.kid, alg) for key in keys for alg in key.algs if key.kid is not None]
    if len(named) != len(set(named)):
        raise InvalidJWT("is a key set in which two keys have one name")
    return keys


def thumbprint(jwk: Mapping[str, Any]) -> str:
    """The SHA-256 thumbprint of *jwk* (RFC 7638 §3); raises InvalidJWT where a member it is made of is missing."""
    kty = jwk.get("kty")
    members = {name: jwk.get(name) for name in _THUMBPRINT.get(kty if type(kty) is str else "", ())}
    if not members or not all(type(value) is str for value in members.values()):
        raise InvalidJWT("is not a key of a known type")
    return base64url.encode(sha256(msgspec.json.encode(members)).digest()).decode()


def _usable(jwk: Any) -> VerifyingKey | None:
    if type(jwk) is not dict:
        raise InvalidJWT("is not a key set")
    if not _PRIVATE.isdisjoint(jwk):
        # Whoever publishes one private key does not know which others they have published.
        raise InvalidJWT("is a key set with a private or secret key")
    try:
        return VerifyingKey.from_jwk(jwk)
    except InvalidJWT:
        return None


def _rsa(jwk: Mapping[str, Any]) -> Any:
    n, e = _number(jwk, "n"), _number(jwk, "e")
    if n.bit_length() not in _RSA_BITS or e not in _RSA_E or n % 2 == 0:
        raise InvalidJWT("is an RSA key that is too small, too big, or has another exponent than anybody chooses")
    residues = [(n % prime, powers) for prime, powers in _ROCA.items()]
    if not all(residue for residue, _ in residues) or all(residue in powers for residue, powers in residues):
        raise InvalidJWT("is an RSA key that can be factored")
    return RSAPublicNumbers(e, n).public_key()


def _p256(jwk: Mapping[str, Any]) -> Any:
    if jwk.get("crv") != "P-256":
        raise InvalidJWT("is on a curve that is not taken")
    x, y = _coordinate(jwk, "x"), _coordinate(jwk, "y")
    try:
        return EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1()).public_key()
    except ValueError as error:
        raise InvalidJWT("is a point that is not on its curve") from error


def _ed25519(jwk: Mapping[str, Any]) -> Any:
    if jwk.get("crv") != "Ed25519":
        raise InvalidJWT("is on a curve that is not taken")
    x = _coordinate(jwk, "x")
    y = int.from_bytes(x, "little") & (2**255 - 1)
    if y >= _ED25519_P or y in _ED25519_SMALL:
        raise InvalidJWT("is a point of small order")
    return Ed25519PublicKey.from_public_bytes(x)


def _algs(jwk: Mapping[str, Any]) -> frozenset[str]:
    """What the key may be used with: what it says, or everything its type can (RFC 7517 §4.2 to §4.4)."""
    if jwk.get("use", "sig") != "sig" or jwk.get("key_ops", ["verify"]) != ["verify"]:
        raise InvalidJWT("is a key for another use than verifying")
    fits = frozenset(name for name, algorithm in ALGORITHMS.items() if algorithm.kty == jwk["kty"])
    if "alg" not in jwk:
        return fits
    if type(jwk["alg"]) is not str or jwk["alg"] not in fits:
        raise InvalidJWT("is a key for an algorithm that is not taken, or not its type's")
    return frozenset([jwk["alg"]])


def _kid(jwk: Mapping[str, Any]) -> str | None:
    kid = jwk.get("kid")
    if "kid" in jwk and (type(kid) is not str or not 0 < len(kid) <= MAX_KID):
        raise InvalidJWT("is a key with a name that is none")
    return kid


def _bytes(jwk: Mapping[str, Any], name: str) -> bytes:
    value = jwk.get(name)
    if type(value) is not str or len(value) > _RSA_BITS[-1] // 6 + 1:
        raise InvalidJWT(f"is a key without {name}")
    return base64url.decode(value)


def _number(jwk: Mapping[str, Any], name: str) -> int:
    raw = _bytes(jwk, name)
    if not raw or raw[0] == 0:
        raise InvalidJWT(f"is a key whose {name} is not as short as can be")
    return int.from_bytes(raw)


def _coordinate(jwk: Mapping[str, Any], name: str) -> bytes:
    raw = _bytes(jwk, name)
    if len(raw) != _COORDINATE:
        raise InvalidJWT(f"is a key whose {name} is not 32 bytes")
    return raw
