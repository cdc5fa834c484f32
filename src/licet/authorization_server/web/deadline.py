"""One time limit for many requests, for the price of a dict entry each.

``asyncio.timeout`` sets and cancels a timer for every request, which costs more than reading the request does. Here
one timer looks at all of them a few times within the limit: late by a fraction, and nearly free.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from licet.ambient import monotonic

_T = TypeVar("_T")

_LOOKS: Final = 10
_SELDOMEST_S: Final = 1.0


class Deadline:
    """Ends what takes longer than *seconds*, give or take a tenth or a second, whichever is less."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._every_s = min(seconds / _LOOKS, _SELDOMEST_S)
        # In the order in which they began, so a look ends at the first that is still in time.
        self._begun: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._watched_by: asyncio.AbstractEventLoop | None = None

    async def within(self, work: Coroutine[Any, Any, _T]) -> _T:
        """Await *work*. Raises TimeoutError: it took too long and was cancelled."""
        task = asyncio.current_task()
        if task is None:  # only a task can be cancelled; without one nobody is waiting either
            return await work
        self._begun[task] = monotonic()
        if self._watched_by is not task.get_loop():
            self._watch(task.get_loop())
        try:
            return await work
        except asyncio.CancelledError:
            # Cancelled by us alone, or also by somebody who means the whole task?
            if task in self._late and task.cancelling() == 1:
                raise TimeoutError from None
            raise
        finally:
            self._begun.pop(task, None)
            if task in self._late:
                self._late.discard(task)
                task.uncancel()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watched_by = loop
        loop.call_later(self._every_s, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._watched_by = None
        now = monotonic()
        for task, begun in self._begun.items():
            if now - begun < self._seconds:
                break
            if task not in self._late:
                self._late.add(task)
                task.cancel()
        if self._begun:
            self._watch(loop)
