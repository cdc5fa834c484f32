"""How much, how long and how many at once: what a stranger may ask of the server before it knows who asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bytes, seconds and counts; the unit is in the name."""

    header_bytes: int = 32 * 1024
    """All header lines together; browsers send under 4 kB, a DPoP proof is about 1 kB."""
    query_bytes: int = 16 * 1024
    body_bytes: int = 64 * 1024
    body_s: float = 10.0
    """From the head of a request to the last byte of its body; later is 408."""
    request_s: float = 30.0
    """For everything together; later is 503."""
    in_flight: int = 512
    """Requests that an endpoint is busy with. One that still sends its body is not counted: slowness must not block."""
    retry_after_s: int = 2
    """What somebody turned away at the door is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """What one connection may cost; bytes and seconds."""

    head_bytes: int = 64 * 1024
    """Request line and headers on the wire; the kernel's own limits are narrower and answer in kind."""
    head_s: float = 10.0
    """From the first byte, or the connection's beginning, to the end of the headers."""
    stalled_s: float = 30.0
    """How long somebody may leave an answer unread."""
    keep_alive_s: float = 15.0
    """How long a connection may wait for its next request."""
    connections: int = 4096
    """Open at once; one more is closed unheard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxies:
    """Who may say on whose behalf it asks."""

    trusted: tuple[str, ...] = ()
    """Networks (``10.0.0.0/8``, ``::1``). What anybody else says of itself is not even read."""
    header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    """The one header that the proxy writes. Not both: the other one would be the visitor's to forge."""
