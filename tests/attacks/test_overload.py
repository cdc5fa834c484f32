"""More than can be done: it is refused with a time to come back, and costs nobody what is theirs (house law 4.7)."""

from __future__ import annotations

import asyncio
import threading

import pytest

from licet.authorization_server import keys
from licet.events import EventType
from licet.protocol import jose
from licet.protocol.errors import TemporarilyUnavailable
from licet.requirements import OVERLOAD_REFUSED, PASSWORD_GUESSING_THROTTLED, USER_CODE_GUESSING_THROTTLED
from licet.resource_owner.passwords import Passwords
from tests.attacks.test_sessions import sign_in_page
from tests.flows.test_device import ask
from tests.visitor import Form, Visitor
from tests.world import PASSWORD, World

pytestmark = pytest.mark.anyio


@pytest.mark.witness(OVERLOAD_REFUSED)
@pytest.mark.parametrize("seen_full", [True, False])
async def test_a_password_that_nobody_looked_at_was_no_guess(
    here: World, monkeypatch: pytest.MonkeyPatch, seen_full: bool
) -> None:
    """SE-03: while the line is full, right and wrong passwords alike get 503 with Retry-After, and no bucket is emptied
    by it; also where it fills between the look at it and the place in it."""
    async with here.visitor() as owner:
        page = await sign_in_page(owner, prompt="login")
        with monkeypatch.context() as full:
            if not seen_full:
                full.setattr(Passwords, "full", property(lambda _: next(looks)))
            else:
                full.setattr(Passwords, "full", property(lambda _: True))
            looks = iter([False, True] * 60)
            for number in range(60):
                password = PASSWORD if number % 2 else "wrong"
                answer = await Visitor(owner).press(page, "login-submit", login="alice", password=password)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
                assert 'id="login-submit"' in answer.text, "the form is still there"
        assert (await Visitor(owner).press(page, "login-submit", login="alice", password=PASSWORD)).status_code == 303
    assert not await here.events(EventType.SIGN_IN_FAILED)


@pytest.mark.witness(PASSWORD_GUESSING_THROTTLED, USER_CODE_GUESSING_THROTTLED)
async def test_a_botnet_does_not_keep_the_owner_from_a_device(here: World) -> None:
    """DV-01: five hundred wrong codes from anywhere close the page; a browser that signed in before has a bucket that
    strangers cannot empty, five wrong codes deep for all browsers of that person."""
    asked = (await ask(here)).json()
    code = {"user_code": asked["user_code"]}
    async with here.visitor() as owner, here.visitor("203.0.113.1") as second:
        await Visitor(owner).authorize()
        await Visitor(second).authorize()
        with here.clock.held():
            for number in range(520):
                async with here.visitor(f"198.{18 + number // 250}.{number % 250}.1") as http:
                    await http.get("/device", params={"user_code": "BBBBBBBB"})
            async with here.visitor() as stranger:
                closed = await stranger.get("/device", params=code)
                assert closed.status_code == 429
                assert int(closed.headers["retry-after"]) > 0
                stranger.cookies.set("__Host-licet-known", f"{here.subjects['alice']}.x.00")
                assert (await stranger.get("/device", params=code)).status_code == 429, "a cookie of one's own making"
            assert (await owner.get("/device", params=code)).status_code == 303
            page = Form((await owner.get("/device")).text)
            for number in range(5):
                http = (owner, second)[number % 2]
                answer = await (
                    Visitor(owner).press(page, "device-submit", user_code="BBBBBBBB")
                    if http is owner
                    else http.get("/device", params={"user_code": "BBBBBBBB"})
                )
                assert answer.status_code == 200
            assert (await owner.get("/device", params=code)).status_code == 429
            assert (await second.get("/device", params=code)).status_code == 429


@pytest.mark.witness(OVERLOAD_REFUSED)
async def test_signatures_wait_in_a_line_that_ends(here: World) -> None:
    """Who could ask for ever is turned away when it is full; what is already paid for with a code is not."""
    ring = keys.Ring(here.vault, workers=1)
    key = jose.SigningKey(jose.generate_rs256(), "RS256", "k")
    going = threading.Event()

    def make() -> str:
        going.wait(30)
        return "signed"

    waiting = [asyncio.create_task(ring.sign(key, make, sheddable=True)) for _ in range(1 + keys.WAITING_BOUND)]
    await asyncio.sleep(0)
    with pytest.raises(TemporarilyUnavailable) as refused:
        await ring.sign(key, make, sheddable=True)
    assert refused.value.retry_after_s == 1
    waiting.append(asyncio.create_task(ring.sign(key, make)))
    await asyncio.sleep(0)
    going.set()
    assert set(await asyncio.gather(*waiting)) == {"signed"}
    assert await ring.sign(key, make, sheddable=True) == "signed", "and afterwards as before"
    ring.close()
