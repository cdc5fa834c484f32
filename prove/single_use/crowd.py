"""A crowd over keep-alive connections: all connected before the first word, one request in flight on each."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from bench.wire import Answer, take
from prove.single_use.served import Served

_READ = 256 * 1024
_PATIENCE_S = 300


@dataclass(frozen=True)
class Request:
    """A form that is posted, or a page that is looked at where there is none."""

    path: str
    form: dict[str, str] | None = None
    cookies: str = ""

    def encode(self, authority: str) -> bytes:
        head = f"Host: {authority}\r\nAccept: */*\r\n" + (f"Cookie: {self.cookies}\r\n" if self.cookies else "")
        if self.form is None:
            return f"GET {self.path} HTTP/1.1\r\n{head}\r\n".encode()
        body = urlencode(self.form)
        head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        return f"POST {self.path} HTTP/1.1\r\n{head}\r\n{body}".encode()


def crowd(served: Served, requests: Sequence[Request], connections: int) -> list[Answer]:
    """The answers, in the order of *requests*; each connection takes the next one as soon as it has its answer."""
    return asyncio.run(_crowd(served, requests, min(connections, len(requests))))


async def _crowd(served: Served, requests: Sequence[Request], connections: int) -> list[Answer]:
    answers: list[Answer | None] = [None] * len(requests)
    authority = f"127.0.0.1:{served.port}"
    written = {key: one.encode(authority) for key, one in {id(one): one for one in requests}.items()}
    opened = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(connections)]
    waiting = iter(range(len(requests)))

    async def lane(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        for number in waiting:
            writer.write(written[id(requests[number])])
            while (answer := take(buffer)) is None:
                got = await reader.read(_READ)
                assert got, "the server hung up"
                buffer += got
            answers[number] = answer

    try:
        async with asyncio.timeout(_PATIENCE_S):
            await asyncio.gather(*(lane(*streams) for streams in opened))
    finally:
        for _, writer in opened:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for _, writer in opened), return_exceptions=True)
    return [answer for answer in answers if answer is not None]


def said(answer: Answer) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer.body)
    return body


def outcomes(answers: Sequence[Answer]) -> Counter[str]:
    """How many had which status and error: ``200``, ``400 invalid_grant``."""
    return Counter(str(one.status) if one.status == 200 else f"{one.status} {_error(one)}" for one in answers)


def _error(answer: Answer) -> str:
    try:
        return str(said(answer).get("error", ""))
    except ValueError:
        return "page"


def unserved(answers: Sequence[Answer], expected: int) -> list[str]:
    """What no crowd within the server's limits may see: a request without an answer, an error of the server's."""
    faults = [] if len(answers) == expected else [f"{expected - len(answers)} requests were not answered"]
    return faults + [f"{count}× {what}" for what, count in outcomes(answers).items() if what[0] not in "234"]
