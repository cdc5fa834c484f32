"""Work that is begun at once and becomes a task only if it has to wait.

Most requests are answered without waiting for anything; a task for each would be made, queued and thrown away for
nothing. Python 3.12 can begin a task so; before that, this does.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Begun(Generic[T]):
    """A coroutine that has run up to its first wait, to be awaited by a task."""

    __slots__ = ("_waits_for", "_work")

    def __init__(self, work: Coroutine[Any, Any, T], waits_for: Any) -> None:
        self._work = work
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, T]:
        """Pass on what it waits for and what comes of it; a task sees nothing else of a coroutine."""
        work, waits_for = self._work, self._waits_for
        while True:
            try:
                said = yield waits_for
            except BaseException as raised:  # noqa: BLE001 - whatever is thrown in is the work's to handle
                step: Callable[[Any], Any] = work.throw
                said = raised
            else:
                step = work.send
            try:
                waits_for = step(said)
            except StopIteration as done:
                result: T = done.value
                return result


def begin(work: Coroutine[Any, Any, T]) -> T | Begun[T]:
    """Run *work*: its result, or what is left of it if it must wait.

    Until its first wait it is in no task, so it must not ask for the current one.
    """
    try:
        return Begun(work, work.send(None))
    except StopIteration as done:
        result: T = done.value
        return result
