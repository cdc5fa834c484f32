"""What a person is called: public or by sector, in one word wherever a token names them, and for good."""

from __future__ import annotations

from typing import Any

import jwt
import msgspec
import pytest

from licet.ambient import SystemEntropy
from licet.authorization_server.subject import Subjects, sector_of
from licet.protocol.client_metadata import ClientMetadata
from licet.requirements import SUBJECT_PAIRWISE
from licet.storage.records import ClientPolicy
from licet.storage.vault import MasterKeys, Vault
from tests.flows.openid import registered, tokens
from tests.flows.test_authorization_code import id_claims, redeem, userinfo
from tests.flows.test_device import ask, decide, poll
from tests.visitor import Visitor
from tests.world import CALLBACK, CLIENTS, ISSUER, ORDERS, SECRET, World

pytestmark = pytest.mark.anyio

SPA = "https://spa.example.com/"


async def sub_at(here: World, client_id: str, **parameters: Any) -> str:
    """What the ID token calls alice."""
    secret = SECRET if client_id == "shop" else None
    address = CALLBACK if client_id == "shop" else SPA
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(client_id=client_id, redirect_uri=address, **parameters)
    answer = await redeem(here, answered, client_id=client_id, client_secret=secret, redirect_uri=address)
    return str((await id_claims(here, answer.json()["id_token"], audience=client_id))["sub"])


@pytest.mark.witness(SUBJECT_PAIRWISE)
async def test_one_pairwise_sub_in_every_place(here: World) -> None:
    """ID token, userinfo plain and signed, introspection of access and refresh token, JWT access token (I6)."""
    await registered(here, subject_type="pairwise")
    body = await tokens(here, scope="openid offline_access orders.read")
    sub = (await id_claims(here, body["id_token"]))["sub"]
    assert sub != here.subjects["alice"]
    access = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert access["sub"] == sub
    assert (await userinfo(here, body["access_token"])).json()["sub"] == sub
    await registered(here, subject_type="pairwise", userinfo_signed_response_alg="RS256")
    signed = (await userinfo(here, body["access_token"])).text
    assert (await id_claims(here, signed))["sub"] == sub
    async with here.visitor() as http:
        for token in (body["access_token"], body["refresh_token"]):
            form = {"token": token, "client_id": "shop", "client_secret": SECRET}
            assert (await http.post("/introspect", data=form)).json()["sub"] == sub
        api = {"token": body["access_token"], "client_id": "api.orders", "client_secret": SECRET}
        assert (await http.post("/introspect", data=api)).json()["sub"] == sub


@pytest.mark.witness(SUBJECT_PAIRWISE)
async def test_two_sectors_cannot_be_put_together_and_one_is_shared(here: World) -> None:
    await registered(here, "shop", subject_type="pairwise")
    await registered(here, "spa", subject_type="pairwise")
    shop, spa = await sub_at(here, "shop"), await sub_at(here, "spa")
    assert len({shop, spa, here.subjects["alice"]}) == 3
    assert await sub_at(here, "shop") == shop, "the same the next time"
    await registered(here, "spa", ClientPolicy(sector="shop.example.com"), subject_type="pairwise")
    assert await sub_at(here, "spa") == shop


@pytest.mark.witness(SUBJECT_PAIRWISE)
async def test_what_was_granted_keeps_its_sub_when_the_registration_changes(here: World) -> None:
    body = await tokens(here, scope="openid")
    await registered(here, subject_type="pairwise")
    assert (await userinfo(here, body["access_token"])).json()["sub"] == here.subjects["alice"]
    assert await sub_at(here, "shop") != here.subjects["alice"]


@pytest.mark.witness(SUBJECT_PAIRWISE)
async def test_a_new_master_key_calls_nobody_another_name(here: World) -> None:
    shop = await registered(here, subject_type="pairwise")
    person = await here.store.accounts.find(1, here.subjects["alice"])
    assert person is not None
    before = await Subjects(here.store.pairwise_subjects, here.vault).sub_of(person.account, shop)
    entropy = SystemEntropy()
    rotated = Vault(MasterKeys.parse(MasterKeys.generate(entropy)), entropy)
    assert await Subjects(here.store.pairwise_subjects, rotated).sub_of(person.account, shop) == before


async def test_a_pairwise_hint_is_understood_by_its_own_client_only(here: World) -> None:
    await registered(here, "shop", subject_type="pairwise")
    async with here.visitor() as http:
        body = (await redeem(here, await Visitor(http).authorize())).json()
        hint = body["id_token"]
        assert "code" in (await Visitor(http).authorize(prompt="none", id_token_hint=hint)).parameters
        spa = {"client_id": "spa", "redirect_uri": SPA, "prompt": "none"}
        assert (await Visitor(http).authorize(**spa, id_token_hint=hint)).parameters["error"] == "login_required"


@pytest.mark.witness(SUBJECT_PAIRWISE)
async def test_a_device_knows_a_person_as_its_sector_does(here: World) -> None:
    await registered(here, "tv", ClientPolicy(sector="shop.example.com"), subject_type="pairwise")
    await registered(here, "shop", subject_type="pairwise")
    async with here.visitor() as http:
        asked = (await ask(here)).json()
        await decide(Visitor(http), asked["user_code"])
        answer = await poll(here, asked["device_code"])
    assert (await id_claims(here, answer.json()["id_token"], audience="tv"))["sub"] == await sub_at(here, "shop")


SECTORS = [
    pytest.param({"redirect_uris": ("https://a.example/cb", "https://a.example:8443/x")}, "a.example", id="one host"),
    pytest.param({"redirect_uris": ("https://a.example/cb", "https://b.example/cb")}, "client:shop", id="two hosts"),
    pytest.param({"redirect_uris": ("com.example.app:/cb",)}, "client:shop", id="no host"),
    pytest.param(
        {"redirect_uris": ("https://a.example/cb",), "sector_identifier_uri": "https://group.example/uris.json"},
        "group.example",
        id="a document that lists them",
    ),
]


@pytest.mark.parametrize(("metadata", "sector"), SECTORS)
def test_the_sector_of_a_client(metadata: dict[str, Any], sector: str) -> None:
    """OpenID Connect Core §8.1: the host of the document, else the one host of all redirect URIs."""
    shop = msgspec.structs.replace(CLIENTS[0], metadata=ClientMetadata(subject_type="pairwise", **metadata))
    assert sector_of(shop) == sector
    named = msgspec.structs.replace(shop, policy=ClientPolicy(sector="named.example"))
    assert sector_of(named) == "named.example", "the operator's word counts first"


async def test_metadata_says_what_is_wired(here: World) -> None:
    async with here.visitor() as http:
        said = (await http.get("/.well-known/openid-configuration")).json()
    assert said["subject_types_supported"] == ["public", "pairwise"]
    assert said["claims_parameter_supported"] is said["request_parameter_supported"] is True
    assert said["request_uri_parameter_supported"] is False
    assert said["userinfo_signing_alg_values_supported"] == said["id_token_signing_alg_values_supported"]
    assert "none" not in said["request_object_signing_alg_values_supported"]
    assert (said["display_values_supported"], said["claim_types_supported"]) == (["page"], ["normal"])
    assert (said["acr_values_supported"], said["ui_locales_supported"]) == (["1"], ["en"])
    assert {"sub", "name", "email_verified", "address", "phone_number", "updated_at"} <= set(said["claims_supported"])
    assert said["issuer"] == ISSUER
    assert ORDERS not in str(said)
