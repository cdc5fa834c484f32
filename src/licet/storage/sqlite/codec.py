"""Records as rows and back; the columns of a record are its fields, in their order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Generic, TypeVar

import msgspec
from msgspec.inspect import BoolType, BytesType, IntType, LiteralType, NoneType, StrType, UnionType, VarTupleType
from msgspec.inspect import type_info as inspect_type

from licet.storage.vouching import Vouching

R = TypeVar("R", bound=msgspec.Struct)

_encode = msgspec.json.Encoder(order="deterministic").encode
_PLAIN = (IntType, StrType, BytesType, LiteralType)
"""What SQLite stores as it is."""


@lru_cache(maxsize=4096)
def pack_strings(values: tuple[str, ...]) -> str:
    """Scopes, audiences, amr as a JSON array; the same few come back all the time."""
    return _encode(values).decode()


@lru_cache(maxsize=4096)
def unpack_strings(text: str) -> tuple[str, ...]:
    """Undo ``pack_strings``; tuples cannot change, so one may be given out many times."""
    return _decode_strings(text)


_decode_strings = msgspec.json.Decoder(tuple[str, ...]).decode


def pack(value: Any) -> str:
    """Anything else as JSON: text, so that an operator can read it with the sqlite3 shell."""
    return _encode(value).decode()


Pack = Callable[[Any], Any]

VOUCH = "vouch"


def _how(annotation: Any) -> tuple[Pack, Pack] | None:
    """How a field of this type goes into a column and comes out; None where it goes as it is."""
    kind = inspect_type(annotation)
    kinds = kind.types if isinstance(kind, UnionType) else (kind,)
    (only,) = (one for one in kinds if not isinstance(one, NoneType))
    if isinstance(only, _PLAIN):
        return None
    if isinstance(only, BoolType):
        return int, bool  # an exact int: sqlite3 looks up an adapter for anything else, which costs more than the row
    if isinstance(only, VarTupleType) and isinstance(only.item_type, StrType):
        return pack_strings, unpack_strings
    return pack, msgspec.json.Decoder(annotation).decode


class Codec(Generic[R]):
    """The columns of one record type."""

    def __init__(self, record: type[R], table: str) -> None:
        fields = msgspec.structs.fields(record)
        self.fields = tuple(field.name for field in fields)
        self.width = len(self.fields)
        self.columns = ", ".join(self.fields)
        self.insert = f"INSERT INTO {table} ({self.columns}) VALUES ({', '.join('?' * self.width)})"  # noqa: S608
        self._record = record
        self._values = attrgetter(*self.fields)
        hows = [(index, how) for index, field in enumerate(fields) if (how := _how(field.type)) is not None]
        self._packs = tuple((index, pack_) for index, (pack_, _) in hows)
        self._unpacks = tuple((index, unpack) for index, (_, unpack) in hows)

    def of(self, alias: str) -> str:
        """The columns, for a join."""
        return ", ".join(f"{alias}.{name}" for name in self.fields)

    def encode(self, record: R) -> Sequence[Any]:
        values: tuple[Any, ...] = self._values(record)
        if not self._packs:
            return values
        row = list(values)
        for index, pack_ in self._packs:
            if row[index] is not None:
                row[index] = pack_(row[index])
        return row

    def decode(self, row: Sequence[Any], start: int = 0) -> R:
        """The record whose columns begin at *start* in *row*."""
        values = list(row[start : start + self.width])
        for index, unpack in self._unpacks:
            if values[index] is not None:
                values[index] = unpack(values[index])
        return self._record(**dict(zip(self.fields, values, strict=True)))


class Vouched(Generic[R]):
    """The columns of a record type whose rows are vouched for, and the column in which they are.

    There is no way to read a row past its vouch. A new column that does not live on must be vouched for anew by the migration
    that brings it.
    """

    def __init__(self, record: type[R], table: str, *, lives_on: tuple[str, ...]) -> None:
        """*lives_on*: the columns that may change without a new vouch."""
        codec = Codec(record, table)
        self.table = table
        self.fields = (*codec.fields, VOUCH)
        self.width = codec.width + 1
        self.columns = ", ".join(self.fields)
        self.insert = f"INSERT INTO {table} ({self.columns}) VALUES ({', '.join('?' * self.width)})"  # noqa: S608
        self.said = tuple(name for name in codec.fields if name not in lives_on)
        """What is vouched for, in the order of the record."""
        self._codec = codec
        self._places = tuple(map(codec.fields.index, self.said))
        self._said = itemgetter(*self._places)
        self._said_from: dict[int, itemgetter[Any]] = {0: self._said}
        """By where in a joined row the columns begin: there are few such places, and a slice would be a copy each time."""

    def of(self, alias: str) -> str:
        """The columns, for a join."""
        return ", ".join(f"{alias}.{name}" for name in self.fields)

    def write(self, record: R, vouching: Vouching) -> Sequence[Any]:
        """The row of *record*, vouched for."""
        row = self._codec.encode(record)
        return (*row, vouching.vouch(self.table, self._said(row)))

    def vouch(self, record: R, vouching: Vouching) -> bytes:
        """What is written beside *record*: for statements that change what it says."""
        return vouching.vouch(self.table, self._said(self._codec.encode(record)))

    def read(self, row: Sequence[Any], vouching: Vouching, start: int = 0) -> R | None:
        """The record whose columns begin at *start* in *row*; None where it says what was never written here."""
        said = self._said_from.get(start)
        if said is None:
            said = self._said_from[start] = itemgetter(*(start + place for place in self._places))
        if not vouching.holds(row[start + self.width - 1], self.table, said(row)):
            return None
        return self._codec.decode(row, start)

    def each(self, rows: Iterable[Sequence[Any]], vouching: Vouching) -> tuple[R, ...]:
        """The records of *rows*, without those that say what was never written here."""
        return tuple(record for row in rows if (record := self.read(row, vouching)) is not None)
