"""One app of a store in the words of the file: what its kind says already is not said again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from licet.protocol.client_metadata import ClientMetadata
from licet.registration.app_authentication import EITHER, PINS
from licet.registration.kinds import BY_NAME, REFRESH, Kind
from licet.registration.scopes import OWN
from licet.registration.toml_text import Row
from licet.storage.ports import Registered
from licet.storage.records import Client

NO_REASON = "exported: the store does not keep why"

_PINNED = {method: word for word, method in PINS.items()}
_AS_THEY_ARE = (
    "response_modes", "contacts", "logo_uri", "tos_uri", "policy_uri", "initiate_login_uri", "backchannel_logout_uri",
    "backchannel_logout_session_required", "post_logout_redirect_uris", "default_max_age", "require_auth_time",
    "default_acr_values", "userinfo_signed_response_alg", "introspection_signed_response_alg",
    "request_object_signing_alg", "token_endpoint_auth_signing_alg",
)  # fmt: skip
"""Metadata that only ``expert`` says, under its own name; the default goes without saying."""
_BY_THEMSELVES = ("jwks", "jwks_uri", "sector_identifier_uri")
_DEFAULTS = ClientMetadata()


@dataclass(frozen=True, slots=True)
class Said:
    """An app: a line about it, its words, and what of it is for experts."""

    about: str
    rows: tuple[Row, ...]
    expert: tuple[Row, ...]


def app(client: Client, proof: tuple[Row, ...], because: str) -> Said:
    """Say *client*; *proof* is its ``key`` or ``secret``."""
    kind, metadata = BY_NAME.get(client.kind), client.metadata
    if kind is None:
        return Said(f"{client.client_id}: {client.kind!r} is no kind that a file has", (), ())
    rows = (
        Row("is", kind.name),
        *_identity(kind, client),
        *proof,
        *_auth(kind, metadata, proof),
        Row("may", _may(metadata.scope)),
        *_policy(kind, client),
        *([Row("because", because or NO_REASON)] if kind.needs_reason else []),
    )
    return Said(f"{metadata.client_name or client.client_id}: {kind.because}.", rows, _expert(kind, client))


def unsayable(registered: Registered) -> str:
    """Why no words of a file come to just this client, or an empty string."""
    kind = BY_NAME.get(registered.client.kind)
    if kind is None:
        return f"{registered.client.kind!r} is no kind that a file has"
    return next((reason for reason, holds in _REASONS if holds(kind, registered)), "").format(kind=kind.name)


_REASONS: tuple[tuple[str, Callable[[Kind, Registered], bool]], ...] = (
    (
        "its keys or its sector are said as only those say it that register themselves",
        lambda _, it: any(getattr(it.client.metadata, name) is not None for name in _BY_THEMSELVES),
    ),
    (
        "its refresh tokens rotate otherwise than those of a {kind}",
        lambda kind, it: it.client.policy.rotate != kind.rotates(public=it.client.metadata.public),
    ),
    (
        "its response_types are not those of a {kind}",
        lambda kind, it: it.client.metadata.response_types != (("code",) if kind.redirects else ()),
    ),
    (
        "it has callbacks, and a {kind} has none",
        lambda kind, it: not kind.redirects and bool(it.client.metadata.redirect_uris),
    ),
    (
        "its tokens live as long as an API's, and those of a {kind} do not",
        lambda kind, it: bool(kind.longest_access_token_s) and it.client.policy.access_token_lifetime_s is None,
    ),
    (
        "it has a sector, and yet everybody knows people by the same identifier",
        lambda _, it: bool(it.client.policy.sector) and it.client.metadata.subject_type != "pairwise",
    ),
    (
        "it has no key and no secret, and a {kind} must have one",
        lambda kind, it: kind.proof == "required" and not it.credentials,
    ),
    (
        "it proves who it is, and a {kind} cannot",
        lambda kind, it: kind.proof == "none" and bool(it.credentials or not it.client.metadata.public),
    ),
)
"""Why a client is not to be said in a file, and when that is so."""


def _identity(kind: Kind, client: Client) -> list[Row]:
    """What people see of it, and where it is."""
    metadata, rows = client.metadata, []
    if metadata.client_name not in {"", client.client_id}:
        rows.append(Row("name", metadata.client_name))
    if metadata.client_uri is not None:
        rows.append(Row("url", metadata.client_uri))
    if kind.redirects and metadata.redirect_uris != tuple(sorted(kind.callbacks)):
        rows.append(Row("callback", _one_or_many(metadata.redirect_uris)))
    return rows


def _policy(kind: Kind, client: Client) -> list[Row]:
    """What the operator decided, where the kind would have it otherwise."""
    policy, algorithm = client.policy, client.metadata.id_token_signed_response_alg
    lifetime = policy.access_token_lifetime_s
    said = (
        ("refresh", policy.refresh, kind.refresh),
        ("consent", policy.consent, kind.consent),
        ("token_lifetime", lifetime, None if lifetime is None else kind.longest_access_token_s),
        ("id_token_alg", algorithm, _DEFAULTS.id_token_signed_response_alg),
        ("owner", client.owner, ""),
        ("sector", policy.sector, ""),
        ("profile", policy.profile, ""),
    )
    return [Row(word, is_, "seconds" if word == "token_lifetime" else "") for word, is_, usual in said if is_ != usual]


def _one_or_many(texts: tuple[str, ...]) -> object:
    return texts[0] if len(texts) == 1 else list(texts)


def _may(scope: tuple[str, ...]) -> list[str]:
    """Those of the issuer first, in their usual order."""
    own = [name for name in OWN if name in scope]
    return own + [name for name in scope if name not in OWN]


def _auth(kind: Kind, metadata: ClientMetadata, proof: tuple[Row, ...]) -> list[Row]:
    """The pin, where the method does not follow from the rest."""
    has = next((row.key for row in proof), None)
    follows = "none" if kind.proof == "none" else {"key": "private_key_jwt", "secret": EITHER, None: "none"}[has]
    method = metadata.token_endpoint_auth_method
    return [] if method == follows or method not in _PINNED else [Row("auth", _PINNED[method])]


def _expert(kind: Kind, client: Client) -> tuple[Row, ...]:
    metadata, policy = client.metadata, client.policy
    grants = tuple(grant for grant in kind.grant_types if policy.refresh != "none" or grant != REFRESH)
    usual = {name: getattr(_DEFAULTS, name) for name in _AS_THEY_ARE} | {
        "grant_types": grants,
        "application_type": kind.application_type,
        "subject_type": "pairwise" if policy.sector else "public",
        "require_pushed_authorization_requests": kind.pushes,
    }
    said = {name: getattr(metadata, name) for name in usual}
    return tuple(
        Row(name, list(is_) if isinstance(is_, tuple) else is_) for name, is_ in said.items() if is_ != usual[name]
    )
