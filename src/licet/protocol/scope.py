"""Scope: a set of case-sensitive words with a space between (RFC 6749 §3.3).

Which words a client may use is for the authorization server; what a word may look like is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from licet.protocol.errors import InvalidScope
from licet.requirements import SCOPE_WELL_FORMED

MAX_SCOPES = 100
MAX_LENGTH = 4096
"""Characters. Nobody reads a hundred lines on a consent page."""

_WORD = r"[\x21\x23-\x5B\x5D-\x7E]+"
_WORDS = re.compile(f"{_WORD}(?: {_WORD})*")


def parse(text: str) -> tuple[str, ...]:
    """The words of *text*, in order, each once.

    Raises InvalidScope: empty, any white space but single spaces between words, quotes, backslashes, anything
    but ASCII, or too much of it. Nothing is trimmed: who asks for what cannot be read asks again.
    """
    if len(text) > MAX_LENGTH:
        raise InvalidScope("scope is too long", per=SCOPE_WELL_FORMED)
    if _WORDS.fullmatch(text) is None:
        raise InvalidScope("scope is not words with single spaces between", per=SCOPE_WELL_FORMED)
    words = tuple(dict.fromkeys(text.split(" ")))
    if len(words) > MAX_SCOPES:
        raise InvalidScope("scope has too many words", per=SCOPE_WELL_FORMED)
    return words


def format(scopes: Iterable[str]) -> str:  # noqa: A001  read as scope.format
    """*scopes* as they are sent; empty where there are none, and then the parameter is left out."""
    return " ".join(scopes)


def within(asked: Iterable[str], allowed: Collection[str]) -> bool:
    """Whether every word asked for is allowed. Whole words only: ``read`` is not in ``read:all``."""
    return all(word in allowed for word in asked)
