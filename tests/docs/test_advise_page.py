"""docs/advise.md is true: its commands say what is printed there, and its tables are the ones that decide."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from licet.registration.choices import grant_types
from licet.registration.decisions import DECISIONS, Contradiction
from licet.registration.kinds import BY_NAME
from licet.registration.questions import QUESTIONS
from licet.registration.snippets import _NEEDS, STACKS

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "advise.md").read_text()
README = (DOCS.parent / "README.md").read_text()
CONSOLE = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def rows(heading: str) -> list[list[str]]:
    table = PAGE[PAGE.index(heading) :].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in table]


def said(command: str, directory: Path) -> str:
    command = re.sub(r"^(\.venv/bin/)?licet", f"{sys.executable} -m licet", command)
    run = subprocess.run(
        ["sh", "-c", command], cwd=directory, capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert run.returncode == 0, (command, run.stderr)
    return run.stdout


def test_every_command_says_what_is_printed_below_it(tmp_path: Path) -> None:
    (tmp_path / "licet.toml").write_text('issuer = "https://id.example.com"\n')
    commands = 0
    for block in CONSOLE:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE):
            assert said(command, tmp_path).startswith(expected), command
            commands += 1
    assert commands >= 10


def test_the_readme_commands_run(tmp_path: Path) -> None:
    (tmp_path / "licet.toml").write_text('issuer = "https://id.example.com"\n')
    lines = [
        line[2:].partition("  #")[0] for line in README.splitlines() if re.match(r"\$ \S+licet (advise|add) ", line)
    ]
    assert len(lines) == 3
    lines[0] += " --is tv"  # nobody is there to answer
    assert [bool(said(line, tmp_path)) for line in lines] == [True] * 3


def test_the_table_of_kinds_is_the_one_that_decides() -> None:
    kinds = {row[2].strip("`"): row[3] for row in rows("| where it runs |")}
    assert set(kinds) == set(BY_NAME) - {"legacy"}
    assert all(grant_types(BY_NAME[name]).startswith(flow) for name, flow in kinds.items())


def test_every_question_with_its_flags() -> None:
    assert [(row[0], tuple(re.findall(r"`(--[a-z-]+)`", row[1]))) for row in rows("| question |")] == [
        (question.asks, question.flags) for question in QUESTIONS
    ]


def test_every_contradiction_by_name() -> None:
    names = [row.then.name for row in DECISIONS if isinstance(row.then, Contradiction)]
    assert [row[0].strip("`") for row in rows("| name |")] == [*names, "is-something-else"]


def test_every_stack_with_its_needs() -> None:
    assert {row[0].strip("`"): row[1].strip("`") for row in rows("| `--stack` |")} == {
        one: _NEEDS[one] for one in STACKS
    }


@pytest.mark.parametrize("name", sorted(set(BY_NAME) - {"legacy"}))
def test_the_picture_shows_every_kind(name: str) -> None:
    picture = ET.parse(DOCS / "advise.svg").getroot()
    texts = [element.text for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert name in texts
    assert f"{name}" in PAGE.partition("](advise.svg)")[0], "for who does not see it"
