"""The signature algorithms, all of them (RFC 7518 §3, RFC 8037, RFC 9864; rulings H).

No ``none`` and no HMAC, so nobody can be talked into either (RFC 8725 §3.2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256, sha512
from typing import Any, Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from licet.protocol.jose import base64url
from licet.protocol.jose.model import InvalidJWT

KeyType = Literal["RSA", "EC", "OKP"]

_SHA256 = SHA256()
_ECDSA = ECDSA(_SHA256)
_PKCS1 = PKCS1v15()
_PSS = PSS(MGF1(_SHA256), _SHA256.digest_size)
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_P256_BYTES = 32


@dataclass(frozen=True, slots=True)
class Algorithm:
    """How to sign, how to verify, and which hash goes with it."""

    kty: KeyType
    sign: Callable[[Any, bytes], bytes]
    verify: Callable[[Any, bytes, bytes], None]
    """Raises InvalidSignature."""
    digest: Callable[[bytes], Any]
    """The hash of ``at_hash`` and ``c_hash`` (OpenID Connect Core §3.1.3.6)."""


def _sign_es256(key: Any, data: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(data, _ECDSA))
    return r.to_bytes(_P256_BYTES) + s.to_bytes(_P256_BYTES)


def _verify_es256(key: Any, data: bytes, signature: bytes) -> None:
    if len(signature) != 2 * _P256_BYTES:
        raise InvalidSignature
    r, s = int.from_bytes(signature[:_P256_BYTES]), int.from_bytes(signature[_P256_BYTES:])
    # Nought for both once opened every door of a big platform; the library checks too.
    if not (0 < r < _P256_ORDER and 0 < s < _P256_ORDER):
        raise InvalidSignature
    key.verify(encode_dss_signature(r, s), data, _ECDSA)


def _sign_ed25519(key: Any, data: bytes) -> bytes:
    signature: bytes = key.sign(data)
    return signature


def _verify_ed25519(key: Any, data: bytes, signature: bytes) -> None:
    key.verify(signature, data)


def _sign_rs256(key: Any, data: bytes) -> bytes:
    signature: bytes = key.sign(data, _PKCS1, _SHA256)
    return signature


def _verify_rs256(key: Any, data: bytes, signature: bytes) -> None:
    key.verify(signature, data, _PKCS1, _SHA256)


def _sign_ps256(key: Any, data: bytes) -> bytes:
    signature: bytes = key.sign(data, _PSS, _SHA256)
    return signature


def _verify_ps256(key: Any, data: bytes, signature: bytes) -> None:
    key.verify(signature, data, _PSS, _SHA256)


_ED25519 = Algorithm("OKP", _sign_ed25519, _verify_ed25519, sha512)

ALGORITHMS: dict[str, Algorithm] = {
    "ES256": Algorithm("EC", _sign_es256, _verify_es256, sha256),
    "RS256": Algorithm("RSA", _sign_rs256, _verify_rs256, sha256),
    "PS256": Algorithm("RSA", _sign_ps256, _verify_ps256, sha256),
    "EdDSA": _ED25519,
    "Ed25519": _ED25519,
}


def left_half(alg: str, value: str) -> str:
    """``at_hash`` of *value* in a token signed with *alg* (OpenID Connect Core §3.1.3.6); InvalidJWT for another."""
    algorithm = ALGORITHMS.get(alg)
    if algorithm is None:
        raise InvalidJWT("is hashed with an algorithm that is unknown")
    digest: bytes = algorithm.digest(value.encode()).digest()
    return base64url.encode(digest[: len(digest) // 2]).decode()
