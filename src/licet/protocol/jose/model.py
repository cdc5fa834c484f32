"""What a JWT is before anybody believes it, and the one way to say that it is not good."""

from __future__ import annotations

from typing import Any

import msgspec


class InvalidJWT(Exception):  # noqa: N818  says what the token is
    """A token or key that is not used, and why, in words for a log or a developer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnknownKey(InvalidJWT):
    """No key has the name the token gives: whoever fetched the keys may fetch them again, seldom."""


class Header(msgspec.Struct, frozen=True, gc=False):
    """What a header may say. The rest of it is never looked at (RFC 8725 §3.10)."""

    alg: str
    kid: str | None
    typ: str | None
    """In lower case and without ``application/`` (RFC 7515 §4.1.9)."""


class Unverified(msgspec.Struct, frozen=True):
    """The parts of a token of good form. Its signature has not been looked at."""

    header: Header
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes
