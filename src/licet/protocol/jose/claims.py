"""Reading claims one by one (RFC 7519 §4): each has the type it should have, or the token is not good.

Times are whole seconds. ``true`` is not a number here, nor is ``1.5``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from licet.protocol.jose.model import InvalidJWT

_LATEST_S = 2**53
"""The last whole number that every reader of JSON knows (RFC 7493 §2.2)."""


def text(claims: Mapping[str, Any], name: str) -> str:
    """The string *name*; InvalidJWT where it is missing, empty or something else."""
    value = claims.get(name)
    if type(value) is not str or not value:
        raise InvalidJWT(f"has no {name}, or one that is no text")
    return value


def optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    """The string *name*, or None where it is missing."""
    return text(claims, name) if name in claims else None


def texts(claims: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """The array of strings *name*; empty where it is missing."""
    values = claims.get(name, [])
    if type(values) is not list or not all(type(value) is str for value in values):
        raise InvalidJWT(f"has a {name} that is no list of texts")
    return tuple(values)


def seconds(claims: Mapping[str, Any], name: str) -> int:
    """The time *name*, in seconds; InvalidJWT where it is missing or not a whole number that can be a time."""
    value = claims.get(name)
    if type(value) is not int or not 0 <= value < _LATEST_S:
        raise InvalidJWT(f"has no {name}, or one that is no time")
    return value


def optional_seconds(claims: Mapping[str, Any], name: str) -> int | None:
    """The time *name*, or None where it is missing."""
    return seconds(claims, name) if name in claims else None


def audience(claims: Mapping[str, Any]) -> tuple[str, ...]:
    """Whom the token is for: one string or several (RFC 7519 §4.1.3), never nobody."""
    value = claims.get("aud")
    values = [value] if type(value) is str else value
    if type(values) is not list or not values or not all(type(one) is str and one for one in values):
        raise InvalidJWT("has no aud, or one that is no text")
    return tuple(values)
