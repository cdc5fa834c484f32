"""Opening the file: pragmas, permissions, and the lock that keeps a second server out (rulings T)."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from contextlib import suppress
from pathlib import Path

from licet.storage.ports import Unavailable

OLDEST = (3, 37, 0)
"""The first SQLite with STRICT tables (and RETURNING, since 3.35)."""

BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another process's transaction: a command line's lasts milliseconds."""

WAL_BOUND = 64 * 1024 * 1024
"""Bytes of write-ahead log at which it starts over; a longer file is cut to this."""

WRITER_CACHE_KIB = 64 * 1024
READER_CACHE_KIB = 32 * 1024
STATEMENTS = 512
"""More than all statements there are: each is compiled once per connection."""


class StoreBusy(Exception):  # noqa: N818  a condition, not a mistake of the caller
    """Another server process has this store open."""

    def __init__(self, path: Path, pid: int | None) -> None:
        super().__init__(f"{path} is in use by another licet server (process {pid or 'unknown'})")
        self.pid = pid


class StoreMissing(Exception):  # noqa: N818  a condition, not a mistake of the caller
    """There is no store at this path, and none was to be created."""


class FileLock:
    """An exclusive lock on ``<file>.lock``, which holds the server's process id.

    The file is never deleted: a process that opened it before could then lock a file nobody sees. The kernel
    releases the lock with the process, however it ends.
    """

    def __init__(self, store: Path) -> None:
        self._fd = os.open(f"{store}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._fd, 32).strip()
            os.close(self._fd)
            raise StoreBusy(store, int(holder) if holder.isdigit() else None) from None
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, b"%d\n" % os.getpid(), 0)

    def release(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def touch(path: Path) -> None:
    """Create the file readable by its owner only; SQLite gives the log beside it the same mode."""
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))


def connect(path: Path, *, cache_kib: int, read_only: bool = False) -> sqlite3.Connection:
    """A connection in autocommit mode: transactions begin where the code says ``BEGIN``, nowhere else."""
    if sqlite3.sqlite_version_info < OLDEST:
        raise RuntimeError(f"SQLite {sqlite3.sqlite_version} is too old: licet needs 3.37 or newer")
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS,
        timeout=BUSY_TIMEOUT_MS / 1000,
    )
    for pragma in (
        "journal_mode = WAL",
        "synchronous = FULL",  # an acknowledged write survives the power going (security.md §4.2)
        "wal_autocheckpoint = 0",  # checkpoint.py does it beside the writer
        f"journal_size_limit = {WAL_BOUND}",
        f"cache_size = -{cache_kib}",
        "temp_store = MEMORY",
        "trusted_schema = OFF",
        f"query_only = {int(read_only)}",
    ):
        try:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        except sqlite3.DatabaseError as error:
            connection.close()
            raise Unavailable(f"{path} cannot be opened as a store: {error}") from error
    return connection
