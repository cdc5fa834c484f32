"""The models hold in every state they have, and every mistake made in them is found."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from prove.conftest import Scale
from prove.model.mutations import MUTATIONS, Mutation
from prove.model.search import MISSING, Search, search, text

pytestmark = [pytest.mark.timeout(1800), pytest.mark.skipif(MISSING is not None, reason=MISSING or "")]

SAMPLED: tuple[tuple[str, Mapping[str, int]], ...] = (
    ("code", {"CODES": 1}),
    ("code", {"SCOPES": 1}),
    ("device", {}),
    ("family", {"WINDOW": 0}),
    ("family", {"WINDOW": 1}),
    ("admission", {"ENDINGS": 1}),
)
WHOLE = (*SAMPLED, ("admission", {"ENDINGS": 2}))


def name(model: str, settings: Mapping[str, int]) -> str:
    return "-".join([model, *(f"{key}={value}" for key, value in settings.items())])


@pytest.mark.parametrize(
    ("model", "settings"), WHOLE, ids=lambda case: case if isinstance(case, str) else name("", case)
)
def test_no_state_breaks_an_invariant(tmp_path: Path, scale: Scale, model: str, settings: Mapping[str, int]) -> None:
    """2 clients × 3 generations × 2 nodes, killed at every step: all states, none cut off, no statement out of reach."""
    if (model, settings) not in SAMPLED and not scale.whole:
        pytest.skip("only in the whole run")
    found = search(text(model), tmp_path, settings)
    assert not found.errors, f"{found.violated}\n{found.way[-4000:]}"
    assert found.exhausted
    assert found.unreached == ()
    assert found.states > 10_000


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_every_mistake_is_found(tmp_path: Path, mutation: Mutation) -> None:
    found = search(mutation.source(), tmp_path, mutation.settings)
    assert found.errors, f"nothing in {found.states} states shows that {mutation.name}"
    assert "assert" in found.violated
    assert "spin: text of failed assertion" in found.way


def test_a_search_that_is_cut_short_is_not_exhaustive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("prove.model.search._DEEPEST", 20)
    cut = search(text("family"), tmp_path, {"WINDOW": 0})
    assert (cut.errors, cut.exhausted, cut.holds) == (0, False, False)
    monkeypatch.setattr("prove.model.search._DEEPEST", 1_000_000)
    assert search(text("family"), tmp_path, {"WINDOW": 0}).holds


def test_a_statement_out_of_reach_is_named(tmp_path: Path) -> None:
    found: Search = search(
        text("device").replace(
            "!disabled[0] -> s = 0 :: !disabled[1] -> s = 1 fi; disable", "false -> s = 0 fi; disable"
        ),
        tmp_path,
    )
    assert found.unreached
