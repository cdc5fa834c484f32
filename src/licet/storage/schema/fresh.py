"""The schema a backend finds or makes when it opens a SQLite file; imports neither SQLAlchemy nor Alembic.

A fresh store comes from ``sqlite.sql``, one text that a test proves equal to the migrations' head. Its
revision stands in ``alembic_version``, where Alembic looks for it.
"""

from __future__ import annotations

import sqlite3
from importlib.resources import files
from pathlib import Path

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008")
"""Every revision there ever was, oldest first (a test compares them with the migrations)."""

HEAD = REVISIONS[-1]

STAMP_TABLE = (
    "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
    "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
)


class SchemaOlder(Exception):  # noqa: N818  a condition of the store, not a mistake of the caller
    """The store's schema is from an older licet."""

    def __init__(self, path: Path, revision: str) -> None:
        super().__init__(f"{path} has the schema {revision} of an older licet; upgrade it with `licet db upgrade`")
        self.revision = revision


class SchemaNewer(Exception):  # noqa: N818  a condition of the store, not a mistake of the caller
    """The store's schema is from a newer licet, or not licet's at all."""

    def __init__(self, path: Path, revision: str) -> None:
        super().__init__(
            f"{path} has the schema {revision}, which this licet does not know: use the licet that wrote it, "
            "or a newer one (`licet db upgrade` goes forward only)"
        )
        self.revision = revision


def sql() -> str:
    """The text of a fresh store."""
    return files(__package__).joinpath("sqlite.sql").read_text(encoding="utf-8")


def revision(connection: sqlite3.Connection) -> str | None:
    """What the store is stamped with; None where nothing is in it yet."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()}
    if "alembic_version" not in tables:
        return "unknown" if tables else None
    stamps = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    return str(stamps[0][0]) if stamps else "unknown"


def prepare(connection: sqlite3.Connection, path: Path, *, create: bool) -> None:
    """Create the schema in an empty file if *create*; refuse an older and a newer one."""
    if create and revision(connection) is None:
        _create(connection)
    found = revision(connection)
    if found == HEAD:
        return
    if found is None or found in REVISIONS:
        raise SchemaOlder(path, found or "(none)")
    raise SchemaNewer(path, found)


def _create(connection: sqlite3.Connection) -> None:
    """All in one transaction, unless another process has done it first."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if revision(connection) is None:
            for statement in sql().split(";\n"):
                connection.execute(statement)
            connection.execute(STAMP_TABLE)
            connection.execute("INSERT INTO alembic_version (version_num) VALUES (?)", (HEAD,))
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
