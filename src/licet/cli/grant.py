"""``licet grant``: what people allowed apps, and its end."""

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
from licet.cli.session import COLUMNS as SESSION_COLUMNS
from licet.cli.session import PART
from licet.cli.telling import OUTPUT, YES, Told, paged
from licet.events import EventType
from licet.storage.ports import Standing

COLUMNS = ("id", "client", "subject", "alive", "why", "access", "scope", "issued_at", "expires_at")
FAMILY_COLUMNS = ("id", "alive", "why", "rotations", "issued_at", "idle_until", "absolute_until")
CONSENT_COLUMNS = ("client", "alive", "why", "scope", "granted_at", "expires_at")
USER = click.option("--user", required=True, help="Whose: a login or a subject id.")


@click.group()
def grant() -> None:
    """Look through what people allowed apps, and end it.

    \b
    Examples:
      licet grant list --user alice@example.com --client shop --alive
      licet grant show GRANT
      licet grant end GRANT
      licet grant consents --user alice@example.com
      licet grant withdraw --user alice@example.com --client shop
    """


@grant.command("list")
@click.option("--user", help="Only this person's: a login or a subject id.")
@click.option("--client", help="Only of this app.")
@click.option("--session", help="Only those made in this session.")
@click.option("--alive/--dead", default=None, help="Only those that still count, or that no longer do.")
@paged
@CONFIG
def list_(
    config: Path,
    user: str | None,
    client: str | None,
    session: str | None,
    output: str,
    after: str,
    limit: int,
    *,
    alive: bool | None,
) -> None:
    """List grants, newest first (one person's: app by app), each with why it is dead.

    \b
    Examples:
      licet grant list --client shop --alive
      licet grant list --user alice@example.com --output json
    """

    async def run() -> None:
        async with desk(config) as at:
            subject = await at.subject(user)
            begin = await at.grant(after) if after else None

            async def read(last: Standing | None, limit: int) -> Sequence[Standing]:
                behind = None if last is None else last.grant
                if session is not None:
                    return await at.store.listing.grants_in(at.issuer_id, session, behind, limit)
                return await at.store.listing.grants(at.issuer_id, subject, behind, limit)

            async def keep(one: Standing) -> bool:
                mine = client in (None, one.grant.client_id) and subject in (None, one.grant.subject_id)
                return mine and (alive is None or alive is not bool(await at.why_grant(one)))

            page = await walk(read, keep, limit=limit, after=begin)
            rows = [telling.grant(one, await at.why_grant(one)) for one in page.found]
            following = None if page.last is None else str(page.last.grant.grant_id)
            telling.listed("grants", rows, COLUMNS, following, output)

    asyncio.run(run())


@grant.command()
@click.argument("grant_id", metavar="GRANT")
@OUTPUT
@CONFIG
def show(config: Path, grant_id: str, output: str) -> None:
    """Show one grant with its session, its refresh tokens and what is remembered of the decision.

    GRANT is the id in a list or an event, or a token's `grant_id`.
    """

    async def run() -> None:
        async with desk(config) as at:
            one = await at.grant(grant_id)
            parts = {
                "session": (await _session_of(at, one), SESSION_COLUMNS),
                "refresh tokens": (await _families_of(at, one), FAMILY_COLUMNS),
                "consent": (await _consent_of(at, one), CONSENT_COLUMNS),
            }
            telling.shown("grant", telling.grant(one, await at.why_grant(one)), parts, output)

    asyncio.run(run())


async def _session_of(at: Desk, one: Standing) -> list[Told]:
    if one.grant.session_id is None:
        return []
    found = await at.store.listing.session(at.issuer_id, one.grant.session_id)
    return [] if found is None else [telling.session(found, at.why_session(found))]


async def _families_of(at: Desk, one: Standing) -> list[Told]:
    families = await at.store.listing.families(at.issuer_id, one.grant.grant_id, PART)
    return [telling.family(family, await at.why_family(family, one)) for family in families]


async def _consent_of(at: Desk, one: Standing) -> list[Told]:
    found = await at.store.consents.find(at.issuer_id, one.grant.subject_id, one.grant.client_id)
    return [] if found is None else [telling.consent(found, at.now)]


@grant.command()
@click.argument("grant_id", metavar="GRANT")
@YES
@OUTPUT
@CONFIG
def end(config: Path, grant_id: str, output: str, *, yes: bool) -> None:
    """End a grant with every token on it. The app may ask again: see `licet grant withdraw`."""

    async def run() -> None:
        async with desk(config) as at:
            one = await at.grant(grant_id)
            it = one.grant
            confirm(f"End what {it.client_id} was allowed on {telling.when(it.issued_at)}?", yes=yes)
            ends = at.ending(
                "grant",
                it.handle,
                EventType.GRANT_ENDED,
                "ended by operator",
                subject=it.subject_id,
                client=it.client_id,
                grant=it.grant_id,
            )
            if not await at.store.grants.end(ends, it.grant_id):
                fail(f"The grant {grant_id} was over: {await at.why_grant(one)}.", FOUND)
            one = await at.grant(grant_id)
            parts = {"refresh tokens": (await _families_of(at, one), FAMILY_COLUMNS)}
            telling.shown("ended", telling.grant(one, await at.why_grant(one)), parts, output)

    asyncio.run(run())


@grant.command()
@USER
@paged
@CONFIG
def consents(config: Path, user: str, output: str, after: str, limit: int) -> None:
    """List what is remembered of a person's decisions, by app."""

    async def run() -> None:
        async with desk(config) as at:
            subject = (await at.person(user)).subject_id
            found = await at.store.listing.consents(at.issuer_id, subject, after, limit + 1)
            rows = [telling.consent(one, at.now) for one in found[:limit]]
            following = found[limit - 1].client_id if len(found) > limit else None
            telling.listed("consents", rows, CONSENT_COLUMNS, following, output)

    asyncio.run(run())


@grant.command()
@USER
@click.option("--client", required=True, help="The app.")
@YES
@OUTPUT
@CONFIG
def withdraw(config: Path, user: str, client: str, output: str, *, yes: bool) -> None:
    """Forget a person's decision about an app, and end every grant they gave it."""

    async def run() -> None:
        async with desk(config) as at:
            person = await at.person(user)
            confirm(f"Forget what {person.login} allowed {client}, and end it?", yes=yes)
            subject = person.subject_id
            ends = at.ending(
                "grant",
                f"{subject} {client}",
                EventType.CONSENT_WITHDRAWN,
                "consent withdrawn",
                subject=subject,
                client=client,
            )
            if not await at.store.consents.withdraw(ends, subject, client):
                fail(f"{person.login} has allowed {client} nothing that is alive.", FOUND)
            grants = [
                telling.grant(one, await at.why_grant(one))
                for one in await _of_person(at, subject)
                if ended_at(one.grant) == ends.at
            ]
            told = {"user": person.login, "client": client, "withdrawn_at": telling.when(ends.at)}
            telling.shown("withdrawn", told, {"grants": (grants, COLUMNS)}, output)

    asyncio.run(run())


async def _of_person(at: Desk, subject_id: str) -> Sequence[Standing]:
    return await at.store.listing.grants(at.issuer_id, subject_id, None, PART)
