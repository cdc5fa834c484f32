"""Which scripts of other origins may read an answer (Fetch §3.2; rulings Q). Never with credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from licet.authorization_server.web.asgi import Headers
from licet.authorization_server.web.routes import Cors, Place

AllowedOrigin = Callable[[str], Awaitable[bool]]
"""Whether some registered client runs at this origin."""

_LONGEST: Final = 255
_VARY: Final[Headers] = ((b"vary", b"Origin"),)
_ANYONE: Final[Headers] = ((b"access-control-allow-origin", b"*"),)
_EXPOSED: Final[Headers] = (
    (b"access-control-expose-headers", b"WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id"),
)
_PREFLIGHT: Final[Headers] = (
    (b"access-control-allow-headers", b"Authorization, Content-Type, DPoP"),
    (b"access-control-max-age", b"3600"),
)
"""An hour: the answer itself is asked for anew every time, so a client that is removed is out at once."""


class Crossing:
    """Answers the browser's questions about other origins."""

    def __init__(self, allowed_origin: AllowedOrigin) -> None:
        self._allowed_origin = allowed_origin

    async def headers(self, place: Place, origin: bytes | None, *, preflight: bool) -> Headers:
        """What to add to an answer of *place*; to the answer to OPTIONS, what the browser may then send."""
        if place.cors is Cors.NEVER:
            return ()
        asking = (*_PREFLIGHT, (b"access-control-allow-methods", _methods(place))) if preflight else ()
        if place.cors is Cors.ANYONE:
            return *_ANYONE, *asking
        if origin is None or not await self._registered(origin):
            return _VARY
        return (b"access-control-allow-origin", origin), *_EXPOSED, *_VARY, *asking

    async def _registered(self, origin: bytes) -> bool:
        """``null`` is every sandboxed frame's origin and so nobody's."""
        if origin == b"null" or len(origin) > _LONGEST or not origin.isascii() or b"://" not in origin:
            return False
        return await self._allowed_origin(origin.decode("ascii"))


def _methods(place: Place) -> bytes:
    return ", ".join(place.endpoints).encode("ascii")
