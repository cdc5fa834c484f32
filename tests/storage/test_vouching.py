"""Rows are believed only as they were written here (storage/vouching.py)."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import pytest

from licet.storage.contract import samples as a
from licet.storage.records import PairwiseSubject
from licet.storage.schema import upgrade
from licet.storage.sqlite import SQLiteStore
from licet.storage.sqlite.authorization import CODES
from licet.storage.sqlite.codec import Vouched
from licet.storage.sqlite.devices import PENDING
from licet.storage.sqlite.people import AUTHENTICATORS
from licet.storage.sqlite.registration import CREDENTIALS
from licet.storage.sqlite.standing import GRANTS, SESSIONS
from licet.storage.sqlite.subjects import SUBJECTS
from licet.storage.sqlite.tokens import ACCESS_TOKENS, FAMILIES
from licet.storage.vouching import Vouching
from tests.vouching import VOUCHING

TABLES: tuple[Vouched[Any], ...] = (
    *(SESSIONS, AUTHENTICATORS, SUBJECTS, CREDENTIALS, GRANTS, CODES, PENDING, FAMILIES, ACCESS_TOKENS),
)
SAID = [(table, column) for table in TABLES for column in table.said]
LIVES = [(table, column) for table in TABLES for column in table.fields if column not in (*table.said, "vouch")]

pytestmark = pytest.mark.anyio

OLD, NEW = (b"old.", bytes(32)), (b"new.", bytes(range(32)))


def test_a_vouch_is_a_keyed_hash_over_the_tables_name_and_what_a_row_says() -> None:
    packed = msgspec.msgpack.encode(("grants", (1, "a", b"b", None)))
    expected = b"old." + blake2b(packed, key=bytes(32), digest_size=16).digest()
    assert Vouching([OLD]).vouch("grants", (1, "a", b"b", None)) == expected


def test_what_was_vouched_for_under_an_older_key_holds_and_under_an_unknown_one_does_not() -> None:
    vouch = Vouching([OLD]).vouch("grants", (1, "a"))
    both = Vouching([NEW, OLD])
    assert both.holds(vouch, "grants", (1, "a"))
    assert not both.newest(vouch)
    assert both.newest(both.vouch("grants", (1, "a")))
    assert not Vouching([NEW]).holds(vouch, "grants", (1, "a"))


@pytest.mark.parametrize("said", [(1, "b"), ("1", "a"), (1,), (1, "a", None), (1, b"a")])
def test_anything_else_is_not_vouched_for(said: tuple[Any, ...], caplog: pytest.LogCaptureFixture) -> None:
    vouching = Vouching([OLD])
    vouch = vouching.vouch("grants", (1, "a"))
    with caplog.at_level(logging.ERROR, "licet.storage"):
        assert not vouching.holds(vouch, "grants", said)
        assert not vouching.holds(vouch, "codes", (1, "a"))
        for wrong in (None, b"", vouch[:4], vouch[:-1], vouch + b"\0", vouch[:4] + bytes(16)):
            assert not vouching.holds(wrong, "grants", (1, "a"))
    assert "a row of grants is not as it was written here" in caplog.text


class Scene:
    """A store with one row in every table, and how each is found."""

    def __init__(self, path: Path, vouching: Vouching = VOUCHING) -> None:
        self.path = path
        self.store = SQLiteStore.open(path, vouching)

    async def fill(self) -> None:
        store = self.store
        await store.issuers.create(a.issuer(), a.event())
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        assert await store.sessions.begin(a.session(), "p1", None, None, a.event())
        grant, code = await a.concluded(store, handle="h", grant_id=7, session_id="s1")
        await store.issue(a.issuance(a.consume_code(code), family=a.family(grant), token=a.access_token(of=grant)))
        await store.devices.open(a.pending(), a.event())
        await store.pairwise_subjects.settle(PairwiseSubject(issuer_id=1, sector="s", subject_id="p", sub="x"))
        await store.clients.put(a.client("c"), (a.credential("c"),), a.event())

    async def found(self, table: str) -> object:
        """What the store says of the row in *table*, by the verb that asks for it."""
        store = self.store

        async def proofs() -> object:
            person = await store.accounts.find(1, "anna")
            return person and person.authenticators

        async def credentials() -> object:
            registered = await store.clients.find(1, "c")
            return registered and registered.credentials

        finds: dict[str, Callable[[], Awaitable[object]]] = {
            "sessions": lambda: store.sessions.find(1, a.session().digest),
            "authenticators": proofs,
            "pairwise_subjects": lambda: store.pairwise_subjects.find(1, "s", "p"),
            "credentials": credentials,
            "grants": lambda: store.grants.find_by_handle(1, "h"),
            "codes": lambda: store.codes.find(1, a.digest("code")),
            "pending": lambda: store.devices.find(1, a.pending().device_digest),
            "families": lambda: store.families.find(1, a.family(a.grant(store)).handle),
            "access_tokens": lambda: store.access_tokens.find(1, a.access_token().digest),
        }
        return await finds[table]()

    def write(self, *statements: str) -> None:
        with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
            for statement in statements:
                connection.execute(statement)

    def change(self, table: str, column: str) -> None:
        """Another value of the same type."""
        with closing(sqlite3.connect(self.path)) as connection, connection:
            kinds = dict(connection.execute("SELECT name, type FROM pragma_table_info(?)", (table,)).fetchall())
            other = {
                "INTEGER": "coalesce(V, 1) + 1",
                "TEXT": "coalesce(V, '') || 'x'",
                "BLOB": "x'00' || coalesce(V, x'')",
            }
            value = other[kinds[column]].replace("V", column)
            value = f"CAST({value} AS {kinds[column]})"
            assert connection.execute(f"UPDATE {table} SET {column} = {value}").rowcount == 1


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(tmp_path / "licet.db")
    await scene.fill()
    yield scene
    await scene.store.close()


@pytest.mark.parametrize(("table", "column"), SAID, ids=lambda one: getattr(one, "table", one))
async def test_a_row_whose_word_was_changed_is_missing(scene: Scene, table: Vouched[Any], column: str) -> None:
    assert await scene.found(table.table)
    scene.change(table.table, column)
    assert not await scene.found(table.table)


@pytest.mark.parametrize(("table", "column"), LIVES, ids=lambda one: getattr(one, "table", one))
async def test_what_lives_on_may_change(scene: Scene, table: Vouched[Any], column: str) -> None:
    if (table.table, column) == ("authenticators", "status"):
        return  # only active ones are asked for
    scene.change(table.table, column)
    assert await scene.found(table.table)


@pytest.mark.parametrize("table", ["codes", "families", "access_tokens"])
@pytest.mark.parametrize("changed", ["grants", "sessions"])
async def test_what_hangs_on_a_changed_row_is_missing(scene: Scene, table: str, changed: str) -> None:
    scene.change(changed, "subject_id")
    assert not await scene.found(table)


async def test_a_device_is_not_approved_on_a_row_that_was_changed(scene: Scene) -> None:
    pending, store = a.pending(), scene.store
    assert await store.devices.claim(1, pending.device_digest, "anna", a.AT, a.event())
    scene.change("pending", "scope")
    assert not await store.devices.decide(1, pending.device_digest, "anna", a.AT, None, ())


async def test_listings_go_on_behind_what_was_changed(scene: Scene) -> None:
    store = scene.store
    await a.concluded(store, "another", handle="h2", grant_id=8)
    scene.write("UPDATE grants SET subject_id = 'mallory' WHERE grant_id = 8")
    assert [one.grant.grant_id for one in await store.listing.grants(1, None, None, 10)] == [7]
    scene.write("UPDATE sessions SET subject_id = 'mallory'")
    assert await store.listing.sessions(1, None, "", 10) == ()


def test_the_migration_vouches_for_what_is_vouched_for() -> None:
    path = Path(upgrade.__file__).parent / "alembic" / "versions" / "0008_vouched_rows.py"
    named = re.findall(r'"(\w+)": \(\s+"([\w ]+)",\s+"+([\w\s]+?)"+,', path.read_text())
    assert {name: tuple(said.split()) for name, _, said in named} == {table.table: table.said for table in TABLES}


async def test_an_older_store_is_vouched_for_as_it_is(scene: Scene, tmp_path: Path) -> None:
    await scene.store.close()
    older = [f"ALTER TABLE {table.table} DROP COLUMN vouch" for table in TABLES]
    scene.write(*older, "UPDATE alembic_version SET version_num = '0007'")
    assert upgrade.upgrade(scene.path, VOUCHING).revision == "0007"
    again = Scene(tmp_path / "licet.db")
    assert all([await again.found(table.table) for table in TABLES])
    await again.store.close()


async def test_an_older_master_key_may_go_when_all_that_lives_long_was_vouched_for_anew(tmp_path: Path) -> None:
    before = Scene(tmp_path / "licet.db", Vouching([OLD]))
    await before.fill()
    for n in range(1100):  # more than two batches
        await before.store.pairwise_subjects.settle(
            PairwiseSubject(issuer_id=1, sector="s", subject_id=f"p{n:04}", sub=f"x{n}")
        )
    scene_of_a_thief = "UPDATE pairwise_subjects SET sub = 'somebody' WHERE subject_id = 'p0007'"
    before.write(scene_of_a_thief)
    await before.store.close()
    both = Scene(tmp_path / "licet.db", Vouching([NEW, OLD]))
    assert await both.store.vouch_anew() == 1102
    assert await both.store.vouch_anew() == 0
    await both.store.close()
    alone = Scene(tmp_path / "licet.db", Vouching([NEW]))
    for table in ("authenticators", "credentials", "pairwise_subjects"):
        assert await alone.found(table)
    assert await alone.store.pairwise_subjects.find(1, "s", "p1099") == "x1099"
    assert await alone.store.pairwise_subjects.find(1, "s", "p0007") is None
    assert not await alone.found("sessions"), "it dies within a day: nobody vouches for it anew"
    await alone.store.close()
