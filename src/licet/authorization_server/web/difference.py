"""Two lines that should have been one: where they differ, character by character.

For the developer's panel of the fault page. Both lines come from outside, so the work is bounded.
"""

from __future__ import annotations

from difflib import SequenceMatcher

import msgspec

LONGEST = 2000
"""Characters looked at in each line; a redirect URI that is longer is wrong in a way that needs no marks."""

_LONGEST_MATCHED = 200
"""Characters between the common ends that are matched with each other: the matcher's worst case is cubic."""

_ALIKE = 0.5
"""Below this ratio single letters in common are chance, and marks around them only confuse."""


class Piece(msgspec.Struct, frozen=True, gc=False):
    """A part of a line, and whether the other line lacks it."""

    text: str
    differs: bool = False


Pieces = tuple[Piece, ...]


def difference(sent: str, registered: str) -> tuple[Pieces, Pieces]:
    """Cut both lines into pieces: what they share, and what only one of them has."""
    sent, registered = sent[:LONGEST], registered[:LONGEST]
    start = _common(sent, registered)
    end = _common(sent[start:][::-1], registered[start:][::-1])
    head, tail = sent[:start], sent[len(sent) - end :]
    left, right = _middle(sent[start : len(sent) - end], registered[start : len(registered) - end])
    return _line(head, left, tail), _line(head, right, tail)


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    for index, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return index
    return min(len(one), len(other))


def _middle(sent: str, registered: str) -> tuple[list[Piece], list[Piece]]:
    if max(len(sent), len(registered)) > _LONGEST_MATCHED:
        return [Piece(sent, differs=True)], [Piece(registered, differs=True)]
    matcher = SequenceMatcher(None, sent, registered, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return [Piece(sent, differs=True)], [Piece(registered, differs=True)]
    left, right = [], []
    for kind, i1, i2, j1, j2 in matcher.get_opcodes():
        left.append(Piece(sent[i1:i2], differs=kind != "equal"))
        right.append(Piece(registered[j1:j2], differs=kind != "equal"))
    return left, right


def _line(head: str, middle: list[Piece], tail: str) -> Pieces:
    return tuple(piece for piece in (Piece(head), *middle, Piece(tail)) if piece.text)
