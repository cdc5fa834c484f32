"""Which of a person's claims a scope lets a client see (OpenID Connect Core §5.4)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

CLAIMS = {
    "profile": (
        "name",
        "family_name",
        "given_name",
        "middle_name",
        "nickname",
        "preferred_username",
        "profile",
        "picture",
        "website",
        "gender",
        "birthdate",
        "zoneinfo",
        "locale",
        "updated_at",
    ),
    "email": ("email", "email_verified"),
    "address": ("address",),
    "phone": ("phone_number", "phone_number_verified"),
}
"""Standard claims by scope, in the specification's order."""


SCOPE_OF = {claim: scope for scope, claims in CLAIMS.items() for claim in claims}
"""Which scope releases a claim: whoever may not ask for the one may not ask for the other."""

_OTHER_TYPES: dict[str, type] = {
    "updated_at": int,
    "email_verified": bool,
    "phone_number_verified": bool,
    "address": dict,
}
"""The claims that are no texts (OpenID Connect Core §5.1)."""
_TYPES = {claim: _OTHER_TYPES.get(claim, str) for claim in SCOPE_OF}


def askable(names: tuple[str, ...], may: tuple[str, ...]) -> tuple[str, ...]:
    """Those of *names*, asked for one by one, that a client with the scopes *may* can have; others are ignored
    (OpenID Connect Core §5.5)."""
    return tuple(name for name in names if SCOPE_OF.get(name) in may)


def released(profile: dict[str, Any], scope: tuple[str, ...], also: tuple[str, ...] = ()) -> dict[str, Any]:
    """The claims of *profile* that *scope* releases, and those of *also*; what has no value, or one of another type than
    its claim's, is left out, never null (OpenID Connect Core §5.3.2)."""
    told: dict[str, Any] = {}
    for name in _names(scope, also):
        value = profile.get(name)
        if type(value) is _TYPES[name] and value != "":
            told[name] = value
    if "address" in told:
        told["address"] = {part: text for part, text in told["address"].items() if type(text) is str and text}
        if not told["address"]:
            del told["address"]
    return told


@lru_cache(maxsize=256)
def _names(scope: tuple[str, ...], also: tuple[str, ...]) -> tuple[str, ...]:
    """The same few are asked for all the time."""
    by_scope = (name for released_by in scope for name in CLAIMS.get(released_by, ()))
    return tuple(dict.fromkeys((*by_scope, *(name for name in also if name in _TYPES))))
