"""The Config plan: what the discovery document says (OpenID Connect Discovery §3, §4.2)."""

from __future__ import annotations

import re
from typing import Any

from tests.conformance.suite import Suite, module
from tests.world import ISSUER

REQUIRED = (
    "issuer",
    "authorization_endpoint",
    "token_endpoint",
    "userinfo_endpoint",
    "jwks_uri",
    "response_types_supported",
    "subject_types_supported",
    "id_token_signing_alg_values_supported",
)
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")
_PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}


@module("oidcc-discovery-endpoint-verification")
async def discovery(here: Suite) -> None:
    """The document is where it should be, whole, and true; the keys are public, each with a name of its own."""
    response = await here.http.get(f"{ISSUER}/.well-known/openid-configuration")
    assert response.status_code == 200
    assert response.headers["content-type"].partition(";")[0] == "application/json"
    metadata = response.json()
    assert metadata["issuer"] == ISSUER
    assert not [name for name in REQUIRED if not metadata.get(name)]
    for name, value in metadata.items():
        if name.endswith(("_endpoint", "_uri")):
            assert value.startswith("https://"), name
        if name.endswith("_supported") and not isinstance(value, bool):
            assert isinstance(value, list), name
    lists(metadata)
    keys(await here.http.get(metadata["jwks_uri"]))


def lists(metadata: dict[str, Any]) -> None:
    assert "code" in metadata["response_types_supported"]
    assert "RS256" in metadata["id_token_signing_alg_values_supported"]
    assert set(metadata["id_token_signing_alg_values_supported"]) & {"PS256", "ES256", "EdDSA"}
    assert set(metadata["subject_types_supported"]) <= {"public", "pairwise"}
    assert "openid" in metadata["scopes_supported"]
    assert all(_SCOPE.fullmatch(scope) for scope in metadata["scopes_supported"])
    assert metadata["claims_supported"]
    assert "authorization_code" in metadata["grant_types_supported"]
    assert "S256" in metadata["code_challenge_methods_supported"]
    assert {"request_parameter_supported", "request_uri_parameter_supported"} <= set(metadata)
    assert isinstance(metadata["claims_parameter_supported"], bool)
    for name in ("ui_locales_supported", "claims_locales_supported"):
        assert all(_LANGUAGE.fullmatch(tag) for tag in metadata.get(name, ())), name


def keys(response: Any) -> None:
    assert response.status_code == 200
    published = response.json()["keys"]
    assert not [key for key in published if set(key) & _PRIVATE]
    kids = [key.get("kid") for key in published]
    assert None not in kids and len(set(kids)) == len(kids)
    assert all(key["kty"] in {"RSA", "EC", "OKP"} for key in published)
