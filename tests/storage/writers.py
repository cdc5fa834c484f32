"""Other processes that write to a store, for the tests that need real ones: ``python -m tests.storage.writers``."""

from __future__ import annotations

import asyncio
import os
import sys

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.sqlite import SQLiteStore
from tests.vouching import VOUCHING


async def issue_until_killed(path: str) -> None:
    """Print the name of each token once it is durable."""
    store = SQLiteStore.open(path, VOUCHING)

    async def issue(worker: int) -> None:
        for n in range(100_000):
            name = f"{worker}-{n}"
            await store.issue(a.issuance(token=a.access_token(name)))
            os.write(1, f"{name}\n".encode())

    await asyncio.gather(*(issue(worker) for worker in range(8)))


async def put_clients(path: str, count: str) -> None:
    """A command line beside a server: it writes without the lock, and records in the same node's chain."""
    store = SQLiteStore.open(path, VOUCHING, create=False, lock=False)
    for n in range(int(count)):
        told = a.event(EventType.CLIENT_CREATED, actor="operator", object=f"{n}")
        await store.clients.put(a.client(f"cli-{n}"), (), told)
    await store.close()


async def hold_the_lock(path: str) -> None:
    """A second server, until its input closes."""
    store = SQLiteStore.open(path, VOUCHING)
    print("open", flush=True)
    sys.stdin.read()
    await store.close()


if __name__ == "__main__":
    asyncio.run({f.__name__: f for f in (issue_until_killed, put_clients, hold_the_lock)}[sys.argv[1]](*sys.argv[2:]))
