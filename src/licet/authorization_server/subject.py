"""The only place that turns an account into a ``sub`` (OpenID Connect Core §8).

What was decided here is written into the grant, and every place that names a person reads it there (I6).
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.protocol import redirect_uri
from licet.storage import ports
from licet.storage.records import Account, Client, PairwiseSubject
from licet.storage.vault import Vault

SUBJECT_TYPES = ("public", "pairwise")

_SUB_BYTES = 16


@dataclass(frozen=True, slots=True)
class Subjects:
    """How people are called, by whom."""

    pairwise: ports.PairwiseSubjects
    vault: Vault

    async def sub_of(self, account: Account, client: Client) -> str:
        """The subject identifier of *account* as *client* sees it: public, or the one of the client's sector.

        A pairwise one is drawn from our own key once and then kept, so that a new master key calls nobody another name.
        """
        if client.metadata.subject_type != "pairwise":
            return account.subject_id
        issuer_id, sector = account.issuer_id, sector_of(client)
        kept = await self.pairwise.find(issuer_id, sector, account.subject_id)
        if kept is not None:
            return kept
        sub = self.vault.mac("pairwise", issuer_id, sector, account.subject_id)[:_SUB_BYTES].hex()
        subject = PairwiseSubject(issuer_id=issuer_id, sector=sector, subject_id=account.subject_id, sub=sub)
        return await self.pairwise.settle(subject)


def sector_of(client: Client) -> str:
    """Who shares identifiers with *client* (OpenID Connect Core §8.1): as the operator says, else the host that its
    ``sector_identifier_uri`` names, else that of its redirect URIs; an app without any host is a sector of its own."""
    if client.policy.sector:
        return client.policy.sector
    metadata = client.metadata
    addresses = metadata.redirect_uris if metadata.sector_identifier_uri is None else (metadata.sector_identifier_uri,)
    hosts = {host for uri in addresses if (host := redirect_uri.https_host(uri))}
    # Several without a document that lists them prove nothing of one another, so they share nothing with anybody.
    return hosts.pop() if len(hosts) == 1 else f"client:{client.client_id}"


def sub_of_client(client: Client) -> str:
    """The ``sub`` of a token that a client got for itself: its own id (RFC 9068 §2.2)."""
    return client.client_id


def sid_of(vault: Vault, issuer_id: int, session_id: str, client_id: str) -> str:
    """The ``sid`` of a session as one client knows it (rulings S): nobody else can link the two."""
    return vault.mac("sid", issuer_id, session_id, client_id)[:16].hex()
