"""Nobody learns who is known here by how long a refusal takes: people, and clients by either way of bringing a secret.

Wrong secrets for a known name and for an unknown one of the same length are sent in random order over one connection,
by a process on a core of its own; the throttles are so wide that they never close. Two runs that both find a difference,
and the same one, fail; so must a server that sleeps 2 ms over a name it does not know, or nobody could find anything.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from prove.conftest import Scale
from prove.overload import welch
from prove.overload.browser import Browser
from prove.overload.operated import Operated, operated
from prove.overload.stopwatch import Kind, measure

pytestmark = [pytest.mark.measured, pytest.mark.timeout(1800)]

ASKED = ["people", "clients, post", "clients, basic", "APIs, basic"]


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    with operated(tmp_path_factory.mktemp("honest") / "home", "--generous", "--cheap") as server:
        yield _with_alice(server)


@pytest.fixture(scope="module")
def leaking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    with operated(tmp_path_factory.mktemp("leaking") / "home", "--generous", "--cheap", "--leaks", "2") as server:
        yield _with_alice(server)


def _with_alice(server: Operated) -> Operated:
    """Signed in once, so that her password is hashed at today's cost."""
    assert Browser(server).sign_in("alice", server.served.passwords["alice"])
    return server


def _kinds(server: Operated, asked: str, random: Random) -> tuple[Kind, Kind]:
    """Requests with a wrong secret for somebody who is known, and for somebody who is not."""
    if asked == "people":
        browser = Browser(server)
        browser.open_sign_in()
        return _people(browser, "alice", random), _people(browser, "alixe", random)
    if asked == "clients, post":
        return _posted(server, "billing", random), _posted(server, "billixg", random)
    if asked == "clients, basic":
        return _basic(server, "/token", "billing", random), _basic(server, "/token", "billixg", random)
    return _basic(server, "/introspect", "api.orders", random), _basic(server, "/introspect", "api.orxers", random)


def _people(browser: Browser, login: str, random: Random) -> Kind:
    return lambda: browser.filled(login=login, password=_secret(random))


def _posted(server: Operated, client_id: str, random: Random) -> Kind:
    form = {"grant_type": "client_credentials", "client_id": client_id}
    return lambda: server.request("POST", "/token", form | {"client_secret": _secret(random)}, Accept="*/*")


def _basic(server: Operated, path: str, client_id: str, random: Random) -> Kind:
    form = {"grant_type": "client_credentials"} if path == "/token" else {"token": "x" * 50}

    def make() -> bytes:
        pair = b64encode(f"{client_id}:{_secret(random)}".encode()).decode()
        return server.request("POST", path, form, Accept="*/*", Authorization=f"Basic {pair}")

    return make


def _secret(random: Random) -> str:
    return f"{random.getrandbits(192):048x}"


def _runs(server: Operated, asked: str, times: int) -> tuple[float, float]:
    seen = []
    for run in range(2):
        random = Random(f"{asked} {run}")
        (known, unknown), told = measure(server, _kinds(server, asked, random), times, random)
        assert len(told) == 1, "the answers themselves differ"
        seen.append(welch.t(known, unknown))
    print(f"\n{asked}: t = {seen[0]:.1f}, {seen[1]:.1f}")
    return seen[0], seen[1]


@pytest.mark.parametrize("asked", ASKED)
def test_who_is_known_takes_as_long_as_who_is_not(honest: Operated, scale: Scale, asked: str) -> None:
    assert not welch.found(*_runs(honest, asked, scale(400, 3_000)))


@pytest.mark.parametrize("asked", ["people", "clients, post", "clients, basic"])
def test_two_milliseconds_are_found(leaking: Operated, scale: Scale, asked: str) -> None:
    """The control."""
    assert welch.found(*_runs(leaking, asked, scale(400, 2_000)))


def test_people_at_the_full_cost_of_argon2(tmp_path: Path, scale: Scale) -> None:
    """As it is shipped; each try takes so long that fewer can be made."""
    if not scale(0, 1):
        pytest.skip("whole only")
    with operated(tmp_path / "home", "--generous") as server:
        assert not welch.found(*_runs(_with_alice(server), "people", 2_000))
