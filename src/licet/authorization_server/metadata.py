"""What the server says of itself (RFC 8414 §2, OpenID Connect Discovery §3): read off what is wired, never written
by hand, so nothing is advertised that is not there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from licet.authorization_server.authorization.checks import CHECKS, PROMPTS
from licet.authorization_server.client_authentication.private_key_jwt import ALGORITHMS
from licet.authorization_server.directory import Catalogue, Directory
from licet.authorization_server.exchange import Document, Incoming
from licet.authorization_server.keys import PURPOSES, Ring
from licet.authorization_server.subject import SUBJECT_TYPES
from licet.protocol.client_metadata import ClientMetadata
from licet.registration.reserved_scopes import RESERVED
from licet.resource_owner.assurance import LEVELS
from licet.resource_owner.claims import CLAIMS

UI_LOCALES = ("en",)
"""The languages of the pages."""

METADATA_S = 3600
JWKS_S = 300
"""Half of what a new key is published ahead of its first use, at most."""

ENDPOINTS = {
    "/authorize": "authorization_endpoint",
    "/token": "token_endpoint",
    "/par": "pushed_authorization_request_endpoint",
    "/device_authorization": "device_authorization_endpoint",
    "/introspect": "introspection_endpoint",
    "/revoke": "revocation_endpoint",
    "/userinfo": "userinfo_endpoint",
    "/register": "registration_endpoint",
    "/jwks": "jwks_uri",
    "/logout": "end_session_endpoint",
}
"""Paths and what metadata calls them."""


@dataclass(slots=True)
class Metadata:
    """The metadata document, made once a generation of what the operator configured."""

    directory: Directory
    grants: Mapping[str, object]
    methods: tuple[str, ...]
    paths: frozenset[str]
    """The paths that are routed."""
    pushed_only: bool = False
    """Whether authorization requests must be pushed (RFC 9126 §5)."""
    _made_of: Catalogue | None = None
    _made: Document | None = None

    async def __call__(self, incoming: Incoming) -> Document:
        if self._made is None or self._made_of is not self.directory.catalogue:
            self._made_of = self.directory.catalogue
            self._made = Document(body=msgspec.json.encode(self.document()), max_age_s=METADATA_S)
        return self._made

    def document(self) -> dict[str, Any]:
        """The document as a dict, in the order people read it."""
        issuer, catalogue = self.directory.issuer.url, self.directory.catalogue
        about_people = [alg for purpose, alg in PURPOSES if purpose == "id_token"]
        asked = {check.field for check in CHECKS}
        secure = [method for method in self.methods if method != "none"]
        return {
            "issuer": issuer,
            **{name: issuer + path for path, name in ENDPOINTS.items() if path in self.paths},
            "response_types_supported": ["code"],
            "response_modes_supported": list(ClientMetadata().response_modes),
            "grant_types_supported": list(self.grants),
            "scopes_supported": [name for name in catalogue.scopes if not name.startswith(RESERVED)],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
            "token_endpoint_auth_methods_supported": list(self.methods),
            "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "introspection_endpoint_auth_methods_supported": secure,
            "introspection_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "introspection_signing_alg_values_supported": [alg for what, alg in PURPOSES if what == "introspection"],
            "revocation_endpoint_auth_methods_supported": list(self.methods),
            "revocation_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
            "subject_types_supported": list(SUBJECT_TYPES),
            "id_token_signing_alg_values_supported": about_people,
            "userinfo_signing_alg_values_supported": about_people,
            "request_object_signing_alg_values_supported": list(ALGORITHMS),
            "acr_values_supported": [acr for acr, _ in LEVELS],
            "prompt_values_supported": list(PROMPTS),
            "display_values_supported": ["page"],
            "claim_types_supported": ["normal"],
            "claims_supported": [
                "sub",
                "iss",
                "aud",
                "exp",
                "iat",
                "auth_time",
                "nonce",
                "acr",
                "amr",
                "sid",
                "at_hash",
                *(claim for claims in CLAIMS.values() for claim in claims),
            ],
            "ui_locales_supported": list(UI_LOCALES),
            "claims_parameter_supported": "claims" in asked,
            "request_parameter_supported": True,
            "request_uri_parameter_supported": False,
            **(
                {"backchannel_logout_supported": True, "backchannel_logout_session_supported": True}
                if "/logout" in self.paths
                else {}
            ),
            "require_request_uri_registration": False,
            **({"client_id_metadata_document_supported": True} if self.directory.documents is not None else {}),
            **({"require_pushed_authorization_requests": self.pushed_only} if "/par" in self.paths else {}),
        }


@dataclass(frozen=True, slots=True)
class Jwks:
    """GET /jwks: the public keys (RFC 7517 §5)."""

    ring: Ring

    async def __call__(self, incoming: Incoming) -> Document:
        return Document(body=self.ring.jwks, max_age_s=JWKS_S, media_type="application/jwk-set+json")
