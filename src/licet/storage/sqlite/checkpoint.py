"""Checkpoints beside the writer, so that no commit waits for the log to be copied into the file.

A passive checkpoint copies while the writer goes on, but then the log cannot start over: under load it grows
without end (441 MB in 6 s was measured). So when it has reached its bound the writer itself, right after a
passive checkpoint has left it little to copy, copies that little and starts the log over. The log's file stays
as long as it was: overwriting it is cheaper to sync than letting it grow again.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from threading import Event, Thread

from licet.storage.sqlite.connection import BUSY_TIMEOUT_MS, WAL_BOUND

PAUSE_S = 0.25
"""Between two checkpoints while there are commits; without commits the thread sleeps."""

FRAME = 4096 + 24
"""Bytes of the log for one page."""


class Checkpointer:
    """A thread with its own connection; ``committed`` runs in the writer's."""

    def __init__(self, connection: sqlite3.Connection, writer: sqlite3.Connection) -> None:
        self._connection = connection
        self._writer = writer
        self._dirty = Event()
        self._stop = Event()
        self._full = False
        self._thread = Thread(target=self._run, name="licet-checkpoint", daemon=True)
        self._thread.start()

    def committed(self) -> None:
        """A commit was made: checkpoint soon, or now if the log has reached its bound."""
        self._dirty.set()
        if self._full:
            self._full = False
            self._start_over()

    def _start_over(self) -> None:
        """At once or not at all: to wait for another process that reads would hold up every change."""
        with suppress(sqlite3.Error):
            self._writer.execute("PRAGMA busy_timeout = 0").fetchall()
            self._writer.execute("PRAGMA wal_checkpoint(RESTART)").fetchall()
        self._writer.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}").fetchall()

    def close(self) -> None:
        self._stop.set()
        self._dirty.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while not self._stop.is_set():  # asked after clear(): it may have taken back the nudge of a close() just then
            self._dirty.wait()
            if self._stop.wait(PAUSE_S):
                return
            self._dirty.clear()
            with suppress(sqlite3.Error):  # the disk is full, say: commits meet the same and tell of it
                ((_, frames, _),) = self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                self._full = frames * FRAME > WAL_BOUND
