"""One client's keep-alive connection; an answer that never comes whole is None."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import httpx2

from bench.wire import Answer, take
from prove.single_use.crowd import Request

Send = Callable[[Request], Awaitable[Answer | None]]
_READ = 64 * 1024
_PATIENCE_S = 60


class Line:
    """Connects when it is first used; once broken it stays broken."""

    def __init__(self, port: int, network: int = 0) -> None:
        """*network* numbers the loopback network it comes from: the server counts wrong guesses by network."""
        self._port = port
        self._here = (f"127.0.{network}.1", 0)
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.broken = False

    async def __call__(self, request: Request) -> Answer | None:
        if self.broken:
            return None
        try:
            async with asyncio.timeout(_PATIENCE_S):
                answer = await self._ask(request)
        except ConnectionError:  # refused or reset; a time-out is neither: a server that hangs fails the proof
            answer = None
        self.broken = answer is None
        return answer

    async def _ask(self, request: Request) -> Answer | None:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port, local_addr=self._here)
        reader, writer = self._streams
        writer.write(request.encode(f"127.0.0.1:{self._port}"))
        buffer = bytearray()
        while (answer := take(buffer)) is None:
            got = await reader.read(_READ)
            if not got:
                return None
            buffer += got
        return answer

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            with suppress(OSError):
                await self._streams[1].wait_closed()


def within(app: object, origin: str) -> tuple[Send, httpx2.AsyncClient]:
    """The same for an application in this process; the client is the caller's to close."""
    transport = httpx2.ASGITransport(app=app)  # type: ignore[arg-type]
    http = httpx2.AsyncClient(transport=transport, base_url=origin, follow_redirects=False)

    async def send(request: Request) -> Answer | None:
        cookies = {"Cookie": request.cookies} if request.cookies else {}
        method = "GET" if request.form is None else "POST"
        response = await http.request(method, request.path, data=request.form, headers=cookies)
        head = "".join(f"\r\n{name}: {value}" for name, value in response.headers.multi_items())
        return Answer(response.status_code, head.encode(), response.content)

    return send, http
