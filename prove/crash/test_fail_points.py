"""``kill -9`` at each named point of each verb: before the commit nothing happened, after it all of it did (F-02)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from prove.crash import ledger
from prove.crash.acts import Acts, Known
from prove.crash.afterwards import try_everything
from prove.crash.checker import faults
from prove.crash.history import LOST, History
from prove.crash.line import Line
from prove.crash.operated import gone, internal_errors, kill, operated, signed_in, start
from prove.crash.server_process import AFTER_COMMIT, POINTS, STATEMENTS
from prove.single_use.crowd import Request
from prove.single_use.served import Served

pytestmark = pytest.mark.timeout(600)

OPAQUE = "api.invoices"
EVENTS = {
    "authorize": "code.issued",
    "redeem": "token.issued",
    "refresh": "token.refreshed",
    "redeem_device": "token.issued",
    "client_credentials": "token.issued",
    "approve": "device.approved",
    "end": "grant.ended",
    "assertion": "assertion.used",
}
"""What is recorded of each verb."""
CASES = [(verb, point) for verb in STATEMENTS for point in POINTS]
SAMPLE = {*((verb, point) for verb, point in CASES if verb == "redeem")} | {
    ("refresh", "after_update"),
    ("refresh", "before_commit"),
    ("refresh", "after_commit"),
    ("redeem_device", "after_event"),
    ("client_credentials", "before_response"),
    ("approve", "after_update"),
    ("end", "before_commit"),
    ("end", "after_commit"),
    ("assertion", "after_commit"),
    ("authorize", "before_event"),
}
"""Every point and every verb at least once."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, dict[str, str]]]:
    """One store for all kills, and somebody signed in."""
    with operated(tmp_path_factory.mktemp("fail-points") / "home") as served:
        served.start()
        cookies = signed_in(served)
        kill(served)
        yield served, cookies


async def _prepared(acts: Acts, verb: str) -> str:
    """What *verb* needs, made by verbs that do not die."""
    if verb in {"redeem", "refresh", "end"}:
        assert await acts.authorize("spa", OPAQUE) == "ok"
        (code,) = acts.known.codes
        if verb == "redeem":
            return code
        assert await acts.redeem(code) == "ok"
        return next(iter(acts.known.refresh))
    if verb in {"approve", "redeem_device"}:
        assert await acts.ask_device() == "ok"
        (device,) = acts.known.devices
        if verb == "redeem_device":
            assert await acts.approve(device) == "ok"
        return device
    return ""


async def _dies(acts: Acts, verb: str, thing: str, assertion: dict[str, str]) -> str:
    match verb:
        case "authorize":
            return await acts.authorize("spa", OPAQUE)
        case "client_credentials":
            return await acts.client_credentials(OPAQUE)
        case "assertion":
            return LOST if await acts.send(Request("/token", assertion)) is None else "ok"
        case _:
            return str(await getattr(acts, verb)(thing))


async def _again(acts: Acts, verb: str, thing: str, assertion: dict[str, str]) -> bool | None:
    """Whether it can be done once more; None where nothing was presented."""
    match verb:
        case "redeem" | "refresh" | "approve" | "redeem_device":
            again = await getattr(acts, verb)(thing)
            assert again in {"ok", "refused"}
            return bool(again == "ok")
        case "end":
            return any([await acts.look(token) == "active" for token in acts.known.access])
        case "assertion":
            answer = await acts.send(Request("/token", assertion))
            assert answer is not None
            assert answer.status in {200, 401}, answer.body
            return answer.status == 200
    return None


@pytest.fixture(autouse=True)
def _ended(place: tuple[Served, dict[str, str]]) -> Iterator[None]:
    """A case that fails leaves no server to the next."""
    yield
    place[0].stop()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "point" in metafunc.fixturenames:
        cases = [case for case in CASES if case in SAMPLE or not metafunc.config.getoption("--sample")]
        metafunc.parametrize(("verb", "point"), cases, ids=[f"{verb}-{point}" for verb, point in cases])


def test_all_or_nothing(place: tuple[Served, dict[str, str]], tmp_path: Path, verb: str, point: str) -> None:
    served, cookies = place
    history, known = History(tmp_path / "history"), Known()
    assertion = served.assertion() | {"grant_type": "client_credentials", "scope": "invoices:read"}
    network = 1 + CASES.index((verb, point))

    async def before() -> tuple[str, str, int]:
        line = Line(served.port, network)
        acts = Acts(served, history, known, line, cookies)
        thing = await _prepared(acts, verb)
        recorded = served.events(EVENTS[verb])
        answer = await _dies(acts, verb, thing, assertion)
        await line.close()
        return thing, answer, recorded

    async def after(thing: str) -> bool | None:
        line = Line(served.port, network)
        acts = Acts(served, history, known, line, cookies)
        again = await _again(acts, verb, thing, assertion)
        await try_everything(acts, Random(network))
        await line.close()
        return again

    start(served, "--dies", point, verb)
    thing, answer, recorded = asyncio.run(before())
    gone(served)
    history.died()
    if point != "after_response":  # there the answer may have been sent, or not
        assert answer == LOST
    served.start()
    happened = served.events(EVENTS[verb]) - recorded
    assert happened == (point in AFTER_COMMIT)
    # A refresh whose answer was lost is repeated (rulings F); that it is the same line is for ``faults`` to say.
    assert asyncio.run(after(thing)) in {None, not happened or verb == "refresh"}
    assert internal_errors(served) == []
    assert faults(history.calls()) == [], history.path
    kill(served)
    assert ledger.disagreements(served.store) == []
