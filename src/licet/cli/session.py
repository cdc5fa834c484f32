"""``licet session``: who is signed in, in which browser, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import click

from licet.authorization_server.admission import ended_at
from licet.cli import telling
from licet.cli.desk import Desk, confirm, desk, walk
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, fail
from licet.cli.telling import OUTPUT, YES, paged
from licet.events import EventType
from licet.storage.ports import SignedIn

COLUMNS = ("id", "user", "alive", "why", "signed_in_at", "idle_until", "absolute_until")
GRANT_COLUMNS = ("id", "client", "alive", "why", "access", "scope", "expires_at")
PART = 200
"""How many of what hangs on something is shown with it."""


@click.group()
def session() -> None:
    """Look through browser sessions and end them.

    \b
    Examples:
      licet session list --user alice@example.com --alive
      licet session show SESSION
      licet session end SESSION
      licet session end --all        everything anybody was ever given: after a break-in
    """


@session.command("list")
@click.option("--user", help="Only this person's: a login or a subject id.")
@click.option("--alive/--dead", default=None, help="Only those that still count, or that no longer do.")
@paged
@CONFIG
def list_(config: Path, user: str | None, output: str, after: str, limit: int, *, alive: bool | None) -> None:
    """List sessions, newest first, each with why it is dead.

    \b
    Examples:
      licet session list --alive
      licet session list --user alice@example.com --output json
    """

    async def run() -> None:
        async with desk(config) as at:
            subject = await at.subject(user)
            begin = await at.session(after) if after else None

            async def read(last: SignedIn | None, limit: int) -> Sequence[SignedIn]:
                behind = "" if last is None else last.session.session_id
                return await at.store.listing.sessions(at.issuer_id, subject, behind, limit)

            async def keep(one: SignedIn) -> bool:
                return alive is None or alive is not bool(at.why_session(one))

            page = await walk(read, keep, limit=limit, after=begin)
            rows = [telling.session(one, at.why_session(one)) for one in page.found]
            following = None if page.last is None else page.last.session.session_id
            telling.listed("sessions", rows, COLUMNS, following, output)

    asyncio.run(run())


@session.command()
@click.argument("session_id", metavar="SESSION")
@OUTPUT
@CONFIG
def show(config: Path, session_id: str, output: str) -> None:
    """Show one session and the grants that were made in it."""

    async def run() -> None:
        async with desk(config) as at:
            one = await at.session(session_id)
            grants = [
                telling.grant(standing, await at.why_grant(standing))
                for standing in await at.store.listing.grants_in(at.issuer_id, session_id, None, PART)
            ]
            told = telling.session(one, at.why_session(one))
            telling.shown("session", told, {"grants": (grants, GRANT_COLUMNS)}, output)

    asyncio.run(run())


@session.command()
@click.argument("session_id", metavar="SESSION", required=False)
@click.option("--all", "everything", is_flag=True, help="Every session, grant and token of everybody.")
@YES
@OUTPUT
@CONFIG
def end(config: Path, session_id: str | None, output: str, *, everything: bool, yes: bool) -> None:
    """End a session, and the grants that lived by it (offline ones live on).

    \b
    Examples:
      licet session end SESSION
      licet session end --all --yes
    """
    if everything == (session_id is not None):
        raise click.UsageError("Say one SESSION, or --all.")

    async def run() -> None:
        async with desk(config) as at:
            await (_end_all(at, output, yes=yes) if session_id is None else _end(at, session_id, output, yes=yes))

    asyncio.run(run())


async def _end(at: Desk, session_id: str, output: str, *, yes: bool) -> None:
    one = await at.session(session_id)
    confirm(f"End the session of {one.account.login} that began {telling.when(one.session.created_at)}?", yes=yes)
    subject = one.session.subject_id
    ends = at.ending(
        "session", session_id, EventType.SESSION_ENDED, "ended by operator", subject=subject, about=session_id
    )
    if not await at.store.sessions.end(ends, session_id):
        fail(f"The session {session_id} was over: {at.why_session(one)}.", FOUND)
    inside = await at.store.listing.grants_in(at.issuer_id, session_id, None, PART)
    ended = [telling.grant(g, await at.why_grant(g)) for g in inside if ended_at(g.grant) == ends.at]
    one = await at.session(session_id)
    told = telling.session(one, at.why_session(one))
    telling.shown("ended", told, {"grants ended with it": (ended, GRANT_COLUMNS)}, output)


async def _end_all(at: Desk, output: str, *, yes: bool) -> None:
    confirm("Sign everybody out of everything, and end every token that was ever issued here?", yes=yes)
    ends = at.ending("all", "", EventType.ISSUER_ENDED, "ended by operator", about=at.at.issuer.url)
    if not await at.store.issuers.end_everything(ends):
        fail("There is no issuer in this store.", FOUND)
    told = {"issuer": at.at.issuer.url, "ended_at": telling.when(ends.at)}
    telling.shown("ended", told, {}, output)
