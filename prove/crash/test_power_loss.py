"""Power loss: every cut of a journal of writes is a disk on which the server opens and keeps its word (F-03).

With ``synchronous=NORMAL`` it does not, and the checker must see that: which proves the checker, and the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from shutil import copytree
from typing import NamedTuple

import pytest

from licet.cli.opening import read
from licet.cli.serve import _Service
from prove.conftest import Scale
from prove.crash import disk, ledger
from prove.crash.acts import Acts, Known
from prove.crash.afterwards import try_everything
from prove.crash.checker import faults
from prove.crash.disk import KILLED, SYNC_ENDS, Disk, Record
from prove.crash.history import History
from prove.crash.line import within
from prove.crash.load import load
from prove.crash.operated import kill, operated, signed_in, start
from prove.single_use.served import Served

pytestmark = pytest.mark.timeout(3600)

LOG_BOUND = 150_000
"""The log starts over several times within a run; the server's own bound is never reached in one."""
STARTS_OVER = 2
ACTS, MOST_BATCHES = 60, 50


class Cut(NamedTuple):
    """When the power went, and what that left on the disk."""

    at_ns: int
    image: dict[str, bytes]


@dataclass(frozen=True)
class Run:
    """A load, and everything that was written during it."""

    served: Served
    history: History
    known: Known
    before: dict[str, bytes]
    records: list[Record]

    def cuts(self, numbers: set[int], random: Random | None = None) -> Iterator[Cut]:
        """The power goes just before the record of each number; *random* tears what was not synced."""
        platter = Disk(self.before)
        for number, record in enumerate(self.records):
            if number in numbers:
                yield Cut(record.at_ns - 1, platter.torn(random) if random else platter.synced())
            platter.note(record)

    def faults(self, cut: Cut, home: Path) -> list[str]:
        """Start on what is left, try everything that clients were told by then, and judge."""
        for part in ("config", "keys"):
            copytree(self.served.home / part, home / part)
        store = home / "store" / self.served.store.name
        store.parent.mkdir()
        disk.lay_down(cut.image, store)
        history = self.history.until(cut.at_ns, home / "history")
        given = {value for call in history.calls() for value in call.given.values()}
        service = _Service(read(home / "config" / "licet.toml"), apply=False)
        try:
            asyncio.run(self._try(service, history, self.known.only(given)))
        finally:
            service.close()
        return faults(history.calls()) + ledger.disagreements(store)

    async def _try(self, service: _Service, history: History, known: Known) -> None:
        kernel = await service.build(self.served.issuer)
        send, http = within(kernel, self.served.issuer)
        async with http:
            await try_everything(Acts(self.served, history, known, send, {}), Random(0))
        assert kernel.internal_errors == 0


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = disk.compiled(tmp_path_factory.mktemp("library"))
    if found is None:
        pytest.skip("no C compiler, or not Linux: the journal of writes cannot be preloaded")
    return found


def run(home: Path, library: Path, mode: str, seed: int) -> Run:
    """Load a server whose writes are noted, until its log has started over a few times; then kill it."""
    with operated(home) as served:
        served.start()
        cookies = signed_in(served)
        served.stop()
        before = disk.files(served.store)
        journal, history, known = home / "journal", History(home / "history"), Known()
        more = disk.preloaded(library, served.store, journal)
        start(served, "--synchronous", mode, "--log-bound", str(LOG_BOUND), more=more)

        async def loaded(batch: int) -> None:
            for line in await load(served, history, known, cookies, seed * 50 + batch, ACTS):
                await line.close()

        for batch in range(MOST_BATCHES):
            asyncio.run(loaded(batch))
            if batch and _starts_over(disk.records(journal)) >= STARTS_OVER:
                break
        _quiet(journal)
        kill(served)
        history.died()
        killed = Record(disk.KILLED, "d", time.monotonic_ns(), 0, b"")
        done = Run(served, history, known, before, [*disk.records(journal), killed])
        assert faults(history.calls()) == []
        _whole(done)
        return done


def _quiet(journal: Path) -> None:
    """Wait until the last checkpoint is noted: a kill between a write and its note would be a fault of ours."""
    size, before = journal.stat().st_size, -1
    for _ in range(60):
        if size == before:
            return
        time.sleep(1)
        size, before = journal.stat().st_size, size
    raise AssertionError("it never stops writing")


def _whole(done: Run) -> None:
    """The journal missed nothing: all its writes together are the files as they are."""
    platter = Disk(done.before)
    for record in done.records:
        platter.note(record)
    assert platter.written() == disk.files(done.served.store)
    assert _starts_over(done.records) >= STARTS_OVER


def _starts_over(records: list[Record]) -> int:
    """How often the log began again at its first byte, which it may only after a checkpoint."""
    return sum(record.what == disk.WRITE and record.file == "w" and record.offset == 0 for record in records) - 1


def test_full_keeps_every_promise(tmp_path: Path, library: Path, scale: Scale) -> None:
    done = run(tmp_path / "home", library, "FULL", seed=1)
    random = Random(1)
    numbers = set(random.sample(range(len(done.records)), scale(2, 40)))
    numbers |= set(_dangerous(done)[: scale(2, 40)])
    for way, tearing in (("synced", None), ("torn", random)):
        for number, cut in enumerate(done.cuts(numbers, tearing)):
            found = done.faults(cut, tmp_path / f"{way}-{number}")
            assert found == [], f"{way} {number}"


def test_normal_does_not_and_the_checker_finds_it(tmp_path: Path, library: Path) -> None:
    done = run(tmp_path / "home", library, "NORMAL", seed=2)
    (cut,) = done.cuts({_dangerous(done)[0]})
    found = done.faults(cut, tmp_path / "cut")
    assert any(fault.startswith("no order explains") for fault in found)


def _dangerous(done: Run) -> list[int]:
    """Just before a sync is done, or the kill: the more it would have made safe, the earlier in this list."""
    platter, found = Disk(done.before), []
    for number, record in enumerate(done.records):
        if record.what in {SYNC_ENDS, KILLED}:
            found.append((platter.unsafe, number))
        platter.note(record)
    return [number for _, number in sorted(found, reverse=True)]
