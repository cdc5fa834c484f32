"""What is wrong with a file, for whoever wrote it: where, what, by which rule, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from licet.registration.toml_lines import KeyPath

SHOWN_LENGTH = 80
"""Characters of a value that a message repeats."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A spot in a file, with the line as it is written, so that it can be shown later without the file."""

    file: str
    line: int = 0
    """Counted from 1; 0 means the file as a whole."""
    path: str = ""
    """The key, as in ``app.shop.callback``."""
    text: str = ""
    """The line, or as much of it as may be shown: never a secret somebody wrote there."""
    start: int = 0
    end: int = 0
    """The columns of *text* that matter."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing to mend."""

    place: Place
    message: str
    """What is wrong, with the value."""
    rule: str
    """What says so: a section of a specification or of the manual."""
    fix: str
    """What to write instead."""

    @property
    def file(self) -> str:
        """The file, as people named it."""
        return self.place.file

    @property
    def line(self) -> int:
        """Counted from 1; 0 means the file as a whole."""
        return self.place.line

    @property
    def path(self) -> str:
        """The key, as in ``app.shop.callback``."""
        return self.place.path

    def __str__(self) -> str:
        place = self.place
        where = f"{place.file}:{place.line}" if place.line else place.file
        lines = [f"{where}  {place.path + '  ' if place.path else ''}{self.message}"]
        if place.text.strip():
            indent = len(place.text) - len(place.text.lstrip())
            underline = " " * (place.start - indent) + "^" * max(place.end - place.start, 1)
            lines += [f"    {shown_line(place.text[indent:])}", f"    {underline}"]
        return "\n".join([*lines, f"    rule  {self.rule}", f"    fix   {self.fix}"])


class ManifestErrors(Exception):  # noqa: N818  it holds many
    """Everything that is wrong with a configuration, in the order of its lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda mistake: (_order(mistake.file), mistake.line)))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        """For a terminal: each mistake with its line underlined, then how many there are."""
        count = len(self.mistakes)
        return "\n\n".join([*map(str, self.mistakes), f"{count} mistake{'' if count == 1 else 's'}"])


def dotted(path: KeyPath) -> str:
    """A key path as people write it: ``api.orders.scopes."orders:read"``, ``app.shop.callback[1]``."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f"[{part}]"
        else:
            words += ("." if words else "") + (part if _BARE.fullmatch(part) else shown(part))
    return words


def shown(value: object) -> str:
    """A value for a message: quoted, short, and nothing in it that a terminal would obey."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and value.bit_length() > SHOWN_LENGTH:
        return "a very large number"
    text = shown_line(str(value))
    text = text if len(text) <= SHOWN_LENGTH else text[: SHOWN_LENGTH - 1] + "…"
    return f'"{text}"' if isinstance(value, str) else text


def shown_line(text: str) -> str:
    """Replace whatever would move the cursor, turn the line around or hide; every column stays where it is."""
    text = text.replace("\t", " ")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)


def _order(file: str) -> tuple[int, str]:
    """The main file before what ``conf.d`` adds to it."""
    return file.count("/"), file
