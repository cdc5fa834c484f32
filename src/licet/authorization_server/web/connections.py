"""One HTTP/1.1 connection (RFC 9112), bounded in everything that a stranger decides.

The bytes are parsed by httptools, the sockets and the process's end are uvicorn's; between the two, a request goes
straight to the kernel and its answer out in one write. uvicorn's own connection speaks ASGI instead, for the price of
a third of a request, waits for ever and takes headers of any size.

Only the listener imports this room, and only when it starts: uvicorn and httptools are dear to import.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections import deque
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, ClassVar, Final
from urllib.parse import unquote

import httptools
from uvicorn.server import ServerState

from licet.ambient import monotonic
from licet.authorization_server.web import refusals
from licet.authorization_server.web.eager import begin
from licet.authorization_server.web.hearing import Heard
from licet.authorization_server.web.kernel import Kernel
from licet.authorization_server.web.limits import Patience
from licet.authorization_server.web.message import Message
from licet.authorization_server.web.replies import Reply
from licet.authorization_server.web.watch import Watch

_STATUS: Final = {each.value: f"HTTP/1.1 {each.value} {each.phrase}\r\n".encode() for each in HTTPStatus}
_AT_ONCE: Final = struct.pack("ii", 1, 0)
_THE_END: Final = b"content-length: 0\r\nconnection: close\r\n\r\n"
_CLOSE: Final = b"connection: close\r\n"
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"

_NOTHING, _HEAD, _BODY = range(3)
"""What is being read: nothing, for the next request has not begun, or a part of it."""

_log = logging.getLogger("licet.connections")


class Connection(asyncio.Protocol):
    """What uvicorn makes for each connection it accepts; ``bounded`` says for which kernel."""

    kernel: ClassVar[Kernel]
    patience: ClassVar[Patience]
    watch: ClassVar[Watch]

    def __init__(self, *, server_state: ServerState, **_: Any) -> None:
        self._server = server_state
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport
        self._peer: str | None = None
        self._message = Message()
        self._waiting: deque[Message] = deque()
        """Requests that came before the one before them was answered."""
        self._task: asyncio.Task[None] | None = None
        self._busy = False
        """Whether a request is being answered."""
        self._reading = _HEAD
        self._since = monotonic()
        """When what is waited for began: an answer where it is busy, the end where it is closing, else what is being
        read."""
        self._head_bytes = 0
        self._stalled_since: float | None = None
        self._paused = False
        self._late = False
        self._last = False
        """Whether nothing more is read on this connection."""

    # ── the transport tells ──────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        if len(self._server.connections) >= self.patience.connections:
            transport.abort()
            return
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else None
        self._server.connections.add(self)  # type: ignore[arg-type]
        self.watch.begin(self._loop, self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever asked has gone; what an endpoint has begun it finishes, for it may have written already."""
        self._server.connections.discard(self)
        self.watch.end(self)
        self._waiting.clear()
        self._last = True

    def data_received(self, data: bytes) -> None:
        if self._last:
            return
        before, self._reading = self._reading, self._reading or _HEAD
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # its request was the last one: nothing is spoken here but HTTP/1.1
        except httptools.HttpParserError as error:
            self._hang_up(_blame(error))
            return
        if self._reading != before and not self._busy:
            self._since = monotonic()
        if self._reading == _HEAD:
            self._head_bytes += len(data)
            if self._head_bytes > self.patience.head_bytes:
                self._hang_up(431)

    def pause_writing(self) -> None:
        self._stalled_since = monotonic()

    def resume_writing(self) -> None:
        self._stalled_since = None
        self._next()

    # ── the parser tells ─────────────────────────────────────────────────────────────────────────────────────────

    def on_message_begin(self) -> None:
        self._message = Message()

    def on_url(self, url: bytes) -> None:
        self._message.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._message.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Read what the head says. Raises HttpParserInvalidURLError, which httptools makes an error of its own."""
        message, parser = self._message, self._parser
        message.method = parser.get_method().decode("ascii")
        message.keeps = (
            parser.get_http_version() == "1.1" and parser.should_keep_alive() and not parser.should_upgrade()
        )
        address = httptools.parse_url(message.url)
        path = address.path.decode("ascii")
        message.path = unquote(path) if "%" in path else path
        message.query = address.query or b""
        self._reading, self._head_bytes = _BODY, 0
        for name, value in message.headers:
            if name == b"content-length" and self._too_long(int(value), message):
                self._cut(message)
            elif name == b"expect" and value.lower() == b"100-continue" and not (self._busy or self._last):
                self._transport.write(_CONTINUE)

    def on_body(self, body: bytes) -> None:
        message = self._message
        if not message.whole:
            message.body += body
            if self._too_long(len(message.body), message):
                self._cut(message)

    def _too_long(self, length: int, message: Message) -> bool:
        """Whether *message* has more body than its path takes: looked up only where it is more than most take."""
        return length > self.kernel.limits.body_bytes and length > self.kernel.longest(message.path)

    def on_message_complete(self) -> None:
        self._reading = _NOTHING
        if not self._message.whole:
            self._whole(self._message)

    # ── a request and its answer ─────────────────────────────────────────────────────────────────────────────────

    def _cut(self, message: Message) -> None:
        """Read no more of *message*: it is too large or too slow, and so the last one here."""
        message.keeps = False
        self._whole(message)

    def _whole(self, message: Message) -> None:
        """Everything that will be read of *message* has been read."""
        message.whole = True
        if self._last:  # whatever comes behind the last request is nobody's
            return
        if self._busy or self._waiting or self._stalled_since is not None:
            self._waiting.append(message)
            self._read_no_more()
        else:
            self._ask(message)

    def _ask(self, message: Message) -> None:
        heard = self.kernel.hear(message.method, message.path, message.query, message.headers, self._peer)
        self._busy, self._since = True, heard.begun
        self._last |= not message.keeps
        work = self.kernel.answer(heard, message.read)
        begun = begin(work) if heard.by_a_machine else work
        if isinstance(begun, Reply):
            self._answer(begun, heard)
        else:
            self._late = False
            self._task = self._loop.create_task(self._finish(begun, heard))
            self._server.tasks.add(self._task)
            self._task.add_done_callback(self._server.tasks.discard)

    async def _finish(self, begun: Awaitable[Reply], heard: Heard) -> None:
        try:
            reply = await begun
        except asyncio.CancelledError:
            if not self._late:  # the process ends, and has no more patience
                self._transport.close()
                raise
            reply = self.kernel.late(heard)
        self._answer(reply, heard)

    def _answer(self, reply: Reply, heard: Heard) -> None:
        """Send head and body in one write: each write is a system call, and that is what an answer costs most."""
        self._task, self._busy, self._since = None, False, monotonic()
        if self._transport.is_closing():
            return
        self._last |= reply.closes
        pieces = [_STATUS[reply.status]]
        for name, value in self._server.default_headers:
            pieces += (name, b": ", value, b"\r\n")
        for name, value in reply.headers:
            pieces += (name, b": ", value, b"\r\n")
        pieces += (_CLOSE if self._last else b"", b"\r\n", b"" if heard.sent == "HEAD" else reply.body)
        self._transport.write(b"".join(pieces))
        if self._last:
            self._transport.close()
        elif self._paused:
            self._loop.call_soon(self._next)  # not from here: many short requests at once would nest as deep

    def _next(self) -> None:
        """Go on with what has come meanwhile, once the last answer is out of the house."""
        if self._busy or self._stalled_since is not None or self._transport.is_closing():
            return
        if self._waiting:
            self._ask(self._waiting.popleft())
        if self._paused and not self._waiting:
            self._paused = False
            self._transport.resume_reading()

    def _read_no_more(self) -> None:
        if not self._paused:
            self._paused = True
            self._transport.pause_reading()

    # ── patience ─────────────────────────────────────────────────────────────────────────────────────────────────

    def look(self, now: float) -> None:
        """End what has taken too long; ``Watch`` calls a few times within the shortest limit."""
        patience, limits, waited = self.patience, self.kernel.limits, now - self._since
        if self._transport.is_closing():  # too little is left to be stalled by, but unread it stays for ever
            if waited > patience.stalled_s:
                self._drop()
        elif self._stalled_since is not None:
            if now - self._stalled_since > patience.stalled_s:
                self._drop()
        elif self._busy:
            if waited > limits.request_s and self._task is not None and not self._late:
                self._late = True
                self._task.cancel()
        elif self._reading == _HEAD and waited > patience.head_s:
            self._hang_up(408)
        elif self._reading == _BODY and waited > limits.body_s:
            self._message.refusal = refusals.too_slow()
            self._cut(self._message)
        elif self._reading == _NOTHING and waited > patience.keep_alive_s:
            self._since = now
            self._transport.close()

    def shutdown(self) -> None:
        """Answer what is being answered and nothing more; uvicorn calls it when the process is to end."""
        self._last = True
        if not self._busy:
            self._transport.close()

    def _drop(self) -> None:
        """Reset: closing would leave what was written to the system, for as long as the other end likes."""
        opened = self._transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.abort()

    def _hang_up(self, status: int) -> None:
        """Say why, unless an earlier answer is still on its way."""
        self._last = True
        if not self._busy and not self._transport.is_closing():
            self._since = monotonic()
            self._transport.write(_STATUS[status] + _THE_END)
            self._transport.close()


def _blame(error: httptools.HttpParserError) -> int:
    """Whose fault it is that a request could not be read: the parser also passes on what our own code raised."""
    cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else None
    if cause is None or isinstance(cause, (httptools.HttpParserInvalidURLError, UnicodeDecodeError)):
        return 400
    _log.error("a request could not be answered", exc_info=cause)
    return 500


def bounded(kernel: Kernel, patience: Patience) -> type[Connection]:
    """The protocol class that uvicorn instantiates, one for each connection."""
    shortest = min(
        patience.head_s, patience.stalled_s, patience.keep_alive_s, kernel.limits.body_s, kernel.limits.request_s
    )
    return type("BoundedConnection", (Connection,), {"kernel": kernel, "patience": patience, "watch": Watch(shortest)})
