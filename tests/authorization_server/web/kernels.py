"""A kernel with endpoints that do what a test asks of them, and a way to talk to it without a network."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from licet.ambient import SECOND, Instant
from licet.authorization_server.exchange import Answer, Document, Empty, Incoming, Json, Page, Redirect, SetCookie
from licet.authorization_server.views import SignedOut
from licet.authorization_server.web.assets import Assets
from licet.authorization_server.web.kernel import Kernel
from licet.authorization_server.web.pages import Pages
from licet.authorization_server.web.routes import Kind, Route
from licet.protocol.errors import Refusal

ISSUER = "https://id.example.com"
HOST = "id.example.com"
PAGES = Pages(ISSUER, "", development=False)
ASSETS = Assets()
FORM = "application/x-www-form-urlencoded"
NOON = Instant(1_795_000_000 * SECOND + 123_456)


class StandingClock:
    def now(self) -> Instant:
        return NOON


class CountingDice:
    """Predictable, and never the same twice."""

    def __init__(self) -> None:
        self.rolled = 0

    def bytes(self, count: int) -> bytes:
        self.rolled += 1
        return self.rolled.to_bytes(count, "big")


@dataclass
class Said:
    """An answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str:
        found = self.every(name)
        assert len(found) == 1, f"{name}: {found}"
        return found[0]

    def every(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Heard:
    """What endpoints and listeners were told."""

    requests: list[Incoming] = field(default_factory=list)
    refusals: list[tuple[Refusal, Incoming, str]] = field(default_factory=list)


async def echo(incoming: Incoming) -> Json:
    return Json(body={"query": dict(incoming.query), "form": dict(incoming.form), "method": incoming.method})


async def page(_incoming: Incoming) -> Page:
    return Page(view=SignedOut(), cookies=(SetCookie("__Host-licet-x", "v", 60),))


async def document(_incoming: Incoming) -> Document:
    return Document(body=b'{"issuer":"https://id.example.com"}', max_age_s=300)


async def redirect(_incoming: Incoming) -> Redirect:
    return Redirect(location="https://shop.example.com/cb?code=1")


async def nothing(_incoming: Incoming) -> Empty:
    return Empty()


def raising(exception: Exception) -> Callable[[Incoming], Awaitable[Answer]]:
    async def endpoint(_incoming: Incoming) -> Answer:
        raise exception

    return endpoint


async def from_the_shop(origin: str) -> bool:
    return origin == "https://shop.example.com"


ROUTES = (
    Route("/token", ("POST",), echo, Kind.API, browsers=True),
    Route("/introspect", ("POST",), echo, Kind.API),
    Route("/userinfo", ("GET", "POST"), echo, Kind.API, browsers=True),
    Route("/authorize", ("GET", "POST"), redirect, Kind.PAGE),
    Route("/device", ("GET", "POST"), page, Kind.PAGE),
    Route("/jwks", ("GET",), document, Kind.DOCUMENT),
)


def kernel(*routes: Route, heard: Heard | None = None, **changes: Any) -> Kernel:
    """The kernel of ``https://id.example.com``; *heard* is told what it was asked and what was refused."""
    heard = heard or Heard()

    def listening(route: Route) -> Route:
        async def endpoint(incoming: Incoming) -> Answer:
            heard.requests.append(incoming)
            return await route.endpoint(incoming)

        return Route(route.path, route.methods, endpoint, route.kind, route.browsers, route.rooted)

    settings: dict[str, Any] = {
        "hosts": frozenset({HOST}),
        "https": True,
        "pages": PAGES,
        "assets": ASSETS,
        "clock": StandingClock(),
        "entropy": CountingDice(),
        "allowed_origin": from_the_shop,
        "on_refusal": lambda *told: heard.refusals.append(told),
    }
    return Kernel([listening(route) for route in routes or ROUTES], **settings | changes)


Lines = Iterable[tuple[str, str]] | dict[str, str]


def ask(app: Any, method: str, path: str, **request: Any) -> Said:
    """Send one request and wait for its answer."""
    return asyncio.run(asking(app, method, path, **request))


def post(app: Any, path: str, body: bytes | str = b"", **request: Any) -> Said:
    """Send a form."""
    encoded = body.encode() if isinstance(body, str) else body
    lines = [("content-type", FORM), *_lines(request.pop("headers", ()))]
    return ask(app, "POST", path, body=encoded, headers=lines, **request)


async def asking(
    app: Any,
    method: str,
    path: str,
    *,
    query: bytes = b"",
    headers: Lines = (),
    body: bytes | list[bytes] = b"",
    host: str | None = HOST,
    client: tuple[str, int] | None = ("203.0.113.9", 4711),
    receive: Callable[[], Awaitable[Any]] | None = None,
) -> Said:
    lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in _lines(headers)]
    if host is not None:
        lines.insert(0, (b"host", host.encode("latin-1")))
    if isinstance(body, bytes):
        if body and b"content-length" not in dict(lines):
            lines.append((b"content-length", str(len(body)).encode()))
        body = [body]
    pieces = list(body)

    async def chunks() -> dict[str, Any]:
        piece = pieces.pop(0)
        return {"type": "http.request", "body": piece, "more_body": bool(pieces)}

    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http", "http_version": "1.1", "method": method, "path": path, "raw_path": path.encode(),
        "query_string": query, "headers": lines, "client": client, "scheme": "https",
    }  # fmt: skip
    await app(scope, receive or chunks, send)
    start, *rest = sent
    assert all(name == name.lower() for name, _ in start["headers"])
    return Said(
        start["status"],
        [(name.decode("ascii"), value.decode("ascii")) for name, value in start["headers"]],
        b"".join(message.get("body", b"") for message in rest),
    )


def _lines(headers: Lines) -> list[tuple[str, str]]:
    return list(headers.items()) if isinstance(headers, dict) else list(headers)
