"""What a stranger may send, how slowly, and how many at once."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from kernels import FORM, Heard, ask, asking, echo, kernel, post

from licet.authorization_server.exchange import Incoming, Json
from licet.authorization_server.web.limits import Limits
from licet.authorization_server.web.routes import Kind, Route
from licet.requirements import OVERLOAD_REFUSED, REQUEST_SIZE_BOUNDED

FULL = 64 * 1024
LINES = {"content-type": FORM}


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
@pytest.mark.parametrize(
    ("size", "status"), [(FULL, 200), (FULL + 1, 413), (10**6, 413)], ids=["full", "one more", "a megabyte"]
)
@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_a_body_is_bounded(size: int, status: int, announced: bool) -> None:
    body = b"a=" + b"x" * (size - 2)
    pieces: Any = body if announced else [body[at : at + 10_000] for at in range(0, size, 10_000)]
    heard = Heard()
    said = ask(kernel(heard=heard), "POST", "/token", headers=LINES, body=pieces)
    assert said.status == status
    assert len(heard.requests) == (1 if status == 200 else 0)
    if status == 413:
        assert said["connection"] == "close"
        assert heard.refusals[0][0].per is REQUEST_SIZE_BOUNDED


def test_a_body_that_is_announced_too_large_is_not_even_read() -> None:
    async def never() -> Any:
        raise AssertionError("read")

    for length in ("65537", "9" * 5000, "-1", "1_0", "0x10", "+5", "", "１"):
        headers = {**LINES, "content-length": length.encode("utf-8").decode("latin-1")}
        assert ask(kernel(), "POST", "/token", headers=headers, receive=never).status == 413


def test_the_rest_of_an_endless_body_is_not_read() -> None:
    read = 0

    async def endless() -> Any:
        nonlocal read
        read += 1
        return {"type": "http.request", "body": b"x" * 1000, "more_body": True}

    assert ask(kernel(), "POST", "/token", headers=LINES, receive=endless).status == 413
    assert read < 70


def test_a_body_may_come_in_pieces() -> None:
    heard = Heard()
    ask(kernel(heard=heard), "POST", "/token", headers=LINES, body=[b"a=1", b"&b", b"=%C3", b"%A9", b""])
    assert dict(heard.requests[0].form) == {"a": "1", "b": "é"}


def test_only_a_post_has_a_body() -> None:
    async def never() -> Any:
        raise AssertionError("read")

    assert ask(kernel(), "GET", "/userinfo", receive=never).status == 200


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
@pytest.mark.parametrize(("length", "status"), [(16 * 1024, 200), (16 * 1024 + 1, 414)])
def test_a_query_is_bounded(length: int, status: int) -> None:
    assert ask(kernel(), "GET", "/userinfo", query=b"a=" + b"x" * (length - 2)).status == status


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
@pytest.mark.parametrize(("length", "status"), [(32 * 1024 - 200, 200), (33 * 1024, 431)])
def test_headers_are_bounded(length: int, status: int) -> None:
    assert ask(kernel(), "GET", "/userinfo", headers={"x": "a" * length}).status == status


def test_many_small_headers_are_bounded_too() -> None:
    assert ask(kernel(), "GET", "/userinfo", headers=[(f"x{n}", "a") for n in range(10_000)]).status == 431


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
def test_a_slow_body_is_408() -> None:
    async def slow() -> Any:
        await asyncio.sleep(30)

    heard = Heard()
    app = kernel(heard=heard, limits=Limits(body_s=0.05))
    said = ask(app, "POST", "/token", headers=LINES, receive=slow)
    assert (said.status, said["connection"], said.json["error"]) == (408, "close", "invalid_request")
    assert heard.refusals[0][0].per is REQUEST_SIZE_BOUNDED


def test_a_trickle_is_408_all_the_same() -> None:
    async def trickle() -> Any:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"a", "more_body": True}

    assert ask(kernel(limits=Limits(body_s=0.2)), "POST", "/token", headers=LINES, receive=trickle).status == 408


@pytest.mark.witness(OVERLOAD_REFUSED)
def test_a_request_that_takes_too_long_is_503_and_over() -> None:
    ended = asyncio.Event()

    async def endless(_incoming: Incoming) -> Json:
        try:
            await asyncio.sleep(30)
        finally:
            ended.set()
        raise AssertionError

    heard = Heard()
    app = kernel(Route("/token", ("POST",), endless, Kind.API), heard=heard, limits=Limits(request_s=0.05))
    said = post(app, "/token", "a=1")
    assert (said.status, said["retry-after"], said.json["error"]) == (503, "2", "temporarily_unavailable")
    assert ended.is_set()
    assert (app.in_flight, app.internal_errors) == (0, 0)
    assert heard.refusals[0][0].per is OVERLOAD_REFUSED


@pytest.mark.witness(OVERLOAD_REFUSED)
def test_too_many_at_once_are_sent_away_and_the_rest_is_answered() -> None:
    go, full = asyncio.Event(), asyncio.Event()

    async def waiting(incoming: Incoming) -> Json:
        if app.in_flight == 3:
            full.set()
        await go.wait()
        return await echo(incoming)

    app = kernel(Route("/token", ("POST",), waiting, Kind.API), limits=Limits(in_flight=3, retry_after_s=7))

    async def play() -> list[Any]:
        lines = {**LINES, "content-length": "3"}
        asked = [asyncio.create_task(asking(app, "POST", "/token", headers=lines, body=b"a=1")) for _ in range(5)]
        await full.wait()
        refused = [await asked[3], await asked[4]]
        go.set()
        return [*refused, *(await asyncio.gather(*asked[:3])), await asking(app, "POST", "/token", headers=LINES)]

    first, second, *others = asyncio.run(play())
    assert (first.status, second["retry-after"]) == (503, "7")
    assert [said.status for said in others] == [200] * 4
    assert app.in_flight == 0


def test_slow_senders_take_no_place_from_anyone() -> None:
    app = kernel(limits=Limits(in_flight=1))

    async def slow() -> Any:
        await asyncio.sleep(30)

    async def play() -> int:
        slowly = [asyncio.create_task(asking(app, "POST", "/token", headers=LINES, receive=slow)) for _ in range(10)]
        await asyncio.sleep(0)
        said = await asking(app, "POST", "/token", headers=LINES, body=b"a=1")
        for each in slowly:
            each.cancel()
        await asyncio.gather(*slowly, return_exceptions=True)
        return said.status

    assert asyncio.run(play()) == 200


def test_who_hangs_up_is_not_answered() -> None:
    heard = Heard()

    async def gone() -> Any:
        return {"type": "http.disconnect"}

    app = kernel(heard=heard)
    assert ask(app, "POST", "/token", headers=LINES, receive=gone).status == 499
    assert (heard.requests, heard.refusals, app.internal_errors) == ([], [], 0)
