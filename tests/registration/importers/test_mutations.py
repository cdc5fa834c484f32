"""Whatever an export looks like: it is read or refused with a place in it, and what is made of it can be read."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from licet.registration.manifest import read
from tests.registration.importers.conftest import FIXTURES, loaded, run

ODD: tuple[Any, ...] = (
    None, "", " ", 0, -1, 2**70, 1.5, True, [], {}, [[]], [None], [{}], {"a": 1}, "*", "https://*", "javascript:alert(1)",
    "x" * 20_000, "\u0000\ud800\u202e", "http://[", "https://a.example/*#x", "+", "##", "${x}", "\n[app.evil]\n", '"', "api.x",
)  # fmt: skip


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in pairs:
        found += spots(inner, (*path, key))
    return found


def mutated(product: str, dice: random.Random) -> Any:
    """The fixture with one to four places that are otherwise, gone, doubled or somebody else's."""
    export = deepcopy(loaded(product))
    for _ in range(dice.randint(1, 4)):
        path = dice.choice(spots(export))
        at = export
        for key in path[:-1]:
            at = at[key]
        match dice.randrange(4):
            case 0:
                at[path[-1]] = dice.choice(ODD)
            case 1 if isinstance(at, list):
                at.append(deepcopy(at[path[-1]]))
            case 2:
                del at[path[-1]]
            case _:
                other = export
                for key in dice.choice(spots(export)):
                    other = other[key]
                at[path[-1]] = deepcopy(other)
    return export


def secrets_of(export: Any) -> set[str]:
    """Every secret that is one: a mutation may have put its text elsewhere, where it is no secret."""
    texts = [(path[-1], value) for path in spots(export) if isinstance(value := at(export, path), str)]
    said = " ".join(value for key, value in texts if key not in {"secret", "client_secret"})
    return {
        value for key, value in texts if key in {"secret", "client_secret"} and len(value) > 8 and value not in said
    } - {"*" * 10}


def at(export: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        export = export[key]
    return export


@pytest.mark.parametrize("product", FIXTURES)
def test_no_mutation_ends_in_a_traceback(product: str, tmp_path: Path) -> None:
    dice = random.Random(product)
    codes = []
    for number in range(70):
        file, into = tmp_path / f"{number}.json", tmp_path / f"{number}.toml"
        file.write_text(json.dumps(mutated(product, dice)))
        result = run(product, file, "--into", str(into), "--out-secrets", str(tmp_path / f"{number}.env"))
        codes.append(result.exit_code)
        assert result.exception is None or isinstance(result.exception, SystemExit), (
            file.read_text(),
            result.exception,
        )
        assert result.exit_code in {0, 1, 2}, result.output
        if result.exit_code == 2:
            assert "is not what" in result.output
            assert "  $" in result.output
            assert not into.exists()
        else:
            read(into)
            for secret in secrets_of(json.loads(file.read_text())):
                assert secret not in into.read_text() + result.output, secret
            assert "[app.evil]" not in into.read_text().split("\n")
    assert {1, 2} <= set(codes), "mutations that change nothing prove nothing"


@pytest.mark.parametrize("product", FIXTURES)
@pytest.mark.parametrize(
    ("content", "where"),
    [
        (b"", "line 1, column 1"),
        (b'{\n"realm": "x",\n}', "line 3, column 1"),
        (b"\xff\xfe", "UTF-8"),
        (b"[" * 100_000, "too deeply"),
        (b"7", "$"),
        (b"{}", "$"),
        (b"[]", "$"),
        (b'[{"model": "auth.user", "fields": {}}]', "$"),
    ],
)
def test_something_else_is_refused_with_its_place(product: str, content: bytes, where: str, tmp_path: Path) -> None:
    file = tmp_path / "export.json"
    file.write_bytes(content)
    result = run(product, file)
    assert result.exit_code == 2
    assert "is not what" in result.output
    assert where in result.output


def test_what_is_of_the_wrong_shape_is_named_all_at_once(tmp_path: Path) -> None:
    export = loaded("keycloak")
    export["clients"][6]["redirectUris"] = "https://shop.example.com/cb"
    export["clients"][7]["publicClient"] = "perhaps"
    export["clients"][7]["attributes"] = {"access.token.lifespan": "soon"}
    file = tmp_path / "export.json"
    file.write_text(json.dumps(export))
    result = run("keycloak", file)
    assert result.exit_code == 2
    assert "$.clients[6].redirectUris  is not a list of texts" in result.output
    assert "$.clients[7].publicClient  this is neither true nor false" in result.output
    assert '$.clients[7].attributes["access.token.lifespan"]  this is not a number of seconds' in result.output


@pytest.mark.parametrize("product", FIXTURES)
def test_no_file_is_told(product: str, tmp_path: Path) -> None:
    result = run(product, tmp_path / "nowhere.json")
    assert result.exit_code == 2
    assert "cannot be read" in result.output
