"""One timer for many: whoever is late ends, nobody else notices."""

from __future__ import annotations

import asyncio

import pytest

from licet.authorization_server.web.deadline import Deadline


def test_in_time() -> None:
    async def play() -> int:
        async def work() -> int:
            await asyncio.sleep(0)
            return 7

        return await Deadline(5).within(work())

    assert asyncio.run(play()) == 7


def test_late_ones_end_and_only_they() -> None:
    async def play() -> list[object]:
        deadline = Deadline(0.1)
        waits = (30, 0.01, 30, 0)
        return await asyncio.gather(*(deadline.within(asyncio.sleep(s, s)) for s in waits), return_exceptions=True)

    late, quick, also_late, at_once = asyncio.run(play())
    assert isinstance(late, TimeoutError)
    assert isinstance(also_late, TimeoutError)
    assert (quick, at_once) == (0.01, 0)


def test_it_works_again_after_a_pause_and_in_another_loop() -> None:
    deadline = Deadline(0.05)

    async def play() -> None:
        for _ in range(2):
            with pytest.raises(TimeoutError):
                await deadline.within(asyncio.sleep(30))
            await asyncio.sleep(0.02)
            task = asyncio.current_task()
            assert task is not None
            assert task.cancelling() == 0

    asyncio.run(play())
    asyncio.run(play())


def test_one_inside_another() -> None:
    async def play() -> str:
        outer, inner = Deadline(30), Deadline(0.05)

        async def work() -> str:
            try:
                await inner.within(asyncio.sleep(30))
            except TimeoutError:
                return "inner"
            return "none"

        return await outer.within(work())

    assert asyncio.run(play()) == "inner"


def test_a_cancellation_from_outside_stays_one() -> None:
    async def play() -> bool:
        deadline = Deadline(30)
        task = asyncio.create_task(deadline.within(asyncio.sleep(30)))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return task.cancelled()

    assert asyncio.run(play())


def test_work_that_ignores_its_end_is_not_hurt_later() -> None:
    async def stubborn() -> str:
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            await asyncio.sleep(0.1)
        return "done"

    async def play() -> tuple[str, int]:
        said = await Deadline(0.02).within(stubborn())
        await asyncio.sleep(0.05)
        task = asyncio.current_task()
        assert task is not None
        return said, task.cancelling()

    assert asyncio.run(play()) == ("done", 0)


def test_its_own_errors_pass() -> None:
    async def work() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(Deadline(1).within(work()))
