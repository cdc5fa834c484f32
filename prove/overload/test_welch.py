"""The yardstick itself: it finds what is there and nothing else, in numbers that are drawn and not measured."""

from __future__ import annotations

from random import Random

from prove.overload import welch


def _drawn(random: Random, shift: float, times: int = 1_000) -> list[float]:
    """Milliseconds as a server's are: most near one value, some far above it."""
    return [1 + shift + random.gauss(0, 0.1) + random.expovariate(2) ** 3 for _ in range(times)]


def test_nothing_is_found_where_nothing_is() -> None:
    random = Random(1)
    seen = [welch.t(_drawn(random, 0), _drawn(random, 0)) for _ in range(1_000)]
    assert max(map(abs, seen)) < welch.SURE
    assert 0.9 < (sum(value**2 for value in seen) / len(seen)) ** 0.5 < 1.2, "no surer than it may be"


def test_what_is_there_is_found() -> None:
    random = Random(2)
    assert welch.t(_drawn(random, 0.1), _drawn(random, 0)) > welch.SURE
    assert welch.t(_drawn(random, 0), _drawn(random, 0.1)) < -welch.SURE


def test_two_runs_must_agree() -> None:
    assert welch.found(6, 7)
    assert welch.found(-6, -7)
    assert not welch.found(6, -7)
    assert not welch.found(6, 4)
