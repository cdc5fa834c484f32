"""An app or an API of the store in the words of the file: what is shown can be sent back and says the same."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from licet.administration import models
from licet.protocol.client_metadata import ClientMetadata
from licet.registration.kinds import BY_NAME, REFRESH, Kind
from licet.storage.ports import Protected, Registered
from licet.storage.records import Client, Credential

_PINNED: Final = {"client_secret_basic": "basic", "client_secret_post": "post"}
_SAID_BY_WORDS: Final = frozenset(
    {
        "redirect_uris",
        "token_endpoint_auth_method",
        "client_name",
        "client_uri",
        "scope",
        "jwks",
        "jwks_uri",
        "id_token_signed_response_alg",
        "response_types",
        "sector_identifier_uri",
    }
)
_DEFAULT: Final = ClientMetadata()


def of_app(app: Registered) -> models.AppWords:
    """The words of an app."""
    client, kind = app.client, BY_NAME[app.client.kind]
    it, policy = client.metadata, client.policy
    lifetime = policy.access_token_lifetime_s
    return models.AppWords(
        is_=client.kind,
        may=list(it.scope),
        name=it.client_name or UNSET,
        url=it.client_uri or UNSET,
        callback=list(it.redirect_uris) if kind.redirects else UNSET,
        key=_key(app.credentials),
        auth=_PINNED.get(it.token_endpoint_auth_method, UNSET),
        refresh=_unless(policy.refresh, kind.refresh),
        consent=_unless(policy.consent, kind.consent),
        token_lifetime=UNSET if lifetime in (None, kind.longest_access_token_s) else lifetime,
        id_token_alg=_unless(it.id_token_signed_response_alg, _DEFAULT.id_token_signed_response_alg),
        owner=client.owner or UNSET,
        sector=policy.sector or UNSET,
        profile=policy.profile or UNSET,
        expert=_expert(client, kind) or UNSET,
    )


def of_api(api: Protected) -> models.ApiWords:
    """The words of an API, with those of its scopes that count."""
    it = api.resource
    return models.ApiWords(
        audience=it.identifier,
        scopes={
            scope.name: models.ScopeWords(says=scope.words, sensitive=True) if scope.sensitive else scope.words
            for scope in api.scopes
            if scope.status == "active"
        },
        token=_unless(it.token_format, "jwt"),
        alg=_unless(it.alg, "ES256"),
        access_token=it.lifetime_s or UNSET,
        key=_key(api.credentials),
    )


def credentials(held: Iterable[Credential]) -> list[models.Credential]:
    """What something proves itself with, as it is shown."""
    return [
        models.Credential(
            id=one.credential_id,
            kind="jwks_url" if one.kind == "jwks_uri" else one.kind,
            created_at=models.when(one.created_at),
            expires_at=models.maybe(one.expires_at),
        )
        for one in held
    ]


def _key(held: Iterable[Credential]) -> models.PublicKey | list[models.PublicKey] | UnsetType:
    keys = [
        models.PublicKey(jwks_url=one.jwk["jwks_uri"]) if one.kind == "jwks_uri" else models.PublicKey(jwk=one.jwk)
        for one in held
        if one.jwk is not None
    ]
    if not keys:
        return UNSET
    return keys[0] if len(keys) == 1 else keys


def _unless(value: str, usual: str) -> str | UnsetType:
    return UNSET if value == usual else value


def _expert(client: Client, kind: Kind) -> dict[str, Any]:
    """What of the metadata neither another word says nor what the app is."""
    usual = msgspec.structs.asdict(_DEFAULT) | {
        "grant_types": tuple(g for g in kind.grant_types if g != REFRESH or client.policy.refresh != "none"),
        "application_type": kind.application_type,
        "require_pushed_authorization_requests": kind.pushes,
    }
    said = msgspec.structs.asdict(client.metadata)
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in said.items()
        if name not in _SAID_BY_WORDS and value != usual[name]
    }
