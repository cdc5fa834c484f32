"""Things that may be seen once, and guesses that may be made seldom."""

from __future__ import annotations

from licet.ambient import Instant
from licet.events import Event
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx, entry

BURN = """
    INSERT INTO replay (issuer_id, kind, key, expires_at) VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT DO UPDATE SET expires_at = excluded.expires_at WHERE replay.expires_at <= ?5
"""
SEEN = "SELECT 1 FROM replay WHERE issuer_id = ? AND kind = ? AND key = ? AND expires_at > ?"

SPEND = """
    INSERT INTO throttles (issuer_id, key, full_at) VALUES (?1, ?2, ?3 + ?4)
    ON CONFLICT DO UPDATE SET full_at = max(throttles.full_at, ?3) + ?4
    WHERE max(throttles.full_at, ?3) + ?4 - ?3 <= ?5
"""
ROOM_AT = "SELECT max(full_at, ?3) + ?4 - ?5 FROM throttles WHERE issuer_id = ?1 AND key = ?2"
REFUND = "UPDATE throttles SET full_at = full_at - ? WHERE issuer_id = ? AND key = ?"


class SQLiteReplay(Room):
    """``ports.Replay``."""

    async def burn(self, issuer_id: int, kind: str, key: bytes, at: Instant, expires_at: Instant, event: Event) -> bool:
        line = entry(event)

        def work(tx: Tx) -> bool:
            if not tx.run(BURN, (issuer_id, kind, key, expires_at, at)):
                return False
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def seen(self, issuer_id: int, kind: str, key: bytes, at: Instant) -> bool:
        return self._read.row(SEEN, (issuer_id, kind, key, at)) is not None


class SQLiteThrottles(Room):
    """``ports.Throttles``: per key the instant at which its bucket is full again."""

    async def spend(self, issuer_id: int, key: bytes, at: Instant, cost_us: int, burst_us: int) -> Instant | None:
        if cost_us > burst_us:
            raise ValueError("a bucket must hold what one try costs")
        spent = (issuer_id, key, at, cost_us, burst_us)

        def work(tx: Tx) -> Instant | None:
            if tx.run(SPEND, spent):
                return None
            return Instant(tx.rows(ROOM_AT, spent)[0][0])

        return await self._write.submit(work)

    async def refund(self, issuer_id: int, key: bytes, cost_us: int) -> None:
        await self._write.submit(lambda tx: tx.run(REFUND, (cost_us, issuer_id, key)))
