"""The thread that checkpoints ends when it is told to, at whatever moment that is."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from threading import Event

from licet.storage.sqlite.checkpoint import Checkpointer


class StoppedJustThen(Event):
    """Says that nobody stops, a moment before somebody does."""

    def __init__(self, nudge: Event) -> None:
        super().__init__()
        self._nudge = nudge

    def wait(self, timeout: float | None = None) -> bool:
        self.set()
        self._nudge.set()
        return False


def test_who_closes_between_two_looks_does_not_wait_for_ever(tmp_path: Path) -> None:
    connections = [sqlite3.connect(tmp_path / "x.db", check_same_thread=False) for _ in range(2)]
    checkpointer = Checkpointer(*connections)
    checkpointer._stop = StoppedJustThen(checkpointer._dirty)
    checkpointer.committed()
    checkpointer._thread.join(timeout=10)
    assert not checkpointer._thread.is_alive()
    checkpointer.close()
    connections[1].close()
