"""Authlib's clients, with and without asyncio: code with PKCE, refresh, client credentials, device, revoke, introspect."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import jwt
import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.httpx_client import AsyncOAuth2Client
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from joserfc import jwt as joserfc_jwt
from joserfc.jwk import KeySet

from licet.requirements import (
    CODE_REPLAY_ENDS_GRANT,
    ID_TOKEN_ALGORITHM,
    METADATA_TRUE,
    NONCE_RETURNED,
    REFRESH_REUSE_DETECTED,
    TOKEN_TYPE_EXPLICIT,
)
from tests.clients.conftest import AUDIENCE, CALLBACK, SECRETS
from tests.clients.operated import LOGIN, Operated
from tests.clients.person import Person, parameters

DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
PERSONAL = "openid profile email offline_access orders:read"


@pytest.fixture(scope="module")
def metadata(shop_server: Operated) -> Any:
    found = requests.get(f"{shop_server.issuer}/.well-known/openid-configuration", timeout=30).json()
    assert found["issuer"] == shop_server.issuer
    return found


@pytest.fixture
def shop(metadata: Any) -> Iterator[OAuth2Session]:
    """The web shop: a confidential client."""
    with OAuth2Session(
        "shop",
        SECRETS["SHOP"],
        scope=PERSONAL,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
    ) as session:
        yield session


def signed_in(session: OAuth2Session, alice: Person, metadata: Any, **more: str) -> Any:
    """Alice signs in at the shop; its tokens."""
    verifier = generate_token(48)
    url, state = session.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier, **more)
    arrived = alice.opens(url)
    assert parameters(arrived)["iss"] == metadata["issuer"]
    token = session.fetch_token(
        metadata["token_endpoint"], authorization_response=arrived, state=state, code_verifier=verifier
    )
    token["arrived"], token["verifier"] = arrived, verifier
    return token


def keys(metadata: Any) -> Any:
    return requests.get(metadata["jwks_uri"], timeout=30).json()


def with_pyjwt(token: str, metadata: Any, audience: str, *algorithms: str) -> dict[str, Any]:
    key = jwt.PyJWKSet.from_dict(keys(metadata))[jwt.get_unverified_header(token)["kid"]]
    claims: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=list(algorithms),
        audience=audience,
        issuer=metadata["issuer"],
        options={"require": ["exp", "iat", "sub"], "strict_aud": False},
    )
    return claims


def with_joserfc(token: str, metadata: Any, audience: str, *algorithms: str) -> dict[str, Any]:
    decoded = joserfc_jwt.decode(token, KeySet.import_key_set(keys(metadata)), algorithms=list(algorithms))
    joserfc_jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": metadata["issuer"]},
        aud={"essential": True, "value": audience},
        sub={"essential": True},
        exp={"essential": True},
    ).validate(decoded.claims)
    return decoded.claims


@pytest.mark.witness(NONCE_RETURNED, ID_TOKEN_ALGORITHM, TOKEN_TYPE_EXPLICIT, METADATA_TRUE)
def test_a_shop_signs_somebody_in(shop: OAuth2Session, alice: Person, metadata: Any) -> None:
    """Both libraries verify both tokens, and every promise of the metadata that was used was true."""
    tokens = signed_in(shop, alice, metadata, nonce="n-0S6")
    assert set(tokens) >= {"access_token", "id_token", "refresh_token", "expires_at"}

    id_algorithms = metadata["id_token_signing_alg_values_supported"]
    identity = with_pyjwt(tokens["id_token"], metadata, "shop", *id_algorithms)
    assert identity == with_joserfc(tokens["id_token"], metadata, "shop", *id_algorithms)
    assert identity["nonce"] == "n-0S6"

    assert jwt.get_unverified_header(tokens["access_token"])["typ"] == "at+jwt"
    access = with_pyjwt(tokens["access_token"], metadata, AUDIENCE, "ES256")
    assert access == with_joserfc(tokens["access_token"], metadata, AUDIENCE, "ES256")
    assert (access["client_id"], access["sub"]) == ("shop", identity["sub"])

    told = shop.get(metadata["userinfo_endpoint"], timeout=30).json()
    assert told == {"sub": identity["sub"], "name": "Alice Example", "email": LOGIN}


@pytest.mark.witness(CODE_REPLAY_ENDS_GRANT)
def test_a_code_that_is_used_twice(shop: OAuth2Session, alice: Person, metadata: Any) -> None:
    tokens = signed_in(shop, alice, metadata)
    with pytest.raises(OAuthError, match="invalid_grant"):
        shop.fetch_token(
            metadata["token_endpoint"], authorization_response=tokens["arrived"], code_verifier=tokens["verifier"]
        )
    assert shop.get(metadata["userinfo_endpoint"], timeout=30).status_code == 401


def test_a_shop_refreshes_and_signs_off(shop: OAuth2Session, alice: Person, metadata: Any) -> None:
    """A confidential client keeps its refresh token; Authlib sends ``scope`` with it, which narrows nothing."""
    first = signed_in(shop, alice, metadata)
    second = shop.refresh_token(metadata["token_endpoint"])
    assert second["access_token"] != first["access_token"]
    assert second["refresh_token"] == first["refresh_token"]

    asked = shop.introspect_token(metadata["introspection_endpoint"], second["access_token"], timeout=30).json()
    assert (asked["active"], asked["client_id"]) == (True, "shop")
    assert (
        shop.revoke_token(
            metadata["revocation_endpoint"], second["refresh_token"], token_type_hint="refresh_token"
        ).status_code
        == 200
    )
    gone = shop.introspect_token(metadata["introspection_endpoint"], second["access_token"], timeout=30)
    assert gone.json() == {"active": False}
    with pytest.raises(OAuthError, match="invalid_grant"):
        shop.refresh_token(metadata["token_endpoint"], refresh_token=second["refresh_token"])


@pytest.mark.witness(REFRESH_REUSE_DETECTED)
def test_a_public_client_gets_another_refresh_token_each_time(alice: Person, metadata: Any) -> None:
    with OAuth2Session(
        "reader",
        scope="openid offline_access orders:read",
        redirect_uri="http://127.0.0.1:51004/callback",
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
    ) as reader:
        first = signed_in(reader, alice, metadata)
        second = reader.refresh_token(metadata["token_endpoint"])
        third = reader.refresh_token(metadata["token_endpoint"])
        assert len({first["refresh_token"], second["refresh_token"], third["refresh_token"]}) == 3
        with pytest.raises(OAuthError, match="invalid_grant"):
            reader.refresh_token(metadata["token_endpoint"], refresh_token=first["refresh_token"])
        with pytest.raises(OAuthError, match="invalid_grant"):
            reader.refresh_token(metadata["token_endpoint"], refresh_token=third["refresh_token"])


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_job_asks_for_itself(metadata: Any, method: str) -> None:
    with OAuth2Session("job", SECRETS["JOB"], scope="orders:read", token_endpoint_auth_method=method) as job:
        tokens = job.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        assert tokens["scope"] == "orders:read"
        assert with_joserfc(tokens["access_token"], metadata, AUDIENCE, "ES256")["sub"] == "job"
        assert "refresh_token" not in tokens
    with (
        OAuth2Session("job", "a guess", token_endpoint_auth_method=method) as guesser,
        pytest.raises(OAuthError, match="invalid_client"),
    ):
        guesser.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")


def test_an_api_asks_about_a_token(metadata: Any) -> None:
    """The API's own credential sees what is meant for it, and what it sees is what RFC 7662 names."""
    with (
        OAuth2Session("job", SECRETS["JOB"], scope="orders:read orders:write") as job,
        OAuth2Session("api.orders", SECRETS["ORDERS"]) as orders,
    ):
        tokens = job.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")
        told = orders.introspect_token(metadata["introspection_endpoint"], tokens["access_token"]).json()
        assert told["active"] is True
        assert (told["scope"], told["client_id"], told["aud"]) == ("orders:read orders:write", "job", AUDIENCE)
        assert (told["iss"], told["token_type"]) == (metadata["issuer"], "Bearer")
        assert orders.introspect_token(metadata["introspection_endpoint"], "nonsense").json() == {"active": False}


@pytest.mark.anyio
async def test_a_tv_waits_without_blocking(alice: Person, metadata: Any) -> None:
    async with httpx2.AsyncClient() as plain, AsyncOAuth2Client("tv", scope="openid profile") as tv:
        asked = (
            await plain.post(
                metadata["device_authorization_endpoint"], data={"client_id": "tv", "scope": "openid profile"}
            )
        ).json()
        with pytest.raises(OAuthError, match="authorization_pending"):
            await tv.fetch_token(metadata["token_endpoint"], grant_type=DEVICE, device_code=asked["device_code"])
        await asyncio.to_thread(alice.connects, asked["verification_uri_complete"])
        await asyncio.sleep(asked["interval"])
        tokens = await tv.fetch_token(metadata["token_endpoint"], grant_type=DEVICE, device_code=asked["device_code"])
    assert with_joserfc(tokens["id_token"], metadata, "tv", "RS256")["sub"]
    assert alice.seen == ["Sign in to Lounge TV", "Is this your device? Lounge TV", "Done: Lounge TV is connected"]


@pytest.mark.anyio
async def test_a_shop_with_asyncio(alice: Person, metadata: Any) -> None:
    async with AsyncOAuth2Client(
        "shop",
        SECRETS["SHOP"],
        scope=PERSONAL,
        redirect_uri=CALLBACK,
        code_challenge_method="S256",
        token_endpoint=metadata["token_endpoint"],
        token_endpoint_auth_method="client_secret_post",
        revocation_endpoint_auth_method="client_secret_post",
    ) as shop:
        verifier = generate_token(48)
        url, state = shop.create_authorization_url(metadata["authorization_endpoint"], code_verifier=verifier)
        arrived = await asyncio.to_thread(alice.opens, url)
        first = dict(await shop.fetch_token(authorization_response=arrived, state=state, code_verifier=verifier))
        second = await shop.refresh_token(metadata["token_endpoint"])
        assert second["access_token"] != first["access_token"]
        told = (await shop.get(metadata["userinfo_endpoint"])).json()
        assert told["name"] == "Alice Example"
        asked = await shop.introspect_token(metadata["introspection_endpoint"], second["access_token"])
        assert asked.json()["sub"] == told["sub"]
        assert (await shop.revoke_token(metadata["revocation_endpoint"], second["access_token"])).status_code == 200
        assert (await shop.get(metadata["userinfo_endpoint"])).status_code == 401


def test_somebody_says_no(shop: OAuth2Session, alice: Person, metadata: Any) -> None:
    alice.decision = "consent-deny"
    url, state = shop.create_authorization_url(
        metadata["authorization_endpoint"], code_verifier=generate_token(48), prompt="consent"
    )
    arrived = parameters(alice.opens(url))
    assert (arrived["error"], arrived["state"], arrived["iss"]) == ("access_denied", state, metadata["issuer"])
    assert "code" not in arrived
