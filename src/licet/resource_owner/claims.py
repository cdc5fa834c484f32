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


def released(profile: dict[str, Any], scope: tuple[str, ...]) -> dict[str, Any]:
    """The claims of *profile* that *scope* releases; a claim without a value is left out, never null."""
    names = [name for released_by in scope for name in CLAIMS.get(released_by, ())]
    return {name: profile[name] for name in names if profile.get(name) not in (None, "")}
