"""``client_secret_basic``: id and secret in the Authorization header (RFC 6749 §2.3.1)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.client_authentication.model import Candidate, Presented
from licet.authorization_server.client_authentication.secrets import matches
from licet.authorization_server.exchange import Incoming
from licet.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class ClientSecretBasic:
    """The secret in the header."""

    vault: Vault
    name: str = "client_secret_basic"

    def presented(self, incoming: Incoming) -> Presented | None:
        pair = incoming.basic
        if pair is None:
            return None
        return Presented(method=self.name, client_id=pair[0], proof=pair[1])

    async def authenticate(self, presented: Presented, candidate: Candidate, incoming: Incoming) -> str:
        return "" if matches(self.vault, candidate, presented.proof, incoming.at) else "another secret"
