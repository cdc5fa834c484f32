"""A server's word about itself is used only if it is its own."""

from __future__ import annotations

import pytest

from licet.client.discovery import Untrusted, discover, endpoint, keys
from licet.client.transport import Unreachable
from licet.protocol import jose
from licet.requirements import CLIENT_CHECKS_ISSUER_OF_METADATA
from tests.client.answers import ISSUER, METADATA, Prepared, said


def test_the_document_is_looked_for_where_it_belongs() -> None:
    server = Prepared(said({"issuer": ISSUER}))
    assert discover(ISSUER, server).issuer == ISSUER
    assert server.asked[0][0] == f"{ISSUER}/.well-known/oauth-authorization-server"


def test_an_issuer_may_have_a_path() -> None:
    server = Prepared(said({"issuer": f"{ISSUER}/shop"}))
    discover(f"{ISSUER}/shop", server)
    assert server.asked[0][0] == f"{ISSUER}/.well-known/oauth-authorization-server/shop"


@pytest.mark.witness(CLIENT_CHECKS_ISSUER_OF_METADATA)
@pytest.mark.parametrize("issuer", ["https://evil.example", f"{ISSUER}/", ISSUER.upper(), ISSUER + "/a"])
def test_another_servers_document_is_not_used(issuer: str) -> None:
    """CL-08."""
    with pytest.raises(Untrusted, match="is that of"):
        discover(ISSUER, Prepared(said({"issuer": issuer})))


@pytest.mark.parametrize("body", [[], {}, {"issuer": 1}, {"issuer": ISSUER, "token_endpoint": 5}])
def test_a_document_that_cannot_be_read_is_not_used(body: object) -> None:
    with pytest.raises(Untrusted, match="cannot be read"):
        discover(ISSUER, Prepared(said(body)))


def test_no_document_is_no_server() -> None:
    with pytest.raises(Unreachable, match="answers 404"):
        discover(ISSUER, Prepared(said({}, 404)))


def test_keys_are_read_strictly() -> None:
    key = jose.SigningKey(jose.generate_es256(), "ES256", "k").public_jwk()
    assert [one.kid for one in keys(METADATA, Prepared(said({"keys": [key]})))] == ["k"]
    with pytest.raises(Untrusted, match="private"):
        keys(METADATA, Prepared(said({"keys": [key | {"d": "x"}]})))
    with pytest.raises(Unreachable):
        keys(METADATA, Prepared(said({}, 500)))


def test_a_missing_endpoint_is_named() -> None:
    with pytest.raises(Untrusted, match="has no token_endpoint"):
        endpoint(METADATA, None, "token_endpoint")
