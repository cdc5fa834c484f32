"""``licet event``: the record, read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from licet.ambient import SECOND, Instant
from licet.cli import telling
from licet.cli.desk import desk, walk
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, fail
from licet.cli.telling import paged
from licet.events import Chained, EventType

COLUMNS = ("id", "at", "type", "actor", "subject", "client", "object", "outcome", "reason", "request_id")


@click.group()
def event() -> None:
    """Read the record of events, and check its chain.

    \b
    Examples:
      licet event list --user alice@example.com
      licet event list --type token.issued --client shop --output json
      licet event verify
    """


@event.command("list")
@click.option("--type", "kind", type=click.Choice([one.value for one in EventType]), help="Only of this type.")
@click.option("--user", help="Only about this person: a login or a subject id.")
@click.option("--client", help="Only about this app.")
@click.option("--request", help="Only of this request, by its id.")
@click.option("--since", type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"]), help="Only from then on, UTC.")
@paged
@CONFIG
def list_(
    config: Path,
    kind: str | None,
    user: str | None,
    client: str | None,
    request: str | None,
    since: datetime | None,
    output: str,
    after: str,
    limit: int,
) -> None:
    """List events, newest first. With --output json one object a line, for jq.

    \b
    Examples:
      licet event list --since 2026-03-01 --limit 200
      licet event list --request 0af7651916cd43dd --output json
    """
    from_ = 0 if since is None else int(since.replace(tzinfo=UTC).timestamp()) * SECOND

    async def run() -> None:
        async with desk(config) as at:
            subject = await at.subject(user)
            begin = _place(after)

            async def read(last: Chained | None, limit: int) -> Sequence[Chained]:
                before = begin if last is None else (last.node, last.seq)
                return await at.store.listing.events(at.issuer_id, before, limit)

            async def keep(one: Chained) -> bool:
                it = one.event
                return (
                    kind in (None, it.type.value)
                    and subject in (None, it.subject)
                    and client in (None, it.client)
                    and request in (None, it.request_id)
                    and it.at >= Instant(from_)
                )

            page = await walk(read, keep, limit=limit, after=None)
            rows = [telling.event(one) for one in page.found]
            if output == "json":
                for row in rows:
                    click.echo(json.dumps({"version": telling.VERSION, **row}, ensure_ascii=False))
            else:
                following = None if page.last is None else f"{page.last.node}.{page.last.seq}"
                telling.listed("events", rows, COLUMNS, following, output)

    asyncio.run(run())


def _place(after: str) -> tuple[int, int] | None:
    if not after:
        return None
    node, _, seq = after.partition(".")
    if not (node.isascii() and node.isdigit() and seq.isascii() and seq.isdigit()):
        raise click.UsageError(f"{after!r} is no event's id; they look like 0.1234.")
    return int(node), int(seq)


@event.command()
@CONFIG
def verify(config: Path) -> None:
    """Walk the whole chain. Exit 0: unbroken. 1: the first event that does not follow from the one before."""

    async def run() -> int | None:
        async with desk(config) as at:
            return await at.store.events.verify()

    broken = asyncio.run(run())
    if broken is not None:
        fail(f"The chain is broken at event {broken}: it, or one before it, was changed behind licet's back.", FOUND)
    click.echo("The chain of events is unbroken.")
