"""Each module of each plan in each manner: it ends well, and as ``docs/conformance.md`` says."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conformance.plans import MANNERS, PLANS, Manner, Plan
from tests.conformance.play import outcome
from tests.conformance.suite import MODULES
from tests.conformance.table import PAGE, cell, page
from tests.conformance.verdict import Verdict


def lines() -> list[Any]:
    return [
        pytest.param(plan, module, manner, id=f"{plan.title} / {module} / {manner.name}".replace(" ", "-"))
        for plan in PLANS
        for module in plan.modules
        for manner in MANNERS
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(("plan", "module", "manner"), lines())
async def test_module(plan: Plan, module: str, manner: Manner) -> None:
    """What the server does wrong is raised; a change of verdict is a change of the page."""
    assert str(await outcome(plan, module, manner)) == cell(PAGE.read_text(), plan, module, manner)


def test_every_module_of_the_plans_is_here() -> None:
    """94 lines of the suite, and nothing that is none."""
    assert set(MODULES) == {module for plan in PLANS for module in plan.modules}
    assert [len(plan.modules) for plan in PLANS] == [38, 38, 1, 2, 11, 2]


def test_the_page_is_what_a_run_writes() -> None:
    """Head, sums and order: the page made of its own cells is the page."""
    text = PAGE.read_text()
    ended = {
        (plan.name, module, manner.name): Verdict(*cell(text, plan, module, manner).split(": ", 1))
        for plan in PLANS
        for module in plan.modules
        for manner in MANNERS
    }
    assert page(ended) == text
    assert not [key for key, verdict in ended.items() if verdict.word == "failed"]
