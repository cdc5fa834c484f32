"""Where each key of a TOML document stands: ``tomllib`` reads values and forgets lines, so this looks again.

Only for text that ``tomllib`` has accepted. It may lose its way in a document stranger than any it was
written for; then it knows fewer places, and a mistake is shown at the nearest table instead.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from contextlib import suppress
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Keys from the top of the document; a number is a place in an array."""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one line: *line* counts from 1, columns from 0; what goes on below is cut at the line's end."""

    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A key and its value. For a table's header both are the header's name, for an array's item the item."""

    key: Span
    value: Span


def whereabouts(text: str) -> dict[KeyPath, Whereabouts]:
    """Map every key path of *text*, tables and array items included, to where it is written."""
    scanner = _Scanner(text)
    with suppress(_LostError, RecursionError, tomllib.TOMLDecodeError):
        scanner.document()
    return scanner.found


_BLANK = re.compile(r"(?:[ \t\n]|#[^\n]*)*")
_SPACE = re.compile(r"[ \t]*")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
_BASIC = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_LITERAL = re.compile(r"'[^'\n]*'")
# Up to two quotes may touch the closing three: they belong to the text.
_LONG_BASIC = re.compile(r'"""(?:\\.|[^\\])*?"""(?:"{0,2})', re.DOTALL)
_LONG_LITERAL = re.compile(r"'''.*?'''(?:'{0,2})", re.DOTALL)
_STRINGS = (_LONG_BASIC, _LONG_LITERAL, _BASIC, _LITERAL)
_OTHER = re.compile(r"[^,\]}#\n]+")


class _LostError(Exception):
    """The text is not what the scanner expects at this point."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", text))]
        self._items: dict[KeyPath, int] = {}
        """How many tables each array of tables has so far."""
        self.found: dict[KeyPath, Whereabouts] = {}

    def document(self) -> None:
        table: KeyPath = ()
        while True:
            self._skip(_BLANK)
            if self._at >= len(self._text):
                return
            if self._peek("["):
                table = self._header()
            else:
                self._pair(table)

    def _header(self) -> KeyPath:
        is_item = self._peek("[[")
        self._at += 2 if is_item else 1
        self._skip(_SPACE)
        start = self._at
        keys, span = self._key()
        end = self._at
        self._expect("]]" if is_item else "]")
        path: KeyPath = ()
        for key in keys[:-1]:
            path = self._inside((*path, key), span)
        path = (*path, keys[-1])
        whole = self._span(start, end)
        if is_item:
            self.found.setdefault(path, Whereabouts(span, whole))
            self._items[path] = self._items.get(path, 0) + 1
            path = (*path, self._items[path] - 1)
        self.found[path] = Whereabouts(span, whole)
        return path

    def _inside(self, path: KeyPath, span: Span) -> KeyPath:
        """Note a table named on the way to another; inside an array of tables that means its last one."""
        self.found.setdefault(path, Whereabouts(span, span))
        return (*path, self._items[path] - 1) if path in self._items else path

    def _pair(self, table: KeyPath) -> None:
        keys, key = self._key()
        self._expect("=")
        path = table
        for name in keys[:-1]:
            path = self._inside((*path, name), key)
        path = (*path, keys[-1])
        self.found[path] = Whereabouts(key, self._value(path))

    def _key(self) -> tuple[list[str], Span]:
        """Read a key, dotted or not; the span is that of its last part."""
        parts: list[str] = []
        while True:
            self._skip(_SPACE)
            start = self._at
            raw = self._match(_BARE_KEY, _BASIC, _LITERAL)
            # Quoted parts have escapes of their own; the real parser reads them.
            parts.append(next(iter(tomllib.loads(f"{raw}=0"))) if raw[0] in "\"'" else raw)
            span = self._span(start, self._at)
            self._skip(_SPACE)
            if not self._peek("."):
                return parts, span
            self._at += 1

    def _value(self, path: KeyPath) -> Span:
        self._skip(_SPACE)
        start = self._at
        if self._peek("["):
            self._array(path)
        elif self._peek("{"):
            self._inline_table(path)
        elif self._peek('"') or self._peek("'"):
            self._match(*_STRINGS)
        else:
            self._match(_OTHER)
        return self._span(start, self._at)

    def _array(self, path: KeyPath) -> None:
        self._at += 1
        count = 0
        while True:
            self._skip(_BLANK)
            if self._peek("]"):
                break
            item = (*path, count)
            span = self._value(item)
            self.found[item] = Whereabouts(span, span)
            count += 1
            self._comma("]")
        self._at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while True:
            self._skip(_BLANK)
            if self._peek("}"):
                break
            self._pair(path)
            self._comma("}")
        self._at += 1

    def _comma(self, closing: str) -> None:
        self._skip(_BLANK)
        if not self._peek(closing):
            self._expect(",")

    def _peek(self, token: str) -> bool:
        return self._text.startswith(token, self._at)

    def _expect(self, token: str) -> None:
        if not self._peek(token):
            raise _LostError
        self._at += len(token)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        match = pattern.match(self._text, self._at)
        self._at = match.end() if match else self._at

    def _match(self, *patterns: re.Pattern[str]) -> str:
        for pattern in patterns:
            if match := pattern.match(self._text, self._at):
                self._at = match.end()
                return match[0]
        raise _LostError

    def _span(self, start: int, end: int) -> Span:
        line = bisect_right(self._line_starts, start)
        line_start = self._line_starts[line - 1]
        line_end = self._line_starts[line] - 1 if line < len(self._line_starts) else len(self._text)
        end = min(end, line_end)
        trimmed = len(self._text[start:end].rstrip())
        return Span(line, start - line_start, start - line_start + trimmed)
