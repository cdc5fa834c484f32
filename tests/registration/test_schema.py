"""The published schema says what the reader does: the same keys, the same words, nothing good refused."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from licet.ambient import SystemEntropy
from licet.cli.schema import schema as verb
from licet.registration.expert import SAID_ELSEWHERE
from licet.registration.init import Answers, begin
from licet.registration.kinds import BY_NAME, Kind
from licet.registration.manifest import read
from licet.registration.mistakes import ManifestErrors
from licet.registration.schema import FILE, schema
from licet.registration.table import Table
from tests.registration.broken import BROKEN, GOOD, Broken
from tests.registration.test_broken_files import OnADay, laid_down
from tests.registration.test_configuration_page import BLOCKS, whole
from tests.registration.test_manifest import WHOLE

VALIDATOR = Draft202012Validator(schema())


def parsed(text: str) -> Any:
    """As JSON has it: dates are texts."""
    return json.loads(json.dumps(tomllib.loads(text), default=date.isoformat))


def test_it_is_a_schema() -> None:
    for part in (True, False):
        Draft202012Validator.check_schema(schema(part=part))


@pytest.mark.parametrize("text", [GOOD, WHOLE, *map(whole, BLOCKS)])
def test_what_is_good_is_valid(text: str) -> None:
    assert [error.message for error in VALIDATOR.iter_errors(parsed(text))] == []


@pytest.mark.parametrize("kind", BY_NAME.values(), ids=BY_NAME)
def test_what_init_writes_is_valid_and_names_its_schema(kind: Kind) -> None:
    files = {file.path: file.text for file in begin(Answers(kind=kind), SystemEntropy()).files}
    assert [error.message for error in VALIDATOR.iter_errors(parsed(files["licet.toml"]))] == []
    assert files["licet.toml"].startswith(f"#:schema ./{FILE}\n")
    assert json.loads(files[FILE]) == schema()


def test_a_part_has_no_issuer(directory: Path) -> None:
    part = Draft202012Validator(schema(part=True))
    assert part.is_valid(parsed('[app.x]\nis = "tv"\nmay = "openid"\n'))
    assert not part.is_valid({"issuer": "https://id.example.com"})


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.name)
def test_what_it_refuses_the_reader_refuses(directory: Path, broken: Broken) -> None:
    """And every misspelt key, which is what an editor is for."""
    try:
        values = parsed(broken.content.decode())
    except (ValueError, RecursionError):
        return
    valid = VALIDATOR.is_valid(values)
    if broken.name.startswith(("misspelt", "in capitals", "left out", "lists in a list")):
        assert not valid
    if not valid:
        with pytest.raises(ManifestErrors):
            read(laid_down(directory, broken), clock=OnADay())


def test_the_keys_are_the_readers_and_none_more(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is asked of a table while files are read, against what the schema knows of that table."""
    asked: dict[str, set[str]] = {}
    close = Table.close

    def noting(table: Table) -> None:
        asked.setdefault(_where(table), set()).update(table._asked)
        close(table)

    monkeypatch.setattr(Table, "close", noting)
    for name in re.findall(r'"([^"/]+\.pub\.pem)"', "".join(BLOCKS)):
        (directory / name).write_text((directory / "app.pub.pem").read_text())
    for text in (GOOD, WHOLE, *map(whole, BLOCKS)):
        (directory / "licet.toml").write_text(text)
        read(directory / "licet.toml", clock=OnADay())
    asked["app.*.expert"] -= set(SAID_ELSEWHERE)
    known = dict(_tables(schema()))
    assert {"", "server", "server.egress", "lifetimes", "api.*", "app.*", "app.*.expert", "waiver"} <= asked.keys()
    assert {where: keys for where, keys in asked.items() if "key" not in where and "secret" not in where} == {
        where: set(known[where]) for where in asked if "key" not in where and "secret" not in where
    }
    references = {where: keys for where, keys in asked.items() if where.endswith(("key", "secret", "secrets"))}
    for where, keys in references.items():
        of = schema()["$defs"]["key" if where.endswith("key") else "secret"]["oneOf"]
        assert keys == {key for one in of for key in one["properties"]}, where


def _where(table: Table) -> str:
    parts = [part for part in table.path if isinstance(part, str)]
    if parts[:1] in (["api"], ["app"]):
        parts[1] = "*"
    if parts[:-1] == ["api", "*", "scopes"] or parts[:1] == ["scopes"]:
        parts[-1] = "*words"
    return ".".join(parts)


def _tables(of: Any, path: str = "") -> Any:
    """Every table of a schema, by the path that ``_where`` gives it."""
    if "properties" in of:
        yield path, of["properties"]
        for key, inner in of["properties"].items():
            yield from _tables(inner, f"{path}.{key}".lstrip("."))
    if isinstance(inner := of.get("additionalProperties"), dict):
        if inner.get("$ref") == "#/$defs/words":
            (words,) = [one for one in schema()["$defs"]["words"]["anyOf"] if "properties" in one]
            yield f"{path}.*words", words["properties"]
        yield from _tables(inner, f"{path}.*")
    if "items" in of:
        yield from _tables(of["items"], path)
    if path == "scopes":
        (words,) = [one for one in schema()["$defs"]["words"]["anyOf"] if "properties" in one]
        yield "scopes.*words", words["properties"]


def test_everything_has_a_word_for_whoever_points_at_it() -> None:
    def silent(of: dict[str, Any], path: str) -> list[str]:
        found = []
        for key, inner in of.get("properties", {}).items():
            if isinstance(inner, dict):
                if "description" not in inner and inner.get("$ref") != "#/$defs/words":
                    found.append(f"{path}.{key}")
                found += silent(inner, f"{path}.{key}")
        more = of.get("additionalProperties")
        return found + (silent(more, f"{path}.*") if isinstance(more, dict) else [])

    assert silent(schema(), "") == []


def test_the_command_prints_it() -> None:
    assert json.loads(CliRunner().invoke(verb, []).output) == schema()
    assert json.loads(CliRunner().invoke(verb, ["--conf-d"]).output) == schema(part=True)
