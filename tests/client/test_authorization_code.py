"""CL-01, CL-02, CL-06, CL-07: an answer counts only if it answers this request, from this issuer, with this verifier."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from licet.ambient import SystemEntropy
from licet.client import authentication
from licet.client.authorization_code import Begun, ForeignAnswer, begin, code_of, redeem
from licet.client.discovery import Untrusted
from licet.client.token_request import RefusedError
from licet.client.transport import Unreachable
from licet.protocol import pkce
from licet.protocol.parameters import Parameters
from licet.requirements import CLIENT_CHECKS_ISS, CLIENT_USES_STATE_OR_PKCE
from tests.client.answers import ISSUER, METADATA, Prepared, said

CALLBACK = "http://127.0.0.1:4711/callback"


@pytest.fixture
def begun() -> Begun:
    return begin(METADATA, client_id="shop", redirect=CALLBACK, scope="openid", entropy=SystemEntropy())


def answer(begun: Begun, **said: str | None) -> Parameters:
    pairs: dict[str, str | None] = {"code": "c1", "state": begun.state, "iss": ISSUER, **said}
    return Parameters((name, value) for name, value in pairs.items() if value is not None)


def test_each_request_has_secrets_of_its_own(begun: Begun) -> None:
    other = begin(METADATA, client_id="shop", redirect=CALLBACK, scope="openid", entropy=SystemEntropy())
    assert not {begun.state, begun.nonce, begun.verifier} & {other.state, other.nonce, other.verifier}
    asked = {name: value for name, (value,) in parse_qs(urlsplit(begun.url).query).items()}
    assert asked["code_challenge"] == pkce.challenge_of(begun.verifier)
    assert asked["code_challenge_method"] == "S256"
    assert (asked["state"], asked["nonce"]) == (begun.state, begun.nonce)
    assert begun.verifier not in begun.url


@pytest.mark.parametrize("methods", [None, (), ("plain",)])
def test_a_server_that_does_not_say_it_checks_pkce_is_not_used(methods: tuple[str, ...] | None) -> None:
    """CL-07."""
    metadata = msgspec.structs.replace(METADATA, code_challenge_methods_supported=methods)
    with pytest.raises(Untrusted, match="PKCE"):
        begin(metadata, client_id="shop", redirect=CALLBACK, scope="openid", entropy=SystemEntropy())


def test_the_answer_to_the_request_gives_the_code(begun: Begun) -> None:
    assert code_of(begun, answer(begun)) == "c1"


@pytest.mark.witness(CLIENT_USES_STATE_OR_PKCE)
@pytest.mark.parametrize("state", [None, "", "another", "ä"])
def test_an_answer_to_another_request_is_not_taken(begun: Begun, state: str | None) -> None:
    """CL-01."""
    with pytest.raises(ForeignAnswer, match="state"):
        code_of(begun, answer(begun, state=state))


@pytest.mark.witness(CLIENT_CHECKS_ISS)
@pytest.mark.parametrize("iss", [None, "", "https://evil.example", ISSUER + "/"])
@pytest.mark.parametrize("error", [None, "access_denied"])
def test_an_answer_from_another_server_is_not_taken(begun: Begun, iss: str | None, error: str | None) -> None:
    """CL-02: mix-up."""
    with pytest.raises(ForeignAnswer, match="is from"):
        code_of(begun, answer(begun, iss=iss, error=error))


@pytest.mark.parametrize("name", ["code", "state", "iss"])
def test_an_answer_that_says_something_twice_is_not_taken(begun: Begun, name: str) -> None:
    pairs = [("code", "c1"), ("state", begun.state), ("iss", ISSUER), (name, "again")]
    with pytest.raises(ForeignAnswer, match="repeated"):
        code_of(begun, Parameters(pairs))


def test_an_error_is_told(begun: Begun) -> None:
    with pytest.raises(RefusedError, match="access_denied: The person said no"):
        code_of(begun, answer(begun, code=None, error="access_denied", error_description="The person said no"))


def test_an_answer_without_code_and_error_is_none(begun: Begun) -> None:
    with pytest.raises(ForeignAnswer, match="neither"):
        code_of(begun, answer(begun, code=None))


def test_a_code_is_redeemed_with_its_verifier(begun: Begun) -> None:
    server = Prepared(said({"access_token": "at", "token_type": "bearer", "expires_in": 5, "other": 1}))
    tokens = redeem(begun, "c1", METADATA, authentication.none("shop"), server)
    assert (tokens.access_token, tokens.expires_in) == ("at", 5)
    url, form, _ = server.asked[0]
    assert url == f"{ISSUER}/token"
    assert form == {
        "grant_type": "authorization_code",
        "code": "c1",
        "redirect_uri": CALLBACK,
        "code_verifier": begun.verifier,
        "client_id": "shop",
    }


def test_secrets_stay_out_of_what_is_printed(begun: Begun) -> None:
    """CL-13."""
    server = Prepared(said({"access_token": "lctat_secret", "token_type": "Bearer"}))
    tokens = redeem(begun, "c1", METADATA, authentication.none("shop"), server)
    assert "lctat_secret" not in f"{tokens} {tokens!r}"


@pytest.mark.parametrize(
    ("body", "status", "raises"),
    [
        ({"error": "invalid_grant", "error_description": "used"}, 400, RefusedError),
        ({"error": "invalid_client"}, 401, RefusedError),
        ({}, 500, RefusedError),
        ({"access_token": "at", "token_type": "DPoP"}, 200, Unreachable),
        ({"token_type": "Bearer"}, 200, Unreachable),
        (["at"], 200, Unreachable),
    ],
)
def test_anything_but_tokens_is_an_error(begun: Begun, body: object, status: int, raises: type[Exception]) -> None:
    with pytest.raises(raises):
        redeem(begun, "c1", METADATA, authentication.none("shop"), Prepared(said(body, status)))
