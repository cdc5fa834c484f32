"""``licet export``: beside a server that serves, what runs is written down, and that plans to nothing."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from licet.ambient import SystemEntropy
from licet.registration.kubernetes import rendered
from licet.registration.manifest import read
from licet.registration.toml_text import Block, Row, document
from tests.cli.test_operators import House, opened_house
from tests.cli.test_serve import licet


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened_house(tmp_path_factory.mktemp("export")) as made:
        file = made.home / "licet.toml"
        file.write_text(file.read_text() + "\n[lifetimes]\nsession_idle_s = 7200\n")
        yield made


def test_what_runs_is_shown_and_is_what_the_file_says(house: House) -> None:
    said = tomllib.loads(house.licet("export"))
    written = tomllib.loads((house.home / "licet.toml").read_text())
    assert said["issuer"] == written["issuer"]
    assert said["server"] == written["server"]
    assert said["lifetimes"] == {"session_idle_s": 7200}
    assert set(said["app"]) == {"shop", "nightly"}
    assert said["app"]["shop"]["secret"] == {"file": "secrets/nightly.secret"}
    assert house.secret not in house.licet("export")


def test_serving_what_was_exported_changes_nothing(house: House, tmp_path: Path) -> None:
    """Elsewhere, with paths that still lead to the same store: the server itself finds nothing to do."""
    target = tmp_path / "there" / "licet.toml"
    house.licet("export", str(target))
    assert read(target).server.store == read(house.home / "licet.toml").server.store
    again = licet("export", "--config", str(target), where=tmp_path)
    assert again.returncode == 0, again.stderr
    assert again.stdout == target.read_text()
    planned = licet("plan", "--check", str(target), where=tmp_path)
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_it_plans_to_nothing_where_no_secret_is_at_hand(house: House, tmp_path: Path) -> None:
    """Whoever plans has not the secrets of production; the store keeps what it has."""
    target = tmp_path / "licet.toml"
    house.licet("export", str(target))
    text = re.sub(r'secret( *)= \{ file = "[^"]+" \}', r'secret\1= { env = "NOT_HERE" }', target.read_text())
    assert "NOT_HERE" in text
    target.write_text(text)
    planned = licet("plan", "--check", str(target), where=tmp_path)
    assert planned.returncode == 0, planned.stdout + planned.stderr


def test_nothing_is_overwritten(house: House) -> None:
    before = (house.home / "licet.toml").read_text()
    assert "is there already" in house.licet("export", "licet.toml", code=1)
    assert "is there already" in house.licet("export", "--dir", ".", code=1)
    assert (house.home / "licet.toml").read_text() == before
    assert "not both" in house.licet("export", "x", "--dir", "y", code=2)


def test_where_it_cannot_be_written_nothing_is_proved(house: House) -> None:
    (house.home / "plain").write_text("")
    assert "could not be written" in house.licet("export", "plain/licet.toml", code=3)


def test_only_what_is_named(house: House) -> None:
    said = tomllib.loads(house.licet("export", "--only", "app.shop"))
    assert list(said) == ["app"]
    assert list(said["app"]) == ["shop"]
    assert "There is no app.shoe" in house.licet("export", "--only", "app.shoe", code=1)


def test_the_tables_for_scripts(house: House) -> None:
    body = json.loads(house.licet("export", "--format", "json"))
    assert body["version"] == 1
    assert body["configuration"]["app"]["shop"]["is"] == "web-app"
    assert body["secrets"]["app.shop.secret[0]"] == {"file": "secrets/nightly.secret"}
    assert body["left_out"] == []


def test_for_kubernetes(house: House, tmp_path: Path) -> None:
    house.licet("export", "--format", "k8s", "--dir", str(tmp_path))
    text = (tmp_path / "licet.yaml").read_text()
    config, secret = text.split("---\n")
    assert tomllib.loads(held(config))["app"]["shop"]["is"] == "web-app"
    assert "kind: ConfigMap" in config
    assert "kind: Secret" in secret
    assert house.secret not in text


def held(config_map: str) -> str:
    """The file in a ConfigMap: a literal block is its lines without their indentation (YAML 1.2 §8.1.2)."""
    block = config_map.partition("  licet.toml: |\n")[2]
    assert all(line.startswith("    ") or not line for line in block.split("\n"))
    return re.sub(r"^    ", "", block, flags=re.MULTILINE)


def test_a_config_map_holds_just_the_file() -> None:
    words = "".join(map(chr, [*range(0x20, 0x7F), 0x85, 0xA0, 0xFEFF, 0x2028, 0xE9, 0x1F511]))
    toml = document([Block(above=("a: b # 'c' \u2028 %",), rows=(Row("issuer", words),)), Block(path=("x",))])
    text = rendered(toml, [{"env": "B"}, {"env": "A"}, {"file": "a\nb"}])
    config, secret = text.split("---\n")
    assert held(config) == toml
    assert all(line.isprintable() for line in text.split("\n")), "YAML readers refuse what is not"
    assert '  "A": ""\n  "B": ""\n' in secret
    assert all(re.fullmatch(r'#.*|( {2})?[A-Za-z]+:( [\w-]+)?| {2}"\w+": ""|', line) for line in secret.split("\n"))


def test_without_secrets_there_is_no_secret() -> None:
    assert "Secret" not in rendered("issuer = 1\n", [])


def test_no_store_is_told(tmp_path: Path) -> None:
    assert licet("export", where=tmp_path).returncode == 2
    (tmp_path / "licet.toml").write_text('issuer = "https://id.example.com"\n[server]\nsecrets = { file = "key" }\n')
    (tmp_path / "key").write_text(_key())
    told = licet("export", where=tmp_path)
    assert told.returncode == 3, told.stderr


def _key() -> str:
    from licet.storage.vault import MasterKeys

    return MasterKeys.generate(SystemEntropy())
