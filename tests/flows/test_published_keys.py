"""Clients that publish their keys (``jwks_uri``): fetched for real, over loopback, as seldom as may be."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from secrets import token_hex
from typing import Any

import msgspec
import pytest

from licet.ambient import SECOND, Instant
from licet.authorization_server.settings import Settings
from licet.egress import EgressLimits
from licet.protocol import client_assertion, jose
from licet.storage.records import Credential
from tests.egress.conftest import saying, serving
from tests.world import CHEAP, CLIENTS, ISSUER, World, world

pytestmark = pytest.mark.anyio

LOOPBACK = Settings(passwords=CHEAP, egress=EgressLimits(networks=(ip_network("127.0.0.0/8"),), total_s=0.5))


@dataclass
class Publisher:
    """An address where a client publishes its keys."""

    here: World
    keys: list[jose.SigningKey] = field(default_factory=list)
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    visits: int = 0

    async def answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        body = msgspec.json.encode({"keys": [key.public_jwk() for key in self.keys]})
        await saying(body, *self.headers, status=self.status)(head, writer)

    def key(self, kid: str) -> jose.SigningKey:
        made = jose.SigningKey(jose.generate_es256(), "ES256", kid)
        self.keys.append(made)
        return made

    async def token(self, key: jose.SigningKey) -> int:
        now_s = self.here.clock.now() // SECOND
        form = {
            "grant_type": "client_credentials",
            "scope": "orders.read",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": client_assertion.make(key, "signer", ISSUER, token_hex(8), now_s),
        }
        async with self.here.visitor() as http:
            return (await http.post("/token", data=form)).status_code


@pytest.fixture
async def publisher(tmp_path: Path) -> AsyncIterator[Publisher]:
    async with world(tmp_path, LOOPBACK) as here:
        made = Publisher(here)
        async with serving(made.answer) as port:
            signer = next(one for one in CLIENTS if one.client_id == "signer")
            where: dict[str, Any] = {"jwks_uri": f"http://127.0.0.1:{port}/jwks"}
            published = Credential(
                issuer_id=1,
                owner_kind="client",
                owner="signer",
                credential_id="p",
                kind="jwks_uri",
                jwk=where,
                created_at=Instant(1),
            )
            await here.put(signer, published)
            yield made


async def test_a_published_key_signs(publisher: Publisher) -> None:
    key = publisher.key("one")
    assert await publisher.token(key) == 200
    for _ in range(5):
        assert await publisher.token(key) == 200
    assert publisher.visits == 1


async def test_a_key_that_is_new_is_fetched_soon(publisher: Publisher) -> None:
    """Conformance R6: rotation by the client, a minute ahead of its use."""
    old = publisher.key("old")
    assert await publisher.token(old) == 200
    new = publisher.key("new")
    publisher.here.clock.ahead_s += 60
    assert await publisher.token(new) == 200
    assert publisher.visits == 2


async def test_strangers_keys_send_nobody_to_and_fro(publisher: Publisher) -> None:
    """JW-22: Whoever names keys that are not there makes the server ask once in a while, not once a request."""
    key = publisher.key("one")
    assert await publisher.token(key) == 200
    for n in range(10):
        stranger = jose.SigningKey(jose.generate_es256(), "ES256", f"stranger{n}")
        assert await publisher.token(stranger) == 401
    assert publisher.visits == 1
    assert await publisher.token(key) == 200


async def test_many_at_once_cost_one_visit(publisher: Publisher) -> None:
    key = publisher.key("one")
    assert await asyncio.gather(*(publisher.token(key) for _ in range(20))) == [200] * 20
    assert publisher.visits == 1


async def test_a_key_taken_out_dies_when_its_set_is_old(publisher: Publisher) -> None:
    """However long the publisher allows it to be kept."""
    publisher.headers = ("Cache-Control: max-age=999999",)
    old = publisher.key("old")
    assert await publisher.token(old) == 200
    publisher.keys.clear()
    new = publisher.key("new")
    publisher.here.clock.ahead_s += 3601
    assert await publisher.token(old) == 401
    assert await publisher.token(new) == 200


async def test_what_was_said_last_stands_for_a_while(publisher: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    """An address that is down for an hour locks nobody out; one that is down for good does."""
    caplog.set_level(logging.WARNING, "licet.egress")
    key = publisher.key("one")
    assert await publisher.token(key) == 200
    publisher.status = "500 Internal Server Error"
    publisher.here.clock.ahead_s += 3600
    assert await publisher.token(key) == 200
    publisher.here.clock.ahead_s += 3700
    assert await publisher.token(key) == 401
    assert publisher.visits <= 3
    assert "status 500" in caplog.text


async def test_an_address_that_never_answered_is_not_asked_by_everyone(
    publisher: Publisher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "licet.egress")
    publisher.status = "404 Not Found"
    key = publisher.key("one")
    for _ in range(5):
        assert await publisher.token(key) == 401
    assert publisher.visits == 1


async def test_the_reason_is_for_the_log_alone(publisher: Publisher, caplog: pytest.LogCaptureFixture) -> None:
    """RG-02: a stranger learns nothing of what the server can reach."""
    caplog.set_level(logging.WARNING, "licet.egress")
    key = publisher.key("one")
    publisher.status = "404 Not Found"
    now_s = publisher.here.clock.now() // SECOND
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": client_assertion.make(key, "signer", ISSUER, token_hex(8), now_s),
    }
    async with publisher.here.visitor() as http:
        reached = (await http.post("/token", data=form)).json()
        unknown = (await http.post("/token", data={"grant_type": "client_credentials", "client_id": "nobody"})).json()
    assert reached == unknown


async def test_a_private_address_that_is_not_allowed_is_not_visited(tmp_path: Path) -> None:
    """RG-02: the default goes nowhere near this machine."""
    async with world(tmp_path, Settings(passwords=CHEAP)) as here:
        made = Publisher(here)
        async with serving(made.answer) as port:
            signer = next(one for one in CLIENTS if one.client_id == "signer")
            credential = Credential(
                issuer_id=1,
                owner_kind="client",
                owner="signer",
                credential_id="p",
                kind="jwks_uri",
                jwk={"jwks_uri": f"https://127.0.0.1:{port}/jwks"},
                created_at=Instant(1),
            )
            await here.put(signer, credential)
            assert await made.token(made.key("one")) == 401
        assert made.visits == 0
