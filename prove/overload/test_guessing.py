"""Guessing from everywhere at once: how much of it is looked at, and that whoever knows the secret gets in meanwhile."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random
from threading import Thread
from typing import Self

import pytest

from bench.load import Plan
from prove.conftest import Scale
from prove.overload.browser import Browser
from prove.overload.flood import Flood
from prove.overload.operated import Operated, operated

pytestmark = pytest.mark.timeout(1800)

LANES = 40
"""At once; fewer than may wait for argon2, so that nobody is turned away for another reason."""
OWNER = "192.0.2.1"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """One for all: no two of these stories draw from one bucket."""
    with operated(tmp_path_factory.mktemp("guessing") / "home") as running:
        yield running


def _networks() -> Iterator[str]:
    """Addresses, each of a network of its own."""
    return (f"198.{18 + number // 250 % 2}.{number % 250}.{1 + number // 500 % 250}" for number in count())


def _browsers(server: Operated, opened: str) -> list[Browser]:
    browsers = [Browser(server, address) for address, _ in zip(_networks(), range(LANES), strict=False)]
    for each in browsers:
        getattr(each, opened)()
    return browsers


class Meanwhile(Thread):
    """Somebody who tries again and again while a flood goes on; what they were told is kept."""

    def __init__(self, act: object) -> None:
        super().__init__(daemon=True)
        self.act, self.told, self.over = act, deque[object](), False

    def run(self) -> None:
        while not self.over:
            try:
                self.told.append(self.act())  # type: ignore[operator]
            except Exception as error:
                self.told.append(error)
            time.sleep(0.2)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over = True
        self.join(60)


def _most(size: int, refill_s: float, seconds: float) -> int:
    """What a bucket gives out in *seconds*, one for the instant it was read."""
    return size + int(seconds / refill_s) + 1


def test_passwords(server: Operated, scale: Scale) -> None:
    """A hundred guesses at one account from all networks together, and then one in six seconds: so many are hashed, and
    the others are told the same. A browser that signed in before gets in all the while."""
    login, password = "alice", server.served.passwords["alice"]
    owner = Browser(server, OWNER)
    assert owner.sign_in(login, password)
    browsers, networks, random = _browsers(server, "open_sign_in"), _networks(), Random(1)
    stranger = Browser(server, "203.0.113.1")
    before, began = server.tried("passwords"), time.monotonic()

    def guess(lane: int) -> bytes:
        browsers[lane].address = next(networks)
        return browsers[lane].filled(login=login, password=f"guess {random.random()}")

    with Meanwhile(lambda: owner.sign_in(login, password)) as owners:
        flood = Flood(server, guess).pour(Plan(connections=LANES, seconds=60, limit=scale(3_000, 30_000)))
    elapsed = time.monotonic() - began
    assert not flood.other
    assert flood.told[200] == scale(3_000, 30_000), "a throttled guess reads like a wrong one"
    assert len(owners.told) > 1 and set(owners.told) == {True}, owners.told
    tried = server.tried("passwords") - before - len(owners.told)
    assert 100 <= tried <= _most(100, 6, elapsed), "what was hashed besides the owner's own"
    assert not stranger.sign_in(login, password), "from a browser that was never here not even the right one is tried"
    assert Browser(server, OWNER).sign_in("bob", server.served.passwords["bob"]), "another person is not touched"


def test_one_network_at_all_accounts(server: Operated, scale: Scale) -> None:
    """Spraying from one network: fifty are hashed, and then one in twelve seconds, whoever is named."""
    browsers, random = _browsers(server, "open_sign_in"), Random(2)
    for each in browsers:
        each.address = "203.0.113.7"
    before, began = server.tried("passwords"), time.monotonic()

    def guess(lane: int) -> bytes:
        return browsers[lane].filled(login=f"person{random.randrange(10_000)}", password="Winter2026! and so on")

    flood = Flood(server, guess).pour(Plan(connections=LANES, seconds=60, limit=scale(1_000, 10_000)))
    assert set(flood.told) == {200}
    tried = server.tried("passwords") - before
    assert 50 <= tried <= _most(50, 12, time.monotonic() - began)
    assert Browser(server, OWNER).sign_in("bob", server.served.passwords["bob"]), "from elsewhere as before"


@pytest.mark.parametrize("client_id", ["billing", "nobody"])
def test_client_secrets(server: Operated, scale: Scale, client_id: str) -> None:
    """A hundred wrong secrets are answered 401 and the others 429, for a client that does not exist alike. The right one
    passes all the while: so every one is compared, and what keeps a guesser out is its length (rulings P, V)."""
    random = Random(3)
    before, began = server.tried("secrets"), time.monotonic()

    def guess(_lane: int) -> bytes:
        secret = f"{random.getrandbits(256):064x}"
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        return server.request("POST", "/token", form | {"scope": "orders:read"}, Accept="application/json")

    with Meanwhile(lambda: server.token("billing", "orders:read").status) as owners:
        flood = Flood(server, guess).pour(Plan(connections=LANES, seconds=60, limit=scale(3_000, 30_000)))
    assert set(flood.told) == {401, 429}
    assert 100 <= flood.told[401] <= _most(100, 6, time.monotonic() - began)
    assert len(flood.waits) == flood.told[429] and all(int(wait) > 0 for wait in flood.waits)
    assert len(owners.told) > 1 and set(owners.told) == {200}, owners.told
    assert server.tried("secrets") - before == sum(flood.told.values()) + len(owners.told)


def test_user_codes(server: Operated, scale: Scale) -> None:
    """Five hundred codes from all networks together, and then one in 0.6 s, are looked up. A browser in which somebody
    signed in before goes on to connect devices, and a device goes on to ask for codes."""
    owner = Browser(server, OWNER)
    assert owner.sign_in("bob", server.served.passwords["bob"])
    shown = server.ask("/device_authorization", {"client_id": "tv", "scope": "openid"}).json()["user_code"]
    browsers, networks, random = _browsers(server, "open_device"), _networks(), Random(4)
    letters, before, began = "BCDFGHJKLMNPQRSTVWXZ", server.tried("user codes"), time.monotonic()

    def guess(lane: int) -> bytes:
        browsers[lane].address = next(networks)
        return browsers[lane].filled(user_code="".join(random.choices(letters, k=8)))

    with Meanwhile(lambda: owner.get(f"/device?user_code={shown}").status) as owners:
        flood = Flood(server, guess).pour(Plan(connections=LANES, seconds=60, limit=scale(2_500, 25_000)))
    elapsed = time.monotonic() - began
    assert set(flood.told) == {200, 429}
    assert len(flood.waits) == flood.told[429] and all(int(wait) > 0 for wait in flood.waits)
    assert len(owners.told) > 1 and set(owners.told) == {303}, owners.told
    tried = server.tried("user codes") - before - len(owners.told)
    assert 500 <= tried <= _most(500, 0.6, elapsed)
    assert flood.told[200] == tried
    assert Browser(server, "203.0.113.9").get(f"/device?user_code={shown}").status == 429


def test_what_is_counted_is_what_is_tried(tmp_path: Path) -> None:
    """The control: with throttles that never close, every guess of a flood is hashed, and the count says so."""
    with operated(tmp_path / "home", "--generous", "--cheap") as open_to_all:
        browsers = _browsers(open_to_all, "open_sign_in")
        guesses = Flood(open_to_all, lambda lane: browsers[lane].filled(login="alice", password="wrong"))
        guesses.pour(Plan(connections=LANES, seconds=60, limit=600))
        assert guesses.told == {200: 600}
        assert open_to_all.tried("passwords") == 600
