"""What a token says, and whether the server's own published keys vouch for it.

Reading is cheap and done for each answer; signatures are checked for a sample, after the window, by a library
that none of the servers measured here uses for signing.
"""

import base64
import json
from collections.abc import Iterable, Mapping
from typing import Any

from bench.wire import Wrong

OPAQUE = "opaque"
_PARTS = 3


def _part(text: str) -> dict[str, Any]:
    value = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    if not isinstance(value, dict):
        msg = "a JWT part that is not an object"
        raise Wrong(msg)
    return value


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Take a compact JWS apart: header and claims, unverified."""
    parts = token.split(".")
    if len(parts) != _PARTS:
        msg = "not a compact JWS"
        raise Wrong(msg)
    return _part(parts[0]), _part(parts[1])


def form_of(token: str) -> str:
    """Say what *token* looks like: ``opaque``, or the algorithm it is signed with."""
    return str(read(token)[0].get("alg")) if token.count(".") == _PARTS - 1 else OPAQUE


def audience(claims: Mapping[str, Any]) -> list[str]:
    """Read ``aud``, always as a list (RFC 7519 §4.1.3)."""
    aud = claims.get("aud")
    return [aud] if isinstance(aud, str) else list(aud or [])


def verify(tokens: Iterable[str], jwks: dict[str, Any], alg: str) -> list[str]:
    """Check signatures and expiry against *jwks*; returns what was wrong, once per kind."""
    from joserfc import jwt  # noqa: PLC0415 - the generator itself needs only the standard library
    from joserfc.errors import JoseError  # noqa: PLC0415
    from joserfc.jwk import KeySet  # noqa: PLC0415

    keys = KeySet.import_key_set({"keys": jwks["keys"]})
    rules = jwt.JWTClaimsRegistry(exp={"essential": True}, iss={"essential": True})
    wrong: set[str] = set()
    for token in tokens:
        try:
            rules.validate(jwt.decode(token, keys, algorithms=[alg]).claims)
        except (JoseError, ValueError) as error:
            wrong.add(f"a JWT that its JWKS does not vouch for: {type(error).__name__}")
    return sorted(wrong)
