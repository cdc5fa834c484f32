"""A table of the file, read key by key: what is missing, misspelt or of the wrong shape is noted, not raised.

Whoever reads goes on with ``None`` where a value was bad, so that one run finds every mistake. ``close``
refuses the keys that nobody asked for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from licet.registration.mistakes import Mistake, Place, dotted, shown
from licet.registration.toml_lines import KeyPath, whereabouts

_DURATION = re.compile(r"([1-9][0-9]{0,8})(s|m|h|d)")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600}
_TEXT_LENGTH = 2000


class Source:
    """One file: its name for messages, its directory for relative paths, and where each key stands in it."""

    def __init__(self, name: str, directory: Path, text: str) -> None:
        self.name = name
        self.directory = directory
        self._lines = text.split("\n")
        self._whereabouts = whereabouts(text)

    def paths(self) -> tuple[KeyPath, ...]:
        """Every key and table that stands in it."""
        return tuple(self._whereabouts)

    def place(self, path: KeyPath, *, key: bool = False, hidden: bool = False) -> Place:
        """Where *path* stands, or the nearest table above it: its value, or its *key*.

        A *hidden* value is blotted out, and of a key's line nothing is shown but the key: what stands
        before and behind it may be a secret.
        """
        named = dotted(path)
        while path and (path not in self._whereabouts or (hidden and isinstance(path[-1], int))):
            path, key = path[:-1], True
        if not path:
            return Place(file=self.name, path=named)
        found = self._whereabouts[path]
        span = found.key if key or hidden else found.value
        line = self._lines[span.line - 1]
        if line.lstrip().startswith("[") or not (key or hidden):
            return Place(file=self.name, line=span.line, path=named, text=line, start=span.start, end=span.end)
        word = line[span.start : span.end]
        shown_as, start = (f"{word} = •••", len(word) + 3) if hidden else (f"{word} …", 0)
        return Place(
            file=self.name,
            line=span.line,
            path=named,
            text=shown_as,
            start=start,
            end=start + (3 if hidden else len(word)),
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One text of a list, and where it stands."""

    text: str
    place: Place


class Table:
    """One table, and the mistakes found in it so far."""

    def __init__(
        self, source: Source, path: KeyPath, values: dict[str, object], mistakes: list[Mistake], rule: str
    ) -> None:
        self.source = source
        self.path = path
        self.rule = rule
        """What describes this table: cited where no specification says more."""
        self._values = values
        self._mistakes = mistakes
        self._asked: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def place(self, key: str | None = None, *, hidden: bool = False) -> Place:
        """Where *key*'s value stands; the table's own name without one."""
        if key is None:
            return self.source.place(self.path, key=not hidden, hidden=hidden)
        return self.source.place((*self.path, key), hidden=hidden)

    def names(self) -> tuple[str, ...]:
        """Every key that is there."""
        return tuple(self._values)

    def take(self, key: str) -> object:
        """The value as it is, or None; the key counts as known from now on."""
        self._asked.add(key)
        return self._values.get(key)

    def wrong(self, at: str | Place | None, message: str, *, rule: str = "", fix: str) -> None:
        """Note a mistake *at* a key, at a place, or at the table as a whole."""
        place = at if isinstance(at, Place) else self.place(at)
        self._mistakes.append(Mistake(place, message, rule or self.rule, fix))

    def missing(self, key: str, message: str, *, rule: str = "", fix: str) -> None:
        """Note that *key* ought to be there: shown at the table, named as the key."""
        place = replace(self.place(), path=dotted((*self.path, key)))
        self._mistakes.append(Mistake(place, message, rule or self.rule, fix))

    def text(self, key: str) -> str | None:
        """A text of one line that is not empty."""
        value = self.take(key)
        if value is None:
            return None
        return self._line(value, self.place(key), f'write {key} = "…"')

    def flag(self, key: str) -> bool | None:
        """Yes or no."""
        value = self.take(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, f"{shown(value)} is neither true nor false", fix=f"write {key} = true")
        return None

    def choice(self, key: str, options: Iterable[str]) -> str | None:
        """One of *options*."""
        value, options = self.take(key), tuple(options)
        if value is None or (isinstance(value, str) and value in options):
            return value
        near = nearest(value, options) if isinstance(value, str) else None
        listed = " | ".join(options)
        fix = f'write {key} = "{near}"' if near else f"choose one of {listed}"
        self.wrong(key, f"{shown(value)} is not one of {listed}", fix=fix)
        return None

    def seconds(self, key: str, least: int, most: int, *, rule: str = "") -> int | None:
        """A length of time: seconds as a number, or ``"10m"``, between *least* and *most*."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, str) and (match := _DURATION.fullmatch(value)):
            value = int(match[1]) * _UNITS[match[2]]
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(key, f"{shown(value)} is not a length of time", fix=f'write seconds, or {key} = "10m"')
            return None
        return self._bounded(key, value, least, most, rule, unit=" s")

    def integer(self, key: str, least: int, most: int, *, rule: str = "") -> int | None:
        """A whole number between *least* and *most*."""
        value = self.take(key)
        if value is None:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            self.wrong(key, f"{shown(value)} is not a whole number", fix=f"write {key} = {least}, or up to {most}")
            return None
        return self._bounded(key, value, least, most, rule, unit="")

    def texts(self, key: str) -> tuple[Item, ...]:
        """One text, or a list of them, each with its place; the same one twice counts once."""
        value = self.take(key)
        if value is None:
            return ()
        path = (*self.path, key)
        pairs = (
            [(text, self.source.place((*path, index))) for index, text in enumerate(value)]
            if isinstance(value, list)
            else [(value, self.source.place(path))]
        )
        found: dict[str, Item] = {}
        for raw, place in pairs:
            text = self._line(raw, place, f'write {key} = "…" or a list of texts')
            if text is not None:
                found.setdefault(text, Item(text, place))
        return tuple(found.values())

    def table(self, key: str) -> Table | None:
        """The table under *key*."""
        value = self.take(key)
        if value is None:
            return None
        if isinstance(value, dict):
            return Table(self.source, (*self.path, key), value, self._mistakes, self.rule)
        self.wrong(key, f"{shown(value)} is not a table", fix=f"write [{dotted((*self.path, key))}]")
        return None

    def items(self, key: str) -> tuple[Table, ...]:
        """The table under *key*, or a list of tables."""
        value = self.take(key)
        if not isinstance(value, list):
            table = self.table(key)
            return () if table is None else (table,)
        found = []
        for index, item in enumerate(value):
            if isinstance(item, dict):
                found.append(Table(self.source, (*self.path, key, index), item, self._mistakes, self.rule))
            else:
                place = self.source.place((*self.path, key, index), hidden=True)
                self.wrong(place, "this is not a table", fix='write { env = "…" } or { file = "…" }')
        return tuple(found)

    def close(self) -> None:
        """Refuse every key that nobody asked for, with the nearest one that is known."""
        for key in self.unknown():
            near = nearest(key, self._asked)
            fix = f"did you mean {near}?" if near else f"known here: {', '.join(sorted(self._asked))}"
            self.wrong(self.source.place((*self.path, key), key=True), f"{shown(key)} is not known here", fix=fix)

    def unknown(self) -> tuple[str, ...]:
        """The keys that nobody asked for so far."""
        return tuple(key for key in self._values if key not in self._asked)

    def _line(self, value: object, place: Place, fix: str) -> str | None:
        if not isinstance(value, str):
            self.wrong(place, f"{shown(value)} is not a text", fix=fix)
        elif not value.strip():
            self.wrong(place, "the text is empty", fix=f"{fix}, or leave it out")
        elif not value.isprintable():
            self.wrong(place, f"{shown(value)} holds a line break or an invisible character", fix="write visible text")
        elif len(value) > _TEXT_LENGTH:
            self.wrong(place, f"the text is longer than {_TEXT_LENGTH} characters", fix="shorten it")
        else:
            return value
        return None

    def _bounded(self, key: str, value: int, least: int, most: int, rule: str, *, unit: str) -> int | None:
        if least <= value <= most:
            return value
        fix = f"choose {least}{unit} to {most}{unit}"
        self.wrong(key, f"{shown(value)}{unit} is not between {least}{unit} and {most}{unit}", rule=rule, fix=fix)
        return None


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was probably meant."""
    close = difflib.get_close_matches(word[:100], sorted(known), n=1)
    return close[0] if close else None
