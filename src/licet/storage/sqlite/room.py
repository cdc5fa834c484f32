"""What every port of this backend stands on: the reader and the writer."""

from __future__ import annotations

from licet.storage.sqlite.reader import Reader
from licet.storage.sqlite.writer import Writer
from licet.storage.vouching import Vouching


class Room:
    """A port's two ways to the file, and what vouches for rows."""

    def __init__(self, reader: Reader, writer: Writer, vouching: Vouching) -> None:
        self._read = reader
        self._write = writer
        self._vouching = vouching
