"""A request as the parser tells it, piece by piece."""

from __future__ import annotations

from dataclasses import dataclass, field

from licet.protocol.errors import Refusal


@dataclass(slots=True, eq=False)
class Message:
    """One request of a connection."""

    url: bytes = b""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    method: str = ""
    path: str = ""
    query: bytes = b""
    body: bytes = b""
    keeps: bool = True
    """Whether another request may follow on the same connection."""
    whole: bool = False
    """Whether nothing more of it will be read: it is complete, too large or too slow."""
    refusal: Refusal | None = None
    """Why its body cannot be had."""

    async def read(self) -> bytes:
        """The body. Raises what is wrong with it."""
        if self.refusal is not None:
            raise self.refusal
        return self.body
