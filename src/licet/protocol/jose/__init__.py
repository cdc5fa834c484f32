"""JWS, JWK and thumbprints (RFC 7515, 7517, 7638): the one wrapper round the crypto library.

Compact signed JWTs only. The algorithm is bound three times: by the key, by the context, by the header, and all must
agree (RFC 8725 §3.1). No key ever comes from a header. What is encrypted, compressed, detached or critical is refused.
"""

from __future__ import annotations

from licet.protocol.jose.algorithms import ALGORITHMS, left_half
from licet.protocol.jose.jwk import VerifyingKey, key_set, thumbprint
from licet.protocol.jose.jws import MAX_BYTES, header_of, parse, verify
from licet.protocol.jose.model import Header, InvalidJWT, UnknownKey, Unverified
from licet.protocol.jose.signing import SigningKey, from_pkcs8, generate_es256, generate_rs256, to_pkcs8

__all__ = [
    "ALGORITHMS",
    "MAX_BYTES",
    "Header",
    "InvalidJWT",
    "SigningKey",
    "UnknownKey",
    "Unverified",
    "VerifyingKey",
    "from_pkcs8",
    "generate_es256",
    "generate_rs256",
    "header_of",
    "key_set",
    "left_half",
    "parse",
    "thumbprint",
    "to_pkcs8",
    "verify",
]
