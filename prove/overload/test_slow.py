"""Hundreds of slow and broken connections: honest requests are served, and everything that was taken is given back.

In a sample the server's deadlines are four seconds long; whole, they are what they are when it is shipped.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import pytest

from bench import machine
from prove.conftest import Scale
from prove.overload.operated import Operated, operated
from prove.overload.vices import VICES, Vice

pytestmark = pytest.mark.timeout(1800)

MOST_MB = 64
SPARE = 4
"""Descriptors that may come and go by themselves."""


def _honest(server: Operated, times: int) -> list[float]:
    """Seconds that somebody waits who opens a connection and asks for a token."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        assert server.token("billing", "orders:read").status == 200
        taken.append(time.perf_counter() - began)
    return taken


def _until_held(server: Operated, least: int) -> int:
    """Wait until it has accepted what was opened: the control, for what is never seen is given back at once."""
    until = time.monotonic() + 30
    while (held := server.descriptors()) < least:
        assert time.monotonic() < until, f"only {held} of {least} were ever seen"
        time.sleep(0.002)
    return held


def _until_given_back(server: Operated, vices: Sequence[Vice], before: int, seconds: float) -> list[float]:
    """Go on with everything until the server holds no more than *before*; how long honest requests took meanwhile."""
    taken, until = [], time.monotonic() + seconds
    while server.descriptors() > before + SPARE:
        assert time.monotonic() < until, f"{server.descriptors() - before} connections are still held"
        for each in vices:
            each.go_on()
        taken += _honest(server, 1)
        time.sleep(0.05)
    return taken


@pytest.mark.parametrize(
    "vices", [[vice] for vice in VICES] + [VICES], ids=lambda vices: "+".join(v.__name__ for v in vices)
)
def test_they_cost_little(tmp_path: Path, scale: Scale, vices: Sequence[type[Vice]]) -> None:
    if len(vices) == 1 and not scale(0, 1):
        pytest.skip("one at a time: whole only")
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    many = scale(420, 1_400) // len(vices)
    with operated(tmp_path / "home", *(() if scale(0, 1) else ("--quick",))) as server:
        usual, before, (calm, _) = _honest(server, 50), server.descriptors(), server.memory_mb()
        spent = machine.cpu_s(server.pid)
        opened = [vice(server, number) for number in range(many) for vice in vices]
        try:
            held = _until_held(server, before + many * sum(vice.holds for vice in vices) // 2)
            meanwhile = _until_given_back(server, opened, before, 180)
            spent = machine.cpu_s(server.pid) - spent
        finally:
            for each in opened:
                each.end()
        grown = server.memory_mb()[1] - calm
        print(
            f"\n{len(opened)} connections, {held - before} held: {spent:.2f} s of CPU, {grown:.0f} MB more; an honest request"
            f" takes {median(meanwhile or usual) / median(usual):.1f} times as long"
        )
        assert grown < MOST_MB
        _honest(server, 20)
        if scale(0, 1) and meanwhile:
            assert median(meanwhile) <= 3 * median(usual)
