"""Issuers with keys of their own, and tokens as one wants them."""

from __future__ import annotations

from typing import Any

from licet.protocol import access_token, jose
from licet.resource_server.local import Local

ISSUER = "https://id.example.com"
OTHER_ISSUER = "https://id.example.net"
API = "https://orders.example.com"
NOW_S = 1_800_000_000

KEY = jose.SigningKey(jose.generate_es256(), "ES256", "first")
OTHER_KEY = jose.SigningKey(jose.generate_es256(), "ES256", "second")
KEYS = {"first": KEY.verifying()}
OTHER_KEYS = {"second": OTHER_KEY.verifying()}

LOCAL = Local(API, {ISSUER: KEYS})


def token(key: jose.SigningKey = KEY, **said: Any) -> str:
    """A good token, but for what *said* changes."""
    return access_token.make(
        key,
        **{
            "issuer": ISSUER,
            "subject": "alice",
            "audience": (API,),
            "client_id": "shop",
            "scope": ("orders:read",),
            "jti": "j1",
            "issued_at_s": NOW_S - 10,
            "expires_at_s": NOW_S + 600,
            **said,
        },
    )
