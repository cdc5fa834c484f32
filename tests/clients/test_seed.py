"""The requests that people copy: with the ``requests`` library, unchanged but for host and ids.

Everything below a line that says "Step" is how it is printed in the instructions that circulate: a verifier of 40
bytes, an address that nothing has encoded and without ``state``, secrets in the body, a poll that looks at nothing
but the status.
"""

from __future__ import annotations

import base64
import hashlib
import os
import threading
import time
from typing import Any

import jwt
import pytest
import requests

from licet.requirements import DEVICE_POLLING_INTERVAL, PKCE_VERIFIER_CHECKED
from tests.clients.person import Person, parameters
from tests.conftest import DevServer


@pytest.fixture
def alice(dev_server: DevServer) -> Any:
    person = dev_server.dev["people"][0]
    with Person(dev_server.issuer, person["login"], person["password"]) as alice:
        yield alice


def api(dev_server: DevServer, access_token: str) -> requests.Response:
    return requests.get(dev_server.dev["api"]["url"], headers={"Authorization": f"Bearer {access_token}"}, timeout=30)


@pytest.mark.witness(PKCE_VERIFIER_CHECKED)
def test_authorization_code_flow_with_pkce(dev_server: DevServer, alice: Person) -> None:
    AUTH = dev_server.issuer
    CLIENT_ID = dev_server.dev["apps"]["web"]["client_id"]
    REDIRECT_URI = "http://127.0.0.1:5000/callback"

    # Step 1: Generate Code Verifier and Code Challenge
    code_verifier = base64.urlsafe_b64encode(os.urandom(40)).rstrip(b"=")
    code_challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier).digest()).rstrip(b"=")

    # Step 2: Redirect User to Authorization Endpoint
    auth_url = (
        f"{AUTH}/authorize?"
        f"response_type=code"
        f"&client_id={CLIENT_ID}"
        f"&redirect_uri={REDIRECT_URI}"
        f"&scope=openid profile email"
        f"&code_challenge={code_challenge.decode()}"
        f"&code_challenge_method=S256"
    )

    arrived = alice.opens(auth_url)
    assert arrived.startswith(f"{REDIRECT_URI}?")
    answer = parameters(arrived)
    assert set(answer) == {"code", "iss"}
    auth_code = answer["code"]

    # Step 3: Exchange Authorization Code for Token
    token_response = requests.post(
        f"{AUTH}/token",
        data={
            "grant_type": "authorization_code",
            "code": auth_code,  # obtained from redirect
            "redirect_uri": REDIRECT_URI,
            "client_id": CLIENT_ID,
            "code_verifier": code_verifier.decode(),
        },
    )
    tokens = token_response.json()

    assert token_response.status_code == 200, tokens
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 600)
    who = requests.get(f"{AUTH}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=30)
    assert who.json()["email"] == "alice@example.com"
    assert jwt.decode(tokens["id_token"], options={"verify_signature": False})["sub"] == who.json()["sub"]


def test_client_credentials_flow(dev_server: DevServer) -> None:
    AUTH = dev_server.issuer
    CLIENT_ID = dev_server.dev["apps"]["service"]["client_id"]
    CLIENT_SECRET = dev_server.dev["apps"]["service"]["client_secret"]

    # Request Token:
    response = requests.post(
        f"{AUTH}/token",
        data={
            "grant_type": "client_credentials",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "scope": "api.read",
        },
    )
    tokens = response.json()

    assert response.status_code == 200, tokens
    assert "refresh_token" not in tokens
    assert api(dev_server, tokens["access_token"]).status_code == 200


@pytest.mark.witness(DEVICE_POLLING_INTERVAL)
def test_device_authorization_grant(dev_server: DevServer, alice: Person, capsys: pytest.CaptureFixture[str]) -> None:
    AUTH = dev_server.issuer
    CLIENT_ID = dev_server.dev["apps"]["tv"]["client_id"]

    # Step 1: Request Device Code
    response = requests.post(
        f"{AUTH}/device_authorization",
        data={"client_id": CLIENT_ID, "scope": "openid profile"},
    )
    device_data = response.json()
    print(f"Go to {device_data['verification_uri']} and enter code: {device_data['user_code']}")

    _, _, verification_uri, _, _, _, user_code = capsys.readouterr().out.split()
    person = threading.Timer(1.0, alice.connects, (verification_uri, user_code))
    person.start()
    polls: list[tuple[int, Any]] = []

    # Step 2: Poll for Token
    while True:
        response = requests.post(
            f"{AUTH}/token",
            data={
                "grant_type": "urn:ietf:params:oauth:grant-type:device_code",
                "device_code": device_data["device_code"],
                "client_id": CLIENT_ID,
            },
        )
        polls.append((response.status_code, response.json().get("error")))
        if response.status_code == 200:
            tokens = response.json()
            break
        time.sleep(device_data["interval"])

    person.join()
    assert polls[0] == (400, "authorization_pending")
    assert "slow_down" not in {error for _, error in polls}
    assert polls[-1] == (200, None)
    who = requests.get(f"{AUTH}/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"}, timeout=30)
    assert who.json()["name"] == "Alice Example"
