"""The transcripts of docs/operating.md happen as printed, ids and times aside, against a server that serves."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_operators import ALICE, House, opened_house

PAGE = Path(__file__).parents[2] / "docs" / "operating.md"
DRAWN = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|127\.0\.0\.1:\d+|\b0\.\d+"
    r"|(?<![\w-])(?:[\w-]{24}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{12}|\d{19})(?![\w-])"
)
"""What is another one each time: instants, ids, ports."""


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened_house(tmp_path) as made:
        yield made


def transcripts() -> list[tuple[str, str]]:
    """Each command of the page that looks through the store, and what it says."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL)
    said = [part.partition("\n") for block in blocks for part in block.split("$ ")[1:]]
    return [(command, answer) for command, _, answer in said if command.startswith("licet ")]


def plain(text: str) -> str:
    """*text* without what is drawn in it; columns may be wider."""
    lines = DRAWN.sub("*", text).strip().splitlines()
    return "\n".join(" ".join(line.split()) for line in lines)


def test_the_transcripts_are_what_happens(house: House) -> None:
    tokens = house.tokens(ALICE)
    (house.home / "token.txt").write_text(tokens["access_token"])
    here: dict[str, str] = {}
    story = transcripts()
    assert len(story) >= 5
    for command, expected in story:
        words, _, file = command.partition(" < ")
        for drawn in DRAWN.findall(words):
            words = words.replace(drawn, here[drawn])
        feed = (house.home / file).read_text() if file else None
        answer = house.licet(*shlex.split(words)[1:], feed=feed)
        assert plain(answer) == plain(expected), command
        here |= dict(zip(DRAWN.findall(expected), DRAWN.findall(answer), strict=True))
