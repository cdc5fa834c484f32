"""What is remembered: records, the ports they are reached by, and the backends behind them.

``open_store`` turns a URL into a store; only the backend that is named gets imported.
"""

from __future__ import annotations

from typing import Protocol

from licet.storage.ports import Store
from licet.storage.vouching import Vouching


class UnknownBackend(ValueError):  # noqa: N818  a finding about a setting, not a mistake of the caller
    """The store's URL names no backend that this licet has."""


class Opener(Protocol):
    """How a backend is opened: with what follows the colon of its URL."""

    async def __call__(self, place: str, vouching: Vouching, *, node: int, create: bool, lock: bool) -> Store: ...


async def _sqlite(place: str, vouching: Vouching, *, node: int, create: bool, lock: bool) -> Store:
    from licet.storage.sqlite import SQLiteStore  # noqa: PLC0415  only when it is used

    return SQLiteStore.open(place, vouching, node=node, create=create, lock=lock)


async def _memory(place: str, vouching: Vouching, *, node: int, create: bool, lock: bool) -> Store:  # noqa: ARG001  nothing to share
    from licet.storage.memory import MemoryStore  # noqa: PLC0415  only when it is used

    return MemoryStore(node=node)


BACKENDS: dict[str, Opener] = {
    "sqlite": _sqlite,  # sqlite:PATH
    "memory": _memory,  # memory:  gone with the process
}
"""URL scheme → backend. A new one passes ``licet.storage.contract`` first."""


async def open_store(url: str, vouching: Vouching, *, node: int = 0, create: bool = True, lock: bool = True) -> Store:
    """Open the store that *url* names; *vouching* is the vault's.

    *create* makes an empty one where there is none; *lock* keeps a second server out, and is False for a
    command line that only writes now and then; *node* numbers this process among several.
    """
    scheme, colon, place = url.partition(":")
    opener = BACKENDS.get(scheme) if colon else None
    if opener is None:
        known = ", ".join(f"{name}:" for name in BACKENDS)
        raise UnknownBackend(f"the store {url!r} must begin with one of {known}")
    if scheme == "sqlite" and not place:
        raise UnknownBackend("the store `sqlite:` needs a path: sqlite:licet.db")
    return await opener(place, vouching, node=node, create=create, lock=lock)
