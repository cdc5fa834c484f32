"""A client that publishes its metadata document: a real https server on loopback, under a name that only tests know."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2
import msgspec

from licet.authorization_server.client_documents import ClientDocuments as ClientDocumentsInMemory
from licet.authorization_server.settings import DOCUMENT_GRANTS, ClientDocuments, Settings
from licet.egress import EgressLimits, Resolve
from licet.storage.records import RegistrationPolicy
from tests.egress.conftest import Authority, saying, serving
from tests.visitor import Answered, Visitor, verifier
from tests.world import CHEAP, ORDERS, World, world

HOST = "agent.example.com"
SCOPE = ("openid", "profile", "offline_access", "orders.read", "orders.write")
POLICY = RegistrationPolicy(scope=SCOPE, grant_types=DOCUMENT_GRANTS)
HERE = "http://localhost:49321/callback"
"""Where an agent listens that day; its document has no port."""


async def on_loopback(_host: str, _port: int) -> tuple[str, ...]:
    return ("127.0.0.1",)


def limits(authority: Authority, **changes: Any) -> EgressLimits:
    given: dict[str, Any] = {"networks": (ip_network("127.0.0.0/8"),), "ca_file": authority.file, "total_s": 3.0}
    return EgressLimits(**(given | changes))


def settings(authority: Authority, documents: ClientDocuments | None = None, **egress: Any) -> Settings:
    return Settings(
        passwords=CHEAP,
        documents=documents or ClientDocuments(policy=POLICY),
        egress=limits(authority, **egress),
    )


@dataclass
class Publisher:
    """The host of the document, and everything that it may say."""

    port: int = 0
    path: str = "/oauth/client.json"
    members: dict[str, Any] = field(default_factory=dict)
    body: bytes | None = None
    status: str = "200 OK"
    headers: tuple[str, ...] = ()
    kind: str = "application/json"
    visits: list[str] = field(default_factory=list)
    arrived: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    """The same, for who waits for one."""
    waits: asyncio.Event | None = None

    @property
    def client_id(self) -> str:
        return f"https://{HOST}:{self.port}{self.path}"

    def document(self) -> dict[str, Any]:
        """Shaped like a well-known coding agent's."""
        return {
            "client_id": self.client_id,
            "client_name": "Coding Agent",
            "client_uri": f"https://{HOST}",
            "redirect_uris": ["http://localhost/callback", "http://127.0.0.1/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "token_endpoint_auth_method": "none",
        } | self.members

    async def answer(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        self.visits.append(head.split()[1].decode())
        self.arrived.put_nowait(self.visits[-1])
        if self.waits is not None:
            await self.waits.wait()
        body = msgspec.json.encode(self.document()) if self.body is None else self.body
        await saying(body, *self.headers, status=self.status, kind=self.kind)(head, writer)


@asynccontextmanager
async def publishing(authority: Authority) -> AsyncIterator[Publisher]:
    made = Publisher()
    async with serving(made.answer, authority.server_context(HOST)) as port:
        made.port = port
        yield made


@dataclass
class Story:
    """An agent, its publisher and a server that has never heard of it."""

    here: World
    publisher: Publisher
    authority: Authority

    async def ask(self, address: str = "192.0.2.1", **parameters: Any) -> Answered:
        """Somebody is sent here by the agent and says yes."""
        async with self.here.visitor(address) as http:
            return await Visitor(http).authorize(**(self.request() | parameters))

    async def refused(self, **parameters: Any) -> httpx2.Response:
        """The page that a request leads to which is not answered to anybody."""
        async with self.here.visitor() as http:
            asked = (
                {"response_type": "code", "state": "st", "code_challenge": verifier()[1]} | self.request() | parameters
            )
            return await http.get("/authorize", params=asked | {"code_challenge_method": "S256"})

    def request(self) -> dict[str, Any]:
        return {
            "client_id": self.publisher.client_id,
            "redirect_uri": HERE,
            "scope": "openid orders.read offline_access",
            "resource": ORDERS,
        }

    async def token(self, form: dict[str, Any]) -> httpx2.Response:
        async with self.here.visitor() as http:
            return await http.post("/token", data={"client_id": self.publisher.client_id} | form)

    async def redeem(self, answered: Answered, **more: Any) -> httpx2.Response:
        form = {"grant_type": "authorization_code", "code": answered.parameters["code"], "redirect_uri": HERE}
        return await self.token(form | {"code_verifier": answered.code_verifier} | more)

    async def signed_in(self) -> dict[str, Any]:
        """The tokens of a first sign-in."""
        answer = await self.redeem(await self.ask())
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    async def refresh(self, tokens: dict[str, Any], **more: Any) -> httpx2.Response:
        form = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
        return await self.token(form | more)

    @property
    def documents(self) -> ClientDocumentsInMemory:
        """What the server keeps of documents."""
        found = self.here.server.upkeep.directory.documents
        assert isinstance(found, ClientDocumentsInMemory)
        return found

    async def rows(self) -> int:
        """How many clients, by documents, are written down."""
        return len(await self.here.store.clients.of_source(1, "cimd"))


async def bare(here: World, client_id: str) -> tuple[int, dict[bytes, bytes]]:
    """GET /authorize with nothing around it, for who asks ten thousand times: the answer's status and headers."""
    query = urlencode({"client_id": client_id}).encode()
    scope = {
        "type": "http", "http_version": "1.1", "method": "GET", "scheme": "https", "path": "/authorize",
        "raw_path": b"/authorize", "query_string": query, "root_path": "", "headers": [(b"host", b"id.example.com")],
        "client": ("192.0.2.1", 40000), "server": ("id.example.com", 443),
    }  # fmt: skip
    said: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        said.append(message)

    await here.server.app(scope, receive, send)
    return said[0]["status"], dict(said[0]["headers"])


@asynccontextmanager
async def telling(
    path: Path,
    authority: Authority,
    documents: ClientDocuments | None = None,
    resolve: Resolve = on_loopback,
    **egress: Any,
) -> AsyncIterator[Story]:
    """The publisher and the server."""
    async with (
        publishing(authority) as publisher,
        world(path, settings(authority, documents, **egress), resolve=resolve) as here,
    ):
        yield Story(here, publisher, authority)
