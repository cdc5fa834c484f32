"""The store as a thief carries it off: the file with its write-ahead log, and the text of every column."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from shutil import copyfile
from typing import Any

from prove.single_use.served import Served


@dataclass(frozen=True)
class Cell:
    """One value, and where it is."""

    table: str
    column: str
    value: str | bytes


@dataclass(frozen=True)
class Dump:
    """A copy of the files."""

    folder: Path

    @classmethod
    def of(cls, served: Served, folder: Path) -> Dump:
        """Copy what is there now, while the server runs: nothing was checkpointed for the thief's convenience."""
        folder.mkdir()
        for file in served.store.parent.iterdir():
            copyfile(file, folder / file.name)
        return cls(folder)

    @property
    def files(self) -> dict[str, bytes]:
        return {file.name: file.read_bytes() for file in self.folder.iterdir()}

    def cells(self) -> Iterator[Cell]:
        """Every text and every blob of every row."""
        copy = self.folder.with_name(self.folder.name + "-read")
        copy.mkdir(exist_ok=True)
        for name, raw in self.files.items():
            (copy / name).write_bytes(raw)
        with closing(sqlite3.connect(copy / "licet.db")) as connection:
            tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for (table,) in tables:
                cursor = connection.execute(f'SELECT * FROM "{table}"')
                columns = [column[0] for column in cursor.description]
                for row in cursor:
                    for column, value in zip(columns, row, strict=True):
                        if isinstance(value, str | bytes) and value:
                            yield Cell(table, column, value)


def inner(value: str | bytes) -> Iterator[str]:
    """The texts within a value that is JSON."""
    try:
        found = json.loads(value)
    except ValueError:
        return
    yield from _texts(found)


def _texts(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict | list):
        for one in found.values() if isinstance(found, dict) else found:
            yield from _texts(one)
