"""Issue 3.6: no issued secret is in the store or its log, in any encoding."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import chain
from pathlib import Path

import pytest

from prove.leaks.dump import Dump
from prove.leaks.encodings import Search, Secret
from prove.leaks.story import Told

pytestmark = pytest.mark.timeout(900)

_PUBLIC = ("state",)
"""What an app sent, to have it sent back: kept with its request until that is answered, and good for nothing here."""
_BYTES = 32


def found_in(dump: Dump, search: Search) -> dict[str, list[str]]:
    """Where something was found → what, in which form."""
    texts = chain(dump.files.items(), ((f"{cell.table}.{cell.column}", cell.value) for cell in dump.cells()))
    found: dict[str, set[str]] = {}
    for where, text in texts:
        hits = {f"{name}, {form}" for name, form in search(text) if not name.startswith(_PUBLIC)}
        if hits:
            found.setdefault(where, set()).update(hits)
    return {where: sorted(hits) for where, hits in found.items()}


def test_no_secret_is_in_the_store(told: Told, search: Search, tmp_path: Path) -> None:
    dump = Dump.of(told.served, tmp_path / "dump")
    assert len(dump.files["licet.db-wal"]) > 10_000, "without its log it would not be the whole store"
    assert {cell.table for cell in dump.cells()} >= {
        "codes",
        "families",
        "access_tokens",
        "pending",
        "sessions",
        "refusals",
    }
    assert found_in(dump, search) == {}


KINDS = ("code", "access_token", "refresh_token", "id_token", "user_code", "cookie session", "cookie known", "verifier")


@pytest.mark.parametrize("kind", (*KINDS, "password of alice", "secret of shop", "assertion"))
def test_the_search_finds_every_form(told: Told, search: Search, kind: str) -> None:
    """The control: each form of it, and any twelve bytes of one, in the middle of something else."""
    secret = told.recorder.secrets[told.recorder.named(kind)[-1]]
    forms = secret.forms()
    assert len(forms) > 10
    for form, needle in forms.items():
        assert secret.name in {name for name, _ in search(b"\x00before " + needle + b" after\xff")}, form
        middle = needle[len(needle) // 2 - 6 :][:12] if len(needle) > 24 else needle
        assert secret.name in {name for name, _ in search(middle)}, form
    assert search(b"lctat_ lctrt_ eyJhbGciOiJFUzI1NiJ9 " + bytes(range(256))) == set()


@pytest.mark.parametrize("form", ["clear", "bytes", "sha256", "clear, base64 at 1"])
def test_the_dump_is_searched(told: Told, search: Search, tmp_path: Path, form: str) -> None:
    """The control of the control: a row in which somebody kept a live refresh token after all."""
    dump = Dump.of(told.served, tmp_path / "dump")
    live = told.live["refresh_token"]
    needle = told.recorder.secrets[live].forms()[form]
    with closing(sqlite3.connect(dump.folder / "licet.db")) as connection, connection:
        connection.execute(
            "UPDATE families SET why = ? WHERE ended_at IS NULL", (needle.hex() if b"\0" in needle else "",)
        )
        connection.execute("UPDATE families SET origin_hash = ? WHERE ended_at IS NULL", (b"kept: " + needle,))
    assert "families.origin_hash" in found_in(dump, search)


def test_the_store_has_no_key_of_its_own(told: Told, tmp_path: Path) -> None:
    """The master key is looked for like any other secret; its file lies elsewhere."""
    line = (told.served.home / "keys" / "master.key").read_text().strip()
    master = Search([Secret("master key", line.partition(":")[2])])
    assert found_in(Dump.of(told.served, tmp_path / "dump"), master) == {}
    assert master(told.served.log.read_bytes()) == set()
    assert master(line) != set()
