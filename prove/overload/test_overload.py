"""Five times what can be done: the rest is turned away with a time to come back, and whoever is let in hardly waits longer.

Capacity is what 64 connections get that ask again as soon as they are answered, so that there is always work and nothing
is refused. Five times as many then ask in the same way, refused or not: what they offer is more than five times of what
can be done. Server and flood have a core each. Every figure is compared with one of the same run.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median

import pytest

from bench.load import Plan
from prove.conftest import Scale
from prove.overload.browser import Browser
from prove.overload.flood import Flood
from prove.overload.operated import Operated, operated

pytestmark = [pytest.mark.measured, pytest.mark.timeout(1800)]

CAPACITY, OVERLOAD = 64, 5 * 64
_SECONDS = 4
MOST_MB = 64
"""What memory may grow by under overload: a few hundred connections and two more argon2 runs."""


def _tokens(server: Operated) -> Callable[[int], bytes]:
    """Access tokens that are signed with RSA, for a service that asks without end."""
    form = {"grant_type": "client_credentials", "client_id": "batch", "client_secret": server.served.secrets["batch"]}
    request = server.request("POST", "/token", form | {"scope": "signed:read"}, Accept="application/json")
    return lambda _lane: request


def _sign_ins(server: Operated) -> Callable[[int], bytes]:
    """People who sign in with the right password, each in a browser of their own."""
    forms = []
    for _ in range(OVERLOAD):
        browser = Browser(server)
        browser.open_sign_in()
        forms.append(browser.filled(login="alice", password=server.served.passwords["alice"]))
    return lambda lane: forms[lane]


def _answers_at_once(server: Operated, act: str) -> None:
    if act == "sign-in":
        assert Browser(server).sign_in("bob", server.served.passwords["bob"])
    assert server.token("batch", "signed:read").status == 200
    assert server.token("billing", "orders:read").status == 200


def _floods(server: Operated, act: str, rounds: int) -> list[tuple[Flood, Flood]]:
    """Rounds of capacity and overload in turn; memory does not grow by it."""
    request = _sign_ins(server) if act == "sign-in" else _tokens(server)
    Flood(server, request).pour(Plan(connections=CAPACITY, seconds=2))
    calm, _ = server.memory_mb()
    seen = []
    for _ in range(rounds):
        capacity = Flood(server, request).pour(Plan(connections=CAPACITY, seconds=_SECONDS))
        overload = Flood(server, request).pour(Plan(connections=OVERLOAD, seconds=_SECONDS))
        seen.append((capacity, overload))
        print(f"\n{act}: {capacity}; five times: {overload}; {calm:.0f} MB, then at most {server.memory_mb()[1]:.0f}")
    assert server.memory_mb()[1] - calm < MOST_MB
    return seen


def _longer(seen: list[tuple[Flood, Flood]]) -> float:
    """By how much p99 of who is let in grows; the median of all rounds."""
    return median(overload.p99_s() / capacity.p99_s() for capacity, overload in seen)


@pytest.mark.parametrize("act", ["sign-in", "RS256"])
def test_five_times_what_can_be_done(tmp_path: Path, scale: Scale, act: str) -> None:
    with operated(tmp_path / "home", "--generous") as server:
        seen = _floods(server, act, scale(1, 5))
        _answers_at_once(server, act)
    for capacity, overload in seen:
        assert not capacity.refused and not capacity.other, capacity
        assert overload.refused and overload.accepted_s and not overload.other, overload
        assert len(overload.waits) == overload.refused and all(int(wait) > 0 for wait in overload.waits)
    if scale(0, 1):
        assert median(overload.offered / capacity.rate for capacity, overload in seen) >= 5
        assert _longer(seen) <= 3


@pytest.mark.parametrize("act", ["sign-in", "RS256"])
def test_a_line_that_never_ends_is_found(tmp_path: Path, scale: Scale, act: str) -> None:
    """The control: without the bounds everybody is let in, and waits for all the others."""
    if act == "sign-in" and not scale(0, 1):
        pytest.skip("its line is seconds long: whole only")
    with operated(tmp_path / "home", "--generous", "--endless") as server:
        seen = _floods(server, act, scale(1, 5))
    assert not any(overload.refused for _, overload in seen)
    if scale(0, 1):
        assert _longer(seen) > 3
