"""What the rules want to know, read off a configuration. Pure."""

from __future__ import annotations

from hashlib import sha256

from licet.ambient import SECOND, Instant
from licet.protocol import user_code
from licet.protocol.jose import thumbprint
from licet.registration.desired import Configuration
from licet.registration.model import Manifest
from licet.registration.reserved_scopes import ADMINISTRATION
from licet.registration.scopes import OWN
from licet.rules import (
    Finding,
    PolicyFacts,
    RegistrationFacts,
    judge_estate,
    judge_registration,
)
from licet.storage.ports import Registered
from licet.storage.records import Credential

_ADDRESSES = (
    "client_uri",
    "logo_uri",
    "tos_uri",
    "policy_uri",
    "jwks_uri",
    "sector_identifier_uri",
    "initiate_login_uri",
    "backchannel_logout_uri",
)
_ALGORITHMS = (
    "id_token_signed_response_alg",
    "userinfo_signed_response_alg",
    "introspection_signed_response_alg",
    "request_object_signing_alg",
    "token_endpoint_auth_signing_alg",
)
_SPARED = "oidc-core"
_DAY = 24 * 3600 * SECOND


def of_app(
    app: Registered, configuration: Configuration, now: Instant, *, development: bool = False
) -> RegistrationFacts:
    """One registration beside what it may ask for. What the file's reader made sure of is not unknown: it is so."""
    client, metadata = app.client, app.client.metadata
    scopes = [*configuration.own_scopes, *(scope for api in configuration.apis for scope in api.scopes)]
    secrets = [one for one in app.credentials if one.kind == "secret"]
    return RegistrationFacts(
        name=f"app.{client.client_id}",
        kind=client.kind,
        source=client.source,
        development=development,
        application_type=metadata.application_type,
        redirect_uris=metadata.redirect_uris,
        post_logout_redirect_uris=metadata.post_logout_redirect_uris,
        addresses={name: url for name in _ADDRESSES if (url := getattr(metadata, name))},
        grant_types=metadata.grant_types,
        response_types=metadata.response_types,
        auth_method=metadata.token_endpoint_auth_method,
        pkce="optional" if client.policy.profile == _SPARED and not metadata.public else "required",
        nonce_instead=False,
        rotates=client.policy.rotate,
        access_token_s=client.policy.access_token_lifetime_s,
        scope=metadata.scope,
        known_scopes=frozenset({*OWN, *ADMINISTRATION, *(scope.name for scope in scopes)}),
        sensitive=frozenset({*ADMINISTRATION, *(scope.name for scope in scopes if scope.sensitive)}),
        consent=client.policy.consent,
        pushed_only=metadata.require_pushed_authorization_requests,
        owner=client.owner,
        contacts=metadata.contacts,
        secrets=tuple(sha256(one.digest or b"").hexdigest() for one in secrets),
        overlap_days=_overlap(secrets, now),
        keys=tuple(thumbprint(one.jwk) for one in app.credentials if one.kind == "jwk" and one.jwk),
        algorithms={name: alg for name in _ALGORITHMS if (alg := getattr(metadata, name))},
    )


def _overlap(secrets: list[Credential], now: Instant) -> int | None:
    """Days since the newer of two secrets came."""
    return max(0, now - max(one.created_at for one in secrets)) // _DAY if len(secrets) > 1 else None


def of_server(manifest: Manifest, configuration: Configuration, defaults: dict[str, int], guesses: int) -> PolicyFacts:
    """How the server of *manifest* is set up; *defaults* are the settings' lifetimes, *guesses* the wrong user codes that all
    together may try while one lives."""
    lives = defaults | dict(manifest.lifetimes)
    section = manifest.server.registration
    return PolicyFacts(
        issuer=manifest.issuer,
        authorization_code_s=lives.get("authorization_code_s"),
        access_token_s=lives.get("access_token_s"),
        refresh_idle_s=lives.get("refresh_idle_s"),
        refresh_absolute_s=lives.get("refresh_absolute_s"),
        device_code_s=lives.get("device_code_s"),
        user_code_bits=user_code.BITS,
        user_code_guesses=guesses,
        registration="off" if section is None or not section.registers else "anybody" if section.anybody else "token",
        registration_scope=() if section is None else section.may,
        registration_unused_s=None if section is None else section.unused_s,
        api_scopes=frozenset(scope.name for api in configuration.apis for scope in api.scopes),
        egress_allow=(*sorted(manifest.server.egress.hosts), *map(str, manifest.server.egress.networks)),
    )


def judged(configuration: Configuration, now: Instant, *, development: bool = False) -> tuple[Finding, ...]:
    """What the rules say of every app in it, and of all of them beside one another; the worst first."""
    apps = [
        of_app(app, configuration, now, development=development)
        for app in configuration.apps
        if app.client.status == "active"
    ]
    found = (*(finding for app in apps for finding in judge_registration(app)), *judge_estate(apps))
    return tuple(sorted(found, key=lambda one: (one.severity.rank, one.subject, one.rule.id, one.message)))
