"""oauth4webapi, in node (``tests/javascript/oauth4webapi.mjs``): every answer through its own checks."""

from __future__ import annotations

from typing import Any

import pytest

from tests.clients.operated import Operated
from tests.clients.played import needs, played

pytestmark = pytest.mark.javascript

SCENARIOS = (
    "discovery, by both documents",
    "code with PKCE, and the signature is verified",
    "the answer says who gave it",
    "the answer to a refusal says it as well",
    "a public client refreshes, narrows and rotates",
    "a confidential client keeps its refresh token",
    "introspection and revocation",
    "a token that was revoked is challenged for",
    "client credentials, and what the API makes of the token",
    "the device grant",
    "a pushed request, where they are taken",
)


@pytest.fixture(scope="module")
def ended(shop_server: Operated) -> dict[str, Any]:
    """All scenarios, played once; what went wrong in each."""
    needs("oauth4webapi")
    return played("oauth4webapi.mjs", shop_server)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(ended: dict[str, Any], scenario: str) -> None:
    assert ended[scenario] is None, ended[scenario]


def test_all_scenarios_are_known_here(ended: dict[str, Any]) -> None:
    assert tuple(ended) == SCENARIOS
