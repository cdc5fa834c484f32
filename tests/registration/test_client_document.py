"""What a client's document may say, and when its keys were replaced (OAuth Client ID Metadata Document §4)."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from licet.protocol import jose
from licet.protocol.client_metadata import ClientMetadata
from licet.protocol.errors import Refusal
from licet.registration.client_document import judge, keys_replaced
from licet.requirements import (
    DOCUMENT_NAMES_ITS_ADDRESS,
    DOCUMENT_REDIRECTS_HOME,
    DOCUMENT_WELL_FORMED,
    DOCUMENT_WITHOUT_SECRETS,
    REGISTRATION_AS_THE_FILE,
    REGISTRATION_WITHIN_POLICY,
    Requirement,
)
from licet.storage.records import RegistrationPolicy

CLIENT_ID = "https://agent.example.com/oauth/client.json"
POLICY = RegistrationPolicy(scope=("openid", "orders.read"))
KEY = jose.SigningKey(jose.generate_es256(), "ES256", "one")
OTHER = jose.SigningKey(jose.generate_es256(), "ES256", "two")
PUBLIC = KEY.public_jwk()
DOCUMENT: dict[str, Any] = {
    "client_id": CLIENT_ID,
    "client_name": "Coding Agent",
    "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
    "grant_types": ["authorization_code", "refresh_token"],
    "response_types": ["code"],
    "token_endpoint_auth_method": "none",
}


def judged(hosts: frozenset[str] | None = None, **changes: Any) -> ClientMetadata:
    document = {name: value for name, value in (DOCUMENT | changes).items() if value is not ...}
    return judge(msgspec.json.encode(document), CLIENT_ID, POLICY, hosts, development=False)


def test_a_coding_agents_document_is_a_native_public_client() -> None:
    metadata = judged(something_new={"a": [1]})
    assert metadata.public
    assert metadata.application_type == "native"
    assert metadata.redirect_uris == ("http://localhost/callback", "http://127.0.0.1/callback")
    assert metadata.scope == ("openid", "orders.read")


def test_what_is_silent_about_its_method_proves_nothing() -> None:
    assert judged(token_endpoint_auth_method=...).public


def test_a_statement_of_somebody_else_is_passed_over() -> None:
    assert judged(software_statement="ey.J.x").client_name == "Coding Agent"


REFUSED: tuple[tuple[Requirement, dict[str, Any]], ...] = (
    (DOCUMENT_NAMES_ITS_ADDRESS, {"client_id": ...}),
    (DOCUMENT_NAMES_ITS_ADDRESS, {"client_id": CLIENT_ID + "/"}),
    (DOCUMENT_NAMES_ITS_ADDRESS, {"client_id": [CLIENT_ID]}),
    (DOCUMENT_WELL_FORMED, {"client_name": ...}),
    (DOCUMENT_WELL_FORMED, {"redirect_uris": ...}),
    (DOCUMENT_WELL_FORMED, {"sector_identifier_uri": "https://agent.example.com/s"}),
    (DOCUMENT_WELL_FORMED, {"token_endpoint_auth_method": ..., "jwks": {"keys": [PUBLIC]}}),
    (DOCUMENT_WITHOUT_SECRETS, {"client_secret": "s"}),
    (DOCUMENT_WITHOUT_SECRETS, {"client_secret_expires_at": 0}),
    (DOCUMENT_WITHOUT_SECRETS, {"token_endpoint_auth_method": "client_secret_basic"}),
    (DOCUMENT_WITHOUT_SECRETS, {"token_endpoint_auth_method": "client_secret_post"}),
    (DOCUMENT_WITHOUT_SECRETS, {"token_endpoint_auth_method": "client_secret_jwt"}),
    (DOCUMENT_WITHOUT_SECRETS, {"token_endpoint_auth_method": ["none"]}),
    (DOCUMENT_WITHOUT_SECRETS, {"jwks": {"keys": [PUBLIC | {"d": "x"}]}}),
    (DOCUMENT_WITHOUT_SECRETS, {"jwks": {"keys": [PUBLIC, {"kty": "RSA", "use": "enc", "p": "x"}]}}),
    (DOCUMENT_WITHOUT_SECRETS, {"jwks": {"keys": [{"kty": "oct", "k": "x"}]}}),
    (DOCUMENT_REDIRECTS_HOME, {"redirect_uris": ["https://other.example.com/callback"]}),
    (REGISTRATION_AS_THE_FILE, {"redirect_uris": ["https://agent.example.com/*"]}),
    (REGISTRATION_AS_THE_FILE, {"redirect_uris": []}),
    (REGISTRATION_AS_THE_FILE, {"redirect_uris": ["javascript:alert(1)"]}),
    (REGISTRATION_AS_THE_FILE, {"client_name": "\u202eknaB"}),
    (REGISTRATION_AS_THE_FILE, {"token_endpoint_auth_method": "private_key_jwt"}),
    (REGISTRATION_WITHIN_POLICY, {"grant_types": ["client_credentials"]}),
    (REGISTRATION_WITHIN_POLICY, {"scope": "admin"}),
)


@pytest.mark.witness(
    DOCUMENT_NAMES_ITS_ADDRESS, DOCUMENT_WELL_FORMED, DOCUMENT_WITHOUT_SECRETS, DOCUMENT_REDIRECTS_HOME
)
@pytest.mark.parametrize(("rule", "changes"), REFUSED)
def test_what_a_document_may_not_say(rule: Requirement, changes: dict[str, Any]) -> None:
    with pytest.raises(Refusal) as refused:
        judged(**changes)
    assert refused.value.per is rule


@pytest.mark.witness(DOCUMENT_WELL_FORMED)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"<html>",
        b'{"client_id":"a"} {}',
        msgspec.json.encode(DOCUMENT)[:-1] + b',"client_id":"' + CLIENT_ID.encode() + b'"}',
        b"\xff\xfe",
        b'{"a":' * 40 + b"1" + b"}" * 40,
    ],
)
def test_what_two_readers_read_in_two_ways_is_no_document(body: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        judge(body, CLIENT_ID, POLICY, None, development=False)
    assert refused.value.per is DOCUMENT_WELL_FORMED


def test_hosts_that_the_operator_listed_may_send_people_to_one_another() -> None:
    both = frozenset({"agent.example.com", "app.example.net"})
    assert judged(both, redirect_uris=["https://app.example.net/cb"]).redirect_uris
    assert judged(redirect_uris=["https://agent.example.com/cb"]).redirect_uris


def test_when_keys_were_replaced() -> None:
    """A rotation keeps a key beside the new one; another method, or another address of keys, is a replacement."""

    def with_keys(*keys: jose.SigningKey) -> ClientMetadata:
        jwks = {"keys": [key.public_jwk() for key in keys]}
        return judged(token_endpoint_auth_method="private_key_jwt", jwks=jwks)

    def at(address: str) -> ClientMetadata:
        return judged(token_endpoint_auth_method="private_key_jwt", jwks_uri=address)

    public = judged()
    assert not keys_replaced(public, judged(client_name="Other"))
    assert not keys_replaced(with_keys(KEY), with_keys(KEY, OTHER))
    assert not keys_replaced(with_keys(KEY, OTHER), with_keys(OTHER))
    renamed = msgspec.structs.replace(with_keys(KEY), jwks={"keys": [PUBLIC | {"kid": "other"}]})
    assert not keys_replaced(with_keys(KEY), renamed)
    assert keys_replaced(with_keys(KEY), with_keys(OTHER))
    assert keys_replaced(with_keys(KEY), public)
    assert keys_replaced(public, with_keys(KEY))
    assert keys_replaced(at("https://agent.example.com/k"), at("https://agent.example.com/k2"))
    assert keys_replaced(with_keys(KEY), at("https://agent.example.com/k"))
