"""What operators are shown: each record as plain data, and plain data as a table or as JSON.

The JSON is a promise: ``version`` grows when a name goes or changes its meaning; names may be added. Times are UTC.
No digest and nothing sealed is ever shown.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import click

from licet.ambient import Instant
from licet.authorization_server.admission import ended_at, everything_ended_at
from licet.events import Chained
from licet.storage.ports import SignedIn, Standing
from licet.storage.records import Account, Consent, Family

VERSION: Final = 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

Told = dict[str, Any]
F = TypeVar("F", bound=Callable[..., Any])

OUTPUT = click.option(
    "--output",
    "-o",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="For people or scripts.",
)
YES = click.option("--yes", is_flag=True, help="Do not ask.")


def paged(command: F) -> F:
    """``--limit``, ``--after`` and ``--output`` of every list."""
    command = click.option("--after", default="", help="Go on behind this id: the last line says which.")(command)
    limit = click.option(
        "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many at most."
    )
    return OUTPUT(limit(command))


def when(at: Instant | None) -> str | None:
    """An instant as RFC 3339 in UTC, to the second."""
    return None if at is None else (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")


def person(account: Account) -> Told:
    """A person, without what they prove themselves with."""
    return {
        "id": account.subject_id,
        "login": account.login,
        "status": account.status,
        "created_at": when(account.created_at),
        "everything_ended_at": when(everything_ended_at(account)),
        "claims": sorted(account.profile),
    }


def session(one: SignedIn, dead: str) -> Told:
    """A browser session; both of its ends are shown, because the nearer one counts."""
    it = one.session
    return {
        "id": it.session_id,
        "user": one.account.login,
        "subject": it.subject_id,
        "alive": not dead,
        "why": dead,
        "signed_in_at": when(it.created_at),
        "last_proof_at": when(it.auth_time),
        "proofs": it.authentications,
        "amr": list(it.amr),
        "acr": it.acr,
        "idle_until": when(it.idle_until),
        "absolute_until": when(it.absolute_until),
        "browser": it.browser,
    }


def grant(standing: Standing, dead: str) -> Told:
    """What a person allowed an app. Tokens name it by its handle, events by its id (text: longer than JSON's numbers)."""
    it = standing.grant
    return {
        "id": str(it.grant_id),
        "handle": it.handle,
        "client": it.client_id,
        "subject": it.subject_id,
        "session": it.session_id,
        "alive": not dead,
        "why": dead,
        "access": it.access,
        "origin": it.origin,
        "scope": list(it.scope),
        "resources": list(it.resources),
        "issued_at": when(it.issued_at),
        "expires_at": when(it.expires_at),
        "ended_at": when(ended_at(it)),
    }


def family(it: Family, dead: str) -> Told:
    """A refresh token and all that came before it. Half of its handle: with all of it a stranger could end it."""
    return {
        "id": it.handle.hex()[:12],
        "alive": not dead,
        "why": it.why or dead,
        "rotations": it.generation,
        "issued_at": when(it.issued_at),
        "idle_until": when(it.idle_until),
        "absolute_until": when(it.absolute_until),
        "ended_at": when(it.ended_at),
    }


def consent(it: Consent, now: Instant) -> Told:
    """A remembered decision."""
    why = "withdrawn" if ended_at(it) is not None else "expired" if it.expires_at <= now else ""
    return {
        "client": it.client_id,
        "subject": it.subject_id,
        "alive": not why,
        "why": why,
        "scope": [item.scope for item in it.items],
        "resources": sorted({item.resource for item in it.items if item.resource}),
        "via": it.via,
        "granted_at": when(it.granted_at),
        "expires_at": when(it.expires_at),
        "withdrawn_at": when(ended_at(it)),
    }


def event(one: Chained) -> Told:
    """A line of the record, with its place in the chain."""
    it = one.event
    return {
        "id": f"{one.node}.{one.seq}",
        "at": when(it.at),
        "type": it.type.value,
        "actor": it.actor,
        "subject": it.subject,
        "client": it.client,
        "object": it.object,
        "grant": None if it.grant is None else str(it.grant),
        "txn": it.txn,
        "request_id": it.request_id,
        "outcome": it.outcome,
        "reason": it.reason,
        "requirement": it.requirement,
        "data": it.data,
        "hash": one.hash.hex(),
    }


def listed(name: str, rows: Sequence[Told], columns: Sequence[str], following: str | None, output: str) -> None:
    """Say a page of *rows* called *name*; *following* is what ``--after`` goes on from."""
    if output == "json":
        click.echo(as_json({name: list(rows), "next": following}))
        return
    click.echo(table(rows, columns) if rows else f"No {name}.")
    if following is not None:
        click.echo(f"More: --after {following}")


def shown(name: str, it: Told, parts: Mapping[str, tuple[Sequence[Told], Sequence[str]]], output: str) -> None:
    """Say one record and the *parts* that hang on it."""
    if output == "json":
        click.echo(as_json({name: it, **{part: list(rows) for part, (rows, _) in parts.items()}}))
        return
    width = max(map(len, it))
    click.echo("\n".join(f"{key:{width}}  {_cell(value)}".rstrip() for key, value in it.items()))
    for part, (rows, columns) in parts.items():
        click.echo(f"\n{part}:" + (f"\n{table(rows, columns)}" if rows else " none"))


def as_json(body: Told) -> str:
    """*body* with the version of its names."""
    return json.dumps({"version": VERSION, **body}, indent=2, ensure_ascii=False)


def table(rows: Sequence[Told], columns: Sequence[str]) -> str:
    """Columns as wide as they must be; nothing is cut, because an id that is cut cannot be pasted."""
    cells = [[column.upper() for column in columns], *([_cell(row[column]) for column in columns] for row in rows)]
    widths = [max(len(line[n]) for line in cells) for n in range(len(columns))]
    return "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        words = [str(one) for one in value]
        return ("; " if any(" " in word for word in words) else " ").join(words) or "-"
    text = json.dumps(value) if isinstance(value, dict) else str(value)
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text) or "-"
