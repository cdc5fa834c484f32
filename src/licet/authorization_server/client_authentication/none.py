"""``none``: a public client names itself and proves nothing (OAuth 2.1 §2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.client_authentication.model import Candidate, Presented
from licet.authorization_server.exchange import Incoming


@dataclass(frozen=True, slots=True)
class NoAuthentication:
    """Only a ``client_id`` in the body."""

    name: str = "none"

    def presented(self, incoming: Incoming) -> Presented | None:
        """Only asked when no other way is in the request."""
        client_id = incoming.form.get("client_id")
        return Presented(method=self.name, client_id=client_id) if client_id else None

    async def authenticate(self, presented: Presented, candidate: Candidate, incoming: Incoming) -> str:
        del presented, incoming
        return "it has credentials and did not use them" if candidate.credentials else ""
