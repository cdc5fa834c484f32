"""What is to be said elsewhere: taken up by one statement, settled by whoever holds the claim."""

from __future__ import annotations

from licet.ambient import Instant
from licet.events import Event
from licet.storage.records import Notice
from licet.storage.sqlite.codec import Codec, pack_strings
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx, entry

NOTICES = Codec(Notice, "outbox")

DUE = """
    SELECT 1 FROM outbox INDEXED BY outbox_next_at WHERE issuer_id = ? AND done_at IS NULL AND next_at <= ? LIMIT 1
"""
CLAIM = f"""
    UPDATE outbox SET attempts = attempts + 1, next_at = ?3
    FROM (
        SELECT kind AS kind_, about AS about_, target AS target_, min(next_at) AS due FROM outbox INDEXED BY outbox_next_at
        WHERE issuer_id = ?1 AND done_at IS NULL AND next_at <= ?2
        AND target NOT IN (SELECT value FROM json_each(?4))
        GROUP BY target ORDER BY due LIMIT ?5
    )
    WHERE issuer_id = ?1 AND kind = kind_ AND about = about_ AND target = target_ AND done_at IS NULL
    RETURNING {NOTICES.columns}
"""  # noqa: S608
SETTLE = """
    UPDATE outbox SET next_at = ?, done_at = ?, outcome = ?, reason = ?
    WHERE issuer_id = ? AND kind = ? AND about = ? AND target = ? AND attempts = ? AND done_at IS NULL
"""
ABOUT = f"SELECT {NOTICES.columns} FROM outbox WHERE issuer_id = ? AND kind = ? AND about = ? ORDER BY target"  # noqa: S608


class SQLiteOutbox(Room):
    """``ports.Outbox``."""

    async def claim(
        self, issuer_id: int, at: Instant, until: Instant, *, limit: int, busy: frozenset[str]
    ) -> tuple[Notice, ...]:
        if self._read.row(DUE, (issuer_id, at)) is None:  # a look costs microseconds, a transaction a sync
            return ()
        parameters = (issuer_id, at, until, pack_strings(tuple(sorted(busy))), limit)
        rows = await self._write.submit(lambda tx: tx.rows(CLAIM, parameters))
        return tuple(map(NOTICES.decode, rows))

    async def settle(self, notice: Notice, event: Event | None) -> bool:
        line = entry(event) if event else None
        found = (notice.next_at, notice.done_at, notice.outcome, notice.reason)
        held = (notice.issuer_id, notice.kind, notice.about, notice.target, notice.attempts)

        def work(tx: Tx) -> bool:
            if not tx.run(SETTLE, (*found, *held)):
                return False
            if line is not None:
                tx.record(line)
            return True

        return await self._write.submit(work)

    async def about(self, issuer_id: int, kind: str, about: str) -> tuple[Notice, ...]:
        return tuple(map(NOTICES.decode, self._read.rows(ABOUT, (issuer_id, kind, about))))
