"""The one way out: what the server fetches from addresses that others wrote down (SSRF ends here).

A host is resolved once, every address of the answer is judged, and the connection goes to the very address that was
judged, under the host's name in TLS: a name that changes its mind in between changes nothing. No redirect is followed,
no cookie kept, no proxy of the environment used. Everything is bounded: time, size, how many at once.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlencode, urlsplit

import msgspec

from licet import __version__
from licet.protocol.public_address import Address, Network, lent_by_name, parse, public

if TYPE_CHECKING:
    import httpx2

Resolve = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""Host and port to addresses, as text; raises OSError."""

_URL = re.compile(r"[!-\[\]-~]{1,2048}")
"""Printable ASCII without space and backslash: what parsers disagree about is not an address here."""
_MAX_AGE = re.compile(r"(?:^|,)\s*max-age\s*=\s*\"?([0-9]{1,9})\"?\s*(?:,|$)", re.IGNORECASE)
_NOT_KEPT = re.compile(r"(?:^|,)\s*(?:no-store|no-cache)\b", re.IGNORECASE)
_JSON_SUFFIX = re.compile(r"application/[a-z0-9!#$&^_.-]+\+json")
_FORM = "application/x-www-form-urlencoded"
_TOLD_BYTES = 16 * 1024
"""How much of the answer to a notice is read away before hanging up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressLimits:
    """Whom the server may visit, and how long and how much it listens."""

    hosts: frozenset[str] = frozenset()
    """Hosts, in lower case, that may have a private address."""
    networks: tuple[Network, ...] = ()
    """Private networks that may be visited under any name."""
    ca_file: Path | None = None
    """Certificates (PEM) that are trusted beside the system's."""
    connect_s: float = 3.0
    """Seconds for a connection and its TLS handshake."""
    total_s: float = 6.0
    """Seconds from the question to the last byte, waiting for a turn included."""
    at_once: int = 8
    """Visits under way at the same time; others wait for a turn."""


class Unreachable(Exception):  # noqa: N818  a condition of somebody else's server
    """Nothing usable came. *reason* is for the operator's log: to a stranger it would map the network."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    content_type: str
    """Lower case, without parameters."""
    body: bytes
    cache_s: int | None
    """Seconds that its publisher allows it to be kept; 0 not at all; None: it does not say."""


class Egress:
    """Visits addresses that others wrote down."""

    def __init__(self, limits: EgressLimits | None = None, *, resolve: Resolve | None = None) -> None:
        self._limits = limits or EgressLimits()
        self._names = ThreadPoolExecutor(self._limits.at_once, thread_name_prefix="names")
        self._resolve = resolve or self._system_resolve
        self._turns = asyncio.Semaphore(self._limits.at_once)
        self._tls: ssl.SSLContext | None = None

    async def get(self, url: str, *, accept: tuple[str, ...], max_bytes: int, any_json: bool = False) -> Fetched:
        """A document of one of the types *accept*, of *max_bytes* at most, with status 200; raises Unreachable.

        *any_json*: of ``application/…+json`` as well.
        """
        headers = {"Accept": ", ".join(accept)}
        async with self._visit("GET", url, headers, None) as response:
            kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
            if response.status_code != 200:  # noqa: PLR2004  HTTP's own word
                raise Unreachable(f"status {response.status_code}")
            if kind not in accept and not (any_json and _JSON_SUFFIX.fullmatch(kind)):
                raise Unreachable(f"content type {kind[:80]!r}")
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise Unreachable("the answer is compressed, and nobody asked for that")
            body = await _bounded(response, max_bytes)
            return Fetched(
                status=response.status_code,
                content_type=kind,
                body=body,
                cache_s=_cache_s(response.headers.get("Cache-Control", "")),
            )

    async def post_form(self, url: str, fields: Mapping[str, str]) -> int:
        """POST *fields* to *url*; the status of the answer, whatever it is. Raises Unreachable."""
        async with self._visit("POST", url, {"Content-Type": _FORM}, urlencode(fields).encode()) as response:
            await _read_away(response)
            return int(response.status_code)

    def close(self) -> None:
        """No more visits."""
        self._names.shutdown(wait=False, cancel_futures=True)

    @asynccontextmanager
    async def _visit(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> AsyncIterator[httpx2.Response]:
        httpx = await asyncio.to_thread(_library)
        try:
            async with asyncio.timeout(self._limits.total_s), self._turns:
                parts, host, port = _parts(url)
                addresses = await self._addresses(parts.scheme, host, port)
                async with self._connected(httpx, method, parts, host, port, addresses, headers, content) as response:
                    yield response
        except TimeoutError:
            raise Unreachable(f"no whole answer within {self._limits.total_s} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError) as error:
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    async def _addresses(self, scheme: str, host: str, port: int) -> tuple[Address, ...]:
        """Every address of *host*, if each one may be visited; one bad address spoils them all."""
        try:
            found = tuple(dict.fromkeys(parse(text) for text in await self._resolve(host, port)))
        except (OSError, ValueError, UnicodeError) as error:
            raise Unreachable(f"{host} has no address: {error}") from error
        if not found:
            raise Unreachable(f"{host} has no address")
        for address in found:
            if not self._may_visit(host, address):
                raise Unreachable(f"{host} is {address}, which is not public and not in [server.egress] allow")
            if scheme == "http" and not address.is_loopback:
                raise Unreachable(f"{host} is not on this machine, and its address is not https")
        return found

    def _may_visit(self, host: str, address: Address) -> bool:
        if public(address) or any(address.version == n.version and address in n for n in self._limits.networks):
            return True
        return host in self._limits.hosts and lent_by_name(address)

    @asynccontextmanager
    async def _connected(
        self,
        httpx: ModuleType,
        method: str,
        parts: SplitResult,
        host: str,
        port: int,
        addresses: tuple[Address, ...],
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> AsyncIterator[httpx2.Response]:
        """The answer of the first address that takes a connection. A transport of its own for each visit: a kept
        connection would be reused for another host at the same address, past the check of its certificate."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(self._trust)
        async with httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False, retries=0) as transport:
            response = await self._first(httpx, transport, method, parts, host, port, addresses, headers, content)
            try:
                yield response
            finally:
                await response.aclose()

    async def _first(
        self,
        httpx: ModuleType,
        transport: httpx2.AsyncHTTPTransport,
        method: str,
        parts: SplitResult,
        host: str,
        port: int,
        addresses: tuple[Address, ...],
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> httpx2.Response:
        wait = self._limits
        timeout = {"connect": wait.connect_s, "read": wait.total_s, "write": wait.total_s, "pool": wait.total_s}
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        sent = {
            "Host": parts.netloc,
            "User-Agent": f"licet/{__version__}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        for last, address in enumerate(addresses, 1 - len(addresses)):
            literal = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004  of IP
            request = httpx.Request(
                method,
                f"{parts.scheme}://{literal}:{port}{target}",
                headers=sent,
                content=content,
                extensions={"timeout": timeout, "sni_hostname": host},
            )
            try:
                return await transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if last == 0:
                    raise
        raise Unreachable(f"{host} has no address")

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._limits.ca_file is not None:
            context.load_verify_locations(cafile=self._limits.ca_file)
        return context

    async def _system_resolve(self, host: str, port: int) -> tuple[str, ...]:
        """Threads of its own: a slow name server holds up only other visits."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._names, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        )
        return tuple(str(sockaddr[0]) for *_, sockaddr in found)


def _library() -> ModuleType:
    """Imported at the first visit, in a thread: a server that never goes out never pays for it."""
    import httpx2  # noqa: PLC0415

    return httpx2


def _parts(url: str) -> tuple[SplitResult, str, int]:
    """The address, its host in lower case and its port; raises Unreachable for what is not a plain address."""
    if _URL.fullmatch(url) is None:
        raise Unreachable("not an address: other characters than printable ASCII, or too long")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise Unreachable(f"not an address: {error}") from None
    if parts.scheme not in {"https", "http"} or not host:
        raise Unreachable("not an https address")
    if "@" in parts.netloc or "#" in url or "%" in parts.netloc:
        raise Unreachable("an address with a user, a fragment or an escaped host")
    return parts, host, port or (443 if parts.scheme == "https" else 80)


async def _bounded(response: httpx2.Response, max_bytes: int) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise Unreachable(f"more than {max_bytes} bytes")
    return bytes(body)


async def _read_away(response: httpx2.Response) -> None:
    """The status has come; how much more there is does not matter."""
    seen = 0
    async for chunk in response.aiter_raw():
        seen += len(chunk)
        if seen > _TOLD_BYTES:
            return


def _cache_s(control: str) -> int | None:
    if _NOT_KEPT.search(control):
        return 0
    found = _MAX_AGE.search(control)
    return None if found is None else int(found[1])
