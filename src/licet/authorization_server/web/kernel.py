"""The kernel: one ASGI application over one table of paths.

It knows the order in which a request is looked at and how it is answered; what endpoints do, it does not.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Protocol

from licet.ambient import Clock, Entropy, monotonic
from licet.authorization_server.exchange import Empty, Incoming
from licet.authorization_server.web import access, hearing, peers, refusals
from licet.authorization_server.web.asgi import Headers, Receive, Scope, Send
from licet.authorization_server.web.cors import AllowedOrigin, Crossing
from licet.authorization_server.web.deadline import Deadline
from licet.authorization_server.web.health import Health
from licet.authorization_server.web.hearing import Heard
from licet.authorization_server.web.lifespan import Step, lifespan
from licet.authorization_server.web.limits import Limits, Proxies
from licet.authorization_server.web.log import ACCESS, Line, write
from licet.authorization_server.web.refusing import OnRefusal, Refusing
from licet.authorization_server.web.replies import Found, Rendering, Replies, Reply, unchanged
from licet.authorization_server.web.routes import Cors, Endpoint, Kind, Place, Route, places


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
        self._places = places(routes, base)
        self._hosts = frozenset(host.lower().encode("ascii") for host in hosts)
        self._base = base
        self._assets = assets
        self._limits = limits or Limits()
        self._request_s, self._body_s = Deadline(self._limits.request_s), Deadline(self._limits.body_s)
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
        path, method = scope["path"], scope["method"]
        if self.health.asked(path):  # before the Host is looked at: probes use addresses
            await _send(send, method, await self.health.reply(path, method))
            return
        heard = self._hear(scope, method)
        try:
            reply = await self._request_s.within(self._answer(heard, receive))
        except TimeoutError:
            late = refusals.overloaded(self._limits.retry_after_s, detail="the deadline of the request passed")
            reply = self._refusing(late, heard, None)
        reply.headers.append((b"x-request-id", heard.request_id.encode("ascii")))
        await _send(send, method, reply)
        if self._log is not None and ACCESS.isEnabledFor(logging.INFO):
            self._log(access.line(heard, method, reply))

    def _hear(self, scope: Scope, method: str) -> Heard:
        headers = dict(scope["headers"])
        trusted = self._peers.trusted(scope)
        given = peers.request_id(headers.get(b"x-request-id")) if trusted else None
        return Heard(
            scope=scope,
            headers=headers,
            place=self._places.get(scope["path"]),
            method="GET" if method == "HEAD" else method,
            peer=self._peers.address(scope, trusted=trusted),
            request_id=given or self._entropy.bytes(16).hex(),
            at=self._clock.now(),
            begun=monotonic(),
        )

    async def _answer(self, heard: Heard, receive: Receive) -> Reply:
        """Look at a request in this order: cheap before dear, and nothing is read that could be refused unread."""
        place, asked = heard.place, None
        try:
            hearing.measure(heard, self._limits)
            hearing.addressed(heard, self._hosts)
            if place is None:
                reply = self._file(heard)
            elif heard.method == "OPTIONS":
                reply = self._replies(Empty(status=204, headers=(("Allow", place.allow),)))
            else:
                endpoint = _endpoint(heard, place)
                asked = hearing.incoming(heard, place, await self._body(heard, receive))
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

    async def _body(self, heard: Heard, receive: Receive) -> bytes:
        if heard.method != "POST":
            return b""
        try:
            return await self._body_s.within(hearing.body(receive, heard.headers, self._limits.body_bytes))
        except TimeoutError:
            raise refusals.too_slow() from None

    async def _run(self, endpoint: Endpoint, asked: Incoming) -> Reply:
        if self.in_flight >= self._limits.in_flight:
            raise refusals.overloaded(self._limits.retry_after_s, detail="too many requests in flight")
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
        path: str = heard.scope["path"]
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


async def _send(send: Send, method: str, reply: Reply) -> None:
    """A server that stops reading is the listener's to hang up on (``connections.py``), not ours to wait for."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else reply.body})
