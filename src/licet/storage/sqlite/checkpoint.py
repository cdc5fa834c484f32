"""Checkpoints beside the writer, so that no commit waits for the log to be copied into the file.

A passive checkpoint copies while the writer goes on, but then the log cannot start over: under saturation it
grows without end (441 MB in 6 s was measured). So the writer looks at its size and, at the bound, stops for
the little that is left to copy and truncates it.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from licet.storage.sqlite.connection import WAL_BOUND

PAUSE_S = 0.25
"""Between two checkpoints while there are commits; without commits the thread sleeps."""

LOOK_EVERY = 16
"""Commits between two looks at the log's size."""


class Checkpointer:
    """A thread with its own connection; ``committed`` and ``bound`` belong to the writer's thread."""

    def __init__(self, path: Path, connection: sqlite3.Connection, writer: sqlite3.Connection) -> None:
        self._log = Path(f"{path}-wal")
        self._connection = connection
        self._writer = writer
        self._dirty = Event()
        self._stop = Event()
        self._commits = 0
        self._thread = Thread(target=self._run, name="licet-checkpoint", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """A commit was made: checkpoint soon, or at once if the log has reached its bound."""
        self._dirty.set()
        self._commits += 1
        if self._commits % LOOK_EVERY == 0 and self._size() > WAL_BOUND:
            with suppress(sqlite3.Error):  # a reader or another process is in the way: the next look tries again
                self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        self._stop.set()
        self._dirty.set()
        self._thread.join()
        self._connection.close()

    def _size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0

    def _run(self) -> None:
        while True:
            self._dirty.wait()
            if self._stop.wait(PAUSE_S):
                return
            self._dirty.clear()
            with suppress(sqlite3.Error):  # the disk is full, say: commits meet the same and tell of it
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
