"""The directory of a development server: private, random, and honest about what is missing."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import msgspec
import pytest

from licet.ambient import SystemEntropy
from licet.development.place import Broken, Held, Place, password
from licet.storage.sqlite.connection import FileLock

ENTROPY = SystemEntropy()


class Something(msgspec.Struct):
    issuer: str


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path / "here" / ".licet")
    made.open()
    return made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_is_for_its_owner_alone(place: Place) -> None:
    place.master_keys(ENTROPY)
    place.secrets(("alice",), ENTROPY)
    place.publish(Something("http://127.0.0.1:1"))
    assert mode(place.directory) == 0o700
    assert {path.name: mode(path) for path in place.directory.iterdir() if path.name != ".gitignore"} == dict.fromkeys(
        ("master.key", "dev.secrets.json", "dev.json", "licet.db.lock"), 0o600
    )
    assert (place.directory / ".gitignore").read_text() == "*\n"


def test_secrets_stay_from_one_start_to_the_next(place: Place) -> None:
    keys, secrets = place.master_keys(ENTROPY), place.secrets(("alice", "bob"), ENTROPY)
    again = Place(place.directory)
    assert again.master_keys(ENTROPY).first.digest(1, "k", "v") == keys.first.digest(1, "k", "v")
    assert again.secrets(("alice", "bob"), ENTROPY) == secrets
    assert secrets.people.keys() == {"alice", "bob"}


def test_no_two_directories_share_a_secret(tmp_path: Path) -> None:
    seen = set()
    for name in ("a", "b"):
        place = Place(tmp_path / name)
        place.open()
        secrets = place.secrets(("alice", "bob"), ENTROPY)
        seen |= {*secrets.people.values(), secrets.service, secrets.api}
    assert len(seen) == 8


def test_a_password_is_long_enough_to_stand_alone() -> None:
    drawn = {password(ENTROPY) for _ in range(100)}
    assert len(drawn) == 100
    assert {len(one) for one in drawn} == {24}


def test_of_two_that_begin_at_once_both_use_the_same_secrets(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one has looked before the first one wrote."""
    first, keys = place.secrets(("alice",), ENTROPY), place.master_keys(ENTROPY)
    monkeypatch.setattr(Place, "_read", lambda _self, _path: None)
    assert place.secrets(("alice",), ENTROPY) == first
    assert place.master_keys(ENTROPY).first.digest(1, "k", "v") == keys.first.digest(1, "k", "v")
    assert not [path for path in place.directory.iterdir() if path.name.startswith(".dev") or ".key." in path.name]


@pytest.mark.parametrize("missing", ["master.key", "dev.secrets.json"])
def test_a_store_without_its_keys_is_not_taken_for_a_new_one(place: Place, missing: str) -> None:
    place.master_keys(ENTROPY)
    place.secrets(("alice",), ENTROPY)
    place.store.write_bytes(b"something")
    (place.directory / missing).unlink()
    with pytest.raises(Broken, match=f"{missing} is gone.*Start afresh: rm -r"):
        place.master_keys(ENTROPY)
        place.secrets(("alice",), ENTROPY)


@pytest.mark.parametrize(("name", "content"), [("master.key", "no key"), ("dev.secrets.json", "{}")])
def test_a_file_that_cannot_be_read_is_named(place: Place, name: str, content: str) -> None:
    (place.directory / name).write_text(content)
    with pytest.raises(Broken, match=name):
        place.master_keys(ENTROPY)
        place.secrets(("alice",), ENTROPY)


def test_a_second_server_is_told_who_is_first(place: Place) -> None:
    place.publish(Something("http://127.0.0.1:4711"))
    lock = FileLock(place.store)
    with pytest.raises(Held, match=r"process \d+\) at http://127.0.0.1:4711"):
        place.open()
    lock.release()
    place.open()


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Broken, match="cannot be written"):
        Place(tmp_path / "file" / ".licet").open()


def test_what_is_published_is_withdrawn_by_whoever_published_it(place: Place) -> None:
    mine = place.publish(Something("http://127.0.0.1:1"))
    place.publish(Something("http://127.0.0.1:2"))
    place.withdraw(mine)
    assert json.loads(place.dev_json.read_text()) == {"issuer": "http://127.0.0.1:2"}
    place.withdraw()
    place.withdraw()
    assert not place.dev_json.exists()
