"""The plan for third-party initiated login: where it begins is registered (OpenID Connect Core §4)."""

from __future__ import annotations

from tests.conformance.relying_party import failed
from tests.conformance.suite import Suite, module

START = "https://rp.example.com/initiate-login"


@module("oidcc-3rd_party-init-login")
async def init_login(here: Suite) -> None:
    """initiate_login_uri comes back from the registration, and from the client configuration endpoint."""
    response = await here.registers(initiate_login_uri=START)
    assert response.status_code == 201, response.text
    registered = response.json()
    assert registered["initiate_login_uri"] == START
    headers = {"Authorization": f"Bearer {registered['registration_access_token']}"}
    read = await here.http.get(registered["registration_client_uri"], headers=headers)
    assert read.status_code == 200
    assert read.headers["content-type"].partition(";")[0] == "application/json"
    assert read.json()["initiate_login_uri"] == START


@module("oidcc-3rd_party-init-login-nohttps")
async def init_login_nohttps(here: Suite) -> None:
    """One without TLS is refused."""
    failed(await here.registers(initiate_login_uri=START.replace("https:", "http:")), "invalid_client_metadata")
