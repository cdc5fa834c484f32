"""``licet serve`` that is worse off, for the proofs: substitutions are made here, in this process; ``src`` has no hook.

Run as ``python server_process.py [--dies POINT STATEMENT] [--synchronous MODE] [--log-bound BYTES] [--answers-early]
[--fills] [--dies-at COMMIT]`` where ``config/licet.toml`` is.

* ``--dies``: SIGKILL to itself at a named point of the first transaction that changes a row by the statement.
* ``--dies-at``: SIGKILL to itself just before the commit of that number; there are some before it is ready.
* ``--synchronous``: of SQLite, where the server would have FULL.
* ``--log-bound``: the write-ahead log starts over when it is so long.
* ``--answers-early``: before the commit, which comes a moment later.
* ``--fills``: SIGUSR1 fills the disk (``PRAGMA max_page_count``), SIGUSR2 makes room again.

What else is said is for ``licet serve``.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from functools import partial
from typing import Any

from licet.authorization_server.web.connections import Connection
from licet.cli.main import main
from licet.storage.sqlite import authorization, checkpoint, devices, endings, issuing, once, store, transaction, writer

STATEMENTS = {
    "authorize": authorization.CODES.insert,
    "redeem": issuing.CONSUME_CODE,
    "refresh": issuing.ROTATE,
    "redeem_device": issuing.CONSUME_DEVICE,
    "client_credentials": issuing.ACCESS_TOKENS.insert,
    "approve": devices.DECIDE,
    "end": endings.END_GRANT,
    "assertion": once.BURN,
}
"""Verb → the statement by which it changes what may be used."""

BEFORE_COMMIT = ("before_update", "after_update", "before_event", "after_event", "before_commit")
AFTER_COMMIT = ("after_commit", "before_response", "after_response")
POINTS = (*BEFORE_COMMIT, *AFTER_COMMIT)
_EARLY_S = 0.03


class FailPoint:
    """Where to die; armed by the statement."""

    def __init__(self, point: str, statement: str) -> None:
        self.point, self.statement, self.armed = point, statement, False

    def at(self, point: str) -> None:
        if self.armed and point == self.point:
            os.kill(os.getpid(), signal.SIGKILL)


def dies(point: str, verb: str) -> None:
    """Substitute the writer's cursor, and how an answer leaves."""
    fail = FailPoint(point, STATEMENTS[verb])

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            fatal = sql == fail.statement
            fail.armed |= fatal
            name = "update" if fatal else "commit" if sql == "COMMIT" else ""
            fail.at(f"before_{name}")
            done = super().execute(sql, parameters)
            fail.at(f"after_{name}")
            return done

        def executemany(self, sql: str, rows: Any) -> sqlite3.Cursor:
            name = "event" if sql == transaction.RECORD else ""
            fail.at(f"before_{name}")
            done = super().executemany(sql, rows)
            fail.at(f"after_{name}")
            return done

    class Tx(transaction.Tx):
        def __init__(self, connection: sqlite3.Connection, node: int) -> None:
            super().__init__(connection, node)
            self._cursor = connection.cursor(Cursor)

    leave = Connection._answer

    def answer(self: Connection, *arguments: Any) -> None:
        fail.at("before_response")
        leave(self, *arguments)
        fail.at("after_response")

    writer.Tx = Tx
    Connection._answer = answer


def dies_at(commit: int) -> None:
    """Substitute the transaction."""

    class Tx(transaction.Tx):
        commits = 0

        def commit(self) -> None:
            self.commits += 1
            if self.commits == commit:
                os.kill(os.getpid(), signal.SIGKILL)
            super().commit()

    writer.Tx = Tx


def answers_early() -> None:
    """Substitute the order of the writer's last two steps: what must never be."""

    def once(self: writer.Writer, batch: list[writer.Job]) -> None:
        self._tx.begin()
        for job in batch:
            job.result = job.work(self._tx)
        self._along(self._tx)
        if batch:
            self._answer(batch)
        time.sleep(_EARLY_S)
        self._tx.commit()
        self._committed()

    writer.Writer._once = once


def synchronous(mode: str) -> None:
    """Substitute how connections are made."""
    real = store.connect

    def connect(*arguments: Any, **named: Any) -> sqlite3.Connection:
        connection = real(*arguments, **named)
        connection.execute(f"PRAGMA synchronous = {mode}").fetchall()
        return connection

    store.connect = connect


def fills() -> None:
    """Hear the two signals; the limit is set on the writer's own connection, where it holds."""
    real = writer.Writer.__init__

    def limit(connection: sqlite3.Connection, full: bool, *_: object) -> None:
        ((pages,),) = connection.execute("PRAGMA page_count").fetchall()
        connection.execute(f"PRAGMA max_page_count = {pages if full else 1_000_000}").fetchall()

    def opened(self: writer.Writer, connection: sqlite3.Connection, *arguments: Any, **named: Any) -> None:
        real(self, connection, *arguments, **named)
        signal.signal(signal.SIGUSR1, partial(limit, connection, True))
        signal.signal(signal.SIGUSR2, partial(limit, connection, False))

    writer.Writer.__init__ = opened


def substitute(words: Sequence[str]) -> list[str]:
    """Do what is said; returns what is not for us."""
    parser = ArgumentParser()
    parser.add_argument("--dies", nargs=2)
    parser.add_argument("--dies-at", type=int)
    parser.add_argument("--synchronous", choices=("FULL", "NORMAL"))
    parser.add_argument("--log-bound", type=int)
    parser.add_argument("--answers-early", action="store_true")
    parser.add_argument("--fills", action="store_true")
    chosen, others = parser.parse_known_args(words)
    if chosen.dies:
        dies(*chosen.dies)
    if chosen.dies_at:
        dies_at(chosen.dies_at)
    if chosen.answers_early:
        answers_early()
    if chosen.synchronous:
        synchronous(chosen.synchronous)
    if chosen.log_bound:
        checkpoint.WAL_BOUND = chosen.log_bound
    if chosen.fills:
        fills()
    return others


if __name__ == "__main__":
    sys.argv = ["licet", "serve", "--config", "config/licet.toml", *substitute(sys.argv[1:])]
    sys.exit(main())
