"""Making a grant: what a person allowed, written down once and for all (records: the authority)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal

from licet.ambient import SECOND, Entropy, Instant
from licet.authorization_server.directory import Directory
from licet.authorization_server.document_clients import DocumentClients
from licet.authorization_server.settings import Lifetimes
from licet.authorization_server.subject import Subjects, sid_of
from licet.protocol.claims_request import ClaimsRequest
from licet.protocol.errors import TemporarilyUnavailable
from licet.requirements import DOCUMENT_VISITS_BOUNDED
from licet.resource_owner.assurance import acr_of
from licet.resource_owner.claims import askable
from licet.resource_owner.consent import agreed_to
from licet.storage.ports import Registering, SignedIn, Store
from licet.storage.records import Client, Consent, ConsentItem, Grant
from licet.storage.vault import Vault

_NO_ROOM_S = 3600


@dataclass(frozen=True, slots=True)
class Granting:
    """Writes grants and consents; storing them is the caller's one write."""

    store: Store
    directory: Directory
    vault: Vault
    entropy: Entropy
    lifetimes: Lifetimes
    subjects: Subjects
    documents: DocumentClients | None = None
    """None: no client is known by its document."""

    def adopted(self, client: Client, at: Instant, request_id: str) -> Registering | None:
        """What writes *client* down with its first grant, where only its document made it known."""
        return None if self.documents is None else self.documents.adopted(client, at, request_id)

    def grant(
        self,
        signed_in: SignedIn,
        client: Client,
        sub: str,
        scope: tuple[str, ...],
        resources: tuple[str, ...],
        at: Instant,
        *,
        origin: Literal["code", "device"],
        nonce: str | None = None,
        claims_request: ClaimsRequest | None = None,
        acr: tuple[str, ...] = (),
    ) -> Grant:
        """What *signed_in*, whom it knows as *sub*, allows *client*; *acr* are the levels it would like. Online grants end with the visit, offline ones live on (rulings D)."""
        session, issuer_id = signed_in.session, self.directory.issuer.issuer_id
        by_kind = origin == "device" and client.policy.refresh == "offline"
        offline = "offline_access" in scope or by_kind
        absolute = Instant(at + self.lifetimes.refresh_absolute_s * SECOND)
        return Grant(
            issuer_id=issuer_id,
            grant_id=self.store.next_id(at),
            handle=urlsafe_b64encode(self.entropy.bytes(18)).decode(),
            subject_id=signed_in.account.subject_id,
            sub=sub,
            client_id=client.client_id,
            session_id=session.session_id,
            access="offline" if offline else "online",
            origin=origin,
            scope=scope,
            resources=tuple(dict.fromkeys(api for name in scope if (api := self.directory.catalogue.api_of(name)))),
            resource_asked=resources,
            acr=acr_of(session.amr, acr),
            amr=session.amr,
            auth_time=session.auth_time,
            sid=sid_of(self.vault, issuer_id, session.session_id, client.client_id),
            nonce=nonce,
            claims_request=_askable(claims_request, client),
            issued_at=at,
            expires_at=absolute if offline else min(absolute, session.absolute_until),
        )

    def items(self, scope: tuple[str, ...]) -> tuple[ConsentItem, ...]:
        """*scope* as it is agreed to: each with the API it reaches."""
        return tuple(ConsentItem(name, self.directory.catalogue.api_of(name)) for name in scope)

    def consent(
        self,
        signed_in: SignedIn,
        client: Client,
        items: tuple[ConsentItem, ...],
        before: Consent | None,
        at: Instant,
        *,
        via: Literal["page", "device"],
    ) -> Consent:
        """A yes to *items*, beside what was agreed to before and still stands."""
        kept = tuple(i for i in (before.items if before else ()) if agreed_to(before, client, at, i.scope))
        return Consent(
            issuer_id=self.directory.issuer.issuer_id,
            subject_id=signed_in.account.subject_id,
            client_id=client.client_id,
            client_metadata_digest=client.metadata_digest,
            items=tuple(dict.fromkeys((*kept, *items))),
            via=via,
            granted_at=at,
            expires_at=Instant(at + self.lifetimes.consent_s * SECOND),
        )


def _askable(asked: ClaimsRequest | None, client: Client) -> dict[str, tuple[str, ...]] | None:
    """What is kept of *asked*: the claims the client may have, by where they are told."""
    if asked is None:
        return None
    places = (("userinfo", asked.userinfo), ("id_token", asked.id_token))
    may = client.metadata.scope
    return {place: names for place, all_ in places if (names := askable(all_, may))} or None


def no_room() -> TemporarilyUnavailable:
    """There are as many clients that nobody registered by hand as there may be; those that nobody uses go."""
    refusal = TemporarilyUnavailable("No more new apps can be taken in for now", per=DOCUMENT_VISITS_BOUNDED)
    refusal.retry_after_s = _NO_ROOM_S
    return refusal
