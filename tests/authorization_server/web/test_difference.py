"""Two lines that should be one are cut where they differ."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.authorization_server.web.difference import LONGEST, Pieces, difference

LINES = st.text(alphabet="ab/:", max_size=40)


def marked(pieces: Pieces) -> str:
    return "".join(f"[{piece.text}]" if piece.differs else piece.text for piece in pieces)


@given(LINES, LINES)
def test_nothing_is_lost(sent: str, registered: str) -> None:
    """Put together again, the pieces are the lines; what is not marked is the same in both."""
    left, right = difference(sent, registered)
    assert "".join(piece.text for piece in left) == sent
    assert "".join(piece.text for piece in right) == registered
    shared = ["".join(piece.text for piece in pieces if not piece.differs) for pieces in (left, right)]
    assert shared[0] == shared[1]


@pytest.mark.parametrize(
    ("sent", "registered", "left", "right"),
    [
        ("https://a.example/cb/", "https://a.example/cb", "https://a.example/cb[/]", "https://a.example/cb"),
        ("http://a.example/cb", "https://a.example/cb", "http://a.example/cb", "http[s]://a.example/cb"),
        ("https://a.example:80/cb", "https://a.example/cb", "https://a.example[:80]/cb", "https://a.example/cb"),
        ("https://x/Auth/cb", "https://x/auth/cb", "https://x/[A]uth/cb", "https://x/[a]uth/cb"),
        ("aXbcdYe", "aZbcdWe", "a[X]bcd[Y]e", "a[Z]bcd[W]e"),
        ("", "", "", ""),
        ("same", "same", "same", "same"),
    ],
)
def test_marks(sent: str, registered: str, left: str, right: str) -> None:
    """Slash, scheme, port, case: the slips that people make."""
    assert tuple(map(marked, difference(sent, registered))) == (left, right)


def test_strangers_are_marked_whole() -> None:
    """Letters that two unlike words share by chance are no help."""
    assert tuple(map(marked, difference("abcxyz", "qyrbsm"))) == ("[abcxyz]", "[qyrbsm]")


@pytest.mark.timeout(5)
def test_the_work_is_bounded() -> None:
    """Lines made to be slow to compare are not compared for long."""
    left, right = difference("x" + "ab" * 1_000_000, "y" + "ba" * 1_000_000)
    assert sum(len(piece.text) for piece in left) == LONGEST
    assert sum(len(piece.text) for piece in right) == LONGEST
    slow = difference("x" + "ab" * 99 + "z", "y" + "ba" * 99 + "w")
    assert all(pieces for pieces in slow)
