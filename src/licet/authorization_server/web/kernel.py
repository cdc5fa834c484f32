"""The kernel: one ASGI application over one table of paths.

It knows the order in which a request is looked at and how it is answered; what endpoints do, it does not.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from licet.ambient import Clock, Entropy, monotonic
from licet.authorization_server.exchange import Empty, Incoming
from licet.authorization_server.web import access, hearing, peers, refusals
from licet.authorization_server.web.asgi import Headers, Receive, Scope, Send
from licet.authorization_server.web.cors import AllowedOrigin, Crossing
from licet.authorization_server.web.deadline import Deadline
from licet.authorization_server.web.health import Health
from licet.authorization_server.web.hearing import Heard, Raw
from licet.authorization_server.web.lifespan import Step, lifespan
from licet.authorization_server.web.limits import Limits, Proxies
from licet.authorization_server.web.log import ACCESS, Line, write
from licet.authorization_server.web.refusing import OnRefusal, Refusing
from licet.authorization_server.web.replies import Found, Rendering, Replies, Reply, unchanged
from licet.authorization_server.web.routes import Cors, Endpoint, Kind, Place, Route, Templates, places

Body = Callable[[], Awaitable[bytes]]
"""Gives the body of a request, or raises what is wrong with it."""


class Files(Protocol):
    """What pages load: ``assets.Assets``."""

    def find(self, path: str) -> Found | None: ...


async def _nowhere(_origin: str) -> bool:
    return False


class Kernel:
    """The ASGI application of one issuer."""

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        hosts: frozenset[str],
        https: bool,
        pages: Rendering,
        assets: Files,
        clock: Clock,
        entropy: Entropy,
        on_refusal: OnRefusal,
        base: str = "",
        allowed_origin: AllowedOrigin = _nowhere,
        limits: Limits | None = None,
        proxies: Proxies | None = None,
        development: bool = False,
        health: Health | None = None,
        log: Callable[[Line], None] | None = write,
        startup: Step | None = None,
        shutdown: Step | None = None,
    ) -> None:
        """*hosts* are the Host headers that are answered, *base* the issuer's path without a slash at its end."""
        found = places(routes, base)
        self._places = {path: place for path, place in found.items() if place.pattern is None}
        self._templates = Templates(found.values())
        self._hosts = frozenset(host.lower().encode("ascii") for host in hosts)
        self._base = base
        self._assets = assets
        self.limits = limits or Limits()
        self._request_s, self._body_s = Deadline(self.limits.request_s), Deadline(self.limits.body_s)
        self._clock = clock
        self._entropy = entropy
        self._log = log
        self._startup, self._shutdown = startup, shutdown
        self._peers = peers.Peers(proxies or Proxies())
        self._crossing = Crossing(allowed_origin)
        self._replies = Replies(pages, https=https)
        self._refusing = Refusing(self._replies, entropy, on_refusal, development=development)
        self.health = health or Health()
        self.in_flight = 0
        """How many requests endpoints are busy with."""

    @property
    def internal_errors(self) -> int:
        """Answers with 500 so far: every one is a bug of ours."""
        return self._refusing.internal_errors

    def drain(self) -> None:
        """Say at ``/readyz`` that no new requests are welcome."""
        self.health.draining = True

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI 3."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await lifespan(receive, send, self._startup, self._shutdown)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        """What an ASGI server hands over; ``connections.py`` does the same without one, and faster."""
        client = scope.get("client")
        heard = self.hear(
            scope["method"], scope["path"], scope["query_string"], scope["headers"], client[0] if client else None
        )

        async def body() -> bytes:
            try:
                return await self._body_s.within(hearing.body(receive, self.longest(scope["path"])))
            except TimeoutError:
                raise refusals.too_slow() from None

        try:
            reply = await self._request_s.within(self.answer(heard, body))
        except TimeoutError:
            reply = self.late(heard)
        await _send(send, heard, reply)

    def hear(self, method: str, path: str, query: bytes, raw: Raw, client: str | None) -> Heard:
        """Take a request in, from its head alone. *client* is the address at the other end of the connection."""
        headers = dict(raw)
        trusted = self._peers.trusted(client)
        given = peers.request_id(headers.get(b"x-request-id")) if trusted else None
        return Heard(
            given=path,
            query=query,
            raw=raw,
            headers=headers,
            place=self._places.get(path) or self._templates.find(path),
            sent=method,
            method="GET" if method == "HEAD" else method,
            peer=self._peers.address(client, raw, trusted=trusted),
            request_id=given or self._entropy.bytes(16).hex(),
            at=self._clock.now(),
            begun=monotonic(),
        )

    def longest(self, path: str) -> int:
        """How many bytes a body may have that is sent to *path*."""
        place = self._places.get(path) or self._templates.find(path)
        return (place and place.body_bytes) or self.limits.body_bytes

    async def answer(self, heard: Heard, body: Body) -> Reply:
        """Answer a request, whatever it is; *body* is called if it is wanted. How long it may take is the caller's."""
        if self.health.asked(heard.given):  # before the Host is looked at: probes use addresses
            return await self.health.reply(heard.given, heard.sent)
        return self._told(heard, await self._answer(heard, body))

    def late(self, heard: Heard) -> Reply:
        """Answer a request that took too long and was given up."""
        refusal = refusals.overloaded(self.limits.retry_after_s, detail="the deadline of the request passed")
        return self._told(heard, self._refusing(refusal, heard, None))

    def _told(self, heard: Heard, reply: Reply) -> Reply:
        reply.headers.append((b"x-request-id", heard.request_id.encode("ascii")))
        if self._log is not None and ACCESS.isEnabledFor(logging.INFO):
            self._log(access.line(heard, reply))
        return reply

    async def _answer(self, heard: Heard, body: Body) -> Reply:
        """Look at a request in this order: cheap before dear, and nothing is read that could be refused unread."""
        place, asked = heard.place, None
        try:
            hearing.measure(heard, self.limits)
            hearing.addressed(heard, self._hosts)
            if place is None:
                reply = self._file(heard)
            elif heard.method == "OPTIONS":
                reply = self._replies(Empty(status=204, headers=(("Allow", place.allow),)))
            else:
                endpoint = _endpoint(heard, place)
                asked = hearing.incoming(heard, place, await self._body(heard, body))
                reply = await self._run(endpoint, asked)
                if place.kind is Kind.DOCUMENT:
                    reply = unchanged(reply, heard.headers.get(b"if-none-match"))
        except Exception as exception:  # noqa: BLE001 - whatever it is, it is answered, counted and logged
            reply = self._refusing(exception, heard, asked)
        # A script must be able to read a refusal too, so both ways lead past this question.
        if place is not None and place.cors is not Cors.NEVER:
            reply.headers += await self._shared(heard, place)
        if asked is not None and ACCESS.isEnabledFor(logging.INFO):
            reply.client_id = hearing.claimed_client(asked)
        return reply

    async def _body(self, heard: Heard, body: Body) -> bytes:
        if heard.method not in hearing.WITH_BODY:
            return b""
        most = (heard.place and heard.place.body_bytes) or self.limits.body_bytes
        hearing.announced(heard.headers, most)
        return hearing.bounded(await body(), most)

    async def _run(self, endpoint: Endpoint, asked: Incoming) -> Reply:
        if self.in_flight >= self.limits.in_flight:
            raise refusals.overloaded(self.limits.retry_after_s, detail="too many requests in flight")
        self.in_flight += 1
        try:
            return self._replies(await endpoint(asked))
        finally:
            self.in_flight -= 1

    async def _shared(self, heard: Heard, place: Place) -> Headers:
        try:
            origin = heard.headers.get(b"origin")
            return await self._crossing.headers(place, origin, preflight=heard.method == "OPTIONS")
        except Exception as exception:  # noqa: BLE001 - who may read an answer must not change what the answer is
            self._refusing.note(exception, heard)
            return ()

    def _file(self, heard: Heard) -> Reply:
        """What pages load lies beside the table: its paths change with its content."""
        path = heard.given
        found = self._assets.find(path[len(self._base) :]) if path.startswith(self._base) else None
        if found is None:
            raise refusals.not_found()
        if heard.method != "GET":
            raise refusals.method_not_allowed("GET, HEAD")
        return self._replies.file(found, heard.headers.get(b"if-none-match"))


def _endpoint(heard: Heard, place: Place) -> Endpoint:
    endpoint = place.endpoints.get(heard.method)
    if endpoint is None:
        raise refusals.method_not_allowed(place.allow)
    return endpoint


async def _send(send: Send, heard: Heard, reply: Reply) -> None:
    lines = [*reply.headers, (b"connection", b"close")] if reply.closes else reply.headers
    await send({"type": "http.response.start", "status": reply.status, "headers": lines})
    await send({"type": "http.response.body", "body": b"" if heard.sent == "HEAD" else reply.body})
