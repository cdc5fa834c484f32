"""One round: start a server, put it through the workloads, and write down what was seen."""

import http.client
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from bench import load, machine
from bench.people import People
from bench.setup import Contender, Running
from bench.target import Target, Unavailable
from bench.workloads import WORKLOADS, Workload

SETTLE_S = 0.5
"""Wait before idle memory is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What to measure, and how long."""

    workloads: tuple[str, ...]
    connections: tuple[int, ...]
    seconds: float
    rounds: int
    limit: int

    warm_s: float = 1.5
    """Not counted, and never shortened: a JIT needs the while, and a cold peer would flatter us."""


@dataclass(slots=True)
class Round:
    """All that one server showed between its start and its end."""

    target: str
    number: int
    version: str = ""
    unavailable: str | None = None
    start: dict[str, float | None] = field(default_factory=dict)
    rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def wrong(self) -> int:
        """Wrong answers of the whole round."""
        return sum(row.get("wrong", 0) for row in self.rows)


def play(contender: Contender, number: int, settings: Settings, cores: machine.Cores) -> Round:
    """Play one round with a fresh server."""
    played = Round(contender.name, number)
    try:
        running = contender.start(cores.server)
    except Unavailable as why:
        played.unavailable = str(why)
        return played
    pid = running.process.pid
    try:
        played.version = running.version
        time.sleep(SETTLE_S)
        idle, _ = machine.memory_mb(pid)
        _put_through(running, played, settings, cores)
        _, peak = machine.memory_mb(pid)
        if machine.allowed_cores(pid) != {cores.server}:
            played.rows.append({"workload": "W7", "wrong": 1, "reasons": {"the server left its core": 1}})
        played.start = {
            "first_200_s": running.start_s,
            "first_200_of_all_s": running.first_start_s,
            "idle_mb": idle,
            "peak_mb": peak,
        }
    except Unavailable as why:
        played.rows.append({"workload": "W7", "wrong": 1, "reasons": {f"the server died: {why}": 1}})
    finally:
        running.process.stop()
    return played


def _put_through(running: Running, played: Round, settings: Settings, cores: machine.Cores) -> None:
    """Run every workload at every number of connections; raises Unavailable when the server dies under it."""
    people = People(running.target)
    for name in settings.workloads:
        for connections in settings.connections:
            row: dict[str, Any] = {"workload": name, "connections": connections}
            workload = WORKLOADS[name](running.target, people)
            try:
                row |= _window(running.target, workload, connections, settings, cores)
            except Unavailable as why:
                row["unavailable"] = str(why)
            except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException) as error:
                row |= {"wrong": 1, "reasons": {f"outside the load: {type(error).__name__}: {error}": 1}}
            played.rows.append(row)
            _tell(played, row)
            running.process.check()


def _window(
    target: Target, workload: Workload, connections: int, settings: Settings, cores: machine.Cores
) -> dict[str, Any]:
    """Measure one workload at one number of connections."""
    workload.prepare(connections)
    marks: list[tuple[float, float, float]] = []

    def mark() -> None:
        marks.append((machine.cpu_s(target.pid), machine.busy_s(cores.server), machine.busy_s(cores.generator)))

    plan = load.Plan(connections=connections, seconds=settings.seconds, warm_s=settings.warm_s, limit=settings.limit)
    seen = load.run(load.drive(workload.journey, target.address, plan, mark))
    cpu, busy, busy_here = (after - before for before, after in zip(marks[0], marks[1], strict=True))
    others = max(busy - cpu, busy_here - seen.generator_cpu_s, 0.0) / seen.seconds
    reasons = dict(seen.reasons)
    if not seen.completed:
        reasons["nothing was completed"] = 1
    for problem in workload.afterwards():
        reasons[problem] = reasons.get(problem, 0) + 1
    return {
        "completed": seen.completed,
        "seconds": seen.seconds,
        "rate": seen.rate,
        "p50_ms": seen.quantile_ms(0.5),
        "p99_ms": seen.quantile_ms(0.99),
        "server_cpu_ms": cpu * 1000 / seen.completed if seen.completed else None,
        "server_load": cpu / seen.seconds,
        "others_load": None if cores.shared else others,
        "generator_load": seen.generator_load,
        "wrong": sum(reasons.values()),
        "reasons": reasons,
    }


def _tell(played: Round, row: dict[str, Any]) -> None:
    """Say on stderr how it goes."""
    what = f"round {played.number}  {played.target:<14} {row['workload']:<9} x{row['connections']:<3}"
    if "unavailable" in row:
        said = f"not measured: {row['unavailable']}"
    elif "rate" not in row:
        said = f"WRONG: {row['reasons']}"
    else:
        said = f"{row['rate']:8.0f}/s  server {row['server_load']:4.0%}  generator {row['generator_load']:4.0%}"
        said += f"  WRONG: {row['reasons']}" if row["wrong"] else ""
    print(what, said, file=sys.stderr)


def rounds(contenders: Sequence[Contender], settings: Settings, cores: machine.Cores) -> list[Round]:
    """Alternate: A B A B, so that a slow minute of the machine does not meet only one of them."""
    os.sched_setaffinity(0, {cores.generator})
    played: list[Round] = []
    missing: set[str] = set()
    for number in range(1, settings.rounds + 1):
        for contender in contenders:
            if contender.name in missing:
                continue
            one = play(contender, number, settings, cores)
            played.append(one)
            if one.unavailable:
                missing.add(contender.name)
                print(f"{contender.name} is left out: {one.unavailable}", file=sys.stderr)
    return played
