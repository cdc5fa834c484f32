"""What a real server did before random crowds is what the model can do; a history that was tampered with is not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from copy import deepcopy
from pathlib import Path
from random import Random

import pytest

from licet.storage.sqlite import issuing
from prove.conftest import Scale
from prove.model.history import History, accepted
from prove.model.recording import codes, families
from prove.model.search import MISSING
from tests.world import World, world

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(MISSING is not None, reason=MISSING or ""),
]

ROUNDS = 8
Crowd = Callable[[World, Random, int], Awaitable[History]]


async def recorded(crowd: Crowd, tmp_path: Path, seed: int) -> History:
    async with world(_room(tmp_path, seed)) as here:
        return await crowd(here, Random(seed), ROUNDS)


def _room(tmp_path: Path, seed: int) -> Path:
    place = tmp_path / str(seed)
    place.mkdir()
    return place


@pytest.mark.parametrize("crowd", [families, codes], ids=["families", "codes"])
async def test_a_real_servers_history_is_a_trace(tmp_path: Path, scale: Scale, crowd: Crowd) -> None:
    seen: set[str] = set()
    for seed in range(scale(6, 60)):
        history = await recorded(crowd, tmp_path, seed)
        assert accepted(history, tmp_path / "search"), history
        seen |= {call.heard for call in history.calls} | {event for event, _ in history.events}
    assert {"ok", "refused"} <= seen
    assert {"refresh_reused", "code_replayed"} & seen, f"nothing was used twice, only {seen}"


@pytest.mark.parametrize("crowd", [families, codes], ids=["families", "codes"])
async def test_a_history_that_was_tampered_with_is_none(tmp_path: Path, crowd: Crowd) -> None:
    """An answer turned round, an event left out, two in the other order, one by somebody else: each is noticed."""
    for seed in range(20):
        history = await recorded(crowd, tmp_path, seed)
        if {"ok", "refused"} <= {call.heard for call in history.calls} and len(
            {what for what, _ in history.events}
        ) > 1:
            break
    place = tmp_path / "search"
    assert accepted(history, place)
    won = next(number for number, call in enumerate(history.calls) if call.heard == "ok")
    lost = next(number for number, call in enumerate(history.calls) if call.heard == "refused")
    for number, heard in ((won, "refused"), (lost, "ok")):
        told = deepcopy(history)
        told.calls[number].heard = heard
        assert not accepted(told, place), (number, heard)
    for events in (
        history.events[1:],
        history.events[:-1],
        [*history.events, history.events[0]],
        [(history.events[0][0], lost), *history.events[1:]],
    ):
        told = deepcopy(history)
        told.events = events
        assert not accepted(told, place), events


async def test_a_server_that_rotates_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The head not compared in the statement that moves it: sooner or later two requests are served by one token."""
    blind = issuing.ROTATE.replace("AND generation = ?6 AND current_digest = ?7", "")
    assert blind != issuing.ROTATE
    monkeypatch.setattr(issuing, "ROTATE", blind)
    assert await _refused_one(families, tmp_path)


async def test_a_server_that_uses_a_code_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blind = issuing.CONSUME_CODE.replace("AND consumed_at IS NULL", "")
    assert blind != issuing.CONSUME_CODE
    monkeypatch.setattr(issuing, "CONSUME_CODE", blind)
    assert await _refused_one(codes, tmp_path)


async def _refused_one(crowd: Crowd, tmp_path: Path) -> bool:
    """Whether one of many histories is none: when it comes to a race is up to the machine."""
    for seed in range(60):
        if not accepted(await recorded(crowd, tmp_path, seed), tmp_path / "search"):
            return True
    return False
