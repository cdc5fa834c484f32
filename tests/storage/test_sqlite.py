"""What only the SQLite backend promises: durability, one server per file, other writers, full disks."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from licet.ambient import monotonic
from licet.events import EventType
from licet.storage import UnknownBackend, open_store
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Redeemed, Unavailable
from licet.storage.sqlite import SQLiteStore, StoreBusy, StoreMissing, checkpoint, connection, writer
from tests.vouching import VOUCHING

pytestmark = pytest.mark.anyio


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "licet.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SQLiteStore]:
    store = SQLiteStore.open(path, VOUCHING)
    yield store
    await store.close()


def _process(*arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.storage.writers", *arguments]
    return subprocess.Popen(command, text=True, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2], **options)


def _size(name: str) -> int:
    return Path(name).stat().st_size


async def _pages(store: SQLiteStore, pragma: str) -> int:
    pages: int = await store._writer.submit(lambda tx: tx.rows(f"PRAGMA {pragma}")[0][0])
    return pages


class TestDurability:
    async def test_what_was_acknowledged_survives_a_kill(self, path: Path) -> None:
        process = _process("issue_until_killed", str(path))
        assert process.stdout is not None
        named = [process.stdout.readline().strip() for _ in range(500)]
        process.kill()
        named += [line for line in process.stdout.read().split("\n")[:-1] if line]
        process.wait()
        process.stdout.close()
        store = SQLiteStore.open(path, VOUCHING)  # its lock went with it
        for name in named:
            assert await store.access_tokens.find(ISSUER, a.digest(name)) is not None
        assert await store.events.verify() is None
        assert await a.recorded(store, EventType.TOKEN_ISSUED) >= len(named)
        await store.close()

    async def test_reopening_finds_everything_and_ids_go_on(self, path: Path) -> None:
        store = SQLiteStore.open(path, VOUCHING)
        await store.issuers.create(a.issuer(), a.event(at=after(5)))
        grant, code = await a.concluded(store)
        store.refusals.spool(a.refused("R1"))
        await store.close()
        await store.close()
        again = SQLiteStore.open(path, VOUCHING, create=False)
        found = await again.codes.find(ISSUER, code.digest)
        assert found is not None
        assert found.standing.grant == grant
        assert await again.refusals.find(ISSUER, "R1") is not None
        assert again.next_id(AT) > grant.grant_id
        assert await again.latest() >= after(5)
        await again.close()

    async def test_a_caller_who_goes_away_does_not_undo_the_change(self, store: SQLiteStore) -> None:
        task = asyncio.ensure_future(store.issue(a.issuance(token=a.access_token())))
        await asyncio.sleep(0)
        task.cancel()
        await store.issue(a.issuance())
        assert await store.access_tokens.find(ISSUER, a.digest("token")) is not None

    async def test_a_closed_store_takes_nothing(self, store: SQLiteStore) -> None:
        await store.close()
        with pytest.raises(Unavailable):
            await store.issue(a.issuance())
        with pytest.raises(Unavailable):
            await store.codes.find(ISSUER, b"x")

    async def test_a_commit_is_synced(self, store: SQLiteStore) -> None:
        """The power may go right after the answer; a kill, as above, would not tell."""
        assert await _pages(store, "synchronous") == 2
        mode = await store._writer.submit(lambda tx: tx.rows("PRAGMA journal_mode")[0][0])
        assert mode == "wal"

    async def test_files_are_their_owners(self, store: SQLiteStore, path: Path) -> None:
        await store.issue(a.issuance())
        for name in ("licet.db", "licet.db-wal", "licet.db-shm", "licet.db.lock"):
            assert (path.parent / name).stat().st_mode & 0o777 == 0o600, name


class TestOtherProcesses:
    async def test_a_command_line_writes_beside_the_server_into_one_chain(self, store: SQLiteStore, path: Path) -> None:
        """Two processes append to one node's chain, each seeing where the other left it."""
        await store.issuers.create(a.issuer(), a.event())
        processes = [_process("put_clients", str(path), "60") for _ in range(2)]
        issued = 0
        while any(process.poll() is None for process in processes):
            batch = [store.issue(a.issuance(token=a.access_token(f"{issued}-{n}"))) for n in range(4)]
            assert set(await asyncio.gather(*batch)) == {Redeemed()}
            issued += 4
            await asyncio.sleep(0.001)
        for process in processes:
            assert process.wait() == 0
            assert process.stdout is not None
            process.stdout.close()
        assert await store.issuers.generation(ISSUER) == 120
        assert len(await store.clients.every(ISSUER)) == 60
        assert await a.recorded(store, EventType.CLIENT_CREATED) == 120
        assert await a.recorded(store, EventType.TOKEN_ISSUED) == issued + 1
        assert await store.events.verify() is None

    async def test_a_second_server_is_told_who_the_first_is(self, path: Path) -> None:
        process = _process("hold_the_lock", str(path), stdin=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        with pytest.raises(StoreBusy, match=f"process {process.pid}") as refused:
            SQLiteStore.open(path, VOUCHING)
        assert refused.value.pid == process.pid
        beside = SQLiteStore.open(path, VOUCHING, lock=False)
        assert await beside.issue(a.issuance()) == Redeemed()
        await beside.close()
        process.communicate()
        await SQLiteStore.open(path, VOUCHING).close()

    async def test_who_holds_the_file_too_long_makes_the_store_unavailable_for_a_while(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 50)
        store = SQLiteStore.open(path, VOUCHING)
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="locked"):
            await store.issue(a.issuance())
        other.execute("ROLLBACK")
        assert await store.issue(a.issuance()) == Redeemed()
        other.close()
        await store.close()

    async def test_a_missing_store_is_created_only_when_asked(self, path: Path) -> None:
        with pytest.raises(StoreMissing):
            SQLiteStore.open(path, VOUCHING, create=False)
        assert list(path.parent.iterdir()) == []


class TestConditions:
    async def test_a_full_disk_is_unavailable_and_passes(self, store: SQLiteStore) -> None:
        """Those who wait are told; nothing of theirs is there; when there is room it goes on by itself."""
        await store.issue(a.issuance())
        full = await _pages(store, "page_count")
        await _pages(store, f"max_page_count = {full}")
        many = [a.issuance(token=a.access_token(f"t{n}")) for n in range(200)]
        outcomes = await asyncio.gather(*map(store.issue, many), return_exceptions=True)
        refused = [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Unavailable)]
        assert refused
        assert len(refused) + outcomes.count(Redeemed()) == 200
        for n in refused:
            assert await store.access_tokens.find(ISSUER, a.digest(f"t{n}")) is None
        store.refusals.spool(a.refused("R1", detail="x" * 1_000_000))
        with pytest.raises(Unavailable, match="full"):
            await store.issue(a.issuance())
        await _pages(store, "max_page_count = 1000000")
        outcomes = await asyncio.gather(*(store.issue(many[n]) for n in refused))
        assert set(outcomes) == {Redeemed()}
        assert await a.recorded(store, EventType.TOKEN_ISSUED) == 201
        assert await store.events.verify() is None
        assert await store.refusals.find(ISSUER, "R1") is not None  # kept over the commit that failed

    async def test_a_full_queue_refuses_at_once(self, store: SQLiteStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(writer, "WAITING_BOUND", 10)
        hold = sqlite3.connect(store._reader._connection.execute("PRAGMA database_list").fetchone()[2])
        hold.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.ensure_future(store.issue(a.issuance())) for _ in range(100)]
        await asyncio.sleep(0.05)
        refused = [task for task in waiting if task.done()]
        assert len(refused) > 50
        assert all(isinstance(task.exception(), Unavailable) for task in refused)
        hold.rollback()
        hold.close()
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert outcomes.count(Redeemed()) == 100 - len(refused)

    async def test_a_read_never_holds_a_snapshot(self, store: SQLiteStore, path: Path) -> None:
        """A half-read cursor would hide later revocations and keep the log from being copied away."""
        for n in range(20):
            await store.clients.put(a.client(f"c{n}"), (a.credential(f"c{n}"),), a.event())
        await store.issuers.only()
        await store.clients.find(ISSUER, "c1")
        await store.clients.every(ISSUER)
        await store.events.tail(ISSUER, 5)
        await store.events.verify()
        await store.latest()
        other = sqlite3.connect(path, isolation_level=None, timeout=0)
        busy, left, _ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        assert (busy, left) == (0, 0)
        other.close()

    async def test_the_log_starts_over_under_load(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A passive checkpoint never comes to an end while there are commits; the writer must help."""
        monkeypatch.setattr(checkpoint, "WAL_BOUND", 1024 * 1024)
        monkeypatch.setattr(checkpoint, "PAUSE_S", 0.01)
        store = SQLiteStore.open(path, VOUCHING)
        restarts: list[None] = []
        start_over = store._checkpointer._start_over
        monkeypatch.setattr(store._checkpointer, "_start_over", lambda: (start_over(), restarts.append(None)))

        async def issue(worker: int) -> None:
            n = 0
            while len(restarts) < 5:
                await store.issue(a.issuance(token=a.access_token(f"{worker} {n}")))
                n += 1

        await asyncio.gather(*map(issue, range(20)))
        issued = await a.recorded(store, EventType.TOKEN_ISSUED)
        assert _size(f"{path}-wal") < issued * 2 * checkpoint.FRAME / 2  # each took more than two pages
        await store.close()

    async def test_a_foreign_reader_does_not_hold_up_changes(self, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its snapshot keeps the log from starting over; that must not cost each change the busy timeout."""
        monkeypatch.setattr(checkpoint, "WAL_BOUND", 0)
        monkeypatch.setattr(checkpoint, "PAUSE_S", 0.001)
        store = SQLiteStore.open(path, VOUCHING)
        await store.issue(a.issuance())
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN")
        other.execute("SELECT * FROM events").fetchall()
        began = monotonic()
        for n in range(50):
            await store.issue(a.issuance(token=a.access_token(f"t{n}")))
        assert monotonic() - began < connection.BUSY_TIMEOUT_MS / 1000
        other.close()
        await store.close()

    async def test_statements_come_to_the_file_when_idle(self, store: SQLiteStore, path: Path) -> None:
        await store.issue(a.issuance(token=a.access_token()))
        await asyncio.sleep(2 * checkpoint.PAUSE_S)
        alone = sqlite3.connect(f"file:{path}?immutable=1", uri=True)  # without its log
        assert alone.execute("SELECT count(*) FROM access_tokens").fetchone() == (1,)
        alone.close()


class TestOpening:
    @pytest.mark.parametrize("url", ["postgres:x", "licet.db", "", "sqlite:"])
    async def test_a_url_that_names_no_store_is_refused(self, url: str) -> None:
        with pytest.raises(UnknownBackend, match="sqlite:"):
            await open_store(url, VOUCHING)

    async def test_a_node_has_a_number(self, path: Path) -> None:
        with pytest.raises(ValueError, match="1024"):
            SQLiteStore.open(path, VOUCHING, node=1024)

    async def test_nodes_give_different_ids(self, path: Path) -> None:
        stores = [SQLiteStore.open(path, VOUCHING, node=node, lock=False) for node in (1, 2)]
        ids = [store.next_id(AT) for store in stores for _ in range(100)]
        assert len(set(ids)) == 200
        for store in stores:
            await store.close()
