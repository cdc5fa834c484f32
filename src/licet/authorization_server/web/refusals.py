"""What the edge refuses before any endpoint is asked: OAuth's ``invalid_request`` with HTTP's own status.

A client that only reads ``error`` understands them; a proxy that only reads the status does too.
"""

from __future__ import annotations

from typing import ClassVar

from licet.protocol.errors import InvalidRequest, TemporarilyUnavailable
from licet.requirements import FORM_ENCODED_POST, HOST_KNOWN, OVERLOAD_REFUSED, REQUEST_SIZE_BOUNDED
from licet.requirements.documents import RFC_9110


class NotFound(InvalidRequest):
    """Nothing lives at this path (RFC 9110 §15.5.5)."""

    status: ClassVar[int] = 404


class MethodNotAllowed(InvalidRequest):
    """The path exists, the method does not (RFC 9110 §15.5.6)."""

    status: ClassVar[int] = 405

    allow = ""
    """What ``Allow`` says."""


class Misdirected(InvalidRequest):
    """The request names a host that this server does not answer for (RFC 9110 §15.5.20)."""

    status: ClassVar[int] = 421


class TooSlow(InvalidRequest):
    """The body did not arrive in time (RFC 9110 §15.5.9)."""

    status: ClassVar[int] = 408


class BodyTooLarge(InvalidRequest):
    """RFC 9110 §15.5.14."""

    status: ClassVar[int] = 413


class QueryTooLong(InvalidRequest):
    """RFC 9110 §15.5.15."""

    status: ClassVar[int] = 414


class HeadersTooLarge(InvalidRequest):
    """RFC 6585 §5."""

    status: ClassVar[int] = 431


def not_found() -> NotFound:
    """Nothing lives here."""
    return NotFound("There is nothing at this address", per=RFC_9110("15.5.5"))


def method_not_allowed(allow: str) -> MethodNotAllowed:
    """Another method than the ones the path has."""
    refusal = MethodNotAllowed(f"This endpoint answers {allow}", per=FORM_ENCODED_POST)
    refusal.allow = allow
    return refusal


def misdirected(host: bytes) -> Misdirected:
    """Somebody else's host: a rebinding, a scanner, or a proxy that rewrites it (rulings L)."""
    return Misdirected("This server does not answer for that Host", per=HOST_KNOWN, detail=ascii(host[:100]))


def no_host() -> InvalidRequest:
    """HTTP/1.1 without a Host (RFC 9110 §7.2)."""
    return InvalidRequest("The Host header is missing", per=RFC_9110("7.2"))


def too_slow() -> TooSlow:
    """The body did not arrive in time."""
    return TooSlow("The request body took too long", per=REQUEST_SIZE_BOUNDED)


def body_too_large(most: int) -> BodyTooLarge:
    """More body than any request of the protocol needs."""
    return BodyTooLarge(f"The request body is larger than {most} bytes", per=REQUEST_SIZE_BOUNDED)


def query_too_long(most: int) -> QueryTooLong:
    """A longer query than any request of the protocol needs."""
    return QueryTooLong(f"The query is longer than {most} bytes", per=REQUEST_SIZE_BOUNDED)


def headers_too_large(most: int) -> HeadersTooLarge:
    """More headers than any client sends."""
    return HeadersTooLarge(f"The request headers are larger than {most} bytes", per=REQUEST_SIZE_BOUNDED)


def overloaded(retry_after_s: int, detail: str = "") -> TemporarilyUnavailable:
    """Too much at once: refused, never half granted."""
    refusal = TemporarilyUnavailable("Too much at once, come back in a moment", per=OVERLOAD_REFUSED, detail=detail)
    refusal.retry_after_s = retry_after_s
    return refusal
