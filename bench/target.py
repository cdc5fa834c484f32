"""One authorization server as the workloads see it: where it is, who may ask, and what it says of itself."""

import base64
import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

FORM = "application/x-www-form-urlencoded"


class Unavailable(Exception):  # noqa: N818 - an answer, not a failure: the run goes on without it
    """A target or a workload that cannot be measured here, and why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer outside the load, read at leisure."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    def json(self) -> dict[str, Any]:
        """Read the body as one JSON object."""
        value = json.loads(self.body)
        if not isinstance(value, dict):
            msg = "not a JSON object"
            raise TypeError(msg)
        return value


@dataclass(frozen=True, slots=True)
class Confidential:
    """A client, or an API, that authenticates with client_secret_basic."""

    client_id: str
    secret: str

    @property
    def basic(self) -> str:
        """The Authorization header's value (RFC 6749 §2.3.1: both parts are form-encoded first)."""
        pair = f"{quote(self.client_id, safe='')}:{quote(self.secret, safe='')}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


@dataclass(frozen=True, slots=True)
class Public:
    """A public client of the authorization code flow."""

    client_id: str
    redirect_uri: str
    scope: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A running server with the clients, the API and the person that the workloads need; None is: not there."""

    name: str
    issuer: str
    pid: int
    service: Confidential
    api: Confidential | None
    access_tokens: Mapping[str, Mapping[str, str]]
    """Token form (``opaque``, ``RS256``, ``ES256``) → what a client credentials request adds to get it."""
    browsers: Mapping[str, Public]
    """ID token algorithm → the client that is registered for it."""
    rotating: Public | None
    login: str
    password: str
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port for a socket."""
        parts = urlsplit(self.issuer)
        return parts.hostname or "127.0.0.1", parts.port or 80

    @property
    def authority(self) -> str:
        """The Host header's value."""
        return urlsplit(self.issuer).netloc

    def path(self, endpoint: str) -> str:
        """Path of an endpoint, as the server's metadata names it."""
        url = self.metadata.get(endpoint)
        if not isinstance(url, str):
            msg = f"no {endpoint} in its metadata"
            raise Unavailable(msg)
        return urlsplit(url).path

    @property
    def discovery(self) -> str:
        """Path of the metadata document (OIDC Discovery §4)."""
        return urlsplit(self.issuer).path.rstrip("/") + "/.well-known/openid-configuration"

    def jwks(self) -> dict[str, Any]:
        """Fetch the keys that the server signs with."""
        return call(self.address, "GET", self.path("jwks_uri")).json()

    def get(self, path: str, **headers: str) -> bytes:
        """Write a GET request for the load."""
        return self._head("GET", path, headers) + b"\r\n"

    def post(self, path: str, form: Mapping[str, str], **headers: str) -> bytes:
        """Write a form POST for the load."""
        body = urlencode(form).encode()
        extra = f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
        return self._head("POST", path, headers) + extra.encode() + body

    def _head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"{method} {path} HTTP/1.1\r\nHost: {self.authority}\r\nAccept: */*\r\n{lines}".encode()

    def ask(self, endpoint: str, form: Mapping[str, str], client: Confidential | None = None) -> Reply:
        """POST *form* to an endpoint once, outside the load."""
        headers = {"Content-Type": FORM} | ({"Authorization": client.basic} if client else {})
        return call(self.address, "POST", self.path(endpoint), urlencode(form), headers)


def call(
    address: tuple[str, int],
    method: str,
    path: str,
    body: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """One request on a connection of its own."""
    connection = http.client.HTTPConnection(*address, timeout=10)
    try:
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def discover(issuer: str) -> dict[str, Any]:
    """Fetch and check the metadata document of *issuer*."""
    parts = urlsplit(issuer)
    path = parts.path.rstrip("/") + "/.well-known/openid-configuration"
    reply = call((parts.hostname or "127.0.0.1", parts.port or 80), "GET", path)
    document = reply.json()
    if reply.status != http.HTTPStatus.OK or document.get("issuer") != issuer:
        msg = "its metadata is of another issuer"
        raise Unavailable(msg)
    return document
