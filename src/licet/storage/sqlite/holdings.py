"""What people and apps hold, counted: a walk over everything, in a thread, on a connection of its own."""

from __future__ import annotations

import sqlite3
from asyncio import to_thread
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from licet.ambient import Instant
from licet.storage.ports import Held
from licet.storage.sqlite.codec import pack_strings
from licet.storage.sqlite.reader import Reader
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.writer import Writer
from licet.storage.vouching import Vouching

# ?1 issuer, ?2 now, ?3 the clients as JSON; NULL for all.
_LIVE = """
    FROM grants AS g NOT INDEXED WHERE g.issuer_id = ?1 AND g.revoked_at IS NULL AND g.expires_at > ?2
    AND (?3 IS NULL OR g.client_id IN (SELECT value FROM json_each(?3)))
"""
GRANTED = f"SELECT g.client_id, count(*), count(DISTINCT g.subject_id) {_LIVE} GROUP BY g.client_id"
BY_SCOPE = f"""
    SELECT g.client_id, s.value, count(*) {_LIVE.replace("WHERE", ", json_each(g.scope) AS s WHERE")} GROUP BY 1, 2
"""
REMEMBERED = """
    SELECT client_id, count(*) FROM consents
    WHERE issuer_id = ?1 AND revoked_at IS NULL AND expires_at > ?2
    AND (?3 IS NULL OR client_id IN (SELECT value FROM json_each(?3))) GROUP BY client_id
"""
REMEMBERED_OF = """
    SELECT c.client_id, json_extract(i.value, '$[0]') AS scope, count(DISTINCT c.subject_id)
    FROM consents AS c, json_each(c.items) AS i
    WHERE c.issuer_id = ?1 AND c.revoked_at IS NULL AND c.expires_at > ?2
    AND (?3 IS NULL OR c.client_id IN (SELECT value FROM json_each(?3))) GROUP BY 1, 2
"""
ELSEWHERE = "SELECT count(*) FROM clients WHERE issuer_id = ? AND source <> ? AND status = 'active'"


class SQLiteHoldings(Room):
    """``ports.Holdings``."""

    def __init__(
        self, reader: Reader, writer: Writer, vouching: Vouching, connect: Callable[[], sqlite3.Connection]
    ) -> None:
        super().__init__(reader, writer, vouching)
        self._connect = connect

    async def of(self, issuer_id: int, client_ids: Sequence[str] | None, at: Instant) -> dict[str, Held]:
        asked = None if client_ids is None else pack_strings(tuple(client_ids))
        return await to_thread(self._count, (issuer_id, at, asked))

    async def elsewhere(self, issuer_id: int, source: str) -> int:
        return int(self._read.rows(ELSEWHERE, (issuer_id, source))[0][0])

    def _count(self, asked: tuple[Any, ...]) -> dict[str, Held]:
        reader = Reader(self._connect())
        try:
            granted = {client: counts for client, *counts in reader.rows(GRANTED, asked)}
            remembered: dict[str, int] = dict(reader.rows(REMEMBERED, asked))
            scopes: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for client, scope, count in reader.rows(BY_SCOPE, asked):
                scopes[client][scope] = count
            covered: defaultdict[str, dict[str, int]] = defaultdict(dict)
            for client, scope, count in reader.rows(REMEMBERED_OF, asked):
                covered[client][scope] = count
        finally:
            reader.close()
        return {
            client: Held(
                grants=granted.get(client, (0, 0))[0],
                people=granted.get(client, (0, 0))[1],
                remembered=remembered.get(client, 0),
                by_scope=scopes[client],
                remembered_of=covered[client],
            )
            for client in sorted({*granted, *remembered})
        }
