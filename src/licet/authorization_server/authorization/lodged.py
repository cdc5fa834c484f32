"""Where pushed requests wait for a browser: transactions without one, found by a digest of their handle (RFC 9126 §2.2)."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from licet.ambient import SECOND, Instant
from licet.authorization_server.authorization.request import AuthorizationRequest
from licet.authorization_server.settings import Pushing
from licet.protocol import secret_token
from licet.storage.ports import Transactions
from licet.storage.records import Client, Transaction
from licet.storage.vault import Vault

URN = "urn:ietf:params:oauth:request_uri:"
KIND = "pr"


@dataclass(frozen=True, slots=True)
class Lodged:
    """Keeps them and finds them again."""

    transactions: Transactions
    vault: Vault
    pushing: Pushing

    async def put(self, client: Client, request: bytes, handle: str, at: Instant) -> None:
        """Keep *request* until its time is over."""
        transaction = Transaction(
            issuer_id=client.issuer_id,
            txn_id=self._txn_ids(client.issuer_id, handle)[0],
            browser_digest=None,
            client_id=client.client_id,
            request=request,
            source="par",
            created_at=at,
            expires_at=Instant(at + self.pushing.request_s * SECOND),
        )
        await self.transactions.open(transaction)

    async def find(self, issuer_id: int, request_uri: str, client_id: str | None, now: Instant) -> Transaction | None:
        """What *client_id* pushed, in whatever state, if a browser may still come with it."""
        handle = request_uri.removeprefix(URN)
        if not secret_token.well_formed(KIND, handle):
            return None
        for txn_id in self._txn_ids(issuer_id, handle):
            found = await self.transactions.find(issuer_id, txn_id)
            if found is not None and found.source == "par" and found.client_id == client_id:
                return found if now < found.created_at + self.pushing.request_s * SECOND else None
        return None

    def _txn_ids(self, issuer_id: int, handle: str) -> list[str]:
        """Under the key that writes first, then under older ones: a rotation loses no request."""
        return [digest.hex() for digest in self.vault.digests(issuer_id, "pushed-request", handle)]


def visited(request: AuthorizationRequest, pushed: Transaction) -> AuthorizationRequest:
    """*request* as a browser runs it: its answer completes *pushed* as well."""
    return replace(request, pushed=pushed.txn_id)
