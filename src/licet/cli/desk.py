"""What every verb that looks through the store sits at: the store, the configuration, and the gate's own answers."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import click

from licet.ambient import Instant
from licet.authorization_server.admission import Dead, Presented, admit, admit_session
from licet.authorization_server.directory import Directory
from licet.cli.main import FOUND
from licet.cli.opening import Opened, fail, opened, read
from licet.cli.serve import documents
from licet.events import EventType
from licet.resource_owner import accounts
from licet.storage.ending import Ended, ending
from licet.storage.ports import Ending, SignedIn, Standing, Store
from licet.storage.records import Account, Family

T = TypeVar("T")

STRIDE = 500
"""Rows read at a time."""
LOOKED_AT_MOST = 20_000
"""Rows that one call reads while it looks for what a filter lets through; the next goes on from there."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What was found, and where to go on."""

    found: tuple[T, ...]
    last: T | None
    """The last that was looked at; None where nothing comes behind."""


@dataclass(frozen=True, slots=True)
class Desk:
    """An opened store, seen by an operator at one instant."""

    at: Opened
    directory: Directory

    @property
    def store(self) -> Store:
        return self.at.store

    @property
    def request_id(self) -> str:
        return self.at.request_id

    @property
    def issuer_id(self) -> int:
        return self.at.issuer.issuer_id

    @property
    def now(self) -> Instant:
        return self.at.clock.now()

    async def person(self, who: str) -> Account:
        """The person who signs in as *who*, or whose subject id that is; exits 1 where there is nobody."""
        identifier = accounts.canonical(who)
        found = await self.store.accounts.find_by_login(self.issuer_id, identifier) if identifier else None
        found = found or await self.store.accounts.find(self.issuer_id, who)
        return found.account if found else fail(f"There is nobody called {who!r} here.", FOUND)

    async def subject(self, who: str | None) -> str | None:
        """The subject id that a filter means."""
        return None if who is None else (await self.person(who)).subject_id

    async def session(self, session_id: str) -> SignedIn:
        """The session of this id; exits 1 where there is none."""
        found = await self.store.listing.session(self.issuer_id, session_id)
        return found or fail(f"There is no session {session_id!r}; an old one is gone some days after its end.", FOUND)

    async def grant(self, name: str) -> Standing:
        """The grant of this id, or with the handle that a token names as ``grant_id``; exits 1 where there is none."""
        found = None
        if name.isascii() and name.isdigit() and int(name) < 2**63:
            found = await self.store.devices.standing(self.issuer_id, int(name))
        found = found or await self.store.grants.find_by_handle(self.issuer_id, name)
        return found or fail(f"There is no grant {name!r}; an old one is gone some days after its end.", FOUND)

    def why_session(self, one: SignedIn) -> str:
        """Why a session is dead, or an empty string: the server's own gate says it."""
        return _reason(admit_session(one, self.directory.issuer, self.now))

    async def why_grant(self, standing: Standing) -> str:
        """Why a grant is dead, or an empty string."""
        return await self._why(
            Presented(issued_at=standing.grant.issued_at, expires_at=standing.grant.expires_at), standing
        )

    async def why_family(self, family: Family, standing: Standing) -> str:
        """Why a refresh token is dead, or an empty string."""
        ends = min(family.idle_until, family.absolute_until)
        presented = Presented(issued_at=family.issued_at, expires_at=ends, revoked_at=family.ended_at)
        return await self._why(presented, standing)

    async def _why(self, presented: Presented, standing: Standing) -> str:
        registered = await self.directory.client(standing.grant.client_id)
        client = registered.client if registered else None
        return _reason(admit(presented, standing, client, self.directory.issuer, self.now))

    def ending(self, kind: Ended, key: str, event: EventType, cause: str, **about: Any) -> Ending:
        """An ending that the operator brings about now."""
        return ending(
            self.issuer_id,
            kind,
            key,
            at=self.now,
            cause=cause,
            event=event,
            actor="operator",
            request_id=self.request_id,
            **about,
        )


def _reason(gate: Any) -> str:
    return gate.reason if isinstance(gate, Dead) else ""


@asynccontextmanager
async def desk(config: Path) -> AsyncIterator[Desk]:
    """Open the store that *config* names, beside a server that may be running."""
    manifest = read(config)
    at = await opened(manifest, lock=False, create=False)
    try:
        directory = Directory(at.store, at.issuer, administration=manifest.server.admin)
        if (limits := documents(manifest)) is not None:
            directory.lets_in = partial(limits.lets_in, development=at.issuer.development)
        await directory.refresh()
        yield Desk(at, directory)
    finally:
        await at.store.close()


async def walk(
    read_page: Callable[[T | None, int], Awaitable[Sequence[T]]],
    keep: Callable[[T], Awaitable[bool]],
    *,
    limit: int,
    after: T | None,
) -> Page[T]:
    """Up to *limit* rows that *keep* lets through, reading ``LOOKED_AT_MOST`` at most."""
    found: list[T] = []
    looked, last = 0, after
    while looked < LOOKED_AT_MOST:
        rows = await read_page(last, STRIDE)
        if not rows:  # a page may be shorter than asked: rows that nobody vouches for are left out
            return Page(tuple(found), None)
        for row in rows:
            if await keep(row):
                if len(found) == limit:
                    return Page(tuple(found), last)
                found.append(row)
            last, looked = row, looked + 1
    return Page(tuple(found), last)


def confirm(what: str, *, yes: bool) -> None:
    """Ask before something ends, unless that was said with ``--yes``."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to confirm it; say --yes.")
    click.confirm(what, abort=True)
