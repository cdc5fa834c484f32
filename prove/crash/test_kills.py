"""``kill -9`` at random during a mixed load, again and again on one store (P5, F-01)."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from prove.conftest import Scale
from prove.crash import ledger
from prove.crash.acts import Acts, Known
from prove.crash.afterwards import look, try_everything
from prove.crash.checker import faults
from prove.crash.history import LOST, History
from prove.crash.line import Line
from prove.crash.load import LANES, load
from prove.crash.operated import internal_errors, kill, operated, signed_in, start
from prove.single_use.served import Served

pytestmark = pytest.mark.timeout(3600)

SEED = 3
LOG_BOUND = "100000"
"""In every other round the write-ahead log starts over again and again, so that kills meet checkpoints too."""
MOST_ACTS = 400


async def _killed_under_load(
    served: Served, history: History, known: Known, cookies: dict[str, str], number: int
) -> None:
    loading = asyncio.create_task(load(served, history, known, cookies, number, MOST_ACTS))
    await asyncio.sleep(Random(f"{SEED} {number}").uniform(0.02, 0.4))
    kill(served)
    for line in await loading:  # what was answered before may still be on its way
        await line.close()
    history.died()


async def _tried(served: Served, history: History, known: Known, random: Random) -> None:
    line = Line(served.port)
    try:
        await try_everything(Acts(served, history, known, line, {}), random)
    finally:
        await line.close()


async def _looked_at(served: Served, history: History, known: Known) -> None:
    line = Line(served.port)
    try:
        await look(Acts(served, history, known, line, {}))
    finally:
        await line.close()


def test_whatever_was_answered_holds_and_whatever_was_used_stays_used(tmp_path: Path, scale: Scale) -> None:
    random = Random(SEED)
    rounds: list[tuple[History, Known]] = []
    answers: Counter[str] = Counter()
    with operated(tmp_path / "home") as served:
        served.start()
        cookies = signed_in(served)
        for number in range(scale(20, 200)):
            history, known = History(tmp_path / f"history-{number}"), Known()
            asyncio.run(_killed_under_load(served, history, known, cookies, number))
            if number % 2:
                served.start()
            else:
                start(served, "--log-bound", LOG_BOUND)
            asyncio.run(_tried(served, history, known, random))
            calls = history.calls()
            answers.update(call.answer for call in calls)
            assert internal_errors(served) == []
            assert faults(calls) == [], history.path
            assert ledger.disagreements(served.store) == []
            rounds.append((history, known))
        for history, known in random.sample(rounds, min(10, len(rounds))):
            asyncio.run(_looked_at(served, history, known))  # what ended many crashes ago
            assert faults(history.calls()) == [], history.path
    # The proof is worth something only if requests were really in flight and really answered.
    assert answers[LOST] >= len(rounds) * LANES / 4, answers
    assert min(answers[what] for what in ("ok", "refused", "active", "inactive")) > 10, answers


def test_a_server_that_answers_before_it_commits_is_found_out(tmp_path: Path) -> None:
    """The control: the same proof over a server that does what ours must not."""
    random, found = Random(SEED), list[str]()
    with operated(tmp_path / "home") as served:
        served.start()
        cookies = signed_in(served)
        for number in range(10):
            served.stop()
            start(served, "--answers-early")
            history, known = History(tmp_path / f"history-{number}"), Known()
            asyncio.run(_killed_under_load(served, history, known, cookies, 100 + number))
            served.start()
            asyncio.run(_tried(served, history, known, random))
            found += faults(history.calls())
            if found:
                break
    assert any(fault.startswith("no order explains") for fault in found)
