"""What a grant type is: how a client shows that it may have tokens (OAuth 2.1 §4)."""

from __future__ import annotations

from typing import Protocol

from licet.authorization_server.client_authentication.model import AuthenticatedClient
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.token.authorization import Authorization


class GrantType(Protocol):
    """Finds what was presented and judges it; minting is next door."""

    @property
    def grant_type(self) -> str: ...

    async def redeem(self, incoming: Incoming, client: AuthenticatedClient) -> Authorization:
        """Raises a Refusal, or Pending while a person has not decided."""
