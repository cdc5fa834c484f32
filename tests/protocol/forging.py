"""Making tokens by hand, good ones and bad ones, without the code that is on trial."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def b64(raw: bytes | str | Mapping[str, Any]) -> str:
    """*raw* in base64url; an object as JSON, with white space as nobody here writes it."""
    if not isinstance(raw, bytes | str):
        raw = json.dumps(raw)
    return urlsafe_b64encode(raw.encode() if isinstance(raw, str) else raw).rstrip(b"=").decode()


def forge(
    private: EllipticCurvePrivateKey, header: bytes | str | Mapping[str, Any], payload: bytes | str | Mapping[str, Any]
) -> str:
    """A token with just this header and payload, well signed with ES256."""
    signing_input = f"{b64(header)}.{b64(payload)}"
    r, s = decode_dss_signature(private.sign(signing_input.encode(), ECDSA(SHA256())))
    return f"{signing_input}.{b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def twin(token: str) -> str:
    """The other ES256 signature that anybody can make of a good one."""
    signing_input, _, signature = token.rpartition(".")
    raw = urlsafe_b64decode(signature + "==")
    s = P256_ORDER - int.from_bytes(raw[32:], "big")
    return f"{signing_input}.{b64(raw[:32] + s.to_bytes(32, 'big'))}"
