"""The schema's four descriptions are one: the fresh text, the migrations' head, the tables, the records."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import licet.storage.sqlite as backend
from licet.storage.schema import fresh, upgrade
from licet.storage.schema.tables import fresh_sqlite, metadata
from licet.storage.sqlite import SQLiteStore, StoreBusy, StoreMissing
from licet.storage.sqlite.codec import Codec, Vouched
from tests.vouching import VOUCHING

ALEMBIC = Path(fresh.__file__).parent / "alembic"


def _schema(connection: sqlite3.Connection) -> dict[str, object]:
    """Every index with its text, white space apart; every table with its options and its columns in no order: a store
    that grew has the newer ones last."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").fetchall()
    schema: dict[str, object] = {
        name: " ".join(re.sub(r"([(),])", r" \1 ", text).split()) for kind, name, text in rows if kind == "index"
    }
    for name in (name for kind, name, _ in rows if kind == "table"):
        options = connection.execute("SELECT wr, strict FROM pragma_table_list(?)", (name,)).fetchall()
        columns = connection.execute('SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)', (name,))
        schema[name] = (options, sorted(columns.fetchall()))
    return schema


@pytest.fixture
def empty() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def made(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "made.db", isolation_level=None)
    fresh.prepare(connection, tmp_path / "made.db", create=True)
    yield connection
    connection.close()


def test_the_fresh_text_is_what_the_tables_say() -> None:
    assert fresh.sql() == fresh_sqlite(), "write tables.fresh_sqlite() into sqlite.sql"


def test_the_migrations_lead_to_the_fresh_schema(empty: sqlite3.Connection, made: sqlite3.Connection) -> None:
    upgrade.migrate(empty)
    assert _schema(empty) == _schema(made)
    for connection in (empty, made):
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(fresh.HEAD,)]


def test_the_revisions_are_the_migrations() -> None:
    texts = [ast.parse(file.read_text()) for file in sorted((ALEMBIC / "versions").glob("*.py"))]
    named = [
        {target.id: node.value.value for node in text.body if isinstance(node, ast.Assign)
         for target in node.targets if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant)}
        for text in texts
    ]  # fmt: skip
    assert tuple(names["revision"] for names in named) == fresh.REVISIONS
    assert [names["down_revision"] for names in named] == [None, *fresh.REVISIONS[:-1]]


def test_every_table_is_strict_and_led_by_the_issuer(made: sqlite3.Connection) -> None:
    for name, kind, without_rowid, strict in made.execute(
        "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite%'"
    ).fetchall():
        if name == "alembic_version":
            continue
        assert (kind, strict) == ("table", 1), name
        columns = made.execute("SELECT name, pk, type FROM pragma_table_info(?)", (name,)).fetchall()
        (first,) = [column for column, position, _ in columns if position == 1]
        assert first == ("node" if name == "events" else "issuer_id"), name
        assert ("ext", 0, "TEXT") in columns, name
        assert without_rowid == (metadata.tables[name].dialect_options["sqlite"]["with_rowid"] is False), name


def _backend_modules() -> Iterator[object]:
    for module in pkgutil.iter_modules(backend.__path__, backend.__name__ + "."):
        yield importlib.import_module(module.name)


def _statements() -> dict[str, str]:
    """Every statement text of the backend, by its name."""
    found: dict[str, str] = {}
    for module in _backend_modules():
        for name, value in inspect.getmembers(module):
            if isinstance(value, Codec):
                found[f"{name} insert"] = value.insert
            elif isinstance(value, str) and re.match(r"\s*(SELECT|INSERT|UPDATE|DELETE)\b", value):
                found[name] = value
            elif name == "PURGES":
                found |= {text: text for purge in value for text in purge[:2]}
    return found


def test_every_statement_prepares(made: sqlite3.Connection) -> None:
    statements = _statements()
    assert len(statements) > 80
    for text in statements.values():
        bound = max([int(n) for n in re.findall(r"\?(\d+)", text)], default=text.count("?"))
        made.execute("EXPLAIN " + text, (None,) * bound).fetchall()


def test_only_configuration_is_ever_read_whole(made: sqlite3.Connection) -> None:
    """A scan in the writer holds up everybody. Reading by the issuer alone is one: there is one issuer."""
    small = {"issuers", "keys", "clients", "resources", "scopes", "initial_tokens"} | {
        "json_each"
    }  # a list in one value
    may = {
        "TAIL",  # backwards from the end, as far as the limit
        "LAST_GRANT", "FEED", "NEWEST", "REFUSE", "FORGET",  # max() of the last key column: one look-up
        "COUNT",  # of registrations, no further than their quota
        "GRANTED", "BY_SCOPE", "REMEMBERED", "REMEMBERED_OF",  # what a plan would do to whom: beside the event loop
        "FORGET_CLIENT",  # disabling a client: rare, and an index would cost every consent
    }  # fmt: skip
    for name, text in _statements().items():
        bound = max([int(n) for n in re.findall(r"\?(\d+)", text)], default=text.count("?"))
        for *_, step in made.execute("EXPLAIN QUERY PLAN " + text, (None,) * bound).fetchall():
            whole = re.match(r"SCAN (\w+)\b(?! VIRTUAL)|SEARCH (\w+) .*\(issuer_id=\?\)", step)
            table = whole and (whole[1] or whole[2])
            assert not table or table in small or name in may or "max(seq) FROM revocations AS r" in text, (name, step)


def test_every_record_has_its_columns(made: sqlite3.Connection) -> None:
    for module in _backend_modules():
        for name, codec in inspect.getmembers(module, lambda one: isinstance(one, Codec | Vouched)):
            table = codec.insert.split()[2]
            columns = {row[0] for row in made.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall()}
            given_by_the_store = {"ext"} | ({"seq"} if name == "REFUSALS" else set())
            assert set(codec.fields) == columns - given_by_the_store, table


def test_an_older_and_a_newer_schema_are_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "licet.db"
    _close(path)
    monkeypatch.setattr(fresh, "REVISIONS", (*fresh.REVISIONS, "9999"))
    monkeypatch.setattr(fresh, "HEAD", "9999")
    with pytest.raises(fresh.SchemaOlder, match="licet db upgrade"):
        SQLiteStore.open(path, VOUCHING)
    monkeypatch.setattr(fresh, "REVISIONS", ("0000",))
    monkeypatch.setattr(fresh, "HEAD", "0000")
    with pytest.raises(fresh.SchemaNewer, match="licet db upgrade"):
        SQLiteStore.open(path, VOUCHING)
    monkeypatch.undo()
    _close(path)  # neither left a lock behind


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE mine (a)")
    connection.close()
    with pytest.raises(fresh.SchemaNewer):
        SQLiteStore.open(path, VOUCHING)
    with pytest.raises(fresh.SchemaNewer):
        upgrade.upgrade(path, VOUCHING)


def test_status_and_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "licet.db"
    with pytest.raises(StoreMissing):
        upgrade.status(path)
    path.touch()
    assert upgrade.status(path) == upgrade.SchemaStatus(None, fresh.REVISIONS)
    with pytest.raises(fresh.SchemaOlder):
        SQLiteStore.open(path, VOUCHING, create=False)
    assert upgrade.upgrade(path, VOUCHING).revision is None
    after = upgrade.status(path)
    assert (after.current, after.newer, after.pending) == (True, False, ())
    assert upgrade.upgrade(path, VOUCHING) == after


def test_no_upgrade_under_a_running_server(tmp_path: Path) -> None:
    path = tmp_path / "licet.db"
    path.touch()
    lock = backend.connection.FileLock(path)
    with pytest.raises(StoreBusy):
        upgrade.upgrade(path, VOUCHING)
    lock.release()


def test_a_migration_that_fails_goes_back(empty: sqlite3.Connection) -> None:
    empty.execute("CREATE TABLE refusals (a)")  # the last table of the first revision
    with pytest.raises(Exception, match="already exists"):
        upgrade.migrate(empty)
    assert list(_schema(empty)) == ["refusals"]


def test_opening_imports_no_schema_tools(tmp_path: Path) -> None:
    """A server that finds its schema current never pays for SQLAlchemy and Alembic (house law 3)."""
    code = (
        "import sys, asyncio, licet.storage.schema.upgrade\n"
        "from licet.storage import open_store\n"
        "from tests.vouching import VOUCHING\n"
        f"asyncio.run(open_store('sqlite:{tmp_path / 'licet.db'}', VOUCHING))\n"
        "print([m for m in ('sqlalchemy', 'alembic') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def _close(path: Path) -> None:
    import asyncio

    async def open_and_close() -> None:
        await SQLiteStore.open(path, VOUCHING).close()

    asyncio.run(open_and_close())
