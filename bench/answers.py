"""What a right answer of a token endpoint looks like, whoever asked."""

import json
from collections.abc import Mapping
from typing import Any

from bench.target import Reply
from bench.wire import Answer, Wrong

OK, BAD_REQUEST = 200, 400

SAMPLE = 200
"""Signatures verified per window, at most."""

_SHORTEST_TOKEN = 22
"""128 bits in base64url (RFC 6749 §10.10 asks for a guess of at most 2^-128)."""


def token_response(answer: Answer) -> dict[str, Any]:
    """Read a JSON answer with status 200 that no cache may keep."""
    if answer.status != OK:
        msg = f"status {answer.status}: {error_code(answer.body)}"
        raise Wrong(msg)
    if b"no-store" not in answer.head:
        msg = "an answer with a token, without Cache-Control: no-store"
        raise Wrong(msg)
    value: dict[str, Any] = json.loads(answer.body)
    return value


def error_code(body: bytes) -> str:
    """Read the error code of a refusal; never more of it, so that no secret is printed."""
    try:
        return str(json.loads(body).get("error", "no error code"))
    except (ValueError, AttributeError):
        return "no JSON"


def bearer(said: Mapping[str, Any]) -> str:
    """Take the access token out of a token response (RFC 6749 §5.1)."""
    if str(said["token_type"]).lower() != "bearer" or not 0 < said["expires_in"] <= 86_400:
        msg = "a token response without a Bearer token that lives at most a day"
        raise Wrong(msg)
    token = said["access_token"]
    if not isinstance(token, str) or len(token) < _SHORTEST_TOKEN:
        msg = "an access token that could be guessed"
        raise Wrong(msg)
    return token


def refused(reply: Reply) -> bool:
    """Say whether a code or refresh token was not good any more (RFC 6749 §5.2)."""
    return reply.status == BAD_REQUEST and error_code(reply.body) == "invalid_grant"
