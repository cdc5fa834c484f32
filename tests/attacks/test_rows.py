"""No row without a test, no test without a row."""

from __future__ import annotations

import ast

from tests.attacks.rows import ALSO, NOT_YET, PARTS, ROOT, met, named_in, render

ROWS = [row for rows in PARTS.values() for row in rows]
MET = met()


def test_every_row_is_met_or_says_what_is_missing() -> None:
    owing = [row.id for row in ROWS if (row.id in MET) == (row.id in NOT_YET)]
    assert owing == []
    assert [row.id for row in ROWS if bool(row.reaction) == (row.id in NOT_YET)] == []


def test_nothing_unknown_is_named() -> None:
    assert {*MET, *NOT_YET} == {row.id for row in ROWS}
    assert len({row.id for row in ROWS}) == len(ROWS)


def test_what_is_pointed_at_is_there() -> None:
    for name in (name for names in ALSO.values() for name in names):
        file, _, function = name.partition(":")
        tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
        assert function in {getattr(node, "name", "") for node in ast.walk(tree)}, name


def test_the_page_is_current() -> None:
    """``python -m tests.attacks.rows > docs/security.md``."""
    assert (ROOT / "docs" / "security.md").read_text(encoding="utf-8") == render(MET)


def test_how_rows_are_found() -> None:
    source = '''
async def test_one():
    """AZ-01 and TK-10 to TK-12."""

# JW-03: a part
def test_two(): ...

# another part
def test_three(): ...
'''
    assert list(named_in(source)) == [
        ("AZ-01", "test_one"),
        ("TK-10", "test_one"),
        ("TK-11", "test_one"),
        ("TK-12", "test_one"),
        ("JW-03", "test_two"),
    ]
