"""Clients that register themselves and look after themselves (RFC 7591, RFC 7592)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from licet.ambient import SECOND, Instant
from licet.authorization_server.settings import DynamicRegistration, Settings
from licet.egress import EgressLimits
from licet.events import Event, EventType
from licet.protocol import jose, secret_token
from licet.protocol.errors import Refusal
from licet.registration.dynamic import judge, shown
from licet.requirements import (
    REGISTRATION_ALLOWED,
    REGISTRATION_AS_THE_FILE,
    REGISTRATION_BOUNDED,
    REGISTRATION_MANAGED_BY_ITSELF,
    REGISTRATION_WELL_FORMED,
    REGISTRATION_WITHIN_POLICY,
    SECTOR_LISTS_REDIRECTS,
)
from licet.storage.records import InitialToken, RegistrationPolicy
from tests.egress.conftest import Authority, saying, serving
from tests.visitor import Form, Visitor, verifier
from tests.world import CALLBACK, CHEAP, ISSUER, World, world

pytestmark = pytest.mark.anyio

PERSON = ("openid", "profile", "email", "offline_access")
POLICY = RegistrationPolicy(scope=PERSON)
OPEN = DynamicRegistration(anybody=True, policy=POLICY)
NEW = {"redirect_uris": [CALLBACK], "client_name": "New App"}


def configured(registration: DynamicRegistration | None) -> Settings:
    limits = EgressLimits(networks=(ip_network("127.0.0.0/8"),), total_s=1)
    return Settings(passwords=CHEAP, registration=registration, egress=limits)


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, configured(OPEN)) as made:
        yield made


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path, configured(DynamicRegistration())) as made:
        yield made


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def register(here: World, token: str | None = None, **metadata: Any) -> httpx2.Response:
    async with here.visitor() as http:
        return await http.post("/register", json=metadata, headers=bearer(token) if token else {})


async def registered(here: World, **metadata: Any) -> dict[str, Any]:
    answer = await register(here, **(NEW | metadata))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def manage(here: World, client: dict[str, Any], method: str, token: str = "", **more: Any) -> httpx2.Response:
    async with here.visitor() as http:
        return await http.request(
            method,
            client["registration_client_uri"],
            headers=bearer(token or client["registration_access_token"]),
            **more,
        )


async def initial(here: World, uses: int = 1, life_s: int = 3600, **policy: Any) -> str:
    token = secret_token.make("ia", here.vault._entropy.bytes(32))
    now = here.clock.now()
    made = InitialToken(
        issuer_id=1,
        digest=here.vault.digest(1, "ia", token),
        policy=RegistrationPolicy(**({"scope": PERSON} | policy)),
        uses_left=uses,
        created_at=now,
        expires_at=Instant(now + life_s * SECOND),
    )
    event = Event(
        issuer_id=1, type=EventType.INITIAL_TOKEN_CREATED, at=now, actor="operator", object="t", request_id="r"
    )
    await here.store.registrations.create_token(made, event)
    return token


async def sign_in(here: World, client: dict[str, Any], **change: Any) -> httpx2.Response:
    code_verifier, challenge = verifier()
    async with here.visitor() as http:
        visitor = Visitor(http)
        answered = await visitor.authorize(client_id=client["client_id"], code_challenge=challenge, **change)
        assert "code" in answered.parameters, answered
        return await http.post(
            "/token",
            data={
                "grant_type": "authorization_code",
                "code": answered.parameters["code"],
                "redirect_uri": CALLBACK,
                "code_verifier": code_verifier,
                "client_id": client["client_id"],
                "client_secret": client["client_secret"],
            },
        )


async def test_a_client_registers_and_signs_somebody_in(here: World) -> None:
    """Conformance G1, G2: what is answered is what is registered, with the defaults."""
    client = await registered(
        here,
        contacts=["a@example.com"],
        initiate_login_uri="https://shop.example.com/start",
        backchannel_logout_uri="https://shop.example.com/out",
    )
    assert client["client_secret_expires_at"] == 0
    assert client["token_endpoint_auth_method"] == "client_secret_basic"
    assert client["grant_types"] == ["authorization_code"]
    assert client["response_types"] == ["code"]
    assert client["application_type"] == "web"
    assert client["id_token_signed_response_alg"] == "RS256"
    assert client["scope"] == " ".join(PERSON)
    assert client["contacts"] == ["a@example.com"]
    assert client["initiate_login_uri"] == "https://shop.example.com/start"
    assert client["backchannel_logout_uri"] == "https://shop.example.com/out"
    assert client["registration_client_uri"].startswith(f"{ISSUER}/register?client_id=")
    assert (await sign_in(here, client)).status_code == 200
    assert client["client_id"] in {event.client for event in await here.events(EventType.CLIENT_CREATED)}


async def test_people_are_warned_of_who_registered_itself(here: World) -> None:
    """Rulings C, ASVS 10.4.7: the host is shown, nothing is "checked", and the second time is remembered."""
    client = await registered(here)
    async with here.visitor() as http:
        visitor = Visitor(http)
        page = await http.get(f"/authorize?client_id={client['client_id']}&response_type=code&scope=openid"
                              f"&code_challenge={verifier()[1]}&code_challenge_method=S256")  # fmt: skip
        signed_in = await visitor.press(
            Form((await http.get(page.headers["location"])).text),
            "login-submit",
            login="alice",
            password=visitor.password,
        )
        consent = (await http.get(signed_in.headers["location"])).text
        assert "shop.example.com" in consent
        assert "not checked" in consent
        assert "Stop if you did not start this" in consent
        assert (await visitor.press(Form(consent), "consent-allow")).status_code == 200
        again = Visitor(http)
        assert "code" in (await again.authorize(client_id=client["client_id"])).parameters
        assert again.pages == []


@pytest.mark.witness(REGISTRATION_ALLOWED)
async def test_nobody_registers_where_it_is_off(tmp_path: Path) -> None:
    """RG-01."""
    async with world(tmp_path, configured(None)) as here, here.visitor() as http:
        assert (await http.post("/register", json=NEW)).status_code == 404
        assert "registration_endpoint" not in (await http.get("/.well-known/openid-configuration")).json()


@pytest.mark.witness(REGISTRATION_ALLOWED)
async def test_an_initial_token_lets_as_many_as_it_says(guarded: World) -> None:
    """Conformance G6; parallel uses of one token share what it has left."""
    assert (await register(guarded, **NEW)).status_code == 401
    assert (await register(guarded, secret_token.make("ia", bytes(32)), **NEW)).status_code == 401
    assert (await register(guarded, "nonsense", **NEW)).status_code == 401
    token = await initial(guarded, uses=3)
    answers = await asyncio.gather(*(register(guarded, token, **NEW) for _ in range(12)))
    assert sorted(answer.status_code for answer in answers) == [201] * 3 + [401] * 9
    assert all("www-authenticate" in answer.headers for answer in answers if answer.status_code == 401)
    late = await initial(guarded, life_s=60)
    guarded.clock.ahead_s += 61
    assert (await register(guarded, late, **NEW)).status_code == 401


async def test_a_refused_registration_spends_nothing(guarded: World) -> None:
    token = await initial(guarded)
    assert (await register(guarded, token, redirect_uris=["https://*.example.com/"])).status_code == 400
    assert (await register(guarded, token, **NEW)).status_code == 201


@pytest.mark.witness(REGISTRATION_WITHIN_POLICY)
async def test_no_client_goes_beyond_its_policy(guarded: World) -> None:
    """RG-06: neither when it registers nor later; what is left is said."""
    token = await initial(guarded, uses=9, scope=("openid", "orders.read"), profile="oidc-core")
    client = (await register(guarded, token, **NEW, scope="openid email orders.read orders.write")).json()
    assert client["scope"] == "openid orders.read"
    refused = await register(guarded, token, **NEW, scope="orders.write")
    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_client_metadata")
    refused = await register(guarded, token, grant_types=["client_credentials"])
    assert refused.json()["error"] == "invalid_client_metadata"
    more = NEW | {"client_id": client["client_id"], "grant_types": ["authorization_code", "client_credentials"]}
    updated = (await manage(guarded, client, "PUT", json=more | {"scope": "openid orders.write"})).json()
    assert updated["scope"] == "openid"
    assert updated["grant_types"] == ["authorization_code"]
    stored = await guarded.store.clients.find(1, client["client_id"])
    assert stored is not None
    assert stored.client.policy.profile == "oidc-core"


async def test_the_older_profile_comes_with_the_token(guarded: World) -> None:
    """Rulings R: a confidential client registered under ``oidc-core`` may go without PKCE."""
    token = await initial(guarded, profile="oidc-core")
    client = (await register(guarded, token, **NEW)).json()
    async with guarded.visitor() as http:
        answered = await Visitor(http).authorize(
            client_id=client["client_id"], code_challenge=None, code_challenge_method=None, nonce="n"
        )
    assert "code" in answered.parameters


BAD: list[tuple[dict[str, Any], str]] = [
    ({"redirect_uris": None}, "invalid_redirect_uri"),
    ({"redirect_uris": []}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://a.example.com/#f"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://*.example.com/"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["data:text/html,x"], "application_type": "native"}, "invalid_redirect_uri"),
    ({"redirect_uris": ["http://a.example.com/"]}, "invalid_redirect_uri"),
    ({"redirect_uris": ["http://localhost/cb"], "application_type": "web"}, "invalid_redirect_uri"),
    ({"redirect_uris": ["https://a.example.com/?code=x"]}, "invalid_redirect_uri"),
    ({"redirect_uris": "https://a.example.com/"}, "invalid_client_metadata"),
    ({"redirect_uris": [f"https://a.example.com/{n}" for n in range(21)]}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "client_secret_jwt"}, "invalid_client_metadata"),
    ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
    ({"grant_types": ["implicit"]}, "invalid_client_metadata"),
    ({"grant_types": ["refresh_token"]}, "invalid_client_metadata"),
    ({"response_types": ["token"]}, "invalid_client_metadata"),
    ({"application_type": "toaster"}, "invalid_client_metadata"),
    ({"client_name": "x" * 61}, "invalid_client_metadata"),
    ({"client_name": "evil\u202eppA"}, "invalid_client_metadata"),
    ({"client_name": 7}, "invalid_client_metadata"),
    ({"logo_uri": "javascript:alert(1)"}, "invalid_client_metadata"),
    ({"logo_uri": "http://a.example.com/logo"}, "invalid_client_metadata"),
    ({"initiate_login_uri": "http://a.example.com/"}, "invalid_client_metadata"),
    ({"backchannel_logout_uri": "http://a.example.com/out"}, "invalid_client_metadata"),
    ({"backchannel_logout_uri": "https://a.example.com/out#x"}, "invalid_client_metadata"),
    ({"backchannel_logout_uri": 1}, "invalid_client_metadata"),
    ({"backchannel_logout_session_required": "yes"}, "invalid_client_metadata"),
    ({"tos_uri": "https://u@a.example.com/"}, "invalid_client_metadata"),
    ({"jwks_uri": "ftp://a.example.com/"}, "invalid_client_metadata"),
    ({"jwks": {"keys": []}}, "invalid_client_metadata"),
    ({"jwks": {"keys": [{"kty": "oct", "k": "AAAA"}]}}, "invalid_client_metadata"),
    ({"jwks": {"keys": []}, "jwks_uri": "https://a.example.com/"}, "invalid_client_metadata"),
    ({"scope": "a  b"}, "invalid_client_metadata"),
    ({"scope": 1}, "invalid_client_metadata"),
    ({"subject_type": "strange"}, "invalid_client_metadata"),
    (
        {"subject_type": "pairwise", "redirect_uris": ["https://a.example.com/", "https://b.example.com/"]},
        "invalid_client_metadata",
    ),
    ({"userinfo_signed_response_alg": "none"}, "invalid_client_metadata"),
    ({"request_object_signing_alg": "HS256"}, "invalid_client_metadata"),
    ({"default_acr_values": "phr"}, "invalid_client_metadata"),
    ({"id_token_signed_response_alg": "none"}, "invalid_client_metadata"),
    ({"id_token_encrypted_response_alg": "RSA-OAEP"}, "invalid_client_metadata"),
    ({"token_endpoint_auth_signing_alg": "HS256"}, "invalid_client_metadata"),
    ({"default_max_age": -1}, "invalid_client_metadata"),
    ({"default_max_age": True}, "invalid_client_metadata"),
    ({"contacts": ["x" * 255]}, "invalid_client_metadata"),
    ({"require_pushed_authorization_requests": "yes"}, "invalid_client_metadata"),
    ({"post_logout_redirect_uris": ["https://*.example.com/"]}, "invalid_redirect_uri"),
    ({"software_statement": "e30.e30.x"}, "unapproved_software_statement"),
]


@pytest.mark.witness(REGISTRATION_AS_THE_FILE)
@pytest.mark.parametrize(("change", "error"), BAD, ids=range(len(BAD)))
async def test_what_the_file_would_refuse_is_refused(tmp_path: Path, change: dict[str, Any], error: str) -> None:
    """AZ-05, AZ-08, AZ-10, AZ-12, AZ-14, conformance G2, G3."""
    with pytest.raises(Refusal) as caught:
        judge({name: value for name, value in (NEW | change).items() if value is not None}, POLICY, development=False)
    assert caught.value.error == error
    assert caught.value.status == 400


@pytest.mark.witness(REGISTRATION_WELL_FORMED)
async def test_a_registration_is_a_json_object(here: World) -> None:
    async with here.visitor() as http:
        for body, kind in (
            ("[]", "application/json"),
            ("", "application/json"),
            ('{"a":1,"a":2}', "application/json"),
            ("{" * 99, "application/json"),
            ("client_name=x", "application/x-www-form-urlencoded"),
            (json.dumps(NEW), "text/plain"),
        ):
            answer = await http.post("/register", content=body, headers={"Content-Type": kind})
            assert answer.status_code == 400, body
            assert answer.json()["error"] in {"invalid_client_metadata", "invalid_request"}


async def test_unknown_members_are_passed_over(here: World) -> None:
    """RFC 7591 §2; conformance G4."""
    client = await registered(here, nonsense=[1], software_id="x", **{"client_name#de": "Neu"})
    assert "nonsense" not in client
    assert client["client_name"] == "New App"


async def test_a_native_program_need_not_say_that_it_is_one(here: World) -> None:
    client = await registered(here, redirect_uris=["http://localhost:3118/callback"], token_endpoint_auth_method="none")
    assert client["application_type"] == "native"
    assert "client_secret" not in client
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(
            client_id=client["client_id"], redirect_uri="http://localhost:4000/callback"
        )
    assert "code" in answered.parameters


async def test_a_client_may_bring_its_keys(here: World) -> None:
    """Conformance G4: by value, and by address without anybody going there yet."""
    key = jose.SigningKey(jose.generate_es256(), "ES256", "k")
    by_value = await registered(here, token_endpoint_auth_method="private_key_jwt", jwks={"keys": [key.public_jwk()]})
    assert by_value["jwks"]["keys"][0]["kid"] == "k"
    assert "client_secret" not in by_value
    where = "https://shop.example.com/jwks"
    by_address = await registered(here, token_endpoint_auth_method="private_key_jwt", jwks_uri=where)
    assert by_address["jwks_uri"] == where
    stored = await here.store.clients.find(1, by_address["client_id"])
    assert stored is not None
    assert [one.kind for one in stored.credentials] == ["jwks_uri"]


async def test_reading_tells_what_is_registered_and_no_secret(here: World) -> None:
    """RFC 7592 §2.1; conformance G2."""
    client = await registered(here)
    read = await manage(here, client, "GET")
    assert read.status_code == 200
    assert read.headers["cache-control"] == "no-store"
    assert read.json() == {
        name: value for name, value in client.items() if name not in {"client_secret", "client_secret_expires_at"}
    }


async def test_an_update_replaces_all_and_brings_a_new_token(here: World) -> None:
    """RFC 7592 §2.2: what is left out is gone; the old token is none any more, the secret stays."""
    client = await registered(here, contacts=["a@example.com"])
    change = NEW | {"client_id": client["client_id"], "client_name": "Other", "client_secret": client["client_secret"]}
    answer = await manage(here, client, "PUT", json=change)
    assert answer.status_code == 200, answer.text
    updated = answer.json()
    assert updated["client_name"] == "Other"
    assert "contacts" not in updated
    assert updated["registration_access_token"] != client["registration_access_token"]
    assert (await manage(here, client, "GET")).status_code == 401
    assert (await manage(here, updated, "GET")).json()["client_name"] == "Other"
    assert (await sign_in(here, client)).status_code == 200


async def test_of_many_updates_at_once_one_is_done(here: World) -> None:
    client = await registered(here)
    change = NEW | {"client_id": client["client_id"]}
    answers = await asyncio.gather(*(manage(here, client, "PUT", json=change) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": None},
        {"client_id": "shop"},
        {"client_secret": "another"},
        {"registration_access_token": "x"},
        {"client_secret_expires_at": 0},
        {"redirect_uris": ["https://*.example.com/"]},
    ],
)
@pytest.mark.witness(REGISTRATION_WELL_FORMED)
async def test_an_update_that_is_none_changes_nothing(here: World, change: dict[str, Any]) -> None:
    client = await registered(here)
    body = {k: v for k, v in (NEW | {"client_id": client["client_id"]} | change).items() if v is not None}
    assert (await manage(here, client, "PUT", json=body)).status_code == 400
    assert (await manage(here, client, "GET")).status_code == 200


@pytest.mark.witness(REGISTRATION_MANAGED_BY_ITSELF)
async def test_a_client_is_managed_by_itself_alone(here: World) -> None:
    """RG-05: another's token, a made-up one, an initial one, for its own or an operator's client: the same refusal."""
    client, other = await registered(here), await registered(here)
    for method in ("GET", "PUT", "DELETE"):
        for token in (
            other["registration_access_token"],
            secret_token.make("ra", bytes(32)),
            await initial(here),
            client["client_secret"],
        ):
            body = {"json": NEW | {"client_id": client["client_id"]}} if method == "PUT" else {}
            assert (await manage(here, client, method, token, **body)).status_code == 401
    async with here.visitor() as http:
        for query in ("?client_id=shop", "?client_id=nobody", ""):
            answer = await http.get(f"/register{query}", headers=bearer(client["registration_access_token"]))
            assert answer.status_code == 401
        assert (await http.get(client["registration_client_uri"])).status_code == 401
    assert (await manage(here, client, "GET")).status_code == 200


async def test_a_client_takes_itself_away_and_everything_with_it(here: World) -> None:
    """RFC 7592 §2.3; conformance G1."""
    client = await registered(here, grant_types=["authorization_code", "refresh_token"])
    tokens = (await sign_in(here, client, scope="openid offline_access", prompt="consent")).json()
    assert (await manage(here, client, "DELETE")).status_code == 204
    assert (await manage(here, client, "GET")).status_code == 401
    assert (await manage(here, client, "DELETE")).status_code == 401
    async with here.visitor() as http:
        refreshed = await http.post(
            "/token",
            data={
                "grant_type": "refresh_token",
                "refresh_token": tokens["refresh_token"],
                "client_id": client["client_id"],
                "client_secret": client["client_secret"],
            },
        )
        assert refreshed.status_code == 401
        assert (await http.get("/userinfo", headers=bearer(tokens["access_token"]))).status_code == 401
        assert (await http.get(f"/authorize?client_id={client['client_id']}")).status_code == 400
    here.clock.ahead_s += 24 * 3600 + 1
    await here.server.upkeep._purge()
    assert await here.store.clients.find(1, client["client_id"]) is None


@pytest.mark.witness(REGISTRATION_BOUNDED)
async def test_what_nobody_uses_goes_and_what_is_used_stays(here: World) -> None:
    unused, used = await registered(here), await registered(here)
    assert (await sign_in(here, used)).status_code == 200
    here.clock.ahead_s += 7 * 24 * 3600 + 1
    async with here.visitor() as http:
        assert (await http.get(f"/authorize?client_id={unused['client_id']}")).status_code == 400
    await here.server.upkeep._purge()
    assert await here.store.clients.find(1, unused["client_id"]) is None
    assert (await manage(here, unused, "GET")).status_code == 401
    assert (await manage(here, used, "GET")).status_code == 200
    assert (await sign_in(here, used)).status_code == 200


@pytest.mark.witness(REGISTRATION_BOUNDED)
async def test_there_are_only_so_many(tmp_path: Path) -> None:
    limits = DynamicRegistration(anybody=True, policy=POLICY, clients=3, at_once=5, refill_s=60)
    async with world(tmp_path, configured(limits)) as here:
        answers = await asyncio.gather(*(register(here, **NEW) for _ in range(5)))
        assert sorted(answer.status_code for answer in answers) == [201, 201, 201, 429, 429]
        throttled = await register(here, **NEW)
        assert throttled.status_code == 429
        assert int(throttled.headers["retry-after"]) >= 1
        here.clock.ahead_s += 8 * 24 * 3600
        await here.server.upkeep._purge()
        assert (await register(here, **NEW)).status_code == 201


@pytest.mark.witness(SECTOR_LISTS_REDIRECTS)
async def test_a_sector_names_all_redirect_uris(tmp_path: Path) -> None:
    """OpenID Connect Registration §5; conformance G3; RG-02: an address inside is not visited."""
    authority = Authority(tmp_path)
    limits = EgressLimits(networks=(ip_network("127.0.0.0/8"),), ca_file=authority.file)
    settings = Settings(passwords=CHEAP, registration=OPEN, egress=limits)
    async with world(tmp_path, settings) as here:
        for listed, status in (
            ([CALLBACK, "https://b.example.com/"], 201),
            (["https://b.example.com/"], 400),
            ({}, 400),
        ):
            body = msgspec.json.encode(listed)
            async with serving(saying(body), authority.server_context("127.0.0.1")) as port:
                answer = await register(here, **NEW, sector_identifier_uri=f"https://127.0.0.1:{port}/sector.json")
            assert answer.status_code == status, answer.text
            if status == 201:
                client = await here.store.clients.find(1, answer.json()["client_id"])
                assert client is not None
                assert client.client.policy.sector == "127.0.0.1"
        for elsewhere in ("http://127.0.0.1/", "https://169.254.169.254/", "x", 7):
            refused = await register(here, **NEW, sector_identifier_uri=elsewhere)
            assert refused.json()["error"] == "invalid_client_metadata"
            assert "169.254" not in refused.text


async def test_nothing_secret_is_kept_in_clear(here: World, tmp_path: Path) -> None:
    client = await registered(here)
    await here.store.flush()
    for secret in (client["client_secret"], client["registration_access_token"]):
        assert all(secret.encode() not in file.read_bytes() for file in tmp_path.glob("licet.db*"))  # noqa: ASYNC240


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.sampled_from([CALLBACK, "code", "none"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
members = st.sampled_from(sorted({name for change, _ in BAD for name in change} | {"jwks", "grant_types", "x"}))


@given(st.dictionaries(members, anything))
@hypothesis_settings(max_examples=300, deadline=None)
def test_whatever_is_said_is_taken_or_refused(document: dict[str, Any]) -> None:
    """Nothing breaks, and what is taken can be said again and comes to the same."""
    for given_document in (document, NEW | document):
        try:
            metadata = judge(given_document, POLICY, development=False)
        except Refusal as refusal:
            assert refusal.description.isprintable() or refusal.description
            continue
        assert metadata.redirect_uris or "authorization_code" not in metadata.grant_types
        assert set(metadata.scope) <= set(PERSON)
        again = judge(msgspec.json.decode(msgspec.json.encode(shown(metadata))), POLICY, development=False)
        if metadata.token_endpoint_auth_method != "client_secret":
            assert again == metadata


async def test_a_script_of_an_app_that_registered_itself_may_read_answers(here: World) -> None:
    """Rulings Q: the origin of a browser app's redirect, from its registration until it takes itself away."""
    origin = {"Origin": "https://new.example.com"}
    async with here.visitor() as http:
        assert "access-control-allow-origin" not in (await http.post("/token", headers=origin)).headers
        client = await registered(here, redirect_uris=["https://new.example.com/"], token_endpoint_auth_method="none")
        allowed = (await http.post("/token", headers=origin)).headers
        assert allowed["access-control-allow-origin"] == origin["Origin"]
        assert (await manage(here, client, "DELETE")).status_code == 204
        assert "access-control-allow-origin" not in (await http.post("/token", headers=origin)).headers
