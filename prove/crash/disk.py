"""A disk as it was when the power went: what was synced is there, what was only written is there or not, or half.

Read from the journal that ``write_journal.c`` keeps; ``-shm`` is memory and gone.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

_RECORD = struct.Struct("=cc6xQQQ")
_SECTOR = 512
SUFFIXES = {"d": "", "w": "-wal"}
"""The store and its write-ahead log → how their names end."""
WRITE, TRUNCATE, UNLINK, SYNC_BEGINS, SYNC_ENDS = "WTUbe"
KILLED = "k"
"""Ours, at the end: from here on nothing is written any more."""


class Record(NamedTuple):
    """One line of the journal."""

    what: str
    file: str
    at_ns: int
    offset: int
    data: bytes


def compiled(folder: Path) -> Path | None:
    """The journal as a library to preload; None where this is not Linux, or there is no C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    library = folder / "write_journal.so"
    source = Path(__file__).with_name("write_journal.c")
    subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", library, source, "-lpthread"], check=True, timeout=60)
    return library


def preloaded(library: Path, store: Path, journal: Path) -> dict[str, str]:
    """The environment of a server whose writes are noted."""
    return {"LD_PRELOAD": str(library), "WRITE_JOURNAL": str(journal), "WRITE_JOURNAL_OF": str(store.resolve())}


def records(journal: Path) -> list[Record]:
    return list(_records(journal.read_bytes()))


def _records(noted: bytes) -> Iterator[Record]:
    at = 0
    while at < len(noted):
        what, file, at_ns, offset, length = _RECORD.unpack_from(noted, at)
        at += _RECORD.size
        yield Record(what.decode(), file.decode(), at_ns, offset, noted[at : at + length])
        at += length


def files(store: Path) -> dict[str, bytes]:
    """Store and log as they lie in the file system."""
    paths = {file: store.with_name(store.name + suffix) for file, suffix in SUFFIXES.items()}
    return {file: path.read_bytes() if path.exists() else b"" for file, path in paths.items()}


class Disk:
    """Follows a journal, record by record."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._safe = {file: bytearray(content) for file, content in files.items()}
        self._waiting: dict[str, list[Record]] = {file: [] for file in files}
        self._syncing: dict[str, deque[int]] = {file: deque() for file in files}
        """Of each sync under way: how many of the waiting writes it covers."""

    def note(self, record: Record) -> None:
        waiting, syncing = self._waiting[record.file], self._syncing[record.file]
        if record.what == SYNC_BEGINS:
            syncing.append(len(waiting))
        elif record.what == SYNC_ENDS:
            covered = syncing.popleft()
            for write in waiting[:covered]:
                _apply(self._safe[record.file], write)
            del waiting[:covered]
            self._syncing[record.file] = deque(max(0, more - covered) for more in syncing)
        elif record.what == UNLINK:  # only a log of which nothing is left to copy
            self._safe[record.file].clear()
            waiting.clear()
        elif record.what in {WRITE, TRUNCATE}:
            waiting.append(record)

    @property
    def unsafe(self) -> int:
        """How many writes would be lost now."""
        return sum(map(len, self._waiting.values()))

    def synced(self) -> dict[str, bytes]:
        """Nothing is there but what was synced."""
        return {file: bytes(content) for file, content in self._safe.items()}

    def torn(self, random: Random) -> dict[str, bytes]:
        """Of what was not synced, some is there, some is not, some is there in part: no order is kept."""
        return self._with(lambda write: _torn(write, random))

    def written(self) -> dict[str, bytes]:
        """All of it is there: what a kill, which takes no power away, leaves behind."""
        return self._with(lambda write: write)

    def _with(self, kept: Callable[[Record], Record | None]) -> dict[str, bytes]:
        image = {}
        for file, content in self._safe.items():
            image[file] = bytearray(content)
            for write in self._waiting[file]:
                if (part := kept(write)) is not None:
                    _apply(image[file], part)
        return {file: bytes(content) for file, content in image.items()}


def lay_down(image: dict[str, bytes], store: Path) -> None:
    """Write *image* where a server will find it."""
    for file, content in image.items():
        if content:
            store.with_name(store.name + SUFFIXES[file]).write_bytes(content)


def _apply(content: bytearray, write: Record) -> None:
    if write.what == TRUNCATE:
        del content[write.offset :]
        content.extend(bytes(write.offset - len(content)))
        return
    content.extend(bytes(max(0, write.offset - len(content))))
    content[write.offset : write.offset + len(write.data)] = write.data


def _torn(write: Record, random: Random) -> Record | None:
    fate = random.random()
    if fate < 0.4:
        return None
    if fate < 0.8 or write.what == TRUNCATE:
        return write
    return write._replace(data=write.data[: random.randrange(0, len(write.data) + 1, _SECTOR)])
