"""Issuers and their keys."""

from __future__ import annotations

from collections.abc import Callable

from licet.events import Event
from licet.storage.key_turns import KeyTurn, lawful
from licet.storage.ports import Ending
from licet.storage.records import Issuer, Key
from licet.storage.sqlite.codec import Codec
from licet.storage.sqlite.endings import tell, tell_of_everything
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.terms import past

ISSUERS = Codec(Issuer, "issuers")
KEYS = Codec(Key, "keys")

FIND = f"SELECT {ISSUERS.columns} FROM issuers WHERE url = ?"  # noqa: S608
FIRST_TWO = f"SELECT {ISSUERS.columns} FROM issuers LIMIT 2"  # noqa: S608
MOVE = "UPDATE issuers SET url = ?, generation = generation + 1 WHERE issuer_id = ?"
ENDED_BEFORE = """
    SELECT epoch, coalesce((SELECT max(epoch) FROM clients WHERE clients.issuer_id = issuers.issuer_id), 0)
    FROM issuers WHERE issuer_id = ?
"""
"""Of the issuer and of whichever client was put back last: a client's own token is minted after both."""
END_EVERYTHING = "UPDATE issuers SET epoch = ? WHERE issuer_id = ?"
GENERATION = "SELECT generation FROM issuers WHERE issuer_id = ?"
GROW = "UPDATE issuers SET generation = generation + 1 WHERE issuer_id = ?"
EVERY_KEY = f"SELECT {KEYS.columns} FROM keys WHERE issuer_id = ? ORDER BY publish_at, kid"  # noqa: S608
STEP = """
    UPDATE keys SET state = ?, sealed = ?, active_at = ?, retire_at = ?, destroy_at = ?, hints_until = ?
    WHERE issuer_id = ? AND kid = ?
"""


def grow(tx: Tx, issuer_id: int) -> None:
    """Configuration or people changed: a server that watches the generation reads them again."""
    tx.run(GROW, (issuer_id,))


class SQLiteIssuers(Room):
    """``ports.Issuers``."""

    async def find(self, url: str) -> Issuer | None:
        row = self._read.row(FIND, (url,))
        return None if row is None else ISSUERS.decode(row)

    async def only(self) -> Issuer | None:
        rows = self._read.rows(FIRST_TWO, ())
        return ISSUERS.decode(rows[0]) if len(rows) == 1 else None

    async def create(self, issuer: Issuer, event: Event) -> None:
        row, line = ISSUERS.encode(issuer), entry(event)

        def work(tx: Tx) -> None:
            tx.run(ISSUERS.insert, row)
            tx.record(line)

        await self._write.submit(work)

    async def move(self, issuer_id: int, url: str) -> None:
        await self._write.submit(lambda tx: tx.run(MOVE, (url, issuer_id)))

    async def end_everything(self, ending: Ending) -> bool:
        line = entry(ending.event)

        def work(tx: Tx) -> bool:
            before = tx.rows(ENDED_BEFORE, (ending.issuer_id,))
            if not before:
                return False
            epoch = past(ending.at, *before[0])
            tx.run(END_EVERYTHING, (epoch, ending.issuer_id))
            tell_of_everything(tx, ending)
            tell(tx, ending, line, epoch)
            grow(tx, ending.issuer_id)
            return True

        return await self._write.submit(work)

    async def generation(self, issuer_id: int) -> int:
        row = self._read.row(GENERATION, (issuer_id,))
        return 0 if row is None else row[0]


class SQLiteKeys(Room):
    """``ports.Keys``."""

    async def every(self, issuer_id: int) -> tuple[Key, ...]:
        return tuple(KEYS.decode(row) for row in self._read.rows(EVERY_KEY, (issuer_id,)))

    async def create(self, keys: tuple[Key, ...], events: tuple[Event, ...]) -> None:
        rows, lines = [KEYS.encode(key) for key in keys], [entry(event) for event in events]

        def work(tx: Tx) -> None:
            tx.many(KEYS.insert, rows)
            for line in lines:
                tx.record(line)
            for issuer_id in {key.issuer_id for key in keys}:
                grow(tx, issuer_id)

        await self._write.submit(work)

    async def turn(self, turn: KeyTurn) -> bool:
        return await self._write.submit(_turning(turn))

    async def revoke(self, ending: Ending, turn: KeyTurn) -> bool:
        turning, line = _turning(turn), entry(ending.event)

        def work(tx: Tx) -> bool:
            if not turning(tx):
                return False
            tell(tx, ending, line)
            return True

        return await self._write.submit(work)


def _turning(turn: KeyTurn) -> Callable[[Tx], bool]:
    lines = [entry(event) for event in turn.events]

    def work(tx: Tx) -> bool:
        present = [KEYS.decode(row) for row in tx.rows(EVERY_KEY, (turn.issuer_id,))]
        if not lawful(present, turn.steps):
            return False
        for step in turn.steps:
            key = step.after
            if step.before is None:
                tx.run(KEYS.insert, KEYS.encode(key))
            else:
                times = (key.active_at, key.retire_at, key.destroy_at, key.hints_until)
                tx.run(STEP, (key.state, key.sealed, *times, key.issuer_id, key.kid))
        for line in lines:
            tx.record(line)
        grow(tx, turn.issuer_id)
        return True

    return work
