"""A server that is administered: four services with one scope each, one with all, and LICET_ADMIN_TOKEN."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest

from licet.administration.routes import routes
from licet.ambient import SystemEntropy
from licet.authorization_server.settings import Settings
from licet.registration.reserved_scopes import ADMINISTRATION
from tests.world import CHEAP, ISSUER, SECRET, World, _secret, client, world

AUDIENCE = f"{ISSUER}/admin"
OPERATOR = "an operator's token of the tests, as long as it must be 0123"
BEARER = OPERATOR.replace(" ", "-").replace("'", "").replace(",", "")
SETTINGS = Settings(passwords=CHEAP, administration=True)
ALL = tuple(ADMINISTRATION)


def service(client_id: str, *may: str) -> Any:
    return client(
        client_id,
        "service",
        client_name=client_id,
        token_endpoint_auth_method="client_secret",
        grant_types=("client_credentials",),
        response_types=(),
        scope=may,
    )


@dataclass
class Administered:
    """A running server, and who may do what to it."""

    world: World
    tokens: dict[str, str] = field(default_factory=dict)
    """By scope: the token of a service that may this and nothing else of the administration."""

    async def call(self, method: str, path: str, scope: str = "", **more: Any) -> httpx2.Response:
        """Ask with the token of *scope*; with the operator's where none is named."""
        headers = {"Authorization": f"Bearer {self.tokens[scope] if scope else BEARER}"} | more.pop("headers", {})
        async with self.world.visitor() as http:
            return await http.request(method, f"/admin/v1{path}", headers=headers, **more)

    async def token(self, client_id: str, **form: str) -> httpx2.Response:
        async with self.world.visitor() as http:
            return await http.post(
                "/token", data={"grant_type": "client_credentials", **form}, auth=(client_id, SECRET)
            )

    async def etag(self, path: str) -> str:
        return (await self.call("GET", path)).headers["etag"]


@asynccontextmanager
async def administered(path: Path) -> AsyncIterator[Administered]:
    extra = routes(SystemEntropy(), file="licet.toml", token=BEARER)
    async with world(path, SETTINGS, extra) as made:
        here = Administered(made)
        for scope in ALL:
            name = scope.replace(":", "-")
            await made.put(service(name, scope, "orders.read"), _secret(made.vault, "client", name))
            answer = await here.token(name, scope=scope)
            assert answer.status_code == 200, answer.text
            here.tokens[scope] = answer.json()["access_token"]
        yield here


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Administered]:
    async with administered(tmp_path) as made:
        yield made
