"""POST /register: a client registers itself; GET, PUT and DELETE: it looks after itself (RFC 7591, RFC 7592).

Off unless the operator switches it on. Who may come is a token's business, how far one may go its policy's, and what
may be said is judged by the rules of the operator's own file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from licet.ambient import SECOND, Entropy, Instant
from licet.authorization_server.admission import client_usable
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Answer, Empty, Incoming, Json
from licet.authorization_server.sector import Sectors
from licet.authorization_server.settings import DynamicRegistration
from licet.events import Event, EventType
from licet.protocol import secret_token
from licet.protocol.client_metadata import ClientMetadata
from licet.protocol.errors import InvalidClientMetadata, InvalidToken, TooManyRequests
from licet.protocol.jose.model import InvalidJWT
from licet.protocol.jose.strict_json import object_of
from licet.registration import dynamic
from licet.registration.desired import SECRET, metadata_digest
from licet.registration.reserved_scopes import RESERVED
from licet.requirements import (
    REGISTRATION_ALLOWED,
    REGISTRATION_BOUNDED,
    REGISTRATION_MANAGED_BY_ITSELF,
    REGISTRATION_WELL_FORMED,
)
from licet.resource_owner.guesses import Bucket, Guesses, network_of
from licet.storage.ending import ending
from licet.storage.ports import Registered, Registering, Registrations
from licet.storage.records import Client, Credential, Registration, RegistrationPolicy
from licet.storage.vault import Vault

INITIAL = "ia"
MANAGING = "ra"
_CREATED, _NO_CONTENT = 201, 204
_NOT_TO_BE_SENT = ("registration_access_token", "registration_client_uri", "client_id_issued_at")
_RETRY_S = 3600


@dataclass(frozen=True, slots=True)
class RegistrationEndpoint:
    """The Client Registration Endpoint and, by its query, every Client Configuration Endpoint."""

    directory: Directory
    registrations: Registrations
    settings: DynamicRegistration
    making: Making
    sectors: Sectors
    guesses: Guesses

    async def __call__(self, incoming: Incoming) -> Answer:
        if incoming.method == "POST":
            return await self._register(incoming)
        registration, registered, token = await self._managed(incoming)
        match incoming.method:
            case "PUT":
                return await self._update(registration, registered, token, incoming)
            case "DELETE":
                return await self._remove(registration, registered.client, incoming)
            case _:
                return Json(body=self._information(registration, registered.client, token))

    async def _register(self, incoming: Incoming) -> Json:
        digest, policy = await self._leave(incoming)
        metadata, sector = await self._judged(_document(incoming), policy)
        made = self.making.client(metadata, policy, sector, incoming.at, self.settings.unused_s)
        event = self._event(EventType.CLIENT_CREATED, made.client.client_id, incoming)
        outcome = await self.registrations.register(
            Registering(
                client=made.client,
                credentials=made.credentials,
                registration=made.registration,
                token=digest,
                most=self.settings.clients,
                event=event,
            )
        )
        if outcome == "spent":
            raise InvalidToken("This initial access token is used up or expired", per=REGISTRATION_ALLOWED)
        if outcome == "full":
            raise _too_many("There are as many registered clients as there may be", _RETRY_S)
        self.directory.forget(made.client)
        body = self._information(made.registration, made.client, made.token) | _said(made.secret)
        return Json(body=body, status=_CREATED)

    async def _leave(self, incoming: Incoming) -> tuple[bytes | None, RegistrationPolicy]:
        """Who may register, and how far; raises InvalidToken or TooManyRequests."""
        issuer_id = self.directory.issuer.issuer_id
        if incoming.authorization is not None:
            token = _bearer(incoming)
            for digest in self.making.digests(issuer_id, INITIAL, token):
                found = await self.registrations.find_token(issuer_id, digest)
                if found is not None and found.uses_left > 0 and incoming.at < found.expires_at:
                    return digest, found.policy
            raise InvalidToken("This initial access token is not known, used up or expired", per=REGISTRATION_ALLOWED)
        if not self.settings.anybody:
            raise InvalidToken("An initial access token is needed to register", per=REGISTRATION_ALLOWED)
        await self._room(issuer_id, incoming)
        return None, self.settings.policy

    async def _room(self, issuer_id: int, incoming: Incoming) -> None:
        once, refill = self.settings.at_once, self.settings.refill_s * SECOND
        buckets = (
            Bucket(b"registration\x00" + network_of(incoming.peer).encode(), once, refill),
            Bucket(b"registration", once * 100, refill // 100),
        )
        until = await self.guesses.take(issuer_id, buckets, incoming.at)
        if until is not None:
            raise _too_many("Too many registrations from here", -(-(until - incoming.at) // SECOND))

    async def _judged(self, document: dict[str, Any], policy: RegistrationPolicy) -> tuple[ClientMetadata, str]:
        issuer = self.directory.issuer
        known = tuple(
            name for name in policy.scope if name in self.directory.catalogue.scopes and not name.startswith(RESERVED)
        )
        within = msgspec.structs.replace(policy, scope=known)
        metadata = dynamic.judge(document, within, development=issuer.development)
        uri = document.get("sector_identifier_uri")
        return metadata, "" if uri is None else await self.sectors.of(uri, metadata.redirect_uris)

    async def _managed(self, incoming: Incoming) -> tuple[Registration, Registered, str]:
        """The registration whose own token came with the request; raises InvalidToken for everything else alike."""
        issuer_id, client_id = self.directory.issuer.issuer_id, incoming.query.get("client_id") or ""
        token = _bearer(incoming)
        registration = await self.registrations.find(issuer_id, client_id)
        registered = await self.directory.client(client_id)
        known = registration.digest if registration else bytes(36)
        fits = self.making.vault.matches(known, issuer_id, MANAGING, f"{client_id}\x00{token}") if known else False
        if not fits or registration is None or registered is None or not client_usable(registered.client, incoming.at):
            raise InvalidToken(
                "This registration access token is not this client's", per=REGISTRATION_MANAGED_BY_ITSELF
            )
        return registration, registered, token

    async def _update(self, registration: Registration, before: Registered, token: str, incoming: Incoming) -> Json:
        """All of it anew, within the policy of the first day; the token changes with it (RFC 7592 §2.2)."""
        document = _document(incoming)
        if document.get("client_id") != registration.client_id:
            raise InvalidClientMetadata("client_id is not this client's", per=REGISTRATION_WELL_FORMED)
        if sent := [name for name in (*_NOT_TO_BE_SENT, "client_secret_expires_at") if name in document]:
            raise InvalidClientMetadata(f"{sent[0]} is the server's to say", per=REGISTRATION_WELL_FORMED)
        if "client_secret" in document and not self.making.proves(before, document["client_secret"]):
            raise InvalidClientMetadata("client_secret is not this client's", per=REGISTRATION_WELL_FORMED)
        metadata, sector = await self._judged(document, registration.policy)
        changed = self.making.changed(registration, before, metadata, sector, incoming.at)
        event = self._event(EventType.CLIENT_CHANGED, registration.client_id, incoming)
        done = await self.registrations.replace(
            changed.client, changed.credentials, registration.digest, changed.registration.digest, event
        )
        if not done:
            raise InvalidToken("This registration was changed meanwhile", per=REGISTRATION_MANAGED_BY_ITSELF)
        self.directory.forget(before.client, changed.client)
        return Json(body=self._information(registration, changed.client, changed.token) | _said(changed.secret))

    async def _remove(self, registration: Registration, client: Client, incoming: Incoming) -> Empty:
        gone = ending(
            registration.issuer_id,
            "client",
            registration.client_id,
            at=incoming.at,
            cause="deregistered",
            event=EventType.CLIENT_DISABLED,
            actor=f"client:{registration.client_id}",
            client=registration.client_id,
            request_id=incoming.request_id,
        )
        until = Instant(incoming.at + self.settings.gone_s * SECOND)
        if not await self.registrations.remove(gone, registration.client_id, registration.digest, until):
            raise InvalidToken("This registration was changed meanwhile", per=REGISTRATION_MANAGED_BY_ITSELF)
        self.directory.forget(client)
        return Empty(status=_NO_CONTENT)

    def _information(self, registration: Registration, client: Client, token: str) -> dict[str, Any]:
        """The client information response (RFC 7591 §3.2.1, RFC 7592 §3). A secret is shown once: it is not kept."""
        where = f"{self.directory.issuer.url}/register?{urlencode({'client_id': client.client_id})}"
        return {
            "client_id": client.client_id,
            "client_id_issued_at": registration.created_at // SECOND,
            "registration_access_token": token,
            "registration_client_uri": where,
            **dynamic.shown(client.metadata),
        }

    def _event(self, kind: EventType, client_id: str, incoming: Incoming) -> Event:
        return Event(
            issuer_id=self.directory.issuer.issuer_id,
            type=kind,
            at=incoming.at,
            actor=f"client:{client_id}",
            client=client_id,
            request_id=incoming.request_id,
        )


class Made(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client, new or changed, with what only it may see."""

    client: Client
    credentials: tuple[Credential, ...]
    registration: Registration
    token: str
    secret: str = ""
    """Empty where it has none, or keeps the one it had."""


@dataclass(frozen=True, slots=True)
class Making:
    """Makes clients of what was judged: ids, secrets and tokens are drawn here, and kept as digests only."""

    vault: Vault
    entropy: Entropy
    issuer_id: int

    def client(
        self, metadata: ClientMetadata, policy: RegistrationPolicy, sector: str, at: Instant, unused_s: int
    ) -> Made:
        """A new one; its id is ours to choose (RFC 9700 §4.15), and it goes unless it is used."""
        client_id, expires_at = self.entropy.bytes(16).hex(), Instant(at + unused_s * SECOND)
        client = self._client(client_id, metadata, policy, sector, at, expires_at)
        token, digest = self._token(client_id)
        registration = Registration(
            issuer_id=self.issuer_id,
            client_id=client_id,
            digest=digest,
            policy=policy,
            created_at=at,
            expires_at=expires_at,
        )
        secret, credentials = self._credentials(client, at, ())
        return Made(client=client, credentials=credentials, registration=registration, token=token, secret=secret)

    def changed(
        self, registration: Registration, before: Registered, metadata: ClientMetadata, sector: str, at: Instant
    ) -> Made:
        """The same one, saying something else; a secret it had stays while it proves itself by one."""
        old = before.client
        client = self._client(old.client_id, metadata, registration.policy, sector, old.created_at, old.expires_at)
        token, digest = self._token(old.client_id)
        kept = tuple(credential for credential in before.credentials if credential.kind == "secret")
        secret, credentials = self._credentials(client, at, kept)
        renewed = msgspec.structs.replace(registration, digest=digest)
        return Made(client=client, credentials=credentials, registration=renewed, token=token, secret=secret)

    def digests(self, issuer_id: int, kind: str, token: str) -> tuple[bytes, ...]:
        """What *token* is looked up by; nothing where it is none of ours."""
        return self.vault.digests(issuer_id, kind, token) if secret_token.well_formed(kind, token) else ()

    def proves(self, registered: Registered, secret: object) -> bool:
        """Whether *secret* is one of the client's."""
        held = [one.digest for one in registered.credentials if one.digest is not None]
        return isinstance(secret, str) and any(
            self.vault.matches(digest, self.issuer_id, SECRET, secret) for digest in held
        )

    def _client(
        self,
        client_id: str,
        metadata: ClientMetadata,
        policy: RegistrationPolicy,
        sector: str,
        created_at: Instant,
        expires_at: Instant | None,
    ) -> Client:
        return Client(
            issuer_id=self.issuer_id,
            client_id=client_id,
            source="dcr",
            kind=dynamic.kind_of(metadata).name,
            metadata=metadata,
            metadata_digest=metadata_digest(metadata),
            policy=dynamic.policy_of(metadata, policy, sector),
            created_at=created_at,
            expires_at=expires_at,
        )

    def _token(self, client_id: str) -> tuple[str, bytes]:
        token = secret_token.make(MANAGING, self.entropy.bytes(secret_token.RANDOM_BYTES))
        return token, self.vault.digest(self.issuer_id, MANAGING, f"{client_id}\x00{token}")

    def _credentials(
        self, client: Client, at: Instant, kept: tuple[Credential, ...]
    ) -> tuple[str, tuple[Credential, ...]]:
        """What it proves itself with by its method, and the secret where a new one was drawn."""
        metadata = client.metadata
        if metadata.public:
            return "", ()
        if metadata.token_endpoint_auth_method == "private_key_jwt":
            keys = [("jwk", key) for key in (metadata.jwks or {}).get("keys", ())]
            keys += [("jwks_uri", {"jwks_uri": metadata.jwks_uri})] if metadata.jwks_uri else []
            return "", tuple(self._credential(client, at, kind, jwk=jwk) for kind, jwk in keys)
        if kept:
            return "", kept
        secret = secret_token.make("cs", self.entropy.bytes(secret_token.RANDOM_BYTES))
        digest = self.vault.digest(self.issuer_id, SECRET, secret)
        return secret, (self._credential(client, at, "secret", digest=digest),)

    def _credential(self, client: Client, at: Instant, kind: Any, **proof: Any) -> Credential:
        return Credential(
            issuer_id=self.issuer_id,
            owner_kind="client",
            owner=client.client_id,
            credential_id=self.entropy.bytes(16).hex(),
            kind=kind,
            created_at=at,
            **proof,
        )


def _document(incoming: Incoming) -> dict[str, Any]:
    try:
        return object_of(incoming.json)
    except InvalidJWT as error:
        raise InvalidClientMetadata(f"The body {error.reason}", per=REGISTRATION_WELL_FORMED) from error


def _bearer(incoming: Incoming) -> str:
    scheme, _, token = (incoming.authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise InvalidToken("A Bearer token is needed", per=REGISTRATION_MANAGED_BY_ITSELF)
    return token


def _said(secret: str) -> dict[str, Any]:
    return {"client_secret": secret, "client_secret_expires_at": 0} if secret else {}


def _too_many(why: str, retry_after_s: int) -> TooManyRequests:
    refusal = TooManyRequests(why, per=REGISTRATION_BOUNDED)
    refusal.retry_after_s = max(1, retry_after_s)
    return refusal
