"""Client credentials, from the request to a token that a foreign library verifies (RFC 6749 §4.4)."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from licet.ambient import SECOND
from licet.protocol import client_assertion
from licet.requirements import (
    ASSERTION_ABOUT_ITSELF,
    ASSERTION_AUDIENCE_IS_ISSUER,
    ASSERTION_SHORT_LIVED,
    ASSERTION_SIGNED,
    ASSERTION_SINGLE_USE,
    ASSERTION_WELL_FORMED,
    AUDIENCE_RESTRICTED,
    CLIENT_AUTHENTICATED,
    CLIENT_KNOWN,
    GRANT_TYPE_ALLOWED,
    GRANT_TYPE_KNOWN,
    METHOD_AS_REGISTERED,
    NO_STORE,
    ONE_API_PER_TOKEN,
    ONE_METHOD_PER_REQUEST,
    PARAMETERS_ONCE,
    PUBLIC_CLIENT_LIMITS,
    RESOURCE_KNOWN,
    SCOPE_REGISTERED,
    SCOPE_WELL_FORMED,
    TOKEN_TYPE_EXPLICIT,
)
from tests.world import INVOICES, ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio


async def token(here: World, **parameters: Any) -> Any:
    auth = parameters.pop("auth", None)
    form = {"grant_type": "client_credentials"} | parameters
    async with here.visitor() as http:
        return await http.post("/token", data={k: v for k, v in form.items() if v is not None}, auth=auth)


BODY = {"client_id": "billing", "client_secret": SECRET}


@pytest.mark.witness(TOKEN_TYPE_EXPLICIT, AUDIENCE_RESTRICTED, NO_STORE)
async def test_a_jwt_for_one_api_that_a_foreign_library_verifies(here: World) -> None:
    answer = await token(here, **BODY, scope="orders.read")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["token_type"] == "Bearer"
    assert body["scope"] == "orders.read"
    assert "refresh_token" not in body
    assert "id_token" not in body
    async with here.visitor() as http:
        jwks = (await http.get("/jwks")).json()
    header = jwt.get_unverified_header(body["access_token"])
    assert (header["typ"], header["alg"]) == ("at+jwt", "ES256")
    key = next(k for k in jwt.PyJWKSet.from_dict(jwks).keys if k.key_id == header["kid"])
    claims = jwt.decode(body["access_token"], key, algorithms=["ES256"], audience=ORDERS, issuer=ISSUER)
    assert claims["sub"] == claims["client_id"] == "billing"
    assert claims["exp"] - claims["iat"] == body["expires_in"] == 600


async def test_an_opaque_token_for_an_api_that_wants_one(here: World) -> None:
    body = (await token(here, **BODY, scope="invoices.read")).json()
    assert body["access_token"].startswith("lctat_")


async def test_secret_in_header_or_body_as_the_client_likes(here: World) -> None:
    assert (await token(here, auth=("billing", SECRET), scope="orders.read")).status_code == 200
    assert (await token(here, auth=("billing", SECRET), client_id="billing", scope="orders.read")).status_code == 200


REFUSED = [
    pytest.param({"client_secret": None}, 401, "invalid_client", id="no secret"),
    pytest.param({"client_secret": "wrong"}, 401, "invalid_client", id="wrong secret"),
    pytest.param({"client_secret": ""}, 401, "invalid_client", id="empty secret"),
    pytest.param({"client_secret": SECRET + "\x00"}, 400, "invalid_request", id="NUL"),
    pytest.param({"client_id": "nobody"}, 401, "invalid_client", id="unknown client"),
    pytest.param({"client_id": "signer"}, 401, "invalid_client", id="a client that signs"),
    pytest.param({"client_id": "api.orders"}, 401, "invalid_client", id="an API's credential"),
    pytest.param({"client_id": "tv", "client_secret": None}, 400, "unauthorized_client", id="a public client"),
    pytest.param({"client_id": "shop"}, 400, "unauthorized_client", id="a client without this grant"),
    pytest.param({"grant_type": "password"}, 400, "unsupported_grant_type", id="password"),
    pytest.param({"grant_type": None}, 400, "invalid_request", id="no grant_type"),
    pytest.param({"scope": "orders.delete"}, 400, "invalid_scope", id="unknown scope"),
    pytest.param({"scope": "openid"}, 400, "invalid_scope", id="a person's scope"),
    pytest.param({"scope": "orders.read\tinvoices.read"}, 400, "invalid_scope", id="tab"),
    pytest.param({"scope": "orders.read invoices.read"}, 400, "invalid_scope", id="two APIs"),
    pytest.param({"resource": "https://elsewhere.example.com"}, 400, "invalid_target", id="foreign resource"),
    pytest.param({"resource": [ORDERS, INVOICES]}, 400, "invalid_target", id="two resources"),
    pytest.param({"resource": INVOICES}, 400, "invalid_scope", id="another API's resource"),
    pytest.param({"scope": ["orders.read", "orders.write"]}, 400, "invalid_request", id="scope twice"),
]


@pytest.mark.witness(
    CLIENT_AUTHENTICATED,
    CLIENT_KNOWN,
    METHOD_AS_REGISTERED,
    PUBLIC_CLIENT_LIMITS,
    GRANT_TYPE_ALLOWED,
    GRANT_TYPE_KNOWN,
    SCOPE_REGISTERED,
    SCOPE_WELL_FORMED,
    ONE_API_PER_TOKEN,
    RESOURCE_KNOWN,
    PARAMETERS_ONCE,
)
@pytest.mark.parametrize(("change", "status", "error"), REFUSED)
async def test_refused_and_the_right_request_still_succeeds(
    here: World, change: dict[str, Any], status: int, error: str
) -> None:
    right = {**BODY, "scope": "orders.read"}
    answer = await token(here, **(right | change))
    assert (answer.status_code, answer.json()["error"]) == (status, error), answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert "access_token" not in answer.json()
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic ")
    assert (await token(here, **right)).status_code == 200


async def test_two_apis_by_name_are_narrowed_to_the_one_named(here: World) -> None:
    body = (await token(here, **BODY, scope="orders.read invoices.read", resource=ORDERS)).json()
    assert body["scope"] == "orders.read"


@pytest.mark.witness(ONE_METHOD_PER_REQUEST)
async def test_two_methods_in_one_request(here: World) -> None:
    answer = await token(here, auth=("billing", SECRET), **BODY, scope="orders.read")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def assertion(here: World, **change: Any) -> dict[str, Any]:
    now_s = here.clock.now() // SECOND
    said = {"iss": "signer", "sub": "signer", "aud": ISSUER, "jti": "one", "iat": now_s, "exp": now_s + 60} | change
    signed = here.client_key.sign_jwt(
        change.pop("typ", "client-authentication+jwt"), {k: v for k, v in said.items() if v is not None and k != "typ"}
    )
    return {
        "client_assertion": signed,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "scope": "orders.read",
    }


@pytest.mark.witness(ASSERTION_SINGLE_USE)
async def test_an_assertion_is_good_once_even_where_the_grant_is_refused(here: World) -> None:
    asserted = assertion(here)
    assert (await token(here, **asserted | {"scope": "nonsense"})).json()["error"] == "invalid_scope"
    again = await token(here, **asserted)
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")
    assert (await token(here, **assertion(here, jti="two"))).status_code == 200


BAD_ASSERTIONS = [
    pytest.param({"aud": f"{ISSUER}/token"}, id="token endpoint as audience"),
    pytest.param({"aud": [ISSUER]}, id="audience in a list"),
    pytest.param({"iss": "billing"}, id="another issuer"),
    pytest.param({"sub": "billing"}, id="another subject"),
    pytest.param({"exp": None}, id="no exp"),
    pytest.param({"exp": 4102444800}, id="exp far away"),
    pytest.param({"exp": 1}, id="expired"),
    pytest.param({"iat": 4102444800}, id="from the future"),
    pytest.param({"typ": "at+jwt"}, id="another type"),
]


@pytest.mark.witness(
    ASSERTION_AUDIENCE_IS_ISSUER,
    ASSERTION_ABOUT_ITSELF,
    ASSERTION_SHORT_LIVED,
    ASSERTION_WELL_FORMED,
)
@pytest.mark.parametrize("change", BAD_ASSERTIONS)
async def test_a_bad_assertion(here: World, change: dict[str, Any]) -> None:
    answer = await token(here, **assertion(here, **change))
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), answer.text
    assert (await token(here, **assertion(here))).status_code == 200


@pytest.mark.witness(ASSERTION_SIGNED)
async def test_an_assertion_by_another_key(here: World) -> None:
    from licet.protocol import jose

    stranger = jose.SigningKey(jose.generate_es256(), "ES256", "signer-key")
    signed = client_assertion.make(stranger, "signer", ISSUER, "j", here.clock.now() // SECOND)
    answer = await token(here, **assertion(here) | {"client_assertion": signed})
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
