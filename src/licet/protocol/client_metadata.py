"""What a client declares about itself, by its IANA names (RFC 7591 §2, OpenID Connect Registration §2)."""

from __future__ import annotations

from typing import Any

import msgspec


class ClientMetadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A client's registered metadata; a field not given has the default its specification names."""

    redirect_uris: tuple[str, ...] = ()
    token_endpoint_auth_method: str = "client_secret_basic"
    """``client_secret`` stands for Basic or body, whichever comes, never both (rulings V)."""
    grant_types: tuple[str, ...] = ("authorization_code",)
    response_types: tuple[str, ...] = ("code",)
    response_modes: tuple[str, ...] = ("query", "form_post")
    client_name: str = ""
    client_uri: str | None = None
    logo_uri: str | None = None
    scope: tuple[str, ...] = ()
    """What the client may ask for, at most."""
    contacts: tuple[str, ...] = ()
    tos_uri: str | None = None
    policy_uri: str | None = None
    jwks: dict[str, Any] | None = None
    jwks_uri: str | None = None
    application_type: str = "web"
    subject_type: str = "public"
    sector_identifier_uri: str | None = None
    id_token_signed_response_alg: str = "RS256"
    userinfo_signed_response_alg: str | None = None
    """None: userinfo is plain JSON."""
    introspection_signed_response_alg: str | None = None
    """None: RS256, where a signed answer is asked for (RFC 9701 §6)."""
    request_object_signing_alg: str | None = None
    """None: any that is taken."""
    token_endpoint_auth_signing_alg: str | None = None
    default_max_age: int | None = None
    require_auth_time: bool = False
    """``auth_time`` is in every ID token here."""
    default_acr_values: tuple[str, ...] = ()
    initiate_login_uri: str | None = None
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    """Where to tell that a session ended (OpenID Connect Back-Channel Logout §2.2)."""
    backchannel_logout_session_required: bool = False
    """``sid`` is in every ID token and logout token here."""
    require_pushed_authorization_requests: bool = False
    """RFC 9126 §6: a request that a browser brings is refused."""

    @property
    def public(self) -> bool:
        """Whether the client cannot prove who it is (OAuth 2.1 §2.1)."""
        return self.token_endpoint_auth_method == "none"
