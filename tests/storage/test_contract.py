"""Every backend passes the shipped contract."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from msgspec.structs import replace

from licet.ambient import Instant
from licet.storage import open_store
from licet.storage.contract import StoreContract
from licet.storage.memory import MemoryStore
from licet.storage.ports import Store
from tests.vouching import VOUCHING


class TestSQLite(StoreContract):
    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[Store]:
        store = await open_store(f"sqlite:{tmp_path / 'licet.db'}", VOUCHING)
        yield store
        await store.close()

    @pytest.fixture(autouse=True)
    def _path(self, tmp_path: Path) -> None:
        self.path = tmp_path / "licet.db"

    async def tamper(self, store: Store, seq: int) -> None:
        connection = sqlite3.connect(self.path)
        with connection:
            connection.execute(
                "UPDATE events SET body = replace(body, 'client:app', 'client:bad') WHERE seq = ?", (seq,)
            )
        connection.close()


class TestMemory(StoreContract):
    @pytest.fixture
    async def store(self) -> AsyncIterator[Store]:
        store = await open_store("memory:", VOUCHING)
        yield store
        await store.close()

    async def tamper(self, store: Store, seq: int) -> None:
        chain = cast("MemoryStore", store)._world.chain
        link = chain[seq - 1]
        chain[seq - 1] = replace(link, event=replace(link.event, at=Instant(1)))
