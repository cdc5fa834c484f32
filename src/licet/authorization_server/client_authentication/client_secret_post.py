"""``client_secret_post``: id and secret in the body, which every server must take (OAuth 2.1 §2.4.1)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.client_authentication.model import Candidate, Presented
from licet.authorization_server.client_authentication.secrets import matches
from licet.authorization_server.exchange import Incoming
from licet.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class ClientSecretPost:
    """The secret in the body."""

    vault: Vault
    name: str = "client_secret_post"

    def presented(self, incoming: Incoming) -> Presented | None:
        secret = incoming.form.get("client_secret")
        if secret is None:
            return None
        return Presented(method=self.name, client_id=incoming.form.get("client_id") or "", proof=secret)

    async def authenticate(self, presented: Presented, candidate: Candidate, incoming: Incoming) -> str:
        return "" if matches(self.vault, candidate, presented.proof, incoming.at) else "another secret"
