"""A full disk: reads and verification go on, writes say 503 and when to come again, and it heals by itself (P10, F-11)."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from random import Random

import httpx2
import pytest

from bench import tokens
from prove.crash import ledger
from prove.crash.acts import Acts, Known
from prove.crash.afterwards import look, try_everything
from prove.crash.checker import faults
from prove.crash.history import UNAVAILABLE, History
from prove.crash.line import Line
from prove.crash.operated import operated, signed_in, start
from prove.single_use.served import Served

pytestmark = pytest.mark.timeout(600)

OPAQUE, JWT = "api.invoices", "api.orders"
MOST_TRIES = 2_000
"""Pages that are allocated already are written to the end first."""

Act = Callable[[], Awaitable[str]]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with operated(tmp_path / "home") as served:
        start(served, "--fills")
        yield served


def _signal(served: Served, number: signal.Signals) -> None:
    os.kill(served.pid, number)


async def _until(act: Act, wanted: str) -> list[str]:
    """Do *act* until it is answered as *wanted*; everything that was heard before."""
    heard: list[str] = []
    for _ in range(MOST_TRIES):
        if (answer := await act()) == wanted:
            return heard
        heard.append(answer)
    raise AssertionError(f"never {wanted}: {set(heard)}")


async def _story(served: Served, acts: Acts) -> None:
    known = acts.known
    for client, api in (("spa", OPAQUE), ("spa", JWT), ("shop", OPAQUE), ("spa", OPAQUE), ("shop", JWT)):
        assert await acts.authorize(client, api) == "ok"
    *bought, code, other = known.codes
    assert [await acts.redeem(one) for one in bought] == ["ok"] * 3
    head, ended, kept = list(known.refresh)
    assert [await acts.client_credentials(api) for api in (OPAQUE, JWT)] == ["ok", "ok"]
    given_back, given_back_too = list(known.access)[-2:]
    assert [await acts.ask_device(), await acts.ask_device()] == ["ok", "ok"]
    agreed, asking = known.devices
    assert await acts.approve(agreed) == "ok"

    _signal(served, signal.SIGUSR1)
    assert set(await _until(lambda: acts.client_credentials(OPAQUE), UNAVAILABLE)) <= {"ok"}
    writes: dict[str, Act] = {
        "a token of a service's own": lambda: acts.client_credentials(OPAQUE),
        "a JWT, which has no row": lambda: acts.client_credentials(JWT),
        "a code": lambda: acts.redeem(code),
        "a refresh that rotates": lambda: acts.refresh(head),
        "a refresh that does not": lambda: acts.refresh(kept),
        "a device code": lambda: acts.redeem_device(agreed),
        "a device that asks": acts.ask_device,
        "a person's yes to a device": lambda: acts.approve(asking),
        "a person's yes to an app": lambda: acts.authorize("spa", OPAQUE, prompt="consent"),
        "an authorization without pages": lambda: acts.authorize("spa", OPAQUE),
        "a token given back": lambda: acts.revoke(given_back),
        "a JWT given back": lambda: acts.revoke(given_back_too),
        "a grant given back": lambda: acts.end(ended),
    }
    assert {what: await write() for what, write in writes.items()} == dict.fromkeys(writes, UNAVAILABLE)
    before = list(known.access)
    await look(acts)
    assert list(known.access) == before
    _reads(served, next(token for token in known.access if token.count(".") == 2))

    _signal(served, signal.SIGUSR2)
    await _until(lambda: acts.client_credentials(JWT), "ok")
    again = {what: await write() for what, write in writes.items()}
    assert again == dict.fromkeys(writes, "ok")  # nothing was burned by what could not be written
    assert await acts.redeem(other) == "ok"
    await look(acts)
    await try_everything(acts, Random(0))


def _reads(served: Served, jwt: str) -> None:
    """What APIs and clients fetch, and a verification with the keys as they are published."""
    for path in ("/jwks", "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/readyz"):
        assert httpx2.get(served.issuer + path).status_code == 200, path
    assert tokens.verify([jwt], httpx2.get(served.issuer + "/jwks").json(), "ES256") == []


def test_it_serves_what_it_can_and_resumes_by_itself(served: Served, tmp_path: Path) -> None:
    history, pid = History(tmp_path / "history"), served.pid
    cookies = signed_in(served)

    async def story() -> None:
        line = Line(served.port)
        await _story(served, Acts(served, history, Known(), line, cookies))
        await line.close()

    asyncio.run(story())
    assert served.pid == pid
    assert served.process is not None
    assert served.process.popen.poll() is None
    assert faults(history.calls()) == [], history.path
    served.stop()
    assert ledger.disagreements(served.store) == []
