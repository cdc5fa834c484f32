"""How an app knows people, and which profile it is held to: ``sector`` and ``profile``."""

from __future__ import annotations

import re
from typing import Any

from licet.protocol import redirect_uri
from licet.registration.kinds import Kind
from licet.registration.mistakes import shown
from licet.registration.table import Table

PROFILES = ("oauth-2.1", "oidc-core")
"""What ``profile =`` may say; the first is the default."""

_HOST = re.compile(r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")


def sector(table: Table, kind: Kind | None) -> str:
    """Read ``sector``: apps of one sector know a person by the same pairwise identifier, and nobody else does."""
    text = table.text("sector")
    if text is None:
        return ""
    if _HOST.fullmatch(text) is None:
        table.wrong(
            "sector",
            f"{shown(text)} is not a host in small letters",
            rule="OpenID Connect Core 1.0 §8.1",
            fix='write sector = "shop.example.com": apps with the same one see the same identifier of a person',
        )
    elif kind is not None and not kind.for_people:
        table.wrong("sector", f"nobody signs in to a {kind.name}", fix="leave sector out")
    return text


def subjects(table: Table, sector: str, words: dict[str, Any], raw: dict[str, Any]) -> None:
    """Judge what ``sector`` and ``subject_type`` come to; a sector without a word about its type is pairwise."""
    stated = raw.get("subject_type")
    if sector and stated == "public":
        table.wrong(
            "sector",
            "a sector is for pairwise identifiers, and expert.subject_type says public",
            rule="OpenID Connect Core 1.0 §8",
            fix="leave sector or subject_type out",
        )
    if sector:
        raw.setdefault("subject_type", "pairwise")
    hosts = {host for uri in words["redirect_uris"] if (host := redirect_uri.https_host(uri))}
    if stated == "pairwise" and not sector and len(hosts) > 1:
        table.wrong(
            table.place("expert"),
            "it has callbacks on several hosts, so its sector must be named",
            rule="OpenID Connect Core 1.0 §8.1",
            fix=f'write sector = "{min(hosts)}"',
        )


def profile(table: Table, method: str) -> str:
    """Read ``profile``: strict, or as older confidential clients speak (rulings R). Empty for the issuer's."""
    word = table.choice("profile", PROFILES) or ""
    if word == "oidc-core" and method == "none":
        table.wrong(
            "profile",
            "a public client is never spared PKCE",
            rule="RFC 9700 §2.1.1; licet ruling R",
            fix="leave profile out, or give the app a key or a secret",
        )
    return word
