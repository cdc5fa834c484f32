"""Being a client that one is not: guessing, mixing, replaying and asking for what others may (OAuth 2.1 §2.4)."""

from __future__ import annotations

import asyncio
from base64 import b64encode, urlsafe_b64encode
from typing import Any

import httpx2
import msgspec
import pytest

from licet.ambient import SECOND, Instant
from licet.authorization_server.client_authentication import API_PREFIX
from licet.events import EventType
from licet.protocol import basic, client_assertion, jose
from licet.requirements import (
    ASSERTION_ABOUT_ITSELF,
    ASSERTION_AUDIENCE_IS_ISSUER,
    ASSERTION_SHORT_LIVED,
    ASSERTION_SIGNED,
    ASSERTION_SINGLE_USE,
    CLIENT_AUTHENTICATED,
    CLIENT_KNOWN,
    CREDENTIALS_NOT_IN_URL,
    FORM_ENCODED_POST,
    GRANT_TYPE_ALLOWED,
    GRANT_TYPE_KNOWN,
    METHOD_AS_REGISTERED,
    ONE_METHOD_PER_REQUEST,
    PUBLIC_CLIENT_LIMITS,
)
from tests.attacks.watch import disable, noted, nothing_given, row
from tests.world import CLIENTS, ISSUER, SECRET, World, client

pytestmark = pytest.mark.anyio

BILLING = {"client_id": "billing", "client_secret": SECRET}
JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


async def token(here: World, form: dict[str, Any], **request: Any) -> httpx2.Response:
    async with here.visitor() as http:
        data = {"grant_type": "client_credentials", "scope": "orders.read"} | form
        return await http.post("/token", data={k: v for k, v in data.items() if v is not None}, **request)


@pytest.mark.witness(FORM_ENCODED_POST, CREDENTIALS_NOT_IN_URL)
async def test_a_token_request_is_a_form_in_a_body(here: World) -> None:
    """TK-11: no GET, no query, no JSON, no other type, nothing twice."""
    form = {"grant_type": "client_credentials", "scope": "orders.read"} | BILLING
    async with here.visitor() as http, nothing_given(here):
        assert (await http.get("/token", params=form)).status_code == 405
        answers = [
            await http.post("/token", params=form),
            await http.post("/token", params=form, data={"grant_type": "client_credentials"}),
            await http.post("/token", json=form),
            await http.post("/token", content="&".join(f"{k}={v}" for k, v in form.items())),
            await http.post("/token", data=form, headers={"Content-Type": "text/plain"}),
            await http.post("/token", data=form, headers={"Content-Type": "multipart/form-data; boundary=x"}),
            *[await http.post("/token", data=form | {name: [form[name], form[name]]}) for name in form],
        ]
        for answer in answers:
            assert answer.status_code in {400, 401}, answer.text
            assert answer.json()["error"] in {"invalid_request", "invalid_client"}
            assert answer.headers["cache-control"] == "no-store"
            assert SECRET not in answer.text
            await noted(here, answer)


@pytest.mark.witness(ONE_METHOD_PER_REQUEST)
async def test_one_way_to_authenticate_at_a_time(here: World) -> None:
    """TK-12: two ways in one request are refused even where each alone is good."""
    header, asserted = (
        {"Authorization": basic.encode("billing", SECRET)},
        {"client_assertion": "x.y.z", "client_assertion_type": JWT_BEARER},
    )
    async with nothing_given(here):
        for form, headers in (
            (BILLING, header),
            (asserted, header),
            (BILLING | asserted, {}),
            ({"client_id": "shop"}, header),
        ):
            answer = await token(here, form, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


IMPERSONATIONS: list[tuple[str, dict[str, Any]]] = [
    ("TK-13", {"client_id": "billing"}),
    ("TK-13", {"client_id": "signer"}),
    ("TK-13", {"client_id": "signer", "client_secret": SECRET}),
    ("TK-13", {"client_id": "spa", "client_secret": SECRET}),
    ("TK-13", {"client_id": "api.orders", "client_secret": "guess"}),
    ("TK-14", BILLING | {"client_secret": ""}),
    ("TK-14", BILLING | {"client_secret": " "}),
    ("TK-14", BILLING | {"client_secret": SECRET + " "}),
    ("TK-14", BILLING | {"client_secret": SECRET[:-1]}),
    ("TK-14", BILLING | {"client_secret": SECRET.upper()}),
    ("TK-14", BILLING | {"client_secret": "x" * 60_000}),
    ("TK-45", {"client_id": "nobody", "client_secret": SECRET}),
    ("TK-45", {"client_id": "nobody"}),
    ("TK-47", {"client_id": "billing' OR '1'='1", "client_secret": SECRET}),
    ("TK-47", {"client_id": "*", "client_secret": "*"}),
    ("TK-47", {"client_id": 'billing\n{"level":"error"}', "client_secret": SECRET}),
]


@pytest.mark.witness(METHOD_AS_REGISTERED, CLIENT_AUTHENTICATED, CLIENT_KNOWN)
async def test_everybody_who_is_not_the_client_hears_the_same(here: World) -> None:
    """TK-13 TK-14 TK-45 TK-47: unknown, disabled, of another method or with a wrong secret: one status, one body."""
    await disable(here, "shop")
    await here.server.upkeep.directory.refresh()
    bodies = set()
    async with nothing_given(here):
        for form in (*(form for _, form in IMPERSONATIONS), {"client_id": "shop", "client_secret": SECRET}):
            answer = await token(here, form)
            assert answer.status_code == 401, form
            bodies.add((answer.text, answer.headers["www-authenticate"]))
            assert await noted(here, answer) == "invalid_client"
    assert len(bodies) == 1, bodies


async def test_an_assertion_nobodys_key_signed_tells_no_client_from_another(here: World) -> None:
    """TK-45: whether the named client signs, has a secret, is public, or does not exist: only a key opens the reasons."""
    stranger = jose.SigningKey(jose.generate_es256(), "ES256", "signer-key")
    now_s = here.clock.now() // SECOND
    bodies = set()
    async with nothing_given(here):
        for client_id in ("signer", "billing", "spa", "nobody", "api.orders"):
            good = client_assertion.make(stranger, client_id, ISSUER, "j", now_s)
            head, claims, _ = good.split(".")
            other = jose.SigningKey(jose.generate_es256(), "ES256", "another-kid")
            for forged in (
                good,
                client_assertion.make(other, client_id, ISSUER, "j", now_s),
                f"{head}.{claims}.",
                "x.y.z",
                stranger.sign_jwt("at+jwt", {"iss": client_id, "sub": client_id}),
            ):
                answer = await token(
                    here, {"client_id": client_id, "client_assertion": forged, "client_assertion_type": JWT_BEARER}
                )
                bodies.add((answer.status_code, answer.text))
    assert len(bodies) == 1, bodies


@pytest.mark.witness(CLIENT_AUTHENTICATED)
async def test_what_is_stored_is_no_secret(here: World) -> None:
    """TK-16: the digest in the file, in any spelling, does not authenticate."""
    found = row(here, "SELECT digest FROM credentials WHERE owner = 'billing'")
    assert found is not None
    digest: bytes = found[0]
    async with nothing_given(here):
        for spelling in (
            digest.hex(),
            b64encode(digest).decode(),
            urlsafe_b64encode(digest).decode().rstrip("="),
            digest[4:].hex(),
        ):
            assert (await token(here, BILLING | {"client_secret": spelling})).status_code == 401


async def test_basic_means_form_encoded_first(here: World) -> None:
    """TK-17: only the specification's reading; a secret of ours reads the same either way."""
    odd = "p%:+ü s&cret of more than 128 bits 0123456789".replace("ü", "u")
    digest = here.vault.digest(1, "client-secret", odd)
    billing = await here.store.clients.find(1, "billing")
    assert billing is not None
    await here.put(billing.client, msgspec.structs.replace(billing.credentials[0], digest=digest))
    raw = b64encode(f"billing:{odd}".encode()).decode()
    twice = b64encode(basic.encode("billing", odd)[6:].encode()).decode()
    good = {basic.encode("billing", odd), basic.encode("billing", odd).replace("Basic", "bAsIc")}
    bad = {
        f"Basic {raw}",
        f"Basic {twice}",
        f"Basic  {raw}",
        "Basic",
        "Basic ====",
        "Bearer x",
        basic.encode("billing", odd) + "=",
    }
    for header in good:
        assert (await token(here, {}, headers={"Authorization": header})).status_code == 200, header
    async with nothing_given(here):
        for header in bad:
            answer = await token(here, {}, headers={"Authorization": header})
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), header


def asserting(
    here: World, key: jose.SigningKey | None = None, typ: str = "client-authentication+jwt", **change: Any
) -> dict[str, Any]:
    now_s = here.clock.now() // SECOND
    said = {"iss": "signer", "sub": "signer", "aud": ISSUER, "jti": "one", "iat": now_s, "exp": now_s + 60} | change
    signed = (key or here.client_key).sign_jwt(typ, {k: v for k, v in said.items() if v is not None})
    return {"client_assertion": signed, "client_assertion_type": JWT_BEARER}


@pytest.mark.witness(ASSERTION_SINGLE_USE)
async def test_of_one_assertion_presented_many_times_at_once_one_is_good(here: World) -> None:
    """TK-18: insert once, whatever becomes of the request it came with."""
    asserted = asserting(here)
    answers = await asyncio.gather(*(token(here, asserted) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 19
    assert len(await here.events(EventType.ASSERTION_USED)) == 1
    here.clock.ahead_s = 59
    assert (await token(here, asserted)).status_code == 401


@pytest.mark.witness(ASSERTION_AUDIENCE_IS_ISSUER, ASSERTION_SHORT_LIVED, ASSERTION_ABOUT_ITSELF, ASSERTION_SIGNED)
async def test_assertions_that_prove_nothing(here: World) -> None:
    """TK-19 TK-20 TK-21 TK-22 TK-23: audience, algorithm, times, parties, keys; eight seconds of clock are forgiven."""
    now_s = here.clock.now() // SECOND
    stranger = jose.SigningKey(jose.generate_es256(), "ES256", "signer-key")
    head, claims, _ = asserting(here)["client_assertion"].split(".")
    none = urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    forms = [
        *(
            asserting(here, aud=aud)
            for aud in (
                f"{ISSUER}/token",
                [ISSUER],
                [ISSUER, "https://x.example"],
                "https://x.example",
                f"{ISSUER}/",
                None,
            )
        ),
        *(asserting(here, exp=exp) for exp in (None, now_s - 1, now_s + 700, str(now_s + 60), True)),
        asserting(here, iat=now_s + 70),
        asserting(here, nbf=now_s + 70),
        *(
            asserting(here, **parties)
            for parties in ({"iss": "billing"}, {"sub": "billing"}, {"iss": None}, {"sub": None}, {"iss": ISSUER})
        ),
        asserting(here, stranger),
        asserting(here, typ="at+jwt"),
        asserting(here, typ="dpop+jwt"),
        asserting(here) | {"client_id": "billing"},
        asserting(here) | {"client_assertion": f"{none}.{claims}."},
        asserting(here) | {"client_assertion": f"{head}.{claims}.{'A' * 86}"},
    ]
    async with nothing_given(here):
        for form in forms:
            answer = await token(here, form)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client"), form
            assert await noted(here, answer) == "invalid_client"
        bare = await token(here, asserting(here) | {"client_assertion_type": "urn:x"})
        assert bare.json()["error"] == "invalid_request"
    assert (await token(here, asserting(here, iat=now_s + 8, nbf=now_s + 8))).status_code == 200


GRANTS: list[tuple[str, dict[str, Any], str]] = [
    ("TK-26", {"grant_type": "password", "username": "alice", "password": "x"} | BILLING, "unsupported_grant_type"),
    ("TK-26", {"grant_type": "implicit"} | BILLING, "unsupported_grant_type"),
    ("TK-26", {"grant_type": "Client_Credentials"} | BILLING, "unsupported_grant_type"),
    ("TK-26", {"grant_type": "urn:ietf:params:oauth:grant-type:token-exchange"} | BILLING, "unsupported_grant_type"),
    (
        "TK-26",
        {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "x"} | BILLING,
        "unsupported_grant_type",
    ),
    ("TK-26", {"grant_type": None} | BILLING, "invalid_request"),
    ("TK-27", {"grant_type": "authorization_code", "code": "x"} | BILLING, "unauthorized_client"),
    ("TK-27", {"grant_type": "refresh_token", "refresh_token": "x"} | BILLING, "unauthorized_client"),
    (
        "TK-27",
        {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": "x"} | BILLING,
        "unauthorized_client",
    ),
    ("TK-27", {"client_id": "shop", "client_secret": SECRET}, "unauthorized_client"),
    ("TK-28", {"client_id": "spa"}, "unauthorized_client"),
]


@pytest.mark.witness(GRANT_TYPE_KNOWN, GRANT_TYPE_ALLOWED, PUBLIC_CLIENT_LIMITS)
async def test_grants_that_are_not_had(here: World) -> None:
    """TK-26 TK-27 TK-28: a public client cannot act for itself even where somebody registered it to."""
    spa = CLIENTS[1]
    grants = (*spa.metadata.grant_types, "client_credentials")
    wrongly = client("wrong", "service", token_endpoint_auth_method="none", grant_types=grants, scope=("orders.read",))
    await here.put(wrongly)
    async with nothing_given(here):
        for row_id, form, error in (*GRANTS, ("TK-28", {"client_id": "wrong"}, "unauthorized_client")):
            answer = await token(here, form)
            assert (answer.status_code, answer.json()["error"]) == (400, error), (row_id, form)
            assert await noted(here, answer) == error


async def test_ids_do_not_meet(here: World) -> None:
    """TK-29 TK-30: a client's token says it is the client's own, and a person's sub is no client's id."""
    import jwt

    body = (await token(here, BILLING)).json()
    said = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert said["sub"] == said["client_id"] == "billing"
    assert "auth_time" not in said
    assert "grant_id" not in said
    assert not any(registered.client_id.startswith(API_PREFIX) for registered in CLIENTS)
    for subject in here.subjects.values():
        assert await here.store.clients.find(1, subject) is None
        assert len(bytes.fromhex(subject)) == 16


async def test_secrets_that_are_over(here: World) -> None:
    """TK-13: of two secrets that rotate both are good; an expired or revoked one is not."""
    billing = await here.store.clients.find(1, "billing")
    assert billing is not None
    (first,) = billing.credentials
    newer = msgspec.structs.replace(
        first, credential_id="billing-2", digest=here.vault.digest(1, "client-secret", "n" * 40)
    )
    past = Instant(here.clock.now() - 1)
    for old, status in (
        (first, 200),
        (msgspec.structs.replace(first, expires_at=past), 401),
        (msgspec.structs.replace(first, revoked_at=past), 401),
    ):
        await here.put(billing.client, old, newer)
        assert (await token(here, BILLING)).status_code == status
        assert (await token(here, BILLING | {"client_secret": "n" * 40})).status_code == 200


async def test_what_a_client_means_by_default(here: World) -> None:
    """TK-39: without ``scope``: what is registered, nothing about people, nothing sensitive; asked for, it is refused."""
    scope = ("openid", "profile", "orders.read", "offline_access")
    shop = await here.store.clients.find(1, "shop")
    assert shop is not None
    grants = (*shop.client.metadata.grant_types, "client_credentials")
    metadata = msgspec.structs.replace(shop.client.metadata, scope=scope, grant_types=grants)
    await here.put(msgspec.structs.replace(shop.client, metadata=metadata), *shop.credentials)
    form = {"client_id": "shop", "client_secret": SECRET}
    assert (await token(here, form | {"scope": None})).json()["scope"] == "orders.read"
    async with nothing_given(here):
        for asked in ("openid", "openid orders.read", "offline_access"):
            assert (await token(here, form | {"scope": asked})).json()["error"] == "invalid_scope"
