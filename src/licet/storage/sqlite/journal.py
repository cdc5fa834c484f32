"""The event chain, read back; and the spool of refusals."""

from __future__ import annotations

import sqlite3
from asyncio import to_thread
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

import msgspec

from licet.events import GENESIS, Chained, Event, link
from licet.storage.ports import Unavailable
from licet.storage.records import Refused
from licet.storage.sqlite.codec import Codec
from licet.storage.sqlite.reader import Reader, Row
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.sqlite.writer import Writer
from licet.storage.terms import REFUSALS_KEPT, REFUSALS_SPOOLED
from licet.storage.vouching import Vouching

REFUSALS = Codec(Refused, "refusals")

TAIL = """
    SELECT node, seq, prev_hash, hash, body FROM events WHERE issuer_id = ? ORDER BY node DESC, seq DESC LIMIT ?
"""
NEXT_NODE = "SELECT min(node) FROM events WHERE node > ?"
CHAIN = """
    SELECT seq, prev_hash, hash, body, issuer_id, at, type FROM events WHERE node = ? AND seq > ? ORDER BY seq LIMIT ?
"""
STRIDE = 1_000
"""Events per read while verifying: each read ends, so none keeps an old snapshot open."""

REFUSE = f"""
    INSERT INTO refusals (seq, {REFUSALS.columns})
    SELECT coalesce(max(seq), 0) + 1, {", ".join(f"?{n + 1}" for n in range(REFUSALS.width))}
    FROM refusals WHERE issuer_id = ?1
"""  # noqa: S608
FORGET = """
    DELETE FROM refusals WHERE issuer_id = ?1
    AND seq <= (SELECT max(seq) FROM refusals WHERE issuer_id = ?1) - ?2
"""
FIND_REFUSAL = f"""
    SELECT {REFUSALS.columns} FROM refusals INDEXED BY refusals_reference
    WHERE issuer_id = ? AND reference = ? ORDER BY seq DESC LIMIT 1
"""  # noqa: S608

_decode_event = msgspec.json.Decoder(Event).decode


class SQLiteEvents(Room):
    """``ports.Events``."""

    def __init__(
        self, reader: Reader, writer: Writer, vouching: Vouching, connect: Callable[[], sqlite3.Connection]
    ) -> None:
        """*connect* opens a connection of its own for long walks."""
        super().__init__(reader, writer, vouching)
        self._connect = connect

    async def record(self, event: Event) -> None:
        line = entry(event)
        await self._write.submit(lambda tx: tx.record(line))

    async def tail(self, issuer_id: int, limit: int) -> tuple[Chained, ...]:
        rows = self._read.rows(TAIL, (issuer_id, limit))
        return tuple(
            Chained(node=node, seq=seq, prev_hash=before, hash=digest, event=_decode_event(text))
            for node, seq, before, digest, text in reversed(rows)
        )

    async def verify(self) -> int | None:
        return await to_thread(self._verify)

    def _verify(self) -> int | None:
        reader = Reader(self._connect())
        try:
            broken = (_first_broken(reader, node) for node in nodes(reader))
            return next((seq for seq in broken if seq is not None), None)
        finally:
            reader.close()


def nodes(reader: Reader) -> Iterator[int]:
    """Who has recorded here; one look-up each (DISTINCT would read the whole chain)."""
    node = -1
    while (row := reader.row(NEXT_NODE, (node,))) is not None and row[0] is not None:
        node = row[0]
        yield node


def _first_broken(reader: Reader, node: int) -> int | None:
    """The number of the first event that does not follow from the one before."""
    seq, before = 0, GENESIS
    while rows := reader.rows(CHAIN, (node, seq, STRIDE)):
        for row in rows:
            seq += 1
            if not _follows(row, node, seq, before):
                return seq
            before = row[2]
    return None


def _follows(row: Row, node: int, seq: int, before: bytes) -> bool:
    """Whether number, predecessor and hash are right, and the columns say what the hashed body says."""
    number, prev_hash, digest, text, issuer_id, at, kind = row
    if (number, prev_hash, digest) != (seq, before, link(node, seq, before, text.encode())):
        return False
    event = _decode_event(text)
    return (event.issuer_id, event.at, event.type.value) == (issuer_id, at, kind)


class Spool:
    """Refusals on their way into the table: with the next commit, or by ``Store.flush``."""

    def __init__(self) -> None:
        self._waiting: deque[Refused] = deque(maxlen=REFUSALS_SPOOLED)
        self._writing: list[Refused] = []

    def add(self, refused: Refused) -> None:
        self._waiting.append(refused)

    def __bool__(self) -> bool:
        """Whether anything is not written yet."""
        return bool(self._waiting or self._writing)

    def along(self, tx: Tx) -> None:
        """In the writer's thread, in every transaction; what a rollback undid is still in ``_writing``."""
        while self._waiting:
            self._writing.append(self._waiting.popleft())
        if self._writing:
            del self._writing[:-REFUSALS_SPOOLED]
            try:
                tx.many(REFUSE, [REFUSALS.encode(refused) for refused in self._writing])
            except ValueError:  # a text that is none: once dropped, it fails this batch and not every one after it
                self._writing.clear()
                raise
            for issuer_id in {refused.issuer_id for refused in self._writing}:
                tx.run(FORGET, (issuer_id, REFUSALS_KEPT))

    def committed(self) -> None:
        self._writing.clear()

    def find(self, issuer_id: int, reference: str) -> Refused | None:
        """Among those not written yet (the copies are made at once: the writer may take some meanwhile)."""
        for refused in (*list(self._waiting), *list(self._writing)):
            if (refused.issuer_id, refused.reference) == (issuer_id, reference):
                return refused
        return None


class SQLiteRefusals(Room):
    """``ports.Refusals``."""

    def __init__(self, reader: Reader, writer: Writer, vouching: Vouching, spool: Spool) -> None:
        super().__init__(reader, writer, vouching)
        self._spool = spool

    def spool(self, refused: Refused) -> None:
        self._spool.add(refused)

    async def flush(self) -> None:
        """Commit, so that what is spooled goes along."""
        if self._spool:
            await self._write.submit(_nothing)

    async def find(self, issuer_id: int, reference: str) -> Refused | None:
        with suppress(Unavailable):
            await self.flush()
        row = self._read.row(FIND_REFUSAL, (issuer_id, reference))
        return self._spool.find(issuer_id, reference) if row is None else REFUSALS.decode(row)


def _nothing(_: Tx) -> None:
    """A change that changes nothing: its commit is what is waited for."""
