"""What an authorization server declares about itself, by its IANA names (RFC 8414 §2, OpenID Connect Discovery §3).

The same type is written by the server and read by clients and the audit. What a document leaves out has the value its
specification names, and what has that value is left out.
"""

from __future__ import annotations

import msgspec

Names = tuple[str, ...]


class ServerMetadata(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A server's metadata document."""

    issuer: str
    authorization_endpoint: str | None = None
    token_endpoint: str | None = None
    jwks_uri: str | None = None
    registration_endpoint: str | None = None
    scopes_supported: Names | None = None
    response_types_supported: Names = ()
    response_modes_supported: Names = ("query", "fragment")
    grant_types_supported: Names = ("authorization_code", "implicit")
    token_endpoint_auth_methods_supported: Names = ("client_secret_basic",)
    token_endpoint_auth_signing_alg_values_supported: Names | None = None
    service_documentation: str | None = None
    ui_locales_supported: Names | None = None
    op_policy_uri: str | None = None
    op_tos_uri: str | None = None
    revocation_endpoint: str | None = None
    revocation_endpoint_auth_methods_supported: Names = ("client_secret_basic",)
    revocation_endpoint_auth_signing_alg_values_supported: Names | None = None
    introspection_endpoint: str | None = None
    introspection_endpoint_auth_methods_supported: Names | None = None
    introspection_endpoint_auth_signing_alg_values_supported: Names | None = None
    introspection_signing_alg_values_supported: Names | None = None
    code_challenge_methods_supported: Names | None = None
    """None: PKCE is not known to be supported; a client that needs it stops here (RFC 9700 §2.1.1)."""
    signed_metadata: str | None = None

    # OpenID Connect Discovery §3
    userinfo_endpoint: str | None = None
    acr_values_supported: Names | None = None
    subject_types_supported: Names | None = None
    id_token_signing_alg_values_supported: Names | None = None
    userinfo_signing_alg_values_supported: Names | None = None
    request_object_signing_alg_values_supported: Names | None = None
    display_values_supported: Names | None = None
    claim_types_supported: Names = ("normal",)
    claims_supported: Names | None = None
    claims_locales_supported: Names | None = None
    claims_parameter_supported: bool = False
    request_parameter_supported: bool = False
    request_uri_parameter_supported: bool = True
    """True where the document is silent, so a server without it must say so."""
    require_request_uri_registration: bool = False
    prompt_values_supported: Names | None = None
    """Initiating User Registration via OpenID Connect §4.1."""

    # OpenID Connect RP-Initiated, Back-Channel and Front-Channel Logout
    end_session_endpoint: str | None = None
    backchannel_logout_supported: bool = False
    backchannel_logout_session_supported: bool = False
    frontchannel_logout_supported: bool = False
    frontchannel_logout_session_supported: bool = False

    device_authorization_endpoint: str | None = None
    """RFC 8628 §4."""
    tls_client_certificate_bound_access_tokens: bool = False
    """RFC 8705 §3.3."""
    mtls_endpoint_aliases: dict[str, str] | None = None
    """RFC 8705 §5."""
    require_signed_request_object: bool = False
    """RFC 9101 §10.5."""
    pushed_authorization_request_endpoint: str | None = None
    """RFC 9126 §5."""
    require_pushed_authorization_requests: bool = False
    """RFC 9126 §5."""
    authorization_response_iss_parameter_supported: bool = False
    """RFC 9207 §3."""
    authorization_details_types_supported: Names | None = None
    """RFC 9396 §10."""
    dpop_signing_alg_values_supported: Names | None = None
    """RFC 9449 §5.1."""
    protected_resources: Names | None = None
    """RFC 9728 §4."""
    client_id_metadata_document_supported: bool = False
    """OAuth Client ID Metadata Document §6."""
