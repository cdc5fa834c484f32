"""``kill -9`` while a first start fills the store: the next one opens it, has keys, and can be told to finish."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.target import Unavailable
from licet.authorization_server.keys import PURPOSES
from prove.conftest import Scale
from prove.crash import ledger
from prove.crash.acts import SCOPES, Acts, Known
from prove.crash.history import History
from prove.crash.line import Line
from prove.crash.operated import gone, kill, operated, start
from prove.single_use.served import Served

pytestmark = pytest.mark.timeout(1800)

MOST_COMMITS = 60
SAMPLE = (2,)
"""The issuer is there and its keys, which take long to make, are not."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with operated(tmp_path / "home") as served:
        yield served


def _dies(served: Served, commit: int) -> bool:
    """Whether a first start comes so far at all."""
    for path in served.store.parent.glob(served.store.name + "*"):
        path.unlink()
    try:
        start(served, "--dies-at", str(commit))
    except Unavailable:
        gone(served)
        return True
    kill(served)
    return False


async def _all_works(acts: Acts) -> None:
    assert [await acts.client_credentials(api) for api in SCOPES] == ["ok"] * len(SCOPES)
    assert [await acts.look(token) for token in acts.known.access] == ["active"] * len(SCOPES)
    assert await acts.ask_device() == "ok"


async def _works(served: Served, history: History) -> None:
    line = Line(served.port)
    await _all_works(Acts(served, history, Known(), line, {}))
    await line.close()


def test_a_first_start_that_was_killed_is_finished_by_the_next(served: Served, tmp_path: Path, scale: Scale) -> None:
    for commit in range(1, MOST_COMMITS) if scale.whole else SAMPLE:
        if not _dies(served, commit):
            break
        served.start()
        found = served.rows("SELECT purpose, alg FROM keys WHERE state = 'active'")
        assert sorted(found) == sorted(PURPOSES)
        kill(served)
        start(served, "--apply")
        asyncio.run(_works(served, History(tmp_path / f"history-{commit}")))
        served.stop()
        assert ledger.disagreements(served.store) == [], commit
    else:
        assert not scale.whole, "a first start never ended"
