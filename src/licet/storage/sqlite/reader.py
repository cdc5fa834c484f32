"""Reads: inline on the event loop, each exhausting its cursor.

A read takes about 10 µs, a hop to a thread 60. A half-read cursor would keep its snapshot open: a revocation
committed since would stay unseen, and the log could not be checkpointed. So rows are always fetched whole.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from licet.storage.ports import Unavailable

Row = tuple[Any, ...]


class Reader:
    """The event loop's connection; it cannot write."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, parameters: Sequence[Any]) -> list[Row]:
        try:
            return self._connection.execute(sql, parameters).fetchall()
        except sqlite3.DatabaseError as error:
            raise Unavailable(str(error)) from error

    def row(self, sql: str, parameters: Sequence[Any]) -> Row | None:
        """The first row, or None; all are fetched even so (see above)."""
        rows = self.rows(sql, parameters)
        return rows[0] if rows else None

    def close(self) -> None:
        self._connection.close()
