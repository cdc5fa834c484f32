"""TOML files from disk: text, size and syntax; what they say is for others to judge."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from licet.registration.mistakes import Mistake, Place, shown
from licet.registration.table import Source, Table

MANUAL = "docs/configuration.md"
PARTS = "conf.d"
"""Beside the main file; what stands there is read as well."""

FILE_LENGTH = 1024 * 1024
_AT = re.compile(r" \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)$")
_MAY_HIDE = ("secret", "password", "token")


class Documents:
    """The files of one configuration, and the bytes they were read from."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self._mistakes = mistakes
        self.content = b""
        """Every file, length and bytes, in the order they were opened."""
        self.complete = True
        """Whether all of them could be parsed: else what one says of another cannot be judged."""

    def open(self, path: Path, name: str) -> Table | None:
        """Read and parse one file, *name* in messages; None, and a mistake, if that cannot be done."""
        table = self._parse(path, name)
        self.complete &= table is not None
        return table

    def _parse(self, path: Path, name: str) -> Table | None:
        text = self._text(path, name)
        if text is None:
            return None
        try:
            values: dict[str, Any] = tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            self._mistakes.append(_syntax(name, text, error))
            return None
        return Table(Source(name, path.parent.absolute(), text), (), values, self._mistakes, MANUAL)

    def _text(self, path: Path, name: str) -> str | None:
        try:
            with path.open("rb") as file:
                content = file.read(FILE_LENGTH + 1)
            # Lines as tomllib sees them; else a carriage return would count as a column.
            text = content.decode().replace("\r\n", "\n")
            self.content += b"%d\x00%s" % (len(content), content)
        except FileNotFoundError:
            message, fix = "is not there", "licet init writes one"
        except OSError as error:
            message, fix = f"cannot be read: {(error.strerror or 'error').lower()}", "look at its permissions"
        except ValueError:
            message, fix = "is not text in UTF-8", "save it as UTF-8"
        else:
            if len(content) <= FILE_LENGTH:
                return text
            message, fix = "is larger than a megabyte", f"split it: {PARTS}/*.toml is read, too"
        self._mistakes.append(Mistake(Place(file=name), message, MANUAL, fix))
        return None


def _syntax(name: str, text: str, error: Exception) -> Mistake:
    """What tomllib says of *text*, with the line it speaks of where that cannot be a secret."""
    rule, fix = "TOML 1.0", "mend this first: what stands below it has not been looked at"
    if isinstance(error, RecursionError):
        return Mistake(Place(file=name), "is nested too deeply", rule, fix)
    lines = text.split("\n")
    message = str(error)
    match = _AT.search(message)
    if match is None:
        return Mistake(Place(file=name), shown(message)[1:-1], rule, fix)
    line = int(match["line"] or len(lines))
    column = int(match["column"] or len(lines[-1]) + 1) - 1
    written = lines[line - 1]
    if any(word in written.lower() for word in _MAY_HIDE):
        written = ""
    place = Place(file=name, line=line, text=written, start=column, end=column + 1)
    return Mistake(place, shown(message[: match.start()])[1:-1].lower(), rule, fix)
