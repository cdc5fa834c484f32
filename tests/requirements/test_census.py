"""The census is complete, says one thing a row, and is printed as it stands."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from pathlib import Path

import pytest

from licet.requirements import CATALOGUE, PKCE_REQUIRED
from tests.requirements.census import DEMANDS, ROWS, Row, render

PRINTED = Path(__file__).parents[2] / "docs" / "census.md"


def test_every_demand_of_every_section_has_its_row() -> None:
    """As many rows as the section has demands: none overlooked, none invented."""
    assert Counter(row.section for row in ROWS) == DEMANDS


def test_rows_stand_in_the_order_of_the_text() -> None:
    """A section's rows are together, and sections follow each other as they are counted."""
    assert [section for section, _ in groupby(ROWS, key=lambda row: row.section)] == list(DEMANDS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.section}-{row.says[:40]}")
def test_a_row_is_kept_by_requirements_or_says_why_not(row: Row) -> None:
    """Exactly one of the two, and every requirement is in the catalogue, once."""
    assert bool(row.kept_by) != bool(row.reason)
    assert set(row.kept_by) <= set(CATALOGUE)
    assert len(set(row.kept_by)) == len(row.kept_by)
    assert row.says


def test_a_requirement_that_keeps_a_demand_cites_the_draft_or_the_older_text() -> None:
    """Whatever keeps a demand of OAuth 2.1 has a source in a specification, not in a ruling alone."""
    alone = {
        str(requirement)
        for row in ROWS
        for requirement in row.kept_by
        if all(source.citation.document.id == "licet" for source in requirement.sources)
    }
    assert not alone


def test_the_printed_census_is_current() -> None:
    """``python -m tests.requirements.census > docs/census.md``."""
    assert PRINTED.read_text(encoding="utf-8") == render()


def test_rendering_shows_requirement_or_reason() -> None:
    """One line a demand."""
    lines = render().splitlines()
    assert f"| 4.1.1 | clients use PKCE | `{PKCE_REQUIRED}` |" in lines
    assert "| 2.1 | clients keep their credentials from leaking | *Binds clients.* |" in lines
    assert sum(line.startswith("| ") for line in lines) == len(ROWS) + 1
