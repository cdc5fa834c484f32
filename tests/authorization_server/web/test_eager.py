"""Work that is begun at once: nothing of a coroutine is lost on the way to the task that finishes it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from licet.authorization_server.web.eager import Begun, begin


async def at_once() -> str:
    return "done"


def test_what_does_not_wait_is_done_at_once() -> None:
    assert begin(at_once()) == "done"


def test_what_fails_at_once_says_so() -> None:
    async def fails() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        begin(fails())


def play(work: Any) -> Any:
    async def inside() -> Any:
        begun = begin(work)
        assert isinstance(begun, Begun)

        async def finish() -> Any:
            return await begun

        return await asyncio.create_task(finish())

    return asyncio.run(inside())


@pytest.mark.parametrize("waits", [1, 2, 5])
def test_what_waits_goes_on_in_a_task(waits: int) -> None:
    async def work() -> list[int]:
        return [await asyncio.sleep(0.001 if each % 2 else 0, each) for each in range(waits)]

    assert play(work()) == list(range(waits))


def test_a_future_that_is_done_before_anybody_waits_for_it() -> None:
    async def inside() -> str:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def work() -> str:
            return await future

        begun = begin(work())
        assert isinstance(begun, Begun)
        future.set_result("early")
        await asyncio.sleep(0)
        return await begun

    assert asyncio.run(inside()) == "early"


def test_what_it_waits_for_may_fail_and_be_caught() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise LookupError("gone")

    async def work() -> str:
        for _ in range(2):
            try:
                await asyncio.get_running_loop().create_task(fails())
            except LookupError:
                continue
        return "caught twice"

    assert play(work()) == "caught twice"


def test_it_can_be_cancelled_and_cleans_up() -> None:
    done: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            done.append("cleaned")

    async def inside() -> None:
        begun = begin(work())
        assert isinstance(begun, Begun)

        async def finish() -> None:
            await begun

        task = asyncio.create_task(finish())
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(inside())
    assert done == ["cleaned"]


def test_in_the_task_it_may_ask_for_the_task() -> None:
    async def work() -> bool:
        assert asyncio.current_task() is not None  # begun inside the test's own task
        await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await asyncio.sleep(0.001)
        return True

    assert play(work()) is True
