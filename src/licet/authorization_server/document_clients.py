"""Records of clients that a document describes: as they are known, as they are written down, as they change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from licet.ambient import SECOND, Entropy, Instant
from licet.authorization_server.settings import ClientDocuments as Limits
from licet.events import Event, EventType
from licet.protocol.client_metadata import ClientMetadata
from licet.registration import dynamic
from licet.registration.client_document import keys_replaced
from licet.registration.desired import metadata_digest
from licet.storage.ending import ending
from licet.storage.ports import Ending, Registered, Registering
from licet.storage.records import Client, Credential, Registration, RegistrationPolicy


class Changed(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client whose document says something else."""

    client: Client
    credentials: tuple[Credential, ...]
    ending: Ending | None
    """Of everything it was given, where its keys were replaced."""
    event: Event
    """Recorded where nothing ends."""


@dataclass(frozen=True, slots=True)
class DocumentClients:
    """Makes them."""

    issuer_id: int
    entropy: Entropy
    limits: Limits

    def described(
        self, client_id: str, metadata: ClientMetadata, policy: RegistrationPolicy, at: Instant
    ) -> Registered:
        """The client that a document describes, nowhere written down."""
        client = Client(
            issuer_id=self.issuer_id,
            client_id=client_id,
            source="cimd",
            kind=dynamic.kind_of(metadata).name,
            metadata=metadata,
            metadata_digest=metadata_digest(metadata),
            policy=dynamic.policy_of(metadata, policy, ""),
            created_at=at,
        )
        return Registered(client=client, credentials=self._credentials(client, at))

    def adopted(self, client: Client, at: Instant, request_id: str) -> Registering | None:
        """What writes *client* down with its first grant; None for one that no document describes.

        It goes unless it is used. Nobody holds a registration access token: the document is how it is managed.
        """
        if client.source != "cimd":
            return None
        until = Instant(at + self.limits.unused_s * SECOND)
        written = msgspec.structs.replace(client, created_at=at, expires_at=until)
        registration = Registration(
            issuer_id=self.issuer_id,
            client_id=client.client_id,
            digest=b"",
            policy=self.limits.policy,
            created_at=at,
            expires_at=until,
        )
        return Registering(
            client=written,
            credentials=self._credentials(client, at),
            registration=registration,
            token=None,
            most=self.limits.clients,
            event=self._event(EventType.CLIENT_CREATED, client.client_id, at, request_id),
        )

    def changed(self, before: Registered, now: Registered, at: Instant) -> Changed:
        """The client *before*, saying what its document says *now*."""
        old, new = before.client, now.client
        client = msgspec.structs.replace(
            old, kind=new.kind, metadata=new.metadata, metadata_digest=new.metadata_digest, policy=new.policy
        )
        replaced = keys_replaced(old.metadata, new.metadata)
        return Changed(
            client=client,
            credentials=now.credentials,
            ending=self._ending(old.client_id, at) if replaced else None,
            event=self._event(EventType.CLIENT_CHANGED, old.client_id, at),
        )

    def _ending(self, client_id: str, at: Instant) -> Ending:
        return ending(
            self.issuer_id,
            "client",
            client_id,
            at=at,
            cause="keys replaced",
            event=EventType.CLIENT_CHANGED,
            actor="licet",
            client=client_id,
        )

    def _credentials(self, client: Client, at: Instant) -> tuple[Credential, ...]:
        """Its keys, by value or by address; none where it proves nothing."""
        metadata = client.metadata
        if metadata.public:
            return ()
        if metadata.jwks_uri is not None:
            return (self._credential(client, at, kind="jwks_uri", jwk={"jwks_uri": metadata.jwks_uri}),)
        keys = metadata.jwks["keys"] if metadata.jwks else ()
        return tuple(self._credential(client, at, kind="jwk", jwk=key) for key in keys)

    def _credential(self, client: Client, at: Instant, **proof: Any) -> Credential:
        return Credential(
            issuer_id=self.issuer_id,
            owner_kind="client",
            owner=client.client_id,
            credential_id=self.entropy.bytes(16).hex(),
            created_at=at,
            **proof,
        )

    def _event(self, kind: EventType, client_id: str, at: Instant, request_id: str = "") -> Event:
        return Event(
            issuer_id=self.issuer_id,
            type=kind,
            at=at,
            actor=f"client:{client_id}",
            client=client_id,
            request_id=request_id,
        )
