"""What a plan says becomes possible is what the server accepts afterwards: asked of it, over hundreds of random edits."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings

from prove.conftest import Scale
from tests.registration.edits import Edit, edits
from tests.registration.test_authority import compared

pytestmark = pytest.mark.timeout(3600)


def test_the_server_accepts_what_the_plan_says(scale: Scale) -> None:
    """At least a third of the edits let something happen that did not, and a third take something away: a proof on edits that
    change nothing would prove nothing."""
    gained, lost, seen = 0, 0, 0

    @settings(
        max_examples=scale(100, 500),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    @given(edit=edits())
    def story(edit: Edit) -> None:
        nonlocal gained, lost, seen
        with TemporaryDirectory() as directory:
            more, less = asyncio.run(compared(Path(directory), edit))
        gained, lost, seen = gained + bool(more), lost + bool(less), seen + 1

    story()
    print(f"{seen} edits: {gained} let something happen, {lost} took something away")
    assert seen >= scale(100, 500)
    assert min(gained, lost) >= seen // 3
