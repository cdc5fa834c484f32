"""One timer looks at everything that is open, and stops when nothing is."""

from __future__ import annotations

import asyncio

from licet.authorization_server.web.watch import Watch


class Opened:
    """Counts how often it was looked at, and can be waited for."""

    def __init__(self) -> None:
        self.looks: asyncio.Queue[float] = asyncio.Queue()

    def look(self, now: float) -> None:
        self.looks.put_nowait(now)

    async def looked(self, times: int) -> None:
        for _ in range(times):
            await asyncio.wait_for(self.looks.get(), 10)


def test_it_looks_a_few_times_within_the_limit_at_all_that_is_open() -> None:
    async def play() -> None:
        watch, loop = Watch(0.2), asyncio.get_running_loop()
        first, second = Opened(), Opened()
        watch.begin(loop, first)
        watch.begin(loop, second)
        await first.looked(5)
        watch.end(first)
        await second.looked(8)
        assert first.looks.empty(), "what has ended is left alone"
        watch.end(second)
        await asyncio.sleep(0.1)
        assert second.looks.qsize() <= 1
        watch.begin(loop, first)
        await first.looked(2)
        watch.end(first)

    asyncio.run(play())


def test_what_ends_another_while_it_is_looked_at_breaks_nothing() -> None:
    async def play() -> None:
        watch, loop = Watch(0.05), asyncio.get_running_loop()

        class Ends(Opened):
            def look(self, now: float) -> None:
                super().look(now)
                for each in all_of_them:
                    watch.end(each)

        all_of_them = [Ends() for _ in range(3)]
        for each in all_of_them:
            watch.begin(loop, each)
        await asyncio.gather(*(each.looked(1) for each in all_of_them))

    asyncio.run(play())
