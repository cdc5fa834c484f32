"""The only place that turns an account into a ``sub`` (OpenID Connect Core §8)."""

from __future__ import annotations

from licet.storage.records import Account, Client
from licet.storage.vault import Vault


def sub_of(account: Account, client: Client) -> str:
    """The subject identifier of *account* as *client* sees it: public, the same for every client."""
    del client  # pairwise identifiers will depend on its sector
    return account.subject_id


def sub_of_client(client: Client) -> str:
    """The ``sub`` of a token that a client got for itself: its own id (RFC 9068 §2.2)."""
    return client.client_id


def sid_of(vault: Vault, issuer_id: int, session_id: str, client_id: str) -> str:
    """The ``sid`` of a session as one client knows it (rulings S): nobody else can link the two."""
    return vault.mac("sid", issuer_id, session_id, client_id)[:16].hex()
