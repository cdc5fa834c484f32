"""One HTTP connection, bounded: uvicorn itself waits for ever and takes headers of any size.

Only the listener imports this room, and only when it starts: uvicorn is dear to import.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from licet.authorization_server.web.limits import Patience

_TOO_LARGE: Final = b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\n"
_AT_ONCE: Final = struct.pack("ii", 1, 0)
_THE_END: Final = b"content-length: 0\r\nconnection: close\r\n\r\n"


class _Together:
    """A transport that sends an answer's head and body in one write: each write is a system call, and that is what an
    answer costs most.

    Everything else passes through, after what is held.
    """

    __slots__ = ("_held", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._held = b""

    def write(self, data: bytes) -> None:
        if self._held:
            data, self._held = self._held + data, b""
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 1"):  # 100 Continue must not wait
            self._held = data
            return
        self._transport.write(data)

    def flush(self) -> None:
        """Send a head that has no body."""
        if self._held:
            data, self._held = self._held, b""
            self._transport.write(data)

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class Connection(HttpToolsProtocol):
    """uvicorn's connection with a limit on everything that a stranger decides."""

    patience = Patience()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = False
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._stalled_timer: asyncio.TimerHandle | None = None
        self._answered: RequestResponseCycle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.patience.connections:
            transport.abort()
        self._together = _Together(transport)
        super().connection_made(cast("asyncio.Transport", self._together))
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._answered is not None:  # uvicorn tells the last of several requests in a row only
            self._answered.disconnected = True
            self._answered.message_event.set()
        self._head_arrived()
        self._move()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # Most requests arrive whole: their head is over by now, and they never pay for a timer.
        if (self._in_head or self._idle()) and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > self.patience.head_bytes:
                self._hang_up(_TOO_LARGE)
            else:
                self._await_head()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_arrived()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled_timer is None:
            self._stalled_timer = self.loop.call_later(self.patience.stalled_s, self._drop)

    def resume_writing(self) -> None:
        self._move()
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        self._together.flush()
        super().on_response_complete()

    def _idle(self) -> bool:
        """Whether no request is being answered: then even blank lines count as a head that does not come."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.patience.head_s, self._hang_up, _TOO_SLOW)

    def _head_arrived(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _move(self) -> None:
        if self._stalled_timer is not None:
            self._stalled_timer.cancel()
            self._stalled_timer = None

    def _drop(self) -> None:
        """Reset: closing would leave what was written to the system, for as long as the other end likes."""
        opened = self.transport.get_extra_info("socket")
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self.transport.abort()

    def _hang_up(self, status: bytes) -> None:
        """Say why, unless an earlier answer is still on its way."""
        self._head_timer = None
        if self._idle() and not self.transport.is_closing():
            self.transport.write(status + _THE_END)
        self.transport.close()  # which also sends what was just written


def bounded(patience: Patience) -> type[Connection]:
    """The protocol class that uvicorn instantiates, one for each connection."""
    return type("BoundedConnection", (Connection,), {"patience": patience})
