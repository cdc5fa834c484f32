"""Many who ask at once and come back at once, and what each of them was told and when."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest.mock import patch

from bench import load, machine
from bench.load import Journey, Plan, drive, run
from bench.wire import Answer
from prove.overload.operated import Operated

REFUSED = frozenset({429, 503})


@dataclass
class Flood:
    """Requests from many connections, each with one under way, and what came of them."""

    server: Operated
    request: Callable[[int], bytes]
    """What a lane sends next."""
    told: Counter[int] = field(default_factory=Counter)
    waits: list[str] = field(default_factory=list)
    """The ``Retry-After`` of every refusal."""
    accepted_s: list[float] = field(default_factory=list)
    refused_s: list[float] = field(default_factory=list)
    other: list[Answer] = field(default_factory=list)
    """Answers that are neither a success nor a refusal with a time to come back."""
    seconds: float = 0

    def pour(self, plan: Plan) -> Flood:
        """Send it, from a core of our own."""
        patience = patch.object(load, "PATIENCE_S", 60.0)  # a busy machine is no wrong answer
        with machine.on_core(machine.cores().generator), patience:
            window = run(drive(self._journey, self.server.address, plan))
        assert not window.wrong, window.reasons
        self.seconds = window.seconds
        return self

    def _journey(self, lane: int) -> Journey:
        request, began = self.request(lane), time.perf_counter()
        answer = yield request
        took = time.perf_counter() - began
        self.told[answer.status] += 1
        if answer.status in REFUSED:
            self.refused_s.append(took)
            self.waits += answer.values("retry-after")
        elif answer.status < 400:
            self.accepted_s.append(took)
        else:
            self.other.append(answer)

    @property
    def refused(self) -> int:
        return len(self.refused_s)

    def p99_s(self) -> float:
        """How long one accepted request in a hundred took at least."""
        ordered = sorted(self.accepted_s)
        return ordered[int(len(ordered) * 0.99)]

    @property
    def rate(self) -> float:
        """Accepted requests a second."""
        return len(self.accepted_s) / self.seconds

    @property
    def offered(self) -> float:
        """Requests a second."""
        return sum(self.told.values()) / self.seconds

    def __str__(self) -> str:
        p99 = f"p99 {self.p99_s() * 1000:.0f} ms" if self.accepted_s else "none accepted"
        return f"{self.rate:.0f}/s of {self.offered:.0f}/s, {p99}, {dict(self.told)}"
