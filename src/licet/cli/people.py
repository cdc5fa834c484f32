"""``licet user list``, ``show``, ``disable``, ``enable``, ``end-sessions``: beside ``add`` and ``passwd`` of ``user.py``."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from licet.authorization_server.admission import ended_at
from licet.cli import telling
from licet.cli.desk import Desk, confirm, desk
from licet.cli.grant import COLUMNS as GRANT_COLUMNS
from licet.cli.grant import CONSENT_COLUMNS
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, fail
from licet.cli.session import COLUMNS as SESSION_COLUMNS
from licet.cli.session import PART
from licet.cli.telling import OUTPUT, YES, Told, paged
from licet.events import Event, EventType
from licet.storage.ports import Ending
from licet.storage.records import Account

COLUMNS = ("login", "id", "status", "created_at", "everything_ended_at")


@click.command("list")
@paged
@CONFIG
def list_(config: Path, output: str, after: str, limit: int) -> None:
    """List people by what they sign in with.

    \b
    Example:
      licet user list --after alice@example.com --limit 20
    """

    async def run() -> None:
        async with desk(config) as at:
            found = await at.store.listing.people(at.issuer_id, after, limit + 1)
            rows = [telling.person(account) for _, account in found[:limit]]
            telling.listed("people", rows, COLUMNS, found[limit - 1][0] if len(found) > limit else None, output)

    asyncio.run(run())


@click.command()
@click.argument("login")
@OUTPUT
@CONFIG
def show(config: Path, login: str, output: str) -> None:
    """Show a person with their sessions, grants and remembered decisions. LOGIN may be a subject id."""

    async def run() -> None:
        async with desk(config) as at:
            person = await at.person(login)
            consents = await at.store.listing.consents(at.issuer_id, person.subject_id, "", PART)
            parts = {
                "sessions": (await _sessions(at, person), SESSION_COLUMNS),
                "grants": (await _grants(at, person), GRANT_COLUMNS),
                "consents": ([telling.consent(one, at.now) for one in consents], CONSENT_COLUMNS),
            }
            telling.shown("user", telling.person(person), parts, output)

    asyncio.run(run())


async def _sessions(at: Desk, person: Account) -> list[Told]:
    """The newest."""
    found = await at.store.listing.sessions(at.issuer_id, person.subject_id, "", PART)
    return [telling.session(one, at.why_session(one)) for one in found]


async def _grants(at: Desk, person: Account, ended: Ending | None = None) -> list[Told]:
    """Only those that *ended* ended, where it is given."""
    found = await at.store.listing.grants(at.issuer_id, person.subject_id, None, PART)
    return [
        telling.grant(one, await at.why_grant(one)) for one in found if ended is None or ended_at(one.grant) == ended.at
    ]


async def _said(at: Desk, person: Account, before: list[Told], ends: Ending, output: str) -> None:
    """What ended, read back: sessions that were alive *before*, and grants that this ended."""
    now = await at.person(person.subject_id)
    alive = {one["id"] for one in before if one["alive"]}
    parts = {
        "sessions ended": ([one for one in await _sessions(at, now) if one["id"] in alive], SESSION_COLUMNS),
        "grants ended": (await _grants(at, now, ends), GRANT_COLUMNS),
    }
    telling.shown("user", telling.person(now), parts, output)


@click.command()
@click.argument("login")
@YES
@OUTPUT
@CONFIG
def disable(config: Path, login: str, output: str, *, yes: bool) -> None:
    """Disable a person: nobody signs in as LOGIN, and everything of theirs ends, remembered decisions too."""

    async def run() -> None:
        async with desk(config) as at:
            person = await at.person(login)
            confirm(f"Disable {person.login} and end everything of theirs?", yes=yes)
            subject = person.subject_id
            before = await _sessions(at, person)
            ends = at.ending("subject", subject, EventType.ACCOUNT_DISABLED, "disabled by operator", subject=subject)
            if not await at.store.accounts.end(ends, subject):
                fail(f"{person.login} is disabled already.", FOUND)
            await _said(at, person, before, ends, output)

    asyncio.run(run())


@click.command()
@click.argument("login")
@CONFIG
def enable(config: Path, login: str) -> None:
    """Let a disabled person sign in again. What had ended stays ended."""

    async def run() -> None:
        async with desk(config) as at:
            person = await at.person(login)
            event = Event(
                issuer_id=at.issuer_id,
                type=EventType.ACCOUNT_ENABLED,
                at=at.now,
                actor="operator",
                subject=person.subject_id,
                request_id=at.request_id,
            )
            if not await at.store.accounts.enable(at.issuer_id, person.subject_id, event):
                fail(f"{person.login} is not disabled.", FOUND)
            click.echo(f"{person.login} may sign in again.")

    asyncio.run(run())


@click.command("end-sessions")
@click.argument("login")
@YES
@OUTPUT
@CONFIG
def end_sessions(config: Path, login: str, output: str, *, yes: bool) -> None:
    """Sign a person out everywhere: every session and every grant ends; they may sign in again at once."""

    async def run() -> None:
        async with desk(config) as at:
            person = await at.person(login)
            confirm(f"Sign {person.login} out everywhere and end all that apps were allowed?", yes=yes)
            subject = person.subject_id
            before = await _sessions(at, person)
            ends = at.ending("subject", subject, EventType.ACCOUNT_SIGNED_OUT, "signed out everywhere", subject=subject)
            if not await at.store.accounts.end_everything(ends, subject):
                fail(f"{person.login} is disabled: everything has ended.", FOUND)
            await _said(at, person, before, ends, output)

    asyncio.run(run())
