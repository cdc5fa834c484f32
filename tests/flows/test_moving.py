"""A realm of Keycloak moves here: imported, read, put into a store, served; its clients sign in, and what runs is exported."""

from __future__ import annotations

import json
import shlex
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jwt
import pytest

from licet import app
from licet.ambient import Instant, SystemEntropy
from licet.authorization_server import keys
from licet.authorization_server.settings import Settings
from licet.events import Event, EventType
from licet.protocol import jose
from licet.registration import applying, plan
from licet.registration.desired import Configuration, records
from licet.registration.export import Around, whole
from licet.registration.manifest import read
from licet.registration.references import resolver
from licet.registration.toml_text import document
from licet.registration.unread import Unread
from licet.resource_owner import accounts
from licet.resource_owner.passwords import Passwords
from licet.storage.records import Issuer
from licet.storage.sqlite import SQLiteStore
from licet.storage.vault import MasterKeys, Vault
from tests.cli.test_serve import licet
from tests.visitor import Answered, Visitor
from tests.world import CHEAP, ISSUER, ORDERS, PASSWORD, MovedClock, World

pytestmark = pytest.mark.anyio

REALM = Path(__file__).parents[1] / "registration" / "importers" / "keycloak.json"


@dataclass
class Moved:
    """The new home of the realm, and what its apps were given in the old one."""

    world: World
    environment: dict[str, str]
    path: Path
    entropy: SystemEntropy

    def desired(self, path: Path) -> Configuration:
        return records(
            read(path),
            1,
            self.world.vault,
            entropy=self.entropy,
            now=Instant(5),
            resolve_secret=resolver(self.environment),
        )

    async def token(self, **form: Any) -> dict[str, Any]:
        async with self.world.visitor() as http:
            answer = await http.post("/token", data=form)
            body: dict[str, Any] = answer.json()
            return body

    async def signed_in(self, **asked: Any) -> Answered:
        async with self.world.visitor() as http:
            return await Visitor(http).authorize(**asked)


@pytest.fixture
async def moved(tmp_path: Path) -> AsyncIterator[Moved]:
    done = licet(
        "import", "keycloak", str(REALM), "--into", "licet.toml", "--issuer", ISSUER, "--out-secrets", "secrets.env",
        where=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr  # there are findings, and they are told
    assert "old-portal" in done.stdout
    lines = (tmp_path / "secrets.env").read_text().splitlines()
    environment = {name: shlex.split(value)[0] for name, _, value in (line.partition("=") for line in lines)}
    # What could not come along is made anew, as the file says.
    environment |= {
        name: f"new-{name}-0123456789abcdef0123456789abcdef" for name in ("OLD_PORTAL_SECRET", "MASKED_APP_SECRET")
    }
    entropy, clock = SystemEntropy(), MovedClock()
    vault = Vault(MasterKeys.parse(MasterKeys.generate(entropy)), entropy)
    store = SQLiteStore.open(tmp_path / "licet.db", vault.vouching())
    issuer, now = Issuer(issuer_id=1, url=ISSUER), clock.now()
    await store.issuers.create(issuer, Event(issuer_id=1, type=EventType.ISSUER_CREATED, at=now))
    await keys.create(store, vault, entropy, 1, now)
    passwords = Passwords(CHEAP, entropy, workers=1)
    account = await accounts.create(
        store.accounts, entropy, issuer_id=1, login="alice", phc=await passwords.hash(PASSWORD),
        profile={"name": "Alice", "email": "alice@example.com"}, at=now, actor="operator",
    )  # fmt: skip
    passwords.close()
    assert account is not None
    manifest = read(tmp_path / "licet.toml")
    desired = records(manifest, 1, vault, entropy=entropy, now=now, resolve_secret=resolver(environment))
    present = await applying.stored(store, 1)
    planned = await plan.make(store, 1, desired=desired, present=present, unread=Unread(), now=now)
    assert {change.change for change in planned.changes} == {"added"}
    change = applying.Change(issuer_id=1, desired=desired, present=present, digest=manifest.digest, now=now)
    assert await applying.apply(store, change) == planned.changes
    server = await app.build(store, issuer, vault, clock, entropy=entropy, settings=Settings(passwords=CHEAP))
    key = jose.SigningKey(jose.generate_es256(), "ES256", "unused")
    async with AsyncExitStack() as last:
        last.push_async_callback(store.close)
        last.callback(server.close)
        yield Moved(World(store, vault, clock, server, issuer, key), environment, tmp_path, entropy)
    assert server.app.internal_errors == 0


async def test_the_secrets_are_for_their_owner_alone(moved: Moved) -> None:
    """In a file of mode 0600, and nowhere else."""
    assert (moved.path / "secrets.env").stat().st_mode & 0o777 == 0o600
    text = (moved.path / "licet.toml").read_text()
    for client in json.loads(REALM.read_text())["clients"]:
        if secret := client.get("secret"):
            assert secret not in text


async def test_its_web_app_signs_alice_in(moved: Moved) -> None:
    callback = "https://shop.example.com/auth/callback"
    answered = await moved.signed_in(client_id="corner-shop", redirect_uri=callback, scope="openid email orders:read")
    assert answered.address.startswith(callback)
    tokens = await moved.token(
        grant_type="authorization_code",
        code=answered.parameters["code"],
        redirect_uri=callback,
        code_verifier=answered.code_verifier,
        client_id="corner-shop",
        client_secret=moved.environment["CORNER_SHOP_SECRET"],
    )
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert (claims["iss"], claims["aud"]) == (ISSUER, "corner-shop")
    access = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert ORDERS in access["aud"]
    assert "orders:read" in access["scope"].split()
    assert access["exp"] - access["iat"] == 240


async def test_an_address_that_was_let_in_by_a_wildcard_is_not(moved: Moved) -> None:
    async with moved.world.visitor() as http:
        for client_id, uri in (
            ("old-portal", "https://any.portal.example.com/cb"),
            ("storefront", "https://store.example.com/x"),
        ):
            answer = await http.get(
                "/authorize", params={"client_id": client_id, "redirect_uri": uri, "response_type": "code"}
            )
            assert answer.status_code == 400
            assert "location" not in answer.headers


async def test_its_service_gets_a_token(moved: Moved) -> None:
    tokens = await moved.token(
        grant_type="client_credentials",
        client_id="nightly-report",
        client_secret=moved.environment["NIGHTLY_REPORT_SECRET"],
        scope="orders:read",
    )
    access = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (access["sub"], access["aud"]) == ("nightly-report", ORDERS)


async def test_its_public_client_signs_in_over_loopback(moved: Moved) -> None:
    callback = "http://127.0.0.1:53682/callback"
    answered = await moved.signed_in(client_id="desk-reader", redirect_uri=callback, scope="openid")
    assert answered.address.startswith(callback)
    tokens = await moved.token(
        grant_type="authorization_code",
        code=answered.parameters["code"],
        redirect_uri=callback,
        code_verifier=answered.code_verifier,
        client_id="desk-reader",
    )
    assert "id_token" in tokens


async def test_its_api_is_told_about_tokens(moved: Moved) -> None:
    tokens = await moved.token(
        grant_type="client_credentials",
        client_id="nightly-report",
        client_secret=moved.environment["NIGHTLY_REPORT_SECRET"],
        scope="orders:read",
    )
    async with moved.world.visitor() as http:
        credentials = ("api.orders-api", moved.environment["API_ORDERS_API_SECRET"])
        answer = await http.post("/introspect", data={"token": tokens["access_token"]}, auth=credentials)
    assert answer.json()["active"] is True


async def test_what_runs_then_plans_to_nothing(moved: Moved) -> None:
    stored = await applying.stored(moved.world.store, 1)
    assert len(stored.apps) == 7
    export = whole(stored, Around(issuer=ISSUER))
    assert export.left_out == ()
    path = moved.path / "exported.toml"
    path.write_text(document(export.blocks))
    again = moved.desired(path)
    planned = await plan.make(moved.world.store, 1, desired=again, present=stored, unread=Unread(), now=Instant(9))
    assert planned.empty
