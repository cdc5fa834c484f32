"""From the server's scope to ``Incoming``: sizes first, then whom it is for, then its body, then its text."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any, Final

import msgspec

from licet.ambient import Instant
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.web import forms, refusals
from licet.authorization_server.web.asgi import Message, Receive
from licet.authorization_server.web.limits import Limits
from licet.authorization_server.web.routes import Place
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
_NOTHING: Final = Parameters()
_LONGEST_PATH: Final = 256
"""Characters of an unknown path that are worth keeping; the rest is somebody's joke."""


class ClientGoneError(Exception):
    """Whoever asked has hung up: there is nobody to answer."""


class Heard(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A request before anything is judged: enough to refuse it, to answer it and to log it."""

    scope: Any
    headers: dict[bytes, bytes]
    place: Place | None
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
    def path(self) -> str:
        """Below the issuer where the path is known; of a stranger's the beginning, in letters that can be kept."""
        if self.place:
            return self.place.path
        return str(self.scope["path"])[:_LONGEST_PATH].encode("utf-8", "replace").decode()

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
    raw = heard.scope["headers"]
    if sum(map(len, chain.from_iterable(raw))) > limits.header_bytes:
        raise refusals.headers_too_large(limits.header_bytes)
    if len(raw) != len(heard.headers):
        _refuse_repeated(raw)
    if len(heard.scope["query_string"]) > limits.query_bytes:
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
    headers, query = heard.headers, heard.scope["query_string"]
    form = forms.form(collected, headers.get(b"content-type")) if heard.method == "POST" else _NOTHING
    return Incoming(
        method=heard.method,
        path=place.path,
        query=forms.parameters(query) if query else _NOTHING,
        form=form,
        authorization=_text(headers.get(b"authorization")),
        cookies=forms.cookies(headers.get(b"cookie")),
        origin=_text(headers.get(b"origin")),
        fetch_site=_text(headers.get(b"sec-fetch-site")),
        dpop=_text(headers.get(b"dpop")),
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
    if not name and asked.authorization is not None:
        name = (basic.decode(asked.authorization) or ("",))[0]
    return name if _CLIENT_ID.fullmatch(name) else ""


async def body(receive: Receive, headers: dict[bytes, bytes], most: int) -> bytes:
    """Collect the body. Raises InvalidRequest: more than *most* bytes, announced or sent."""
    declared = headers.get(b"content-length", b"0")
    if len(declared) > len(str(most)) or not declared.isdigit() or int(declared) > most:
        raise refusals.body_too_large(most)
    message = await receive()
    if not message.get("more_body", False):
        return _bounded(_chunk(message), most)
    pieces = [_chunk(message)]
    left = most - len(pieces[0])
    while left >= 0 and message.get("more_body", False):
        message = await receive()
        pieces.append(_chunk(message))
        left -= len(pieces[-1])
    return _bounded(b"".join(pieces), most)


def _chunk(message: Message) -> bytes:
    if message["type"] != "http.request":
        raise ClientGoneError
    chunk: bytes = message.get("body", b"")
    return chunk


def _bounded(collected: bytes, most: int) -> bytes:
    if len(collected) > most:
        raise refusals.body_too_large(most)
    return collected


def _refuse_repeated(raw: list[tuple[bytes, bytes]]) -> None:
    seen: set[bytes] = set()
    for name, _ in raw:
        if name in seen and name not in _MAY_REPEAT:
            raise InvalidRequest(f"The header {name.decode('latin-1')} is repeated", per=PARAMETERS_ONCE)
        seen.add(name)


def _text(header: bytes | None) -> str | None:
    return None if header is None else header.decode("latin-1")
