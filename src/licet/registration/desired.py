"""From the manifest to the records a store keeps: the same file gives the same records, whenever it is read.

Only ids of new credentials are drawn and only times are the present; whoever compares ignores both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

import msgspec

from licet.ambient import Entropy, Instant
from licet.protocol.client_metadata import ClientMetadata
from licet.registration.mistakes import ManifestErrors, Mistake
from licet.registration.model import (
    Credentials,
    DesiredApi,
    DesiredApp,
    DesiredScope,
    Manifest,
    Reference,
    ResolveSecret,
)
from licet.registration.references import Unresolved, weakness
from licet.storage.ports import Configured, Protected, Registered
from licet.storage.records import Client, ClientPolicy, Credential, Resource, Scope
from licet.storage.vault import Vault

SECRET = "client-secret"
"""What client authentication digests a presented secret as."""

ProofKind = Literal["secret", "jwk", "jwks_uri"]
OwnerKind = Literal["client", "resource"]

_canonical = msgspec.json.Encoder(order="deterministic").encode
_ID_BYTES = 16


class Configuration(Configured, frozen=True, kw_only=True):
    """Apps, APIs and the issuer's own words: as a file wants them, or as a store has them."""

    @property
    def empty(self) -> bool:
        """Whether nothing was ever configured."""
        return not (self.apps or self.apis or self.own_scopes)

    @property
    def digests(self) -> frozenset[bytes]:
        """The digest of every secret in it."""
        owned = [app.credentials for app in self.apps] + [api.credentials for api in self.apis]
        return frozenset(one.digest for credentials in owned for one in credentials if one.digest is not None)


@dataclass(frozen=True, slots=True)
class Missing:
    """A secret that is not where the file says it is."""

    owner_kind: OwnerKind
    owner: str
    reference: Reference

    @property
    def who(self) -> str:
        """As the file names it: ``app.ID``, ``api.NAME``."""
        return f"{'app' if self.owner_kind == 'client' else 'api'}.{self.owner}"


def records(
    manifest: Manifest,
    issuer_id: int,
    vault: Vault,
    *,
    entropy: Entropy,
    now: Instant,
    resolve_secret: ResolveSecret,
    known: frozenset[bytes] = frozenset(),
    missing: list[Missing] | None = None,
) -> Configuration:
    """What the store should hold for *manifest*; raises ManifestErrors for every secret that is missing or weak.

    *known* are the digests that the store has: one that is still right is kept, so that a rotated master key
    does not look like a change of every secret. Where *missing* is given, secrets that are not to be had are
    noted there, and are no mistakes.
    """
    maker = _Maker(issuer_id, vault, entropy, now, resolve_secret, known, missing)
    configuration = Configuration(
        apps=tuple(maker.app(app) for app in manifest.apps),
        apis=tuple(maker.api(api) for api in manifest.apis),
        own_scopes=maker.scopes(manifest.scopes, None),
    )
    if maker.mistakes:
        raise ManifestErrors(maker.mistakes)
    return configuration


def metadata_digest(metadata: ClientMetadata) -> bytes:
    """What remembered consents hang on: it changes iff what the client declares changes (rulings C)."""
    return sha256(_canonical(metadata)).digest()


@dataclass(frozen=True, slots=True)
class _Maker:
    """One issuer, one instant."""

    issuer_id: int
    vault: Vault
    entropy: Entropy
    now: Instant
    resolve: ResolveSecret
    known: frozenset[bytes]
    missing: list[Missing] | None
    mistakes: list[Mistake] = field(default_factory=list)

    def app(self, app: DesiredApp) -> Registered:
        client = Client(
            issuer_id=self.issuer_id,
            client_id=app.client_id,
            source="file",
            kind=app.kind.name,
            owner=app.owner,
            metadata=app.metadata,
            metadata_digest=metadata_digest(app.metadata),
            policy=ClientPolicy(
                rotate=app.rotate,
                refresh=app.refresh,
                consent=app.consent,
                profile=app.profile,
                sector=app.sector,
                access_token_lifetime_s=app.access_token_s,
            ),
            created_at=self.now,
        )
        return Registered(client=client, credentials=self._credentials("client", app.client_id, app.credentials))

    def api(self, api: DesiredApi) -> Protected:
        resource = Resource(
            issuer_id=self.issuer_id,
            identifier=api.audience,
            name=api.name,
            token_format=api.token,
            alg=api.alg,
            lifetime_s=api.access_token_s,
        )
        return Protected(
            resource=resource,
            scopes=self.scopes(api.scopes, api.audience),
            credentials=self._credentials("resource", api.name, api.credentials),
        )

    def scopes(self, scopes: Iterable[DesiredScope], resource: str | None) -> tuple[Scope, ...]:
        return tuple(
            Scope(
                issuer_id=self.issuer_id,
                name=scope.name,
                resource=resource,
                words=scope.says,
                sensitive=scope.sensitive,
            )
            for scope in scopes
        )

    def _credentials(self, owner_kind: OwnerKind, owner: str, given: Credentials) -> tuple[Credential, ...]:
        def made(kind: ProofKind, digest: bytes | None, jwk: dict[str, Any] | None) -> Credential:
            return Credential(
                issuer_id=self.issuer_id,
                owner_kind=owner_kind,
                owner=owner,
                credential_id=self.entropy.bytes(_ID_BYTES).hex(),
                kind=kind,
                digest=digest,
                jwk=jwk,
                created_at=self.now,
            )

        keys = (made("jwks_uri" if "jwks_uri" in key.jwk else "jwk", None, key.jwk) for key in given.keys)
        return (*keys, *(made("secret", digest, None) for digest in self._digests(owner_kind, owner, given)))

    def _digests(self, owner_kind: OwnerKind, owner: str, given: Credentials) -> list[bytes]:
        digests = []
        for reference in given.secrets:
            try:
                secret = self.resolve(reference)
            except Unresolved as reason:
                if self.missing is not None:
                    self.missing.append(Missing(owner_kind, owner, reference))
                    continue
                fix = "put the secret there, or point elsewhere"
                self.mistakes.append(Mistake(reference.place, str(reason), "docs/configuration.md, secrets", fix))
                continue
            if weak := weakness(secret, reference.place):
                self.mistakes.append(weak)
            else:
                digests.append(self._digest(secret))
        return digests

    def _digest(self, secret: str) -> bytes:
        under_each_key = self.vault.digests(self.issuer_id, SECRET, secret)
        return next((digest for digest in under_each_key if digest in self.known), under_each_key[0])
