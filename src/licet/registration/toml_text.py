"""Writing ``licet.toml``: blocks of keys, one below the other, with comments that say why. Pure.

Whatever is written is visible text in lines: what a terminal or a YAML document would take for more is escaped.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from licet.registration.mistakes import shown_line

WIDTH = 110
"""Characters in a line, where they can be had."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
_BASIC_PLANE = 0xFFFF
_SURROGATES = range(0xD800, 0xE000)


@dataclass(frozen=True, slots=True)
class Row:
    """One key and what it says."""

    key: str
    value: object
    remark: str = ""
    off: bool = False
    """Written as a comment: there for whoever fills it in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One table: its name, what to say above it, and its keys."""

    path: tuple[str, ...] = ()
    """Empty for what stands before the first table."""
    above: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    off: bool = False
    """All of it is a comment."""
    repeated: bool = False
    """One of an array of tables: ``[[waiver]]``."""


def document(blocks: Iterable[Block]) -> str:
    """The text of a file."""
    return "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"


def tables(blocks: Iterable[Block]) -> dict[str, Any]:
    """What a reader would make of :func:`document`, as values."""
    whole: dict[str, Any] = {}
    for block in blocks:
        if block.off:
            continue
        at = whole
        for word in block.path[:-1] if block.repeated else block.path:
            at = at.setdefault(word, {})
        if block.repeated:
            entry: dict[str, Any] = {}
            at.setdefault(block.path[-1], []).append(entry)
            at = entry
        at |= {row.key: row.value for row in block.rows if not row.off}
    return whole


def value(given: object) -> str:
    """*given* on one line."""
    match given:
        case bool():
            return "true" if given else "false"
        case str():
            return quoted(given)
        case Mapping():
            inside = ", ".join(f"{key(str(name))} = {value(one)}" for name, one in given.items())
            return f"{{ {inside} }}" if inside else "{}"
        case list() | tuple():
            return f"[{', '.join(map(value, given))}]"
        case date() | time():
            return given.isoformat()
        case _:
            return repr(given)


def key(name: str) -> str:
    """*name*, quoted where it must be."""
    return name if _BARE.fullmatch(name) else quoted(name)


def quoted(text: str) -> str:
    """A basic string of visible characters (TOML 1.0, strings)."""
    return '"' + "".join(_SHORT.get(one) or (one if one.isprintable() else _escaped(one)) for one in text) + '"'


def comment(text: str) -> list[str]:
    """*text* as comment lines; each of its lines is wrapped where it is too long."""
    found: list[str] = []
    for line in text.split("\n"):
        inner = shown_line(line)
        wrapped = textwrap.wrap(inner, WIDTH - 2, break_long_words=False, break_on_hyphens=False)
        found += [f"# {part}".rstrip() for part in wrapped or [""]]
    return found


def plain(given: object) -> Any:
    """*given* as JSON has it: a date is a text there."""
    match given:
        case Mapping():
            return {str(name): plain(one) for name, one in given.items()}
        case list() | tuple():
            return [plain(one) for one in given]
        case date() | time():
            return given.isoformat()
        case _:
            return given


def as_json(body: object) -> str:
    """*body* for a script to read."""
    return json.dumps(plain(body), indent=2, ensure_ascii=False)


def _escaped(character: str) -> str:
    number = ord(character)
    if number in _SURROGATES:  # half a character is none, and no file can hold it
        return "\\uFFFD"
    return f"\\u{number:04X}" if number <= _BASIC_PLANE else f"\\U{number:08X}"


def _lines(block: Block) -> list[str]:
    lines = [line for text in block.above for line in comment(text)]
    body: list[str] = []
    if block.path:
        name = ".".join(map(key, block.path))
        body.append(f"[[{name}]]" if block.repeated else f"[{name}]")
    width = max((len(key(row.key)) for row in block.rows), default=0)
    for row in block.rows:
        written = _row(row, width)
        body += _off(written) if row.off else written
    return lines + (_off(body) if block.off else body)


def _off(lines: list[str]) -> list[str]:
    """*lines* as comments, each once."""
    return [line if line.startswith("#") else f"# {line}" for line in lines]


def _row(row: Row, width: int) -> list[str]:
    name = f"{key(row.key):<{width}} = "
    lines = [name + value(row.value)]
    if len(lines[0]) > WIDTH and isinstance(row.value, Sequence) and not isinstance(row.value, str) and row.value:
        lines = [name + "[", *(f"    {value(one)}," for one in row.value), "]"]
    if row.remark:
        remark = shown_line(row.remark).strip()
        if len(lines) > 1 or len(lines[0]) + len(remark) + 4 > WIDTH:
            return [*comment(remark), *lines]
        lines[-1] += f"  # {remark}"
    return lines
