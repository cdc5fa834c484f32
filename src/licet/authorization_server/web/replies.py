"""Answers into bytes (RFC 9110): status, headers, body.

What an endpoint leaves open is closed here: JSON and pages are never stored, redirects are 303, every answer
carries the headers that browsers need to be careful.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, Protocol

import msgspec

from licet.authorization_server.exchange import (
    Answer,
    Document,
    Empty,
    FormPost,
    Json,
    Jwt,
    Page,
    Problem,
    Redirect,
    SetCookie,
)
from licet.authorization_server.views import View
from licet.authorization_server.web import cookies, headers
from licet.authorization_server.web.asgi import Headers

_NO_BODY: Final = frozenset({204, 304})
_A_YEAR: Final = b"public, max-age=31536000, immutable"
_A_MOMENT: Final = b"public, max-age=300"

encode_json: Final = msgspec.json.Encoder().encode


class Reply(msgspec.Struct, gc=False):
    """What goes out. What stands below the body is for the log."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes = b""
    closes: bool = False
    """Whether the connection ends with it: the rest of the request may still be coming."""
    error: str = ""
    reference: str = ""
    client_id: str = ""


class Rendering(Protocol):
    """What turns views into HTML: ``pages.Pages``."""

    def render(self, view: View) -> bytes: ...

    def render_form_post(self, form: FormPost) -> bytes: ...


class Found(Protocol):
    """A file that pages load: ``assets.Asset``."""

    @property
    def body(self) -> bytes: ...

    @property
    def media_type(self) -> str: ...

    @property
    def immutable(self) -> bool: ...


class Replies:
    """Writes answers for one issuer."""

    def __init__(self, pages: Rendering, *, https: bool) -> None:
        self._pages = pages
        self._https = https
        self._everywhere: Headers = headers.EVERYWHERE + (headers.HSTS if https else ())
        self._json: Headers = headers.JSON + self._everywhere
        self._page: Headers = headers.PAGE + self._everywhere
        self._form_post: Headers = headers.FORM_POST + self._everywhere
        self._not_stored: Headers = headers.NOT_STORED + self._everywhere
        # Looked up by the answer's class: every answer pays for one dict access, not for a chain of questions.
        self._writers: dict[type[Any], Callable[[Any], Reply]] = {
            Json: self.json,
            Problem: self._problem,
            Jwt: self._jwt,
            Redirect: self._redirect,
            FormPost: self._posting,
            Page: self.page,
            Empty: self._empty,
            Document: self._document,
        }

    def __call__(self, answer: Answer) -> Reply:
        """Write *answer*. Raises ValueError: a header that cannot be written."""
        return self._writers[type(answer)](answer)

    def json(self, answer: Json) -> Reply:
        """Write JSON, never stored (RFC 6749 §5.1)."""
        lines = list(self._json)
        for name, value in answer.headers:
            lines.append(headers.header(name, value))
        return _sized(answer.status, lines, encode_json(answer.body))

    def _problem(self, answer: Problem) -> Reply:
        """Write what went wrong, for programs (RFC 9457 §3)."""
        lines = [(b"content-type", b"application/problem+json"), *self._not_stored]
        lines += [headers.header(name, value) for name, value in answer.headers]
        return _sized(answer.status, lines, encode_json(answer.body))

    def _jwt(self, answer: Jwt) -> Reply:
        """Write a signed token, never stored."""
        lines = [*self._not_stored, headers.header("content-type", answer.media_type)]
        return _sized(200, lines, answer.body.encode())

    def page(self, answer: Page) -> Reply:
        """Write a page."""
        lines = [*self._page, *(headers.header(*line) for line in answer.headers), *self._set(answer.cookies)]
        return _sized(answer.status, lines, self._pages.render(answer.view))

    def file(self, found: Found, if_none_match: bytes | None) -> Reply:
        """Write a file that pages load."""
        keeping = _A_YEAR if found.immutable else _A_MOMENT
        lines = [*self._everywhere, *headers.ASSET, (b"cache-control", keeping)]
        return _cacheable(lines, found.body, found.media_type, if_none_match)

    def _redirect(self, answer: Redirect) -> Reply:
        """303 and nothing else: 307 would carry the password of the form before it along (RFC 9700 §4.12)."""
        lines = [*self._not_stored, headers.location(answer.location), *self._set(answer.cookies)]
        return _sized(303, lines, b"")

    def _posting(self, answer: FormPost) -> Reply:
        lines = [*self._form_post, *self._set(answer.cookies)]
        return _sized(200, lines, self._pages.render_form_post(answer))

    def _empty(self, answer: Empty) -> Reply:
        lines = list(self._not_stored)
        for name, value in answer.headers:
            lines.append(headers.header(name, value))
        return _sized(answer.status, lines, b"")

    def _document(self, answer: Document) -> Reply:
        keeping = b"public, max-age=%d" % answer.max_age_s
        return _cacheable([*self._everywhere, (b"cache-control", keeping)], answer.body, answer.media_type, None)

    def _set(self, jar: tuple[SetCookie, ...]) -> list[tuple[bytes, bytes]]:
        return [(b"set-cookie", cookies.serialise(cookie, secure=self._https)) for cookie in jar]


def unchanged(reply: Reply, if_none_match: bytes | None) -> Reply:
    """Say 304 instead, if whoever asks has the same version already (RFC 9110 §13.1.2)."""
    if if_none_match is None or reply.status != 200:  # noqa: PLR2004 - the one status that has a short form
        return reply
    etag = next((value for name, value in reply.headers if name == b"etag"), None)
    known = {tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b",")}
    if etag is None or not known & {etag, b"*"}:
        return reply
    kept = [line for line in reply.headers if line[0] not in {b"content-length", b"content-type"}]
    return Reply(304, kept)


@lru_cache(maxsize=128)
def etag(body: bytes) -> bytes:
    """A strong validator. Documents are few and stay the same objects, so this is a dict access."""
    return b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode()


def _cacheable(lines: list[tuple[bytes, bytes]], body: bytes, media_type: str, if_none_match: bytes | None) -> Reply:
    lines += [headers.header("content-type", media_type), (b"etag", etag(body))]
    return unchanged(_sized(200, lines, body), if_none_match)


def _sized(status: int, lines: list[tuple[bytes, bytes]], body: bytes) -> Reply:
    if status not in _NO_BODY:
        lines.append((b"content-length", b"%d" % len(body)))
    return Reply(status, lines, body)
