"""How a client says who it is: one function for each method it may use (OAuth 2.1 §2.4)."""

from __future__ import annotations

import msgspec

from licet.client.transport import Pairs
from licet.protocol import basic


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What a token request carries to say who asks."""

    headers: Pairs = ()
    form: Pairs = ()


def none(client_id: str) -> Credentials:
    """A public client only says its name (OAuth 2.1 §3.2)."""
    return Credentials(form=(("client_id", client_id),))


def client_secret_basic(client_id: str, client_secret: str) -> Credentials:
    """Name and secret in the header (RFC 6749 §2.3.1)."""
    return Credentials(headers=(("Authorization", basic.encode(client_id, client_secret)),))
