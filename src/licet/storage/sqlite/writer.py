"""The one writer: a thread that takes every waiting change into one transaction (group commit).

Changes are closures over a ``Tx``. They may run more than once (see ``_commit``), so they touch nothing but
the transaction. Answers are released after the commit, with one wake-up of the event loop per batch: durable
costs one fsync for all who wait, not one each.

All of a transaction happens in this thread. Its statements on the event loop and only COMMIT in a thread was
measured too (two cores, 16 and 64 in flight): 10 to 20 % less CPU a change while the loop has nothing else to
do, no difference once it has. Not worth it: another process's lock, or a page that is not cached, would then
stop every request.
"""

from __future__ import annotations

import sqlite3
from asyncio import AbstractEventLoop, Future, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from licet.storage.ports import Conflict, Unavailable
from licet.storage.sqlite.transaction import Tx

T = TypeVar("T")
Work = Callable[[Tx], T]

WAITING_BOUND = 2_048
"""Changes that may wait; more are refused, so that overload is an answer and not a delay."""


class Job:
    """One waiting change and, later, its outcome."""

    __slots__ = ("error", "future", "result", "work")

    def __init__(self, work: Work[Any], future: Future[Any]) -> None:
        self.work = work
        self.future = future
        self.result: Any = None
        self.error: Exception | None = None


class Writer:
    """The queue, its bound, and the thread behind it."""

    def __init__(
        self, connection: sqlite3.Connection, node: int, *, along: Work[None], committed: Callable[[], None]
    ) -> None:
        """Begin to write.

        Both are called in the thread: *along* in every transaction, to write what waits for no answer, and
        *committed* after each.
        """
        self._connection = connection
        self._tx = Tx(connection, node)
        self._along = along
        self._committed = committed
        self._gathered: list[Job] = []
        self._waiting = 0
        self._closed = False
        self._queue: SimpleQueue[list[Job] | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="licet-writer", daemon=True)
        self._thread.start()

    def submit(self, work: Work[T]) -> Future[T]:
        """Queue a change; its future is done after the commit."""
        if self._closed:
            raise Unavailable("the store is closed")
        if self._waiting >= WAITING_BOUND:
            raise Unavailable("too many changes are waiting to be written")
        loop = get_running_loop()
        future: Future[T] = loop.create_future()
        if not self._gathered:
            # Whoever else is ready to write in this round of the loop goes along. Handed over one by one, the
            # first would get a commit of its own and all others wait for it.
            loop.call_soon(self._hand_over)
        self._gathered.append(Job(work, future))
        self._waiting += 1
        return future

    def _hand_over(self) -> None:
        if self._gathered:
            self._queue.put(self._gathered)
            self._gathered = []

    def _release(self, batch: list[Job]) -> None:
        """On the event loop: answer everyone whose change is in the commit."""
        self._waiting -= len(batch)
        for job in batch:
            if job.future.done():  # its caller has gone away; the change stands all the same
                continue
            if job.error is None:
                job.future.set_result(job.result)
            else:
                job.future.set_exception(job.error)

    def close(self) -> None:
        """Write what waits, end the thread, close the connection."""
        if not self._closed:
            self._closed = True
            self._hand_over()
            self._queue.put(None)
            self._thread.join()
            self._connection.close()

    def _run(self) -> None:
        going = True
        while going:
            waiting = [self._queue.get()]
            waiting += [self._queue.get() for _ in range(self._queue.qsize())]
            going = None not in waiting
            batch = [job for handed in waiting if handed is not None for job in handed]
            if batch:
                self._commit(batch)
                self._answer(batch)
        with suppress(Exception):  # nobody waits for what only goes along
            self._once([])

    def _commit(self, batch: list[Job]) -> None:
        """All in one transaction; if one raises, each alone, so that it harms nobody else."""
        try:
            self._once(batch)
        except Unavailable as error:
            for job in batch:
                job.error = Unavailable(str(error))
        except Exception:  # noqa: BLE001  whatever a closure raises goes to its own caller, below
            for job in batch:
                self._alone(job)

    def _alone(self, job: Job) -> None:
        try:
            self._once([job])
        except sqlite3.IntegrityError as error:
            job.error = Conflict(str(error))
        except Exception as error:  # noqa: BLE001  it is raised again where the change was asked for
            job.error = error

    def _once(self, batch: list[Job]) -> None:
        """One transaction; Unavailable if the file cannot be written now."""
        tx = self._tx
        try:
            tx.begin()
            for job in batch:
                job.result = job.work(tx)
            self._along(tx)
            tx.commit()
        except BaseException as error:
            self._undo()
            if isinstance(error, sqlite3.DatabaseError) and _is_condition(error):
                raise Unavailable(str(error)) from error
            raise
        self._committed()

    def _undo(self) -> None:
        with suppress(sqlite3.Error):  # a disk that fails may fail here too; the next BEGIN then says so again
            self._tx.rollback()

    def _answer(self, batch: list[Job]) -> None:
        loop: AbstractEventLoop = batch[0].future.get_loop()
        with suppress(RuntimeError):  # the loop has closed: nobody waits any more
            loop.call_soon_threadsafe(self._release, batch)


def _is_condition(error: sqlite3.DatabaseError) -> bool:
    """Whether this is the disk's or the file's state (full, locked, damaged), not a mistake in a change."""
    return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
