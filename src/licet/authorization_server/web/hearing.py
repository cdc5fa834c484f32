"""From the server's scope to ``Incoming``: sizes first, then whom it is for, then its body, then its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import chain
from typing import Final

import msgspec

from licet.ambient import Instant
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.web import forms, refusals
from licet.authorization_server.web.asgi import Message, Receive
from licet.authorization_server.web.limits import Limits
from licet.authorization_server.web.routes import Kind, Place
from licet.protocol import basic
from licet.protocol.errors import InvalidRequest
from licet.protocol.parameters import Parameters
from licet.requirements import PARAMETERS_ONCE

_MAY_REPEAT: Final = frozenset(
    {b"cookie", b"accept", b"accept-encoding", b"accept-language", b"forwarded", b"via", b"x-forwarded-for"}
)
"""Lists by definition, and of no consequence or joined where they are read."""
_CLIENT_ID: Final = re.compile(r"(?!.*(?:lct[a-z]{2,3}_|eyJ))[\w.~:/-]{1,128}", re.ASCII)
"""A secret that was put in the wrong field is not an id."""
WITH_BODY: Final = frozenset({"POST", "PUT"})
_NOTHING: Final = Parameters()
_LONGEST_PATH: Final = 256
"""Characters of an unknown path that are worth keeping; the rest is somebody's joke."""


Raw = Sequence[tuple[bytes, bytes]]
"""Header lines, names in small letters."""


class ClientGoneError(Exception):
    """Whoever asked has hung up: there is nobody to answer."""


class Heard(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request before anything is judged: enough to refuse it, to answer it and to log it."""

    given: str
    """The path as it was sent."""
    query: bytes
    raw: Raw
    headers: dict[bytes, bytes]
    place: Place | None
    sent: str
    """The method as it was sent."""
    method: str
    """GET where HEAD was sent."""
    peer: str
    request_id: str
    at: Instant
    begun: float

    @property
    def by_a_person(self) -> bool:
        """Whether a refusal should be a page."""
        if self.place is None:
            return b"text/html" in self.headers.get(b"accept", b"")
        return self.place.kind.value == "page"

    @property
    def by_a_machine(self) -> bool:
        """Whether it goes to an endpoint that people do not see: those never ask which task they are in."""
        return self.place is not None and self.place.kind is not Kind.PAGE

    @property
    def path(self) -> str:
        """Below the issuer where the path is known; of a stranger's the beginning, in letters that can be kept."""
        if self.place:
            return self.place.path
        return self.given[:_LONGEST_PATH].encode("utf-8", "replace").decode()

    def unread(self) -> Incoming:
        """What can be said of a request that was refused before it was read."""
        return Incoming(
            method=self.method,
            path=self.path,
            query=_NOTHING,
            form=_NOTHING,
            peer=self.peer,
            request_id=self.request_id,
            at=self.at,
        )


def measure(heard: Heard, limits: Limits) -> None:
    """Refuse what is too large to be looked at, and headers sent twice that two readers would read differently."""
    raw = heard.raw
    if sum(map(len, chain.from_iterable(raw))) > limits.header_bytes:
        raise refusals.headers_too_large(limits.header_bytes)
    if len(raw) != len(heard.headers):
        _refuse_repeated(raw)
    if len(heard.query) > limits.query_bytes:
        raise refusals.query_too_long(limits.query_bytes)


def addressed(heard: Heard, hosts: frozenset[bytes]) -> None:
    """Refuse a Host that is not ours: rebinding and poisoned links end here (rulings L)."""
    host = heard.headers.get(b"host")
    if host is None:
        raise refusals.no_host()
    if host not in hosts and host.lower() not in hosts:
        raise refusals.misdirected(host)


def incoming(heard: Heard, place: Place, collected: bytes) -> Incoming:
    """Read the request. Raises InvalidRequest: not a form, not well-formed."""
    headers, query = heard.headers, heard.query
    if place.kind is Kind.ADMINISTRATION:
        return _administrative(heard, place, collected)
    if place.json:
        form, body = _NOTHING, forms.json(collected, headers.get(b"content-type")) if collected else b""
    else:
        form, body = (forms.form(collected, headers.get(b"content-type")) if heard.method == "POST" else _NOTHING), b""
    authorization = _text(headers.get(b"authorization"))
    return Incoming(
        method=heard.method,
        path=place.path,
        query=forms.parameters(query) if query else _NOTHING,
        form=form,
        json=body,
        authorization=authorization,
        basic=None if authorization is None else basic.decode(authorization),
        cookies=forms.cookies(headers.get(b"cookie")),
        accept=_text(headers.get(b"accept")) or "",
        origin=_text(headers.get(b"origin")),
        fetch_site=_text(headers.get(b"sec-fetch-site")),
        dpop=_text(headers.get(b"dpop")),
        peer=heard.peer,
        request_id=heard.request_id,
        at=heard.at,
    )


def _administrative(heard: Heard, place: Place, collected: bytes) -> Incoming:
    """Read a request to the admin API: it has names in its path, preconditions, and no cookies."""
    headers = heard.headers
    return Incoming(
        method=heard.method,
        path=place.path,
        named=place.named(heard.given),
        query=forms.parameters(heard.query),
        form=_NOTHING,
        json=forms.described(collected, headers.get(b"content-type")) if collected else b"",
        authorization=_text(headers.get(b"authorization")),
        if_match=_text(headers.get(b"if-match")),
        if_none_match=_text(headers.get(b"if-none-match")),
        peer=heard.peer,
        request_id=heard.request_id,
        at=heard.at,
    )


def claimed_client(asked: Incoming) -> str:
    """The client id somebody claims, for the log; empty where it could be anything else."""
    try:
        name = asked.form.get("client_id") or asked.query.get("client_id") or ""
    except InvalidRequest:
        return ""
    if not name and asked.basic is not None:
        name = asked.basic[0]
    return name if _CLIENT_ID.fullmatch(name) else ""


def announced(headers: dict[bytes, bytes], most: int) -> None:
    """Refuse a body that says it is longer than *most* bytes. Raises BodyTooLarge."""
    declared = headers.get(b"content-length", b"0")
    if len(declared) > len(str(most)) or not declared.isdigit() or int(declared) > most:
        raise refusals.body_too_large(most)


def bounded(collected: bytes, most: int) -> bytes:
    """A body that was not announced is measured when it is here. Raises BodyTooLarge."""
    if len(collected) > most:
        raise refusals.body_too_large(most)
    return collected


async def body(receive: Receive, most: int) -> bytes:
    """Collect what an ASGI server hands over, and a little more than *most* at the most."""
    message = await receive()
    pieces = [_chunk(message)]
    left = most - len(pieces[0])
    while left >= 0 and message.get("more_body", False):
        message = await receive()
        pieces.append(_chunk(message))
        left -= len(pieces[-1])
    return b"".join(pieces)


def _chunk(message: Message) -> bytes:
    if message["type"] != "http.request":
        raise ClientGoneError
    chunk: bytes = message.get("body", b"")
    return chunk


def _refuse_repeated(raw: Raw) -> None:
    seen: set[bytes] = set()
    for name, _ in raw:
        if name in seen and name not in _MAY_REPEAT:
            raise InvalidRequest(f"The header {name.decode('latin-1')} is repeated", per=PARAMETERS_ONCE)
        seen.add(name)


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")
