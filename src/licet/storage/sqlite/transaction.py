"""One transaction of the writer: statements, and the event chain they are recorded in."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from licet.events import GENESIS, Event, body, link
from licet.storage.records import Revocation
from licet.storage.sqlite.codec import pack_strings

Row = tuple[Any, ...]
Entry = tuple[int, int, str, str, bytes]
"""An event made ready on the event loop: issuer, instant, type, body as text and as the bytes that are hashed."""

HEAD = "SELECT seq, hash FROM events WHERE node = ? ORDER BY seq DESC LIMIT 1"
RECORD = """
    INSERT INTO events (node, seq, prev_hash, hash, issuer_id, at, type, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
FEED = """
    INSERT INTO revocations (issuer_id, seq, kind, key, at, cause, purge_at, aud)
    SELECT ?1, coalesce(max(seq), 0) + 1, ?2, ?3, ?4, ?5, ?6, coalesce(
        ?7, CASE ?2 WHEN 'grant' THEN (SELECT resources FROM grants WHERE issuer_id = ?1 AND handle = ?3) END
    ) FROM revocations WHERE issuer_id = ?1
"""


def entry(event: Event) -> Entry:
    """Encode an event once, before the writer needs it."""
    raw = body(event)
    return event.issuer_id, event.at, event.type.value, raw.decode(), raw


class Tx:
    """What a verb may do between BEGIN and COMMIT."""

    def __init__(self, connection: sqlite3.Connection, node: int) -> None:
        self._connection = connection
        self._cursor = connection.cursor()
        self._node = node
        self._seq = 0
        self._hash = GENESIS
        self._recorded: list[Row] = []

    def begin(self) -> None:
        """Take the write lock, then look where the chain ends.

        Every time, not only when ``PRAGMA data_version`` moved: the look costs what that pragma costs (4 µs a
        batch), it cannot miss what a command line has appended, and it makes a rolled-back head right again.
        """
        self._cursor.execute("BEGIN IMMEDIATE")
        self._recorded.clear()
        head = self._cursor.execute(HEAD, (self._node,)).fetchall()
        self._seq, self._hash = head[0] if head else (0, GENESIS)

    def commit(self) -> None:
        if self._recorded:
            self._cursor.executemany(RECORD, self._recorded)
            self._recorded.clear()
        self._cursor.execute("COMMIT")

    def rollback(self) -> None:
        """Undo; SQLite has done it already after some errors (disk full)."""
        self._recorded.clear()
        if self._connection.in_transaction:
            self._cursor.execute("ROLLBACK")

    def run(self, sql: str, parameters: Sequence[Any] = ()) -> int:
        """Execute; how many rows it changed."""
        return self._cursor.execute(sql, parameters).rowcount

    def many(self, sql: str, rows: Sequence[Sequence[Any]]) -> None:
        self._cursor.executemany(sql, rows)

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        return self._cursor.execute(sql, parameters).fetchall()

    def record(self, prepared: Entry) -> None:
        """Append an event to the chain; written with the commit."""
        issuer_id, at, kind, text, raw = prepared
        before, self._seq = self._hash, self._seq + 1
        self._hash = link(self._node, self._seq, before, raw)
        self._recorded.append((self._node, self._seq, before, self._hash, issuer_id, at, kind, text))

    def feed(self, line: Revocation) -> None:
        """Append to the feed of endings; the number follows the newest, which the purge therefore keeps."""
        aud = None if line.aud is None else pack_strings(line.aud)
        self.run(FEED, (line.issuer_id, line.kind, line.key, line.at, line.cause, line.purge_at, aud))
