"""Tokens shown to introspection, revocation and userinfo by whoever has one (RFC 7662 §4, RFC 7009 §5)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import Admitted, Presented, admit, not_before
from licet.events import EventType
from licet.requirements import (
    BEARER_HEADER_ONLY,
    GRANT_ALIVE,
    HOST_KNOWN,
    INTROSPECTION_AUTHENTICATED,
    INTROSPECTION_BY_AUDIENCE,
    METADATA_TRUE,
    REVOCATION_BY_OWNER,
    TOKEN_ACCEPTED_ONLY_VALID,
    USERINFO_NEEDS_OPENID,
)
from licet.storage.ports import Standing, Unavailable
from licet.storage.records import Grant, Issuer, Session
from tests.attacks.test_refresh_theft import FULL, changed
from tests.attacks.watch import noted
from tests.flows.test_refresh import SHOP, SPA, alive, refresh, tokens
from tests.world import CLIENTS, DEVICE_CODE, ISSUER, SECRET, World

pytestmark = pytest.mark.anyio

INACTIVE = {"active": False}


async def post(here: World, path: str, auth: tuple[str, str] | None = None, **form: str) -> httpx2.Response:
    async with here.visitor() as http:
        return await http.post(path, data=form, auth=auth)


async def introspected(here: World, caller: str, token: str) -> dict[str, Any]:
    answer = await post(here, "/introspect", (caller, SECRET), token=token)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.witness(INTROSPECTION_AUTHENTICATED)
async def test_who_may_ask(here: World) -> None:
    """IR-01: nobody without a credential, with a wrong one, or with one that is no credential."""
    got = await tokens(here, SHOP, FULL)
    token = got["access_token"]
    for auth, form in (
        (None, {}),
        (("shop", "guess"), {}),
        (("api.orders", "guess"), {}),
        (("api.nobody", SECRET), {}),
        (None, {"client_id": "spa"}),
        (None, {"client_id": "shop"}),
        (("spa", ""), {}),
    ):
        answer = await post(here, "/introspect", auth, token=token, **form)
        assert answer.status_code == 401, (auth, form)
        assert "active" not in answer.json()
        assert await noted(here, answer) == "invalid_client"
    async with here.visitor() as http:
        with_itself = await http.post(
            "/introspect", data={"token": token}, headers={"Authorization": f"Bearer {token}"}
        )
    assert with_itself.status_code == 401


@pytest.mark.witness(INTROSPECTION_BY_AUDIENCE)
async def test_what_is_not_ones_own_is_not_active(here: World) -> None:
    """IR-02 IR-03: one answer for another's, for the dead, for noise and for what is no access token."""
    got = await tokens(here, SHOP, FULL)
    for caller, kind in (
        ("api.invoices", "access_token"),
        ("billing", "access_token"),
        ("api.orders", "refresh_token"),
        ("billing", "refresh_token"),
        ("shop", "id_token"),
        ("api.orders", "id_token"),
    ):
        assert await introspected(here, caller, got[kind]) == INACTIVE, (caller, kind)
    head, claims, signature = got["access_token"].split(".")
    for noise in (
        "x",
        "x" * 60_000,
        "lctat_" + "0" * 49,
        f"{head}.{claims}.",
        f"{head}.{claims}.{signature[:-4]}AAAA",
        "a.b.c",
    ):
        assert await introspected(here, "shop", noise) == INACTIVE, noise[:60]
    assert (await introspected(here, "api.orders", got["access_token"]))["active"]
    here.clock.ahead_s = 601
    assert await introspected(here, "api.orders", got["access_token"]) == INACTIVE


async def test_a_scope_or_api_that_is_taken_away_narrows_tokens_that_are_out(here: World) -> None:
    """IR-02, TK-40: introspection and userinfo honour it as the token endpoint does (rulings D)."""
    jwt_for_orders = (await tokens(here, SHOP, "openid email orders.read"))["access_token"]
    opaque = (await tokens(here, SHOP, "openid email invoices.read"))["access_token"]
    await changed(here, "shop", scope=("openid", "orders.read"))
    async with here.visitor() as http:
        told = (await http.get("/userinfo", headers={"Authorization": f"Bearer {jwt_for_orders}"})).json()
    assert set(told) == {"sub"}, "email is not the shop's any more"
    assert (await introspected(here, "shop", jwt_for_orders))["scope"] == "openid orders.read"
    assert await introspected(here, "api.invoices", opaque) == INACTIVE
    orders = next(api for api in await here.store.resources.every(1) if api.resource.name == "orders")
    event = (await here.events(EventType.CLIENT_CREATED))[0]
    gone = msgspec.structs.replace(orders.resource, status="disabled")
    await here.store.resources.put(gone, orders.scopes, orders.credentials, event)
    await here.server.upkeep.directory.refresh()
    assert (await post(here, "/introspect", ("api.orders", SECRET), token=jwt_for_orders)).status_code == 401
    assert (await introspected(here, "shop", jwt_for_orders))["scope"] == "openid"
    service = (
        await post(here, "/token", ("billing", SECRET), grant_type="client_credentials", scope="invoices.read")
    ).json()
    await changed(here, "billing", scope=("orders.read",))
    assert await introspected(here, "billing", service["access_token"]) == INACTIVE


FENCES = ("issuer", "client", "person", "session")


def judged(issued_s: int, fences: tuple[int, ...], granted_s: int | None = None) -> tuple[bool, int]:
    """Whether the gate lets something issued at *issued_s* pass, and after when something new must be issued."""
    at = [Instant(fence * SECOND) for fence in fences]
    far = Instant(10**9 * SECOND)
    session = Session(
        issuer_id=1,
        session_id="s",
        digest=b"",
        subject_id="p",
        epoch=at[3],
        created_at=Instant(0),
        idle_until=far,
        absolute_until=far,
        auth_time=Instant(0),
    )
    grant = Grant(
        issuer_id=1,
        grant_id=1,
        handle="h",
        subject_id="p",
        sub="p",
        client_id="shop",
        session_id="s",
        access="online",
        origin="code",
        scope=("openid",),
        resources=(),
        issued_at=Instant((issued_s if granted_s is None else granted_s) * SECOND),
        expires_at=far,
    )
    standing = Standing(grant=grant, subject_status="active", subject_epoch=at[2], session=session)
    issuer = Issuer(issuer_id=1, url=ISSUER, epoch=at[0])
    shop = msgspec.structs.replace(CLIENTS[0], epoch=at[1])
    presented = Presented(issued_at=Instant(issued_s * SECOND), expires_at=far)
    passes = admit(presented, standing, shop, issuer, Instant(100 * SECOND))
    return isinstance(passes, Admitted), not_before(standing, shop, issuer) // SECOND


@pytest.mark.witness(GRANT_ALIVE)
@pytest.mark.parametrize("highest", range(4), ids=FENCES)
def test_the_latest_fence_counts(highest: int) -> None:
    """IR-04: of issuer, client, person and session the latest ending counts, whichever it is; at its instant is before."""
    fences = tuple(50 if place == highest else 10 + place for place in range(4))
    assert judged(49, fences) == (False, 50)
    assert judged(50, fences) == (False, 50)
    assert judged(51, fences) == (True, 50)


@pytest.mark.witness(GRANT_ALIVE)
@pytest.mark.parametrize("fence", range(2), ids=FENCES[:2])
def test_a_token_is_as_old_as_its_grant(fence: int) -> None:
    """IR-04: minted in the second of an ending, a token's ``iat`` lies in the next; what ends before that second begins
    must reach it all the same, also once the client is put back."""
    fences = tuple(50 if place == fence else 0 for place in range(4))
    assert judged(51, fences, granted_s=51) == (True, 50)
    assert judged(51, fences, granted_s=50) == (False, 50)


async def test_a_token_in_the_second_of_an_ending_is_younger_than_it(here: World) -> None:
    """IR-04: a JWT counts whole seconds; one issued in the second in which everything ended would look older than it is."""
    import jwt

    billing = await here.store.clients.find(1, "billing")
    assert billing is not None
    ended = here.clock.now()
    await here.put(msgspec.structs.replace(billing.client, epoch=ended), *billing.credentials)
    body = (
        await post(here, "/token", ("billing", SECRET), grant_type="client_credentials", scope="orders.read")
    ).json()
    said = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert said["iat"] * SECOND > ended
    assert said["iat"] - here.clock.now() // SECOND <= 1
    assert (await introspected(here, "api.orders", body["access_token"]))["active"]


@pytest.mark.witness(REVOCATION_BY_OWNER)
async def test_nobody_ends_anothers_token(here: World) -> None:
    """IR-05: answered like success, and nothing happens."""
    got = await tokens(here, SHOP, FULL)
    for token in (got["access_token"], got["refresh_token"], got["id_token"], "noise"):
        for form in ({"client_id": "spa"}, {"client_id": "billing", "client_secret": SECRET}):
            assert (await post(here, "/revoke", token=token, **form)).status_code == 200
        assert (await post(here, "/revoke", token=token)).status_code == 401
        assert (await post(here, "/revoke", ("api.orders", SECRET), token=token)).status_code == 401
    assert (await introspected(here, "shop", got["access_token"]))["active"]
    assert (await refresh(here, SHOP, got["refresh_token"])).status_code == 200
    assert await here.events(EventType.TOKEN_REVOKED) == await here.events(EventType.GRANT_ENDED) == []


async def test_what_goes_along_with_a_revoked_token(here: World) -> None:
    """IR-06: a refresh token takes its grant along, an access token goes alone; each is one event and one line."""
    got = await tokens(here, SHOP, FULL)
    for _ in range(2):
        await post(here, "/revoke", ("shop", SECRET), token=got["access_token"])
    assert await introspected(here, "shop", got["access_token"]) == INACTIVE
    fresh = (await refresh(here, SHOP, got["refresh_token"])).json()
    for _ in range(2):
        await post(here, "/revoke", ("shop", SECRET), token=got["refresh_token"])
    assert await introspected(here, "shop", fresh["access_token"]) == INACTIVE
    assert len(await here.events(EventType.TOKEN_REVOKED)) == len(await here.events(EventType.GRANT_ENDED)) == 1
    assert [line.kind for line in await here.store.revocations.since(1, 0, 9)] == ["jti", "grant"]


async def test_a_superseded_token_can_be_given_back(here: World) -> None:
    """IR-06: who lost the answer to a refresh has only the old token; giving it back must end what is alive."""
    first = await tokens(here, SPA)
    second = (await refresh(here, SPA, first["refresh_token"])).json()
    assert (await post(here, "/revoke", client_id="spa", token=first["refresh_token"])).status_code == 200
    assert not await alive(here, second["access_token"])
    assert (await refresh(here, SPA, second["refresh_token"])).json()["error"] == "invalid_grant"


async def test_what_was_not_written_is_not_said_to_be(here: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """IR-07: a store that cannot write answers 503 with a time to come back, never 200."""
    got = await tokens(here, SHOP, FULL)

    async def full(*_: Any) -> bool:
        raise Unavailable("database or disk is full")

    monkeypatch.setattr(here.store.grants, "end", full)
    monkeypatch.setattr(here.store.access_tokens, "revoke_jwt", full)
    for kind in ("refresh_token", "access_token"):
        answer = await post(here, "/revoke", ("shop", SECRET), token=got[kind])
        assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
        assert int(answer.headers["retry-after"]) > 0


async def test_a_token_has_its_ten_minutes(here: World) -> None:
    """IR-03: of whatever form, and to whoever asks; an opaque one says nothing of its end itself."""
    opaque = (await tokens(here, SHOP, "openid"))["access_token"]
    for_api = (await tokens(here, SHOP, "invoices.read"))["access_token"]
    bearer = {"Authorization": f"Bearer {opaque}"}
    for ahead_s, alive_then in ((590, True), (601, False)):
        here.clock.ahead_s = ahead_s
        async with here.visitor() as http:
            assert (await http.get("/userinfo", headers=bearer)).is_success is alive_then
        assert (await introspected(here, "shop", opaque))["active"] is alive_then
        assert (await introspected(here, "api.invoices", for_api))["active"] is alive_then


async def test_a_token_whose_grant_is_gone_is_dead(here: World, tmp_path: Path) -> None:
    """IR-04: a person's token never passes for one that a client got for itself, which hangs on no grant."""
    jwt = (await tokens(here, SHOP, "orders.read"))["access_token"]
    opaque = (await tokens(here, SHOP, "invoices.read"))["access_token"]
    shown = (("api.orders", jwt), ("api.invoices", opaque), ("shop", jwt), ("shop", opaque))
    for caller, token in shown:
        assert (await introspected(here, caller, token))["active"]
    with closing(sqlite3.connect(tmp_path / "licet.db")) as behind, behind:
        behind.execute("DELETE FROM grants")
    for caller, token in shown:
        assert await introspected(here, caller, token) == INACTIVE


@pytest.mark.witness(USERINFO_NEEDS_OPENID)
async def test_userinfo_ends_with_openid(here: World) -> None:
    """IR-09: a client that may not ask who somebody is any more does not learn it by a token from before."""
    got = await tokens(here, SHOP, FULL)
    bearer = {"Authorization": f"Bearer {got['access_token']}"}
    async with here.visitor() as http:
        assert (await http.get("/userinfo", headers=bearer)).status_code == 200
        await changed(here, "shop", scope=("orders.read",))
        refused = await http.get("/userinfo", headers=bearer)
    assert refused.status_code == 403
    assert "sub" not in refused.json()


@pytest.mark.witness(USERINFO_NEEDS_OPENID, BEARER_HEADER_ONLY, TOKEN_ACCEPTED_ONLY_VALID)
async def test_userinfo_is_for_its_own_tokens(here: World) -> None:
    """IR-09: no ID token, no token for an API, none of a client, none in the address, none in two places."""
    got = await tokens(here, SHOP, FULL)
    for_orders = (await tokens(here, SHOP, "orders.read"))["access_token"]
    service = (
        await post(here, "/token", ("billing", SECRET), grant_type="client_credentials", scope="orders.read")
    ).json()
    async with here.visitor() as http:
        for token in (
            got["id_token"],
            got["refresh_token"],
            for_orders,
            service["access_token"],
            "noise",
            got["access_token"] + "x",
        ):
            answer = await http.get("/userinfo", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code in {401, 403}
            assert answer.headers["www-authenticate"].startswith("Bearer ")
            assert "email" not in answer.text
        bearer = {"Authorization": f"Bearer {got['access_token']}"}
        assert (await http.get("/userinfo", params={"access_token": got["access_token"]})).status_code == 401
        assert (
            await http.post("/userinfo", data={"access_token": got["access_token"]}, headers=bearer)
        ).status_code == 400
        assert (await http.post("/userinfo", data={"access_token": [got["access_token"]] * 2})).status_code == 400
        for scheme in ("bearer", "BEARER"):
            assert (
                await http.get("/userinfo", headers={"Authorization": f"{scheme} {got['access_token']}"})
            ).status_code == 200
        for header in (
            f"DPoP {got['access_token']}",
            f"Basic {got['access_token']}",
            "Bearer",
            f"Bearer  {got['access_token']}",
        ):
            assert (await http.get("/userinfo", headers={"Authorization": header})).status_code == 401, header


@pytest.mark.witness(HOST_KNOWN, METADATA_TRUE)
async def test_the_issuer_is_configured_and_never_heard(here: World) -> None:
    """IR-11 IR-13 IR-14: no header moves it, no other path has it, the keys are public ones."""
    async with here.visitor() as http:
        forwarded = {
            "X-Forwarded-Host": "evil.example.com",
            "Forwarded": "host=evil.example.com",
            "X-Forwarded-Proto": "http",
        }
        document = (await http.get("/.well-known/openid-configuration", headers=forwarded)).json()
        assert document["issuer"] == ISSUER
        assert not [value for value in document.values() if "evil" in str(value)]
        assert (await http.get("/jwks", headers={"Host": "evil.example.com"})).status_code == 421
        for path in (
            "/.well-known/openid-configuration/",
            "/.well-known/openid-configuration/x",
            "/x/.well-known/openid-configuration",
            "/.well-known/OpenID-Configuration",
            "//.well-known/openid-configuration",
            "/.well-known/%6fpenid-configuration/",
            "/token/",
            "/Token",
            "/%2e/token",
        ):
            assert (await http.get(path)).status_code == 404, path
        answer = await http.get("/jwks")
        keys = answer.json()["keys"]
        assert {key["kty"] for key in keys} <= {"EC", "RSA", "OKP"}
        assert not [key for key in keys if {"d", "p", "q", "dp", "dq", "qi", "k"} & key.keys()]
        assert "max-age=300" in answer.headers["cache-control"]


@pytest.mark.witness(METADATA_TRUE)
async def test_what_metadata_says_is_what_is_done(here: World) -> None:
    """IR-12: every grant, method, mode and prompt that is promised is known, and one that is not promised is refused."""
    async with here.visitor() as http:
        said = (await http.get("/.well-known/openid-configuration")).json()
        for grant in (*said["grant_types_supported"], "password", "implicit"):
            error = (await http.post("/token", data={"grant_type": grant, "client_id": "spa"})).json()["error"]
            assert (error != "unsupported_grant_type") == (grant in said["grant_types_supported"]), grant
        assert set(said["grant_types_supported"]) == {
            "authorization_code",
            "client_credentials",
            "refresh_token",
            DEVICE_CODE,
        }
        assert said["code_challenge_methods_supported"] == ["S256"]
        assert said["request_uri_parameter_supported"] is False
        assert said["authorization_response_iss_parameter_supported"] is True
        assert "none" not in said["id_token_signing_alg_values_supported"]
        assert "RS256" in said["id_token_signing_alg_values_supported"]
        assert said["end_session_endpoint"].endswith("/logout")
        keys = (await http.get(said["jwks_uri"])).json()["keys"]
        assert set(said["id_token_signing_alg_values_supported"]) <= {key["alg"] for key in keys}
        assert len({key["kid"] for key in keys}) == len(keys)
