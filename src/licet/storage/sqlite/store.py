"""The SQLite backend, opened: one file, one writer, reads on the event loop."""

from __future__ import annotations

import sqlite3
from functools import partial
from pathlib import Path

from licet.ambient import Instant
from licet.storage import ports
from licet.storage.schema import fresh
from licet.storage.sqlite.authorization import SQLiteCodes, SQLiteConsents, SQLiteGrants, SQLiteTransactions
from licet.storage.sqlite.checkpoint import Checkpointer
from licet.storage.sqlite.configuring import configuring
from licet.storage.sqlite.connection import (
    READER_CACHE_KIB,
    WRITER_CACHE_KIB,
    FileLock,
    StoreMissing,
    connect,
    touch,
)
from licet.storage.sqlite.devices import SQLiteDevices
from licet.storage.sqlite.holdings import SQLiteHoldings
from licet.storage.sqlite.issuers import SQLiteIssuers, SQLiteKeys
from licet.storage.sqlite.issuing import issuing
from licet.storage.sqlite.journal import Spool, SQLiteEvents, SQLiteRefusals, nodes
from licet.storage.sqlite.listing import SQLiteListing
from licet.storage.sqlite.once import SQLiteReplay, SQLiteThrottles
from licet.storage.sqlite.outbox import SQLiteOutbox
from licet.storage.sqlite.people import SQLiteAccounts, SQLiteSessions
from licet.storage.sqlite.reader import Reader
from licet.storage.sqlite.registration import SQLiteClients, SQLiteResources
from licet.storage.sqlite.registrations import SQLiteRegistrations
from licet.storage.sqlite.revouching import vouch_anew
from licet.storage.sqlite.subjects import SQLitePairwiseSubjects
from licet.storage.sqlite.tokens import SQLiteAccessTokens, SQLiteFamilies, SQLiteRevocations
from licet.storage.sqlite.upkeep import LAST_GRANT, LATEST, purge
from licet.storage.sqlite.writer import Writer
from licet.storage.terms import NODES, Ids
from licet.storage.vouching import Vouching


class SQLiteStore:
    """``ports.Store`` over one file."""

    def __init__(self, path: Path, vouching: Vouching, node: int, lock: FileLock | None) -> None:
        """Use ``open``: it sees to the lock and the schema first."""
        self._lock = lock
        self._vouching = vouching
        writing = connect(path, cache_kib=WRITER_CACHE_KIB)
        self._checkpointer = Checkpointer(connect(path, cache_kib=0), writing)
        self._spool = Spool()
        self._writer = Writer(writing, node, along=self._spool.along, committed=self._committed)
        reading = partial(connect, path, cache_kib=READER_CACHE_KIB, read_only=True)
        self._reader = Reader(reading())
        self._wire(reading)
        self._ids = Ids(node, self._last_id())

    def _wire(self, reading: partial[sqlite3.Connection]) -> None:
        ways = (self._reader, self._writer, self._vouching)
        self.issuers: ports.Issuers = SQLiteIssuers(*ways)
        self.keys: ports.Keys = SQLiteKeys(*ways)
        self.clients: ports.Clients = SQLiteClients(*ways)
        self.registrations: ports.Registrations = SQLiteRegistrations(*ways)
        self.resources: ports.Resources = SQLiteResources(*ways)
        self.accounts: ports.Accounts = SQLiteAccounts(*ways)
        self.pairwise_subjects: ports.PairwiseSubjects = SQLitePairwiseSubjects(*ways)
        self.sessions: ports.Sessions = SQLiteSessions(*ways)
        self.transactions: ports.Transactions = SQLiteTransactions(*ways)
        self.consents: ports.Consents = SQLiteConsents(*ways)
        self.grants: ports.Grants = SQLiteGrants(*ways)
        self.codes: ports.Codes = SQLiteCodes(*ways)
        self.families: ports.Families = SQLiteFamilies(*ways)
        self.devices: ports.Devices = SQLiteDevices(*ways)
        self.access_tokens: ports.AccessTokens = SQLiteAccessTokens(*ways)
        self.revocations: ports.Revocations = SQLiteRevocations(*ways)
        self.outbox: ports.Outbox = SQLiteOutbox(*ways)
        self.replay: ports.Replay = SQLiteReplay(*ways)
        self.throttles: ports.Throttles = SQLiteThrottles(*ways)
        self.events: ports.Events = SQLiteEvents(*ways, reading)
        self._refusals = SQLiteRefusals(*ways, self._spool)
        self.refusals: ports.Refusals = self._refusals
        self.listing: ports.Listing = SQLiteListing(*ways)
        self.holdings: ports.Holdings = SQLiteHoldings(*ways, reading)

    @classmethod
    def open(
        cls, path: Path | str, vouching: Vouching, *, node: int = 0, create: bool = True, lock: bool = True
    ) -> SQLiteStore:
        """Open the file, creating it where it is missing or empty and *create* says so.

        *vouching* is the vault's: a row that it did not write, or that somebody changed, counts as missing.

        *node* numbers this process's event chain and ids. *lock* keeps a second server out; a command line,
        which only writes now and then, goes without.

        Raises StoreBusy, StoreMissing, SchemaOlder, SchemaNewer.
        """
        path = Path(path)
        if not 0 <= node < NODES:
            raise ValueError(f"a node's number is below {NODES}")
        if not create and not path.exists():
            raise StoreMissing(f"there is no store at {path}")
        held = FileLock(path) if lock else None
        try:
            touch(path)
            _prepare(path, create=create)
            return cls(path, vouching, node, held)
        except BaseException:
            if held is not None:
                held.release()
            raise

    async def issue(self, issuance: ports.Issuance) -> ports.Outcome:
        return await self._writer.submit(issuing(issuance, self._vouching))

    async def configure(self, change: ports.Configuring) -> bool:
        return await self._writer.submit(configuring(change, self._vouching))

    async def vouch_anew(self) -> int:
        return await vouch_anew(self._writer, self._vouching)

    def next_id(self, at: Instant) -> int:
        return self._ids.next(at)

    async def latest(self) -> Instant:
        seen = [self._reader.row(LATEST, (node,)) for node in nodes(self._reader)]
        instants = [row[0] for row in seen if row is not None]
        return Instant(max([*instants, self._ids.latest]))

    async def purge(self, at: Instant, limit: int) -> int:
        return await self._writer.submit(lambda tx: purge(tx, at, limit))

    async def flush(self) -> None:
        await self._refusals.flush()

    async def close(self) -> None:
        """Write what waits, checkpoint, and let the next one in. May be called twice."""
        self._writer.close()
        self._checkpointer.close()
        self._reader.close()
        if self._lock is not None:
            self._lock.release()

    def _committed(self) -> None:
        self._spool.committed()
        self._checkpointer.committed()

    def _last_id(self) -> int:
        row = self._reader.row(LAST_GRANT, ())
        return 0 if row is None or row[0] is None else int(row[0])


def _prepare(path: Path, *, create: bool) -> None:
    """See that the schema is the one this code speaks."""
    connection = connect(path, cache_kib=0)
    try:
        fresh.prepare(connection, path, create=create)
    finally:
        connection.close()
