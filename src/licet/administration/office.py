"""What every operation of the admin API works with: the store, one call, and the gate's own answers about the rest."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from licet.administration import refusals
from licet.administration.gate import Caller
from licet.ambient import Entropy, Instant
from licet.authorization_server.admission import Dead, Presented, admit, admit_session
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.presented import Lookup
from licet.events import Event, EventType
from licet.protocol.jose.model import InvalidJWT
from licet.protocol.jose.strict_json import object_of
from licet.storage.ending import Ended, ending
from licet.storage.ports import (
    Configuring,
    Conflict,
    Ending,
    Put,
    Removal,
    RemoveClient,
    RemoveResource,
    SignedIn,
    Standing,
    Store,
)
from licet.storage.vault import Vault

T = TypeVar("T")

_TRIES: Final = 5
"""How often a change is judged anew because something else was changed meanwhile."""
LISTED: Final = 50
_MOST_LISTED: Final = 200
_LONGEST_CURSOR: Final = 300


@dataclass(frozen=True, slots=True)
class Call:
    """One request of somebody who may make it."""

    incoming: Incoming
    caller: Caller

    @property
    def at(self) -> Instant:
        return self.incoming.at

    @property
    def names(self) -> tuple[str, ...]:
        """What stands in the path for its names."""
        return self.incoming.named

    def document(self) -> dict[str, Any]:
        """The body, a JSON object in which nothing is said twice. Raises InvalidRequest."""
        try:
            return object_of(self.incoming.json)
        except InvalidJWT as error:
            raise refusals.malformed(f"The body {error.reason}") from error

    def body(self, model: type[T]) -> tuple[T, dict[str, Any]]:
        """The body as *model* has it, and as it was sent. Raises InvalidRequest: another shape, unknown members."""
        document = self.document()
        try:
            return msgspec.convert(document, model, strict=True), document
        except msgspec.ValidationError as error:
            raise refusals.malformed(f"The body is not as the document says: {error}") from error

    def only(self, *known: str) -> None:
        """Refuse parameters that the operation does not know."""
        self.incoming.query.refuse_repeated()
        strange = [name for name in self.incoming.query if name not in known]
        if strange or (not known and self.incoming.query.every("resource")):
            raise refusals.malformed(f"Known parameters here: {', '.join(known) or 'none'}")

    def page(self) -> tuple[str, int]:
        """Behind what a list goes on, and how many are wanted. Raises InvalidRequest."""
        self.only("after", "limit")
        after, limit = self.incoming.query.get("after") or "", self.incoming.query.get("limit") or str(LISTED)
        if len(after) > _LONGEST_CURSOR or not after.isprintable():
            raise refusals.malformed("after is what the page before said as next")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= len(str(_MOST_LISTED))):
            raise refusals.malformed(f"limit is a number from 1 to {_MOST_LISTED}")
        if not 1 <= int(limit) <= _MOST_LISTED:
            raise refusals.malformed(f"limit is a number from 1 to {_MOST_LISTED}")
        return after, int(limit)


@dataclass(frozen=True, slots=True)
class Office:
    """One issuer's administration."""

    lookup: Lookup
    entropy: Entropy
    file: str
    """The name of the file that owns what it describes, for whoever must be sent there."""
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)
    """One change at a time in this process; another process is noticed by the generation."""

    @property
    def store(self) -> Store:
        return self.lookup.store

    @property
    def vault(self) -> Vault:
        return self.lookup.vault

    @property
    def directory(self) -> Directory:
        return self.lookup.directory

    @property
    def issuer_id(self) -> int:
        return self.directory.issuer.issuer_id

    async def change(self, call: Call, about: str, judged: Callable[[], Awaitable[Put | Removal]]) -> None:
        """Put or remove what *judged* returns, over the very configuration that it was judged against, with its events.

        Raises Stale where that does not stand still, Clash where a name is taken.
        """
        async with self.changing:
            for _ in range(_TRIES):
                generation = await self.store.issuers.generation(self.issuer_id)
                one = await judged()
                change = Configuring(
                    issuer_id=self.issuer_id,
                    source="api",
                    expected=None,
                    generation=generation,
                    removals=(one,) if isinstance(one, RemoveClient | RemoveResource) else (),
                    puts=() if isinstance(one, RemoveClient | RemoveResource) else (one,),
                    event=self.event(call, EventType.CONFIGURATION_APPLIED, object=about, data={"changes": 1}),
                )
                try:
                    done = await self.store.configure(change)
                except Conflict as error:
                    raise refusals.clash("A name or an address in it is taken by something else") from error
                if done:
                    await self.directory.refresh()
                    return
            raise refusals.stale()

    def event(self, call: Call, kind: EventType, **about: Any) -> Event:
        """What is recorded of *call*."""
        return Event(
            issuer_id=self.issuer_id,
            type=kind,
            at=call.at,
            actor=call.caller.actor,
            request_id=call.incoming.request_id,
            **about,
        )

    def ending(self, call: Call, kind: Ended, key: str, event: EventType, cause: str, **about: Any) -> Ending:
        """An ending that *call* brings about."""
        return ending(
            self.issuer_id,
            kind,
            key,
            at=call.at,
            cause=cause,
            event=event,
            actor=call.caller.actor,
            request_id=call.incoming.request_id,
            **about,
        )

    def why_session(self, one: SignedIn, now: Instant) -> str:
        """Why a session is dead, or an empty string: the server's own gate says it."""
        return _reason(admit_session(one, self.directory.issuer, now))

    async def why_grant(self, standing: Standing, now: Instant) -> str:
        """Why a grant is dead, or an empty string."""
        grant = standing.grant
        registered = await self.directory.client(grant.client_id)
        client = registered.client if registered else None
        presented = Presented(issued_at=grant.issued_at, expires_at=grant.expires_at)
        return _reason(admit(presented, standing, client, self.directory.issuer, now))


def _reason(gate: Any) -> str:
    return gate.reason if isinstance(gate, Dead) else ""
