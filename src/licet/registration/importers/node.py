"""A value of somebody else's JSON, and where it stands: what is of the wrong shape is noted, not raised.

Exports are strict about nothing: numbers and flags come as texts, and null stands for what is not there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from licet.registration.mistakes import shown, shown_line

LARGEST = 64 * 1024 * 1024
"""Bytes of an export; whoever has more exports clients without people."""

_BARE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LONGEST = 10_000
_MOST_S = 2**40


class Unreadable(Exception):  # noqa: N818  a condition of the file
    """Not an export of the product it is said to be; each line says where and what."""

    def __init__(self, mistakes: list[str]) -> None:
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(mistakes))


@dataclass(frozen=True, slots=True)
class Node:
    """One value, by its path: ``$.clients[3].redirectUris``."""

    value: Any = field(repr=False)
    path: str = "$"
    mistakes: list[str] = field(default_factory=list)

    def wrong(self, message: str) -> None:
        """Note that this is not what it should be."""
        self.mistakes.append(f"{self.path}  {message}")

    def at(self, key: str | int) -> Node:
        """What is under *key*; null where it is not there."""
        if isinstance(key, int):
            return Node(self.value[key], f"{self.path}[{key}]", self.mistakes)
        below = f"{self.path}.{key}" if _BARE.fullmatch(key) else f"{self.path}[{json.dumps(shown_line(key))}]"
        return Node(self.value.get(key) if isinstance(self.value, dict) else None, below, self.mistakes)

    def table(self, key: str) -> Node:
        """The object under *key*; an empty one where there is none."""
        found = self.at(key)
        if found.value is None or isinstance(found.value, dict):
            return Node(found.value or {}, found.path, self.mistakes)
        found.wrong("is not an object")
        return Node({}, found.path, self.mistakes)

    def each(self, key: str) -> Iterator[Node]:
        """The objects in the list under *key*."""
        yield from self.at(key).objects()

    def objects(self) -> Iterator[Node]:
        """The objects in this list."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            self.wrong("is not a list")
            return
        for number in range(len(self.value)):
            one = self.at(number)
            if isinstance(one.value, dict):
                yield one
            else:
                one.wrong("is not an object")

    def text(self, key: str) -> str:
        """The text under *key*; empty where there is none."""
        found = self.at(key)
        return "" if found.value is None else found.as_text()

    def as_text(self) -> str:
        """This as a text."""
        if not isinstance(self.value, str):
            self.wrong("is not a text")
            return ""
        if len(self.value) > _LONGEST:
            self.wrong(f"is longer than {_LONGEST} characters")
            return ""
        return self.value

    def texts(self, key: str) -> tuple[str, ...]:
        """The list of texts under *key*, each once."""
        found = self.at(key)
        if found.value is None:
            return ()
        if not isinstance(found.value, list):
            found.wrong("is not a list of texts")
            return ()
        said = (found.at(number).as_text() for number in range(len(found.value)))
        return tuple(dict.fromkeys(text for text in said if text))

    def flag(self, key: str, *, default: bool = False) -> bool:
        """Yes or no, also as ``"true"`` and ``"false"``."""
        found = self.at(key)
        match found.value:
            case None | "":
                return default
            case bool():
                return found.value
            case "true" | "false":
                return bool(found.value == "true")
        found.wrong(f"{_said(found.value)} is neither true nor false")
        return default

    def seconds(self, key: str) -> int | None:
        """A number of seconds, also as a text; None where it is not there."""
        found = self.at(key)
        value = found.value
        if value is None or value == "":
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < _MOST_S.bit_length():
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _MOST_S:
            return value
        found.wrong(f"{_said(value)} is not a number of seconds")
        return None


def parse(content: bytes) -> Node:
    """The whole of *content*; raises Unreadable where it is no JSON."""
    try:
        return Node(json.loads(content.decode("utf-8-sig")))
    except UnicodeDecodeError:
        raise Unreadable(["$  is not text in UTF-8"]) from None
    except json.JSONDecodeError as error:
        raise Unreadable([f"line {error.lineno}, column {error.colno}  is no JSON: {error.msg.lower()}"]) from None
    except (ValueError, RecursionError):
        raise Unreadable(["$  is nested too deeply, or holds a number too long to read"]) from None


def _said(value: Any) -> str:
    """A value for a message; a text is not repeated, it may be a secret."""
    return "this" if isinstance(value, str) else shown(value)
