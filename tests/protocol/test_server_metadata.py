"""Metadata documents (RFC 8414 §2, OpenID Connect Discovery §3)."""

from __future__ import annotations

import msgspec

from licet.protocol.server_metadata import ServerMetadata

# RFC 8414 §3.2
EXAMPLE = {
    "issuer": "https://server.example.com",
    "authorization_endpoint": "https://server.example.com/authorize",
    "token_endpoint": "https://server.example.com/token",
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ["RS256", "ES256"],
    "userinfo_endpoint": "https://server.example.com/userinfo",
    "jwks_uri": "https://server.example.com/jwks.json",
    "registration_endpoint": "https://server.example.com/register",
    "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
    "response_types_supported": ["code", "code token"],
    "service_documentation": "http://server.example.com/service_documentation.html",
    "ui_locales_supported": ["en-US", "en-GB", "en-CA", "fr-FR", "fr-CA"],
}


def test_the_example_of_the_rfc_is_read_and_written() -> None:
    read = msgspec.convert(EXAMPLE, ServerMetadata)
    assert msgspec.to_builtins(read, builtin_types=(tuple,)) == {
        name: tuple(value) if isinstance(value, list) else value for name, value in EXAMPLE.items()
    }


def test_silence_means_what_the_specifications_say() -> None:
    silent = ServerMetadata(issuer="https://as.example")
    assert silent.response_modes_supported == ("query", "fragment")
    assert silent.grant_types_supported == ("authorization_code", "implicit")
    assert silent.token_endpoint_auth_methods_supported == ("client_secret_basic",)
    assert silent.claim_types_supported == ("normal",)
    assert silent.request_uri_parameter_supported
    assert not silent.authorization_response_iss_parameter_supported
    assert silent.code_challenge_methods_supported is None


def test_what_departs_from_silence_is_said() -> None:
    said = ServerMetadata(issuer="https://as.example", request_uri_parameter_supported=False)
    assert msgspec.json.decode(msgspec.json.encode(said)) == {
        "issuer": "https://as.example",
        "request_uri_parameter_supported": False,
    }


def test_unknown_members_are_passed_over() -> None:
    """RFC 8414 §2: others may add their own."""
    read = msgspec.convert({"issuer": "https://as.example", "x_vendor": [1]}, ServerMetadata)
    assert read.issuer == "https://as.example"
