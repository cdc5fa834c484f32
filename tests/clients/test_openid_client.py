"""openid-client, in node: the strictest relying party there is (``tests/javascript/openid_client.mjs``)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.operated import Operated
from tests.clients.played import needs, played

pytestmark = pytest.mark.javascript

SCENARIOS = (
    "discovery by RFC 8414",
    "code with PKCE, nonce, state and iss",
    "a sign-in is asked for again with max_age=0",
    "a refusal comes back as an error of the protocol",
    "nobody is there with prompt=none",
    "a code is good once",
    "a public client refreshes and rotates",
    "client credentials, and what the API makes of the token",
    "resource indicators",
    "private_key_jwt",
    "a wrong secret is answered as HTTP wants it",
    "the device grant, polled by the library",
    "a device that was turned down",
    "introspection and revocation",
    "an answer by form_post",
)


@pytest.fixture(scope="module")
def ended(shop_server: Operated) -> dict[str, Any]:
    """All scenarios, played once; what went wrong in each."""
    needs("openid-client")
    return played("openid_client.mjs", shop_server)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(ended: dict[str, Any], scenario: str) -> None:
    assert ended[scenario] is None, ended[scenario]


def test_all_scenarios_are_known_here(ended: dict[str, Any]) -> None:
    assert tuple(ended) == SCENARIOS
