"""Which of a person's claims a scope lets a client see (OpenID Connect Core §5.4)."""

from __future__ import annotations

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

_TYPES: dict[str, type] = {
    "updated_at": int,
    "email_verified": bool,
    "phone_number_verified": bool,
    "address": dict,
}
"""The claims that are no texts (OpenID Connect Core §5.1)."""


def askable(names: tuple[str, ...], may: tuple[str, ...]) -> tuple[str, ...]:
    """Those of *names*, asked for one by one, that a client with the scopes *may* can have; others are ignored
    (OpenID Connect Core §5.5)."""
    return tuple(name for name in names if SCOPE_OF.get(name) in may)


def released(profile: dict[str, Any], scope: tuple[str, ...], also: tuple[str, ...] = ()) -> dict[str, Any]:
    """The claims of *profile* that *scope* releases, and those of *also*; a claim without a value is left out, never
    null (OpenID Connect Core §5.3.2)."""
    names = dict.fromkeys((*(name for released_by in scope for name in CLAIMS.get(released_by, ())), *also))
    values = ((name, _told(name, profile.get(name))) for name in names)
    return {name: value for name, value in values if value is not None}


def _told(name: str, value: Any) -> Any:
    """*value* as it may be sent, or None: not empty, and of its claim's type."""
    if name == "address" and type(value) is dict:
        value = {part: text for part, text in value.items() if type(text) is str and text}
    if type(value) is not _TYPES.get(name, str) or value in ("", {}):
        return None
    return value
