"""Sending one request and reading one answer, of bounded size, in bounded time. Redirects are never followed.

Whoever follows a redirect with a code or a secret in hand gives it to whoever wrote the redirect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

import httpx2
import msgspec

from licet import __version__

Pairs = tuple[tuple[str, str], ...]

_FORM = "application/x-www-form-urlencoded"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_MOST_BYTES = 1024 * 1024
_MOST_JSON_BYTES = 16 * 1024 * 1024
"""Of what answers a whole configuration: it says more of each app than was sent."""
_PATIENCE_S = 15.0


class Unreachable(Exception):  # noqa: N818  a condition of the network, not a mistake of the caller
    """No answer came, or none that can be read."""


class Unsafe(Exception):  # noqa: N818  a finding about an address, not a mistake of the caller
    """The address is not one that a token or a secret may be sent to (OAuth 2.1 §1.5)."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    headers: Pairs
    """Names in lower case."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of this name (in lower case)."""
        return next((value for key, value in self.headers if key == name), None)

    def every(self, name: str) -> tuple[str, ...]:
        """All headers of this name (in lower case)."""
        return tuple(value for key, value in self.headers if key == name)

    def json(self) -> dict[str, Any]:
        """The JSON object in the body; raises Unreachable."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.DecodeError:
            raise Unreachable(f"The answer ({self.status}) is no JSON object") from None


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its answer, for whoever watches. Holds secrets."""

    method: str
    url: str
    headers: Pairs
    form: Pairs
    answer: Answer


class Transport:
    """Sends requests, one after the other; *watch* is shown each."""

    def __init__(self, watch: Callable[[Exchange], None] = lambda _exchange: None) -> None:
        self._watch = watch
        self._http: dict[bool, httpx2.Client] = {}

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """GET *url*. Raises Unreachable and Unsafe."""
        return self._send("GET", url, headers or {}, ())

    def post(self, url: str, form: Pairs, headers: Mapping[str, str] | None = None) -> Answer:
        """POST *form* to *url*. Raises Unreachable and Unsafe."""
        return self._send("POST", url, {**(headers or {}), "Content-Type": _FORM}, form)

    def post_json(self, url: str, document: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
        """POST *document* to *url*. Raises Unreachable and Unsafe."""
        json = {**headers, "Content-Type": "application/json"}
        return self._send("POST", url, json, (), msgspec.json.encode(document))

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], form: Pairs, body: bytes | None = None
    ) -> Answer:
        loopback = _acceptable(url)
        content = urlencode(form).encode() if method == "POST" and body is None else body
        try:
            with self._client(loopback=loopback).stream(method, url, headers=headers, content=content) as response:
                answer = Answer(
                    status=response.status_code,
                    headers=tuple((name.lower(), value) for name, value in response.headers.multi_items()),
                    body=_bounded(response, _MOST_BYTES if body is None else _MOST_JSON_BYTES),
                )
        except httpx2.HTTPError as error:
            raise Unreachable(f"{_origin(url)} does not answer: {str(error) or type(error).__name__}") from error
        sent = tuple((name, value) for name, value in headers.items() if name != "Content-Type")
        self._watch(Exchange(method=method, url=url, headers=sent, form=form, answer=answer))
        return answer

    def _client(self, *, loopback: bool) -> httpx2.Client:
        """A proxy that the environment names is for the world outside, never for this machine."""
        if loopback not in self._http:
            agent = {"User-Agent": f"licet/{__version__}"}
            self._http[loopback] = httpx2.Client(
                follow_redirects=False, timeout=_PATIENCE_S, trust_env=not loopback, headers=agent
            )
        return self._http[loopback]

    def close(self) -> None:
        """Hang up."""
        for http in self._http.values():
            http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _acceptable(url: str) -> bool:
    """Whether *url* is on this machine; raises Unsafe unless it is, or is https."""
    parts = urlsplit(url)
    loopback = parts.hostname in _LOOPBACK
    if parts.scheme != "https" and not (parts.scheme == "http" and loopback):
        raise Unsafe(f"{_origin(url)} is neither https nor on this machine; nothing was sent")
    return loopback


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _bounded(response: httpx2.Response, most: int) -> bytes:
    body = b""
    for chunk in response.iter_bytes():
        body += chunk
        if len(body) > most:
            raise Unreachable(f"The answer is longer than {most} bytes")
    return body
