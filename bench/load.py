"""A closed-loop load generator: raw sockets, HTTP/1.1 keep-alive, and a verdict on every answer.

A *journey* is a plain generator: it yields the bytes of a request and is sent the answer, until it returns (one
unit of work done) or raises ``Wrong``. No futures and no tasks per request, so that one core of Python can
keep a server on the other core busy. What the journeys are is next door, in ``workloads.py``.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import cast

from bench.wire import Answer, Wrong, take

MAX_WRONG = 50
"""A window is given up after so many wrong answers: its number would mean nothing."""

PATIENCE_S = 10.0
"""How long answers under way at the end of a window may take before they count as wrong."""

Journey = Generator[bytes, Answer, None]
"""Yields requests, is sent answers, returns when the unit of work is done and good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much load, at the most."""

    connections: int
    seconds: float
    warm_s: float = 0.0
    """Answers are verified while warming up, but neither counted nor timed."""
    limit: int = 1_000_000
    """Journeys begun at most, warming up included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What was seen between the end of the warm-up and the end of the load."""

    completed: int
    seconds: float
    wrong: int
    reasons: dict[str, int]
    latencies_s: list[float]
    generator_cpu_s: float

    @property
    def rate(self) -> float:
        """Completed journeys per second."""
        return self.completed / self.seconds if self.seconds > 0 else 0.0

    @property
    def generator_load(self) -> float:
        """The share of its core that the generator used: near 1, the figure is the generator's, not the server's."""
        return self.generator_cpu_s / self.seconds if self.seconds > 0 else 0.0

    def quantile_ms(self, q: float) -> float:
        """Latency of a whole journey in milliseconds; 0 when there was none."""
        if not self.latencies_s:
            return 0.0
        ordered = sorted(self.latencies_s)
        return ordered[min(len(ordered) - 1, int(q * len(ordered)))] * 1000


@dataclass(slots=True)
class Tally:
    """Shared by the lanes of one load: what was begun, what came of it, and when to stop."""

    begin: Callable[[int], Journey]
    limit: int
    begun: int = 0
    completed: int = 0
    wrong: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)
    counting: bool = False
    closing: bool = False
    under_way: int = 0
    idle: asyncio.Event = field(default_factory=asyncio.Event)

    def may_begin(self) -> bool:
        """Say whether another journey may start."""
        return not self.closing and self.begun < self.limit and self.wrong < MAX_WRONG

    def refuse(self, reason: str) -> None:
        """Count one wrong answer; also while warming up and after the window, since every answer counts."""
        self.wrong += 1
        self.reasons[reason] += 1

    def leave(self) -> None:
        """One lane has nothing more to do."""
        self.under_way -= 1
        if self.under_way <= 0:
            self.idle.set()


class Lane(asyncio.Protocol):
    """One connection: journeys one after the other, one request under way at a time."""

    __slots__ = ("at", "buffer", "index", "journey", "tally", "transport")

    def __init__(self, tally: Tally, index: int) -> None:
        """Belong to *tally* as its lane number *index*."""
        self.tally = tally
        self.index = index
        self.buffer = bytearray()
        self.journey: Journey | None = None
        self.at = 0.0
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport; the load begins all lanes together."""
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but name

    def start(self) -> None:
        """Begin the next journey, or leave."""
        tally = self.tally
        if not tally.may_begin():
            self.journey = None
            tally.leave()
            return
        if self.transport is None:
            self._broken("connection lost between two requests")
            return
        tally.begun += 1
        self.journey = tally.begin(self.index)
        self.at = time.perf_counter()
        self.transport.write(next(self.journey))

    def data_received(self, data: bytes) -> None:
        """Judge the answer when it is complete, and go on. One request is under way at most, so one answer is due."""
        self.buffer += data
        if self.journey is None:
            return
        try:
            if (answer := take(self.buffer)) is not None:
                self._judge(self.journey, answer)
        except Wrong as wrong:
            self._broken(str(wrong))

    def _judge(self, journey: Journey, answer: Answer) -> None:
        if self.buffer:
            msg = "bytes that nobody asked for"
            raise Wrong(msg)
        tally = self.tally
        try:
            request = journey.send(answer)
        except StopIteration:
            if tally.counting:
                tally.completed += 1
                tally.latencies_s.append(time.perf_counter() - self.at)
        except (Wrong, ValueError, KeyError, TypeError, AttributeError) as wrong:
            tally.refuse(str(wrong) if isinstance(wrong, Wrong) else f"{type(wrong).__name__} while reading the answer")
        else:
            if self.transport is not None:
                self.transport.write(request)
            return
        if answer.last:
            msg = "the server closed a keep-alive connection"
            raise Wrong(msg)
        self.start()

    def _broken(self, reason: str) -> None:
        """Give this lane up: what comes next on this connection cannot be told apart any more."""
        self.tally.refuse(reason)
        self.journey = None
        if self.transport is not None:
            self.transport.abort()
        self.tally.leave()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a journey that will never be answered."""
        del exc
        self.transport = None
        if self.journey is not None:
            self._broken("connection lost before the answer")

    def abandon(self) -> None:
        """End it: what is still under way counts as wrong."""
        if self.journey is not None:
            self._broken(f"no answer within {PATIENCE_S:g} s")
        elif self.transport is not None:
            self.transport.abort()


async def drive(
    begin: Callable[[int], Journey],
    address: tuple[str, int],
    plan: Plan,
    mark: Callable[[], None] = lambda: None,
) -> Window:
    """Load *address* with journeys for the time of *plan*; *mark* is called when the window opens and closes."""
    loop = asyncio.get_running_loop()
    tally = Tally(begin, plan.limit)
    lanes: list[Lane] = []
    for index in range(plan.connections):
        _, lane = await loop.create_connection(partial(Lane, tally, index), *address)
        lanes.append(lane)
    tally.under_way = len(lanes)
    tally.counting = plan.warm_s <= 0
    if tally.counting:
        mark()
    opened, cpu = time.perf_counter(), time.process_time()
    for lane in lanes:
        lane.start()
    if not tally.counting:
        await _until_idle(tally, plan.warm_s)
        mark()
        opened, cpu = time.perf_counter(), time.process_time()
        tally.counting = True
    await _until_idle(tally, plan.seconds)
    mark()
    closed, cpu = time.perf_counter(), time.process_time() - cpu
    tally.counting = False
    tally.closing = True
    await _until_idle(tally, PATIENCE_S)
    for lane in lanes:
        lane.abandon()
    await asyncio.sleep(0)  # lets the sockets close
    return Window(
        completed=tally.completed,
        seconds=closed - opened,
        wrong=tally.wrong,
        reasons=dict(tally.reasons),
        latencies_s=tally.latencies_s,
        generator_cpu_s=cpu,
    )


async def _until_idle(tally: Tally, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(tally.idle.wait(), seconds)


def run(work: Coroutine[None, None, Window]) -> Window:
    """Run *work* on the quickest event loop there is."""
    factory = import_module("uvloop").new_event_loop if find_spec("uvloop") else None
    with asyncio.Runner(loop_factory=factory) as runner:
        return runner.run(work)
