"""openid-client and oauth4webapi, in node: the strictest relying parties there are (``tests/javascript``)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import AUDIENCE, CALLBACK, SECRETS, SIGNER
from tests.clients.operated import LOGIN, PASSWORD, Operated

pytestmark = pytest.mark.javascript

HERE = Path(__file__).parents[1] / "javascript"

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


def missing() -> str:
    """Why the scenarios cannot be played here, or an empty string."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (HERE / "node_modules" / "openid-client").is_dir():
        return "tests/javascript/node_modules is not there: npm ci"
    return ""


@pytest.fixture(scope="module")
def played(shop_server: Operated) -> dict[str, Any]:
    """All scenarios, played once; what went wrong in each."""
    reason = missing()
    if reason and os.environ.get("CI") != "true":
        pytest.skip(reason)
    assert not reason
    world = {
        "issuer": shop_server.issuer,
        "callback": CALLBACK,
        "audience": AUDIENCE,
        "secrets": SECRETS,
        "key": SIGNER.as_dict(private=True),
        "person": {"login": LOGIN, "password": PASSWORD},
    }
    run = subprocess.run(
        ["node", "openid_client.mjs"],
        cwd=HERE,
        input=json.dumps(world),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {line["scenario"]: line["wrong"] for line in lines}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(played: dict[str, Any], scenario: str) -> None:
    assert played[scenario] is None, played[scenario]


def test_all_scenarios_are_known_here(played: dict[str, Any]) -> None:
    assert tuple(played) == SCENARIOS
