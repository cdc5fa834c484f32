"""A store that others have used for a long time: tokens, grants, clients and events by the hundred thousand."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec

from licet.ambient import SECOND, Instant
from licet.events import Event, EventType, body
from licet.storage.records import AccessToken, Client, Credential, Family, Grant
from licet.storage.sqlite.codec import Vouched
from licet.storage.sqlite.registration import CLIENTS, CREDENTIALS
from licet.storage.sqlite.standing import GRANTS
from licet.storage.sqlite.tokens import ACCESS_TOKENS, FAMILIES
from licet.storage.vouching import Vouching
from tests.world import CLIENTS as WORLD
from tests.world import INVOICES

APPS = tuple(app for app in WORLD if app.kind != "browser-app")
"""Most apps are no pages: what is asked of pages alone must not walk through the others."""
OTHERS = 1
"""The node whose events these are; the server writes the chain of its own."""
_A_DAY = 24 * 3600 * SECOND
_AT_ONCE = 10_000

EVENT = "INSERT INTO events (node, seq, prev_hash, hash, issuer_id, at, type, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


def fill(
    path: Path, vouching: Vouching, *, tokens: int, clients: int, subject: str, now: Instant, lives_us: int = _A_DAY
) -> None:
    """Put *tokens* live access tokens with their events into the store at *path*, a grant and a refresh token to every
    tenth of them, and *clients* clients."""
    end = Instant(now + lives_us)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        _batches(connection, CLIENTS.insert, (CLIENTS.encode(_client(n)) for n in range(clients)))
        _put(connection, CREDENTIALS, clients, _credential, vouching)
        _put(connection, GRANTS, tokens // 10, lambda n: _grant(n, subject, now, end), vouching)
        _put(connection, FAMILIES, tokens // 10, lambda n: _family(n, now, end), vouching)
        _put(connection, ACCESS_TOKENS, tokens, lambda n: _token(n, clients, now, end), vouching)
        told = _told(now)
        _batches(
            connection, EVENT, ((OTHERS, n, b"", os.urandom(32), 1, now, "token.issued", told) for n in range(tokens))
        )
        connection.execute("COMMIT")


def _told(now: Instant) -> str:
    """An event as the record has them."""
    event = Event(
        issuer_id=1,
        type=EventType.TOKEN_ISSUED,
        at=now,
        actor="client:c0",
        client="c0",
        object="jti",
        request_id="r",
        data={"aud": ["https://api.example"], "scope": ["read"]},
    )
    return body(event).decode()


def _put(
    connection: sqlite3.Connection, table: Vouched[Any], count: int, record: Callable[[int], Any], vouching: Vouching
) -> None:
    _batches(connection, table.insert, (table.write(record(n), vouching) for n in range(count)))


def _batches(connection: sqlite3.Connection, sql: str, rows: Iterator[Any]) -> None:
    while batch := list(islice(rows, _AT_ONCE)):
        connection.executemany(sql, batch)


def _client(n: int) -> Client:
    return msgspec.structs.replace(APPS[n % len(APPS)], client_id=f"other-{n}")


def _credential(n: int) -> Credential:
    return Credential(
        issuer_id=1,
        owner_kind="client",
        owner=f"other-{n}",
        credential_id=f"other-{n}-1",
        kind="secret",
        digest=os.urandom(36),
        created_at=Instant(1),
    )


def _grant(n: int, subject: str, now: Instant, end: Instant) -> Grant:
    return Grant(
        issuer_id=1,
        grant_id=n + 1,
        handle=os.urandom(12).hex(),
        subject_id=subject,
        sub=subject,
        client_id="spa",
        session_id=None,
        access="offline",
        origin="code",
        scope=("openid", "offline_access"),
        resources=(),
        issued_at=now,
        expires_at=end,
    )


def _family(n: int, now: Instant, end: Instant) -> Family:
    return Family(
        issuer_id=1,
        handle=os.urandom(12),
        grant_id=n + 1,
        client_id="spa",
        current_digest=os.urandom(36),
        idle_until=end,
        absolute_until=end,
        issued_at=now,
        purge_at=end,
    )


def _token(n: int, clients: int, now: Instant, end: Instant) -> AccessToken:
    return AccessToken(
        issuer_id=1,
        digest=os.urandom(36),
        jti=os.urandom(12).hex(),
        grant_id=None,
        client_id=f"other-{n % max(clients, 1)}",
        sub="other",
        aud=(INVOICES,),
        scope=("invoices.read",),
        issued_at=now,
        expires_at=end,
    )
