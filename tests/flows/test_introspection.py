"""Introspection and revocation: what a token is, told to whom it concerns; and its end (RFC 7662, RFC 7009)."""

from __future__ import annotations

from typing import Any

import pytest

from licet.requirements import (
    CREDENTIALS_NOT_IN_URL,
    FORM_ENCODED_POST,
    INTROSPECTION_AUTHENTICATED,
    INTROSPECTION_BY_AUDIENCE,
    REVOCATION_BY_OWNER,
    SECRET_GUESSING_THROTTLED,
)
from tests.flows.test_refresh import SHOP, SPA, refresh, tokens
from tests.world import ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio
CALLERS = {
    "its API": ("api.orders", SECRET),
    "another API": ("api.invoices", SECRET),
    "its client": ("shop", SECRET),
    "another client": ("billing", SECRET),
}


async def post(here: World, path: str, auth: tuple[str, str] | None = None, **form: str) -> Any:
    async with here.visitor() as http:
        return await http.post(path, data=form, auth=auth)


async def introspect(here: World, caller: str, token: str) -> dict[str, Any]:
    answer = await post(here, "/introspect", CALLERS[caller], token=token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def issued(here: World, kind: str) -> str:
    """A token of each kind that concerns *orders* and *shop*."""
    if kind == "opaque, of invoices":
        return str((await tokens(here, SHOP, "openid invoices.read"))["access_token"])
    got = await tokens(here, SHOP, "openid profile orders.read offline_access")
    return str({"jwt": got["access_token"], "refresh": got["refresh_token"], "id": got["id_token"]}[kind])


MATRIX = {
    # caller           jwt    opaque, of invoices  refresh  id
    "its API":        (True,  False,               False,   False),
    "another API":    (False, True,                False,   False),
    "its client":     (True,  True,                True,    False),
    "another client": (False, False,               False,   False),
}  # fmt: skip
KINDS = ("jwt", "opaque, of invoices", "refresh", "id")


@pytest.mark.witness(INTROSPECTION_BY_AUDIENCE)
@pytest.mark.parametrize("kind", KINDS)
async def test_the_matrix_of_callers_and_tokens(here: World, kind: str) -> None:
    """Rulings E."""
    token = await issued(here, kind)
    for caller, row in MATRIX.items():
        told = await introspect(here, caller, token)
        assert told["active"] is row[KINDS.index(kind)], (caller, told)
        if not told["active"]:
            assert told == {"active": False}


async def test_an_api_sees_only_its_own_scopes(here: World) -> None:
    token = await issued(here, "jwt")
    told = await introspect(here, "its API", token)
    assert told["scope"] == "orders.read"
    assert told["aud"] == [ORDERS, f"{ISSUER}/userinfo"]
    assert (await introspect(here, "its client", token))["scope"] == "openid profile orders.read offline_access"


@pytest.mark.witness(INTROSPECTION_AUTHENTICATED)
async def test_who_may_not_ask(here: World) -> None:
    assert (await post(here, "/introspect", token="x")).status_code == 401
    assert (await post(here, "/introspect", ("shop", "wrong"), token="x")).status_code == 401
    assert (await post(here, "/introspect", client_id="spa", token="x")).status_code == 401
    assert (await post(here, "/introspect", CALLERS["its API"])).json()["error"] == "invalid_request"


@pytest.mark.witness(FORM_ENCODED_POST, CREDENTIALS_NOT_IN_URL)
async def test_only_a_form_in_the_body(here: World) -> None:
    async with here.visitor() as http:
        assert (await http.get("/introspect", params={"token": "x"})).status_code == 405
        as_json = await http.post("/token", json={"grant_type": "client_credentials"})
        assert as_json.json()["error"] == "invalid_request"
        in_url = await http.post(
            f"/token?client_id=billing&client_secret={SECRET}", data={"grant_type": "client_credentials"}
        )
        assert in_url.status_code in (400, 401)
        assert "access_token" not in in_url.text


@pytest.mark.parametrize("kind", ["jwt", "opaque, of invoices"])
async def test_a_revoked_access_token_goes_alone(here: World, kind: str) -> None:
    token = await issued(here, kind)
    assert (await introspect(here, "its client", token))["active"]
    assert (await post(here, "/revoke", ("shop", SECRET), token=token)).status_code == 200
    assert (await introspect(here, "its client", token)) == {"active": False}


async def test_a_revoked_refresh_token_takes_its_grant_along(here: World) -> None:
    got = await tokens(here, SHOP, "openid orders.read offline_access")
    assert (await post(here, "/revoke", ("shop", SECRET), token=got["refresh_token"])).status_code == 200
    assert (await refresh(here, SHOP, got["refresh_token"])).json()["error"] == "invalid_grant"
    assert (await introspect(here, "its API", got["access_token"])) == {"active": False}


@pytest.mark.witness(REVOCATION_BY_OWNER)
async def test_somebody_elses_token_stays(here: World) -> None:
    got = await tokens(here, SHOP, "openid orders.read offline_access")
    for token in (got["access_token"], got["refresh_token"], "nonsense"):
        assert (await post(here, "/revoke", client_id="spa", token=token)).status_code == 200
    assert (await introspect(here, "its API", got["access_token"]))["active"]
    assert (await refresh(here, SHOP, got["refresh_token"])).status_code == 200


async def test_a_public_client_revokes_its_own(here: World) -> None:
    got = await tokens(here, SPA)
    assert (await post(here, "/revoke", client_id="spa", token=got["refresh_token"])).status_code == 200
    assert (await refresh(here, SPA, got["refresh_token"])).json()["error"] == "invalid_grant"


@pytest.mark.witness(SECRET_GUESSING_THROTTLED)
async def test_guessing_secrets_slows_down_and_the_right_one_passes(here: World) -> None:
    statuses = [(await post(here, "/introspect", ("shop", f"guess {n}"), token="x")).status_code for n in range(102)]
    assert statuses[0] == 401
    assert statuses[-1] == 429
    answer = await post(here, "/introspect", ("shop", "another guess"), token="x")
    assert int(answer.headers["retry-after"]) >= 1
    assert (await post(here, "/introspect", ("shop", SECRET), token="x")).status_code == 200
