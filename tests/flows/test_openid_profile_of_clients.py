"""The strict profile and ``oidc-core``: what the second relaxes for confidential clients, and nothing else (rulings R)."""

from __future__ import annotations

from datetime import date

import jwt
import pytest

from licet import app
from licet.authorization_server.policy import Policy
from licet.authorization_server.settings import Settings
from licet.requirements import (
    ASSERTION_AUDIENCE_IS_ISSUER,
    CATALOGUE,
    PKCE_NO_DOWNGRADE,
    PKCE_OR_NONCE,
    PKCE_REQUIRED,
    Role,
)
from licet.requirements.profiles import OAUTH_2_1, OIDC_CORE, Waiver
from licet.storage.records import ClientPolicy
from tests.flows.openid import registered
from tests.flows.test_authorization_code import id_claims, redeem
from tests.visitor import Visitor
from tests.world import CHEAP, ISSUER, World

pytestmark = pytest.mark.anyio

OLD = ClientPolicy(rotate=False, profile="oidc-core")
BARE: dict[str, None] = {"code_challenge": None, "code_challenge_method": None}


def test_the_profile_relaxes_exactly_three_requirements() -> None:
    assert OAUTH_2_1.demands == {r.id for r in CATALOGUE if r.binds is Role.AUTHORIZATION_SERVER}
    assert OAUTH_2_1.demands - OIDC_CORE.demands == {
        PKCE_REQUIRED.id,
        PKCE_OR_NONCE.id,
        ASSERTION_AUDIENCE_IS_ISSUER.id,
    }


@pytest.mark.parametrize("nonce", ["n-0S6", None])
async def test_a_confidential_client_of_oidc_core_may_go_without_pkce_and_nonce(here: World, nonce: str | None) -> None:
    await registered(here, policy=OLD)
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(**BARE, nonce=nonce)
    refused = await redeem(here, answered)
    assert refused.json()["error"] == "invalid_request", "a verifier without a challenge is a downgrade"
    missing = await redeem(here, answered, code_verifier=None, redirect_uri=None)
    assert missing.json()["error"] == "invalid_grant", "redirect_uri is what ties the code to its request"
    answer = await redeem(here, answered, code_verifier=None)
    assert answer.status_code == 200
    assert (await id_claims(here, answer.json()["id_token"])).get("nonce") == nonce


@pytest.mark.witness(PKCE_NO_DOWNGRADE)
async def test_pkce_still_counts_where_such_a_client_uses_it(here: World) -> None:
    await registered(here, policy=OLD)
    async with here.visitor() as http:
        answered = await Visitor(http).authorize()
    assert (await redeem(here, answered, code_verifier=None)).json()["error"] == "invalid_grant"
    assert (await redeem(here, answered)).status_code == 200


@pytest.mark.witness(PKCE_REQUIRED)
async def test_public_clients_and_strict_ones_are_never_spared_pkce(here: World) -> None:
    await registered(here, "spa", ClientPolicy(profile="oidc-core"))
    async with here.visitor() as http:
        for client_id, address in (("spa", "https://spa.example.com/"), ("shop", "https://shop.example.com/callback")):
            said = (
                await Visitor(http).authorize(**BARE, client_id=client_id, redirect_uri=address, nonce="n")
            ).parameters
            assert said["error"] == "invalid_request"
            assert "code_challenge" in said["error_description"]


@pytest.mark.witness(PKCE_OR_NONCE)
async def test_a_waiver_of_pkce_alone_leaves_the_nonce(here: World) -> None:
    """PKCE, then PKCE or nonce, then neither: each step has its name (OAuth 2.1 §7.5.1.1)."""
    waiver = Waiver(PKCE_REQUIRED.id, "shop", "moves in spring", date(2999, 1, 1))
    server = await app.build(
        here.store,
        here.issuer,
        here.vault,
        here.clock,
        settings=Settings(passwords=CHEAP),
        policy=Policy(waivers=(waiver,)),
    )
    here.server.close()
    here.server = server
    async with here.visitor() as http:
        said = (await Visitor(http).authorize(**BARE)).parameters
        assert said["error"] == "invalid_request"
        assert "nonce" in said["error_description"]
        no_id_token = (await Visitor(http).authorize(**BARE, nonce="n", scope="orders.read")).parameters
        assert no_id_token["error"] == "invalid_request", "a nonce that nobody returns protects nothing"
        assert "code" in (await Visitor(http).authorize(**BARE, nonce="n")).parameters


@pytest.mark.witness(ASSERTION_AUDIENCE_IS_ISSUER)
@pytest.mark.parametrize("aud", [ISSUER, f"{ISSUER}/token", [ISSUER, "https://other.example"], "https://other.example"])
async def test_older_audiences_of_assertions_are_for_oidc_core_alone(here: World, aud: str | list[str]) -> None:
    statuses = []
    for policy in (ClientPolicy(), ClientPolicy(profile="oidc-core")):
        await registered(here, "signer", policy)
        async with here.visitor() as http:
            form = {
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": _assertion(here, aud, jti=f"j-{policy.profile}"),
            }
            statuses.append((await http.post("/token", data=form)).status_code)
    assert statuses == {ISSUER: [200, 200], "https://other.example": [401, 401]}.get(str(aud), [401, 200])


def _assertion(here: World, aud: str | list[str], jti: str) -> str:
    now_s = here.clock.now() // 1_000_000
    said = {"iss": "signer", "sub": "signer", "aud": aud, "jti": jti, "iat": now_s, "exp": now_s + 60}
    token = here.client_key.sign_jwt("JWT", said)
    assert jwt.decode(token, options={"verify_signature": False}) == said
    return token
