"""Bringing an older store to the present schema: `licet db status` and `licet db upgrade`.

SQLAlchemy and Alembic are imported here, inside ``upgrade``, and nowhere else at run time.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from licet.storage.schema.fresh import HEAD, REVISIONS, SchemaNewer, SchemaOlder, prepare, revision
from licet.storage.sqlite.connection import FileLock, StoreMissing, connect
from licet.storage.vouching import Vouching

__all__ = ["HEAD", "SchemaNewer", "SchemaOlder", "SchemaStatus", "status", "upgrade"]


@dataclass(frozen=True, slots=True)
class SchemaStatus:
    """Where a store's schema stands."""

    revision: str | None
    """None where the file is empty; ``unknown`` where it is not licet's."""
    pending: tuple[str, ...]
    """The revisions it lacks, oldest first."""

    @property
    def current(self) -> bool:
        return self.revision == HEAD

    @property
    def newer(self) -> bool:
        """Whether this licet does not know the schema: a newer one wrote it, or something else did."""
        return self.revision is not None and self.revision not in REVISIONS


def status(path: Path | str) -> SchemaStatus:
    """What the store is stamped with, and what it lacks. Raises StoreMissing."""
    path = Path(path)
    if not path.exists():
        raise StoreMissing(f"there is no store at {path}")
    connection = connect(path, cache_kib=0)
    try:
        found = revision(connection)
    finally:
        connection.close()
    if found is None:
        return SchemaStatus(None, REVISIONS)
    behind = REVISIONS[REVISIONS.index(found) + 1 :] if found in REVISIONS else ()
    return SchemaStatus(found, behind)


def upgrade(path: Path | str, vouching: Vouching) -> SchemaStatus:
    """Run the migrations that are missing, all in one transaction; what was the status before.

    *vouching* is the vault's: rows from before rows were vouched for are vouched for as they are.

    Raises StoreBusy while a server has the store open, StoreMissing, SchemaNewer.
    """
    path = Path(path)
    before = status(path)
    if before.newer:
        raise SchemaNewer(path, str(before.revision))
    if not before.current:
        lock = FileLock(path)
        try:
            _upgrade(path, before, vouching)
        finally:
            lock.release()
    return before


def _upgrade(path: Path, before: SchemaStatus, vouching: Vouching) -> None:
    connection = connect(path, cache_kib=0)
    try:
        if before.revision is None:
            prepare(connection, path, create=True)
        else:
            migrate(connection, vouching=vouching)
    finally:
        connection.close()


def migrate(connection: sqlite3.Connection, to: str = "head", *, vouching: Vouching | None = None) -> None:
    """Run the migrations on a connection in autocommit mode, in one transaction."""
    from alembic import command  # noqa: PLC0415  slow to import, and seldom needed
    from alembic.config import Config  # noqa: PLC0415
    from sqlalchemy import create_engine, event  # noqa: PLC0415
    from sqlalchemy.pool import StaticPool  # noqa: PLC0415

    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    # The driver would begin only before data changes: a schema change that fails half way must go back too.
    event.listen(engine, "begin", lambda begun: begun.exec_driver_sql("BEGIN IMMEDIATE"))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    with engine.begin() as begun:
        config.attributes["connection"] = begun
        config.attributes["vouching"] = vouching
        command.upgrade(config, to)
