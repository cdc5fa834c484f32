"""Every document that may be cited.

OAuth 2.1 is a draft whose numbers move: its revision is pinned here and nowhere else.
"""

from __future__ import annotations

from licet.requirements.model import Document


def _rfc(number: int, title: str) -> Document:
    return Document(f"RFC {number}", title, f"https://www.rfc-editor.org/rfc/rfc{number}#section-{{section}}")


RFC_6585 = _rfc(6585, "Additional HTTP Status Codes")
RFC_6749 = _rfc(6749, "The OAuth 2.0 Authorization Framework")
RFC_6750 = _rfc(6750, "The OAuth 2.0 Authorization Framework: Bearer Token Usage")
RFC_7009 = _rfc(7009, "OAuth 2.0 Token Revocation")
RFC_7515 = _rfc(7515, "JSON Web Signature (JWS)")
RFC_7517 = _rfc(7517, "JSON Web Key (JWK)")
RFC_7518 = _rfc(7518, "JSON Web Algorithms (JWA)")
RFC_7519 = _rfc(7519, "JSON Web Token (JWT)")
RFC_7523 = _rfc(7523, "JSON Web Token (JWT) Profile for OAuth 2.0 Client Authentication and Authorization Grants")
RFC_7591 = _rfc(7591, "OAuth 2.0 Dynamic Client Registration Protocol")
RFC_7636 = _rfc(7636, "Proof Key for Code Exchange by OAuth Public Clients")
RFC_7638 = _rfc(7638, "JSON Web Key (JWK) Thumbprint")
RFC_7662 = _rfc(7662, "OAuth 2.0 Token Introspection")
RFC_8176 = _rfc(8176, "Authentication Method Reference Values")
RFC_8252 = _rfc(8252, "OAuth 2.0 for Native Apps")
RFC_8414 = _rfc(8414, "OAuth 2.0 Authorization Server Metadata")
RFC_8628 = _rfc(8628, "OAuth 2.0 Device Authorization Grant")
RFC_8707 = _rfc(8707, "Resource Indicators for OAuth 2.0")
RFC_8725 = _rfc(8725, "JSON Web Token Best Current Practices")
RFC_9068 = _rfc(9068, "JSON Web Token (JWT) Profile for OAuth 2.0 Access Tokens")
RFC_9101 = _rfc(9101, "The OAuth 2.0 Authorization Framework: JWT-Secured Authorization Request (JAR)")
RFC_9110 = _rfc(9110, "HTTP Semantics")
RFC_7592 = _rfc(7592, "OAuth 2.0 Dynamic Client Registration Management Protocol")
RFC_9126 = _rfc(9126, "OAuth 2.0 Pushed Authorization Requests")
RFC_9207 = _rfc(9207, "OAuth 2.0 Authorization Server Issuer Identification")
RFC_9457 = _rfc(9457, "Problem Details for HTTP APIs")
RFC_9701 = _rfc(9701, "JSON Web Token (JWT) Response for OAuth Token Introspection")
RFC_9700 = _rfc(9700, "Best Current Practice for OAuth 2.0 Security")
RFC_9728 = _rfc(9728, "OAuth 2.0 Protected Resource Metadata")
RFC_10070 = _rfc(
    10070, "Updates to OAuth 2.0 JSON Web Token (JWT) Client Authentication and Assertion-Based Authorization Grants"
)

OAUTH_2_1 = Document(
    "OAuth 2.1 draft-16",
    "The OAuth 2.1 Authorization Framework",
    "https://www.ietf.org/archive/id/draft-ietf-oauth-v2-1-16.html#section-{section}",
)
CIMD = Document(
    "Client ID Metadata Document draft-02",
    "OAuth Client ID Metadata Document",
    "https://www.ietf.org/archive/id/draft-ietf-oauth-client-id-metadata-document-02.html#section-{section}",
)
MCP = Document(
    "MCP 2026-07-28",
    "Model Context Protocol: Client Registration",
    "https://modelcontextprotocol.io/specification/2026-07-28/basic/authorization/client-registration#{section}",
)
OIDC_CORE = Document(
    "OpenID Connect Core 1.0",
    "OpenID Connect Core 1.0 incorporating errata set 2",
    "https://openid.net/specs/openid-connect-core-1_0.html#rfc.section.{section}",
)
OIDC_DISCOVERY = Document(
    "OpenID Connect Discovery 1.0",
    "OpenID Connect Discovery 1.0 incorporating errata set 2",
    "https://openid.net/specs/openid-connect-discovery-1_0.html#rfc.section.{section}",
)
OIDC_REGISTRATION = Document(
    "OpenID Connect Dynamic Client Registration 1.0",
    "OpenID Connect Dynamic Client Registration 1.0 incorporating errata set 2",
    "https://openid.net/specs/openid-connect-registration-1_0.html#rfc.section.{section}",
)
OIDC_UNMET = Document(
    "OpenID Connect unmet_authentication_requirements 1.0",
    "OpenID Connect Core Error Code unmet_authentication_requirements",
    "https://openid.net/specs/openid-connect-unmet-authentication-requirements-1_0-final.html",
)
BACKCHANNEL_LOGOUT = Document(
    "OpenID Connect Back-Channel Logout 1.0",
    "OpenID Connect Back-Channel Logout 1.0",
    "https://openid.net/specs/openid-connect-backchannel-1_0.html#rfc.section.{section}",
)
RP_LOGOUT = Document(
    "OpenID Connect RP-Initiated Logout 1.0",
    "OpenID Connect RP-Initiated Logout 1.0",
    "https://openid.net/specs/openid-connect-rpinitiated-1_0.html#rfc.section.{section}",
)
FORM_POST = Document(
    "OAuth 2.0 Form Post Response Mode",
    "OAuth 2.0 Form Post Response Mode",
    "https://openid.net/specs/oauth-v2-form-post-response-mode-1_0.html",
)
ASVS_5 = Document(
    "OWASP ASVS 5.0.0",
    "OWASP Application Security Verification Standard 5.0.0",
    "https://github.com/OWASP/ASVS/tree/v5.0.0_release",
)
LICET = Document(
    "licet", "What licet does where its sources leave room", "https://github.com/licet/licet/blob/main/docs/rulings.md"
)
"""licet's own rulings, for what no specification decides."""
