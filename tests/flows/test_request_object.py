"""Signed requests by value: what is inside counts, what is outside does not, and nothing else passes for one."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from licet.authorization_server.settings import Settings
from licet.egress import EgressLimits
from licet.protocol import client_assertion, jose, request_object
from licet.requirements import (
    PARAMETERS_ONCE,
    REDIRECT_URI_EXACT,
    REQUEST_OBJECT_ALONE,
    REQUEST_OBJECT_ANSWERED,
    REQUEST_OBJECT_ONCE,
    REQUEST_OBJECT_SIGNED,
)
from licet.storage.records import Client
from tests.egress.conftest import Authority, saying, serving
from tests.flows.openid import registered
from tests.flows.test_authorization_code import id_claims, redeem
from tests.visitor import Answered, Visitor, verifier
from tests.world import CALLBACK, CHEAP, ISSUER, SECRET, World, world

pytestmark = pytest.mark.anyio


@pytest.fixture
async def signing(here: World) -> Client:
    """The shop, with the key of the tests beside its secret."""
    found = await here.store.clients.find(1, "shop")
    keyed = await here.store.clients.find(1, "signer")
    assert found is not None and keyed is not None
    key = msgspec.structs.replace(keyed.credentials[0], owner="shop", credential_id="shop-key")
    await here.put(found.client, *found.credentials, key)
    return found.client


def inside(**change: Any) -> tuple[dict[str, Any], str]:
    """The members of a request object, and the verifier of its challenge."""
    code_verifier, challenge = verifier()
    members = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "inside",
        "nonce": "inside",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    } | change
    return {name: value for name, value in members.items() if value is not None}, code_verifier


def signed(here: World, jti: str = "r-1", key: jose.SigningKey | None = None, **change: Any) -> tuple[str, str]:
    members, code_verifier = inside(**change)
    now_s = here.clock.now() // 1_000_000
    return request_object.make(key or here.client_key, "shop", ISSUER, members, jti, now_s), code_verifier


async def sends(here: World, request: str, **outside: Any) -> Answered:
    """The least that OpenID Connect Core §6.1 has outside, and *outside*."""
    asked = {"redirect_uri": None, "state": None, "code_challenge": None, "code_challenge_method": None}
    async with here.visitor() as http:
        return await Visitor(http).authorize(**(asked | outside), request=request)


@pytest.mark.witness(REQUEST_OBJECT_ALONE)
async def test_what_is_inside_counts_and_what_is_outside_does_not(here: World, signing: Client) -> None:
    """AZ-48: what the browser brings beside a signed request changes nothing."""
    request, code_verifier = signed(here, claims={"id_token": {"name": None}}, max_age=100)
    answered = await sends(
        here,
        request,
        state="outside",
        nonce="outside",
        scope="openid email orders.read",
        redirect_uri="https://evil.example",
    )
    assert answered.address.startswith(CALLBACK)
    assert answered.parameters["state"] == "inside"
    answer = await redeem(here, answered, code_verifier=code_verifier)
    assert answer.json()["scope"] == "openid"
    said = await id_claims(here, answer.json()["id_token"])
    assert (said["nonce"], said["name"]) == ("inside", "Alice")


@pytest.mark.witness(REQUEST_OBJECT_ALONE)
async def test_what_is_only_outside_is_not_used(here: World, signing: Client) -> None:
    """AZ-48, RFC 9101 §6.3: nobody may add to a signed request on its way."""
    request, code_verifier = signed(here, state=None, nonce=None)
    answered = await sends(here, request, state="outside", nonce="outside", claims='{"id_token": {"name": null}}')
    assert "state" not in answered.parameters
    said = await id_claims(here, (await redeem(here, answered, code_verifier=code_verifier)).json()["id_token"])
    assert not {"nonce", "name"} & set(said)
    bare, _ = signed(here, jti="r-2", code_challenge=None, code_challenge_method=None)
    async with here.visitor() as http:
        refused = await Visitor(http).authorize(request=bare)
    assert refused.parameters["error"] == "invalid_request", "a challenge outside is no challenge"


async def test_response_type_and_client_id_may_stand_outside_alone(here: World, signing: Client) -> None:
    request, _ = signed(here, response_type=None)
    assert "code" in (await sends(here, request)).parameters


async def test_a_posted_request_object_is_opened_too(here: World, signing: Client) -> None:
    request, _ = signed(here)
    async with here.visitor() as http:
        form = {"client_id": "shop", "response_type": "code", "scope": "openid", "request": request}
        answered = await Visitor(http).walk(await http.post("/authorize", data=form))
    assert answered.parameters["state"] == "inside"


@pytest.mark.witness(REQUEST_OBJECT_ONCE)
async def test_one_that_names_itself_is_taken_once(here: World, signing: Client) -> None:
    """AZ-48: whoever reads it in a log comes too late."""
    request, _ = signed(here)
    assert "code" in (await sends(here, request)).parameters
    again = (await sends(here, request, redirect_uri=CALLBACK)).parameters
    assert again["error"] == "invalid_request_object"
    assert "before" in again["error_description"]
    other, _ = signed(here, jti="r-2")
    assert "code" in (await sends(here, other)).parameters


def _said(here: World, **change: Any) -> str:
    members, _ = inside()
    now_s = here.clock.now() // 1_000_000
    said = {"iss": "shop", "aud": ISSUER, "iat": now_s, "exp": now_s + 60, **members} | change
    return here.client_key.sign_jwt("JWT", {name: value for name, value in said.items() if value is not None})


BAD: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "spa"},
    "no issuer": {"iss": None},
    "another client inside": {"client_id": "spa"},
    "another audience": {"aud": "https://other.example"},
    "no audience": {"aud": None},
    "expired": {"exp": 1000},
    "for ever": {"exp": None},
    "for a day": {"exp": 4_000_000_000},
    "of the future": {"nbf": 4_000_000_000},
    "with a sub": {"sub": "shop"},
    "a request within": {"request": "e30.e30.e30"},
    "a request_uri within": {"request_uri": "https://shop.example.com/r"},
    "a list for a text": {"scope": ["openid"]},
    "a truth for a number": {"max_age": True},
    "an empty jti": {"jti": ""},
    "a jti without end": {"jti": "j" * 300},
}


@pytest.mark.witness(REQUEST_OBJECT_SIGNED)
@pytest.mark.parametrize("change", BAD.values(), ids=list(BAD))
async def test_a_request_object_that_is_not_for_here_and_now_is_refused(
    here: World, signing: Client, change: dict[str, Any]
) -> None:
    """AZ-48: and the answer goes where it may go."""
    assert "code" in (await sends(here, _said(here))).parameters, "without the change it is good"
    refused = (await sends(here, _said(here, **change), redirect_uri=CALLBACK, state="st")).parameters
    assert (refused["error"], refused["state"], refused["iss"]) == ("invalid_request_object", "st", ISSUER)


@pytest.mark.witness(REQUEST_OBJECT_SIGNED)
async def test_only_the_clients_own_key_and_algorithm_count(here: World, signing: Client) -> None:
    """AZ-48: neither a stranger's key, nor our own, nor a secret as one, nor an algorithm that the client did not pin."""
    stranger = jose.SigningKey(jose.generate_es256(), "ES256", "signer-key")
    rsa = jose.SigningKey(jose.generate_rs256(), "RS256", "signer-key")
    good, _ = signed(here)
    head, body, tail = good.split(".")
    forged = [
        signed(here, key=stranger)[0],
        signed(here, key=rsa)[0],
        f"{head}.{body}.{tail[:-4]}AAAA",
        f"{head}.{body}.",
        "nonsense",
    ]
    for request in forged:
        said = (await sends(here, request, redirect_uri=CALLBACK)).parameters
        assert said["error"] == "invalid_request_object", request
    await _pin(here, "RS256")
    assert (await sends(here, good, redirect_uri=CALLBACK)).parameters["error"] == "invalid_request_object"
    await _pin(here, "ES256")
    assert "code" in (await sends(here, good)).parameters


async def _pin(here: World, alg: str) -> None:
    await registered(here, "shop", request_object_signing_alg=alg)


@pytest.mark.witness(REQUEST_OBJECT_SIGNED)
async def test_tokens_of_other_kinds_start_nothing(here: World, signing: Client) -> None:
    """AZ-48, JW-10, RFC 9101 §10.8: a client assertion is signed by the same key for the same server; and the other way round."""
    now_s = here.clock.now() // 1_000_000
    assertion = client_assertion.make(here.client_key, "shop", ISSUER, "a-1", now_s)
    said = (await sends(here, assertion, redirect_uri=CALLBACK)).parameters
    assert said["error"] == "invalid_request_object"
    members, _ = inside()
    object_ = request_object.make(here.client_key, "signer", ISSUER, members | {"client_id": "signer"}, "r", now_s)
    form = {
        "grant_type": "client_credentials",
        "client_assertion": object_,
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_id": "signer",
    }
    async with here.visitor() as http:
        assert (await http.post("/token", data=form)).json()["error"] == "invalid_client"


@pytest.mark.witness(REQUEST_OBJECT_ANSWERED)
async def test_unsigned_ones_those_of_keyless_clients_and_those_by_reference_are_refused_by_name(here: World) -> None:
    request, _ = signed(here)
    keyless = (await sends(here, request, redirect_uri=CALLBACK)).parameters
    assert keyless["error"] == "request_not_supported"
    found = await here.store.clients.find(1, "signer")
    shop = await here.store.clients.find(1, "shop")
    assert found is not None
    assert shop is not None
    key = msgspec.structs.replace(found.credentials[0], owner="shop", credential_id="shop-key")
    await here.put(shop.client, *shop.credentials, key)
    members, _ = inside()
    unsigned = f"{_b64({'alg': 'none'})}.{_b64(members)}."
    assert (await sends(here, unsigned, redirect_uri=CALLBACK)).parameters["error"] == "request_not_supported"
    by_reference = await sends(here, request, redirect_uri=CALLBACK, request_uri="https://shop.example.com/r")
    assert by_reference.parameters["error"].startswith("request_")
    alone = await sends(here, "", redirect_uri=CALLBACK, request_uri="https://shop.example.com/r")
    assert alone.parameters["error"] == "request_uri_not_supported"


def _b64(members: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()


@pytest.mark.witness(REDIRECT_URI_EXACT)
async def test_a_signature_makes_no_address_a_registered_one(here: World, signing: Client) -> None:
    """Refused on a page of ours, whatever stands outside."""
    request, _ = signed(here, redirect_uri="https://evil.example/")
    async with here.visitor() as http:
        asked = {"client_id": "shop", "response_type": "code", "scope": "openid", "redirect_uri": CALLBACK}
        page = await http.get("/authorize", params={**asked, "request": request})
    assert page.status_code == 400
    assert "location" not in page.headers


@pytest.mark.witness(PARAMETERS_ONCE)
async def test_two_request_objects_are_one_too_many(here: World, signing: Client) -> None:
    one, two = signed(here, jti="r-1")[0], signed(here, jti="r-2")[0]
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(request=[one, two])
    assert answered.parameters["error"] == "invalid_request"
    assert SECRET not in answered.address


async def test_a_pushed_request_object_is_opened(here: World, signing: Client) -> None:
    """RFC 9126 §3: what is inside is what was pushed; a changed one is refused to the client at once."""
    request, code_verifier = signed(here)
    mine = {"client_id": "shop", "client_secret": SECRET}
    async with here.visitor() as http:
        pushed = await http.post("/par", data=mine | {"request": request, "scope": "openid email"})
        assert pushed.status_code == 201, pushed.text
        address = httpx2.URL("/authorize", params={"client_id": "shop", "request_uri": pushed.json()["request_uri"]})
        page = await http.get(str(address))
        answered = await Visitor(http).walk(page)
    assert answered.parameters["state"] == "inside"
    answer = await redeem(here, answered, code_verifier=code_verifier)
    assert answer.json()["scope"] == "openid"
    forged, _ = signed(here, jti="r-3", key=jose.SigningKey(jose.generate_es256(), "ES256", here.client_key.kid))
    async with here.visitor() as http:
        refused = await http.post("/par", data=mine | {"request": forged})
    assert refused.json()["error"] == "invalid_request_object"


async def test_keys_may_be_published_where_the_registration_says(tmp_path: Path) -> None:
    """RFC 9101 §10.2, OpenID Connect Registration §2: ``jwks_uri`` verifies request objects too."""
    authority = Authority(tmp_path)
    limits = EgressLimits(networks=(ip_network("127.0.0.0/8"),), ca_file=authority.file)
    async with world(tmp_path, Settings(passwords=CHEAP, egress=limits)) as here:
        keys = json.dumps({"keys": [here.client_key.public_jwk()]}).encode()
        async with serving(saying(keys), authority.server_context("127.0.0.1")) as port:
            shop = await here.store.clients.find(1, "shop")
            assert shop is not None
            published = msgspec.structs.replace(
                shop.credentials[0],
                credential_id="published",
                kind="jwks_uri",
                digest=None,
                jwk={"jwks_uri": f"https://127.0.0.1:{port}/jwks.json"},
            )
            await here.put(shop.client, *shop.credentials, published)
            request, _ = signed(here)
            assert (await sends(here, request)).parameters["state"] == "inside"
            forged, _ = signed(here, jti="r-2", key=jose.SigningKey(jose.generate_es256(), "ES256", "another"))
            assert (await sends(here, forged, redirect_uri=CALLBACK)).parameters["error"] == "invalid_request_object"
