"""What every port of this backend stands on: the reader and the writer."""

from __future__ import annotations

from licet.storage.sqlite.reader import Reader
from licet.storage.sqlite.writer import Writer


class Room:
    """A port's two ways to the file."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._read = reader
        self._write = writer
