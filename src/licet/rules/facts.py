"""What is known of a document. ``None`` means unknown, never "fine": no rule speaks of what is not known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationFacts:
    """A client, as some server has it registered: ours, or one that somebody comes from."""

    name: str
    """``app.ID``."""
    kind: str | None = None
    """As ``licet.toml`` says ``is =``."""
    source: str | None = None
    """Where it came from: file, api, dcr, cimd, import."""
    development: bool = False
    """Registered with a server that is for trying things out."""
    application_type: str | None = None
    redirect_uris: tuple[str, ...] | None = None
    post_logout_redirect_uris: tuple[str, ...] | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Other addresses by the name of their member: ``jwks_uri``, ``logo_uri``…"""
    grant_types: tuple[str, ...] | None = None
    response_types: tuple[str, ...] | None = None
    auth_method: str | None = None
    """``token_endpoint_auth_method``; ``client_secret`` for either way of sending one."""
    pkce: Literal["required", "plain", "optional"] | None = None
    """``plain``: the method of that name is taken; ``optional``: it may be left out."""
    nonce_instead: bool | None = None
    """Where PKCE may be left out: whether a nonce is demanded then."""
    rotates: bool | None = None
    """Whether a refresh token is replaced at each use."""
    access_token_s: int | None = None
    scope: tuple[str, ...] | None = None
    known_scopes: frozenset[str] | None = None
    """What the server has; None where that is not known."""
    sensitive: frozenset[str] = frozenset()
    """Which scopes are asked for each time."""
    consent: Literal["remember", "always", "trusted"] | None = None
    pushed_only: bool | None = None
    """Whether its requests must be pushed."""
    owner: str | None = None
    contacts: tuple[str, ...] | None = None
    secrets: tuple[str, ...] | None = None
    """A name for each secret that it has, the same for the same secret: never the secret."""
    secret_bits: int | None = None
    """What guessing the weakest one costs, by length and alphabet."""
    secret_in_clear: bool | None = None
    """Whether the document itself holds a secret."""
    overlap_days: int | None = None
    """For how long it has had two secrets."""
    keys: tuple[str, ...] | None = None
    """Thumbprints of its public keys."""
    algorithms: Mapping[str, str] = field(default_factory=dict)
    """Registered algorithms by the name of their member."""

    @property
    def public(self) -> bool | None:
        """Whether it cannot prove who it is (OAuth 2.1 §2.1)."""
        return None if self.auth_method is None else self.auth_method == "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """How a server is set up."""

    issuer: str | None = None
    development: bool = False
    authorization_code_s: int | None = None
    access_token_s: int | None = None
    refresh_idle_s: int | None = None
    """0: it never dies of idleness."""
    refresh_absolute_s: int | None = None
    """0: it never dies of age."""
    device_code_s: int | None = None
    user_code_bits: float | None = None
    user_code_guesses: int | None = None
    """Wrong ones that all together may make while one code lives."""
    registration: Literal["off", "token", "anybody"] | None = None
    registration_scope: tuple[str, ...] | None = None
    registration_unused_s: int | None = None
    """When a registration goes that is never used; 0: never."""
    api_scopes: frozenset[str] = frozenset()
    """Scopes that reach APIs."""
    egress_allow: tuple[str, ...] | None = None
    """Hosts and networks that may be visited although they are private."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFacts:
    """What a server says of itself."""

    issuer: str | None = None
    """Whom it was asked for."""
    metadata: Mapping[str, Any] | None = None
    """RFC 8414's document."""
    openid: Mapping[str, Any] | None = None
    """OpenID Connect Discovery's."""
    jwks: Mapping[str, Any] | None = None
