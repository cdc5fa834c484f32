"""Exports of three products, made by hand from their documented formats, and the command that reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from licet.cli.import_ import import_

HERE = Path(__file__).parent
FIXTURES = {
    "keycloak": HERE / "keycloak.json",
    "django-oauth-toolkit": HERE / "django_oauth_toolkit.json",
    "hydra": HERE / "hydra.json",
}

Runs = Callable[..., Result]


def loaded(product: str) -> Any:
    return json.loads(FIXTURES[product].read_text())


def run(product: str, file: Path, *options: str) -> Result:
    return CliRunner().invoke(import_, [product, str(file), *options])


@pytest.fixture
def imports(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """What becomes of an export, as scripts are told; changed before by a function."""

    def told(product: str, change: Callable[[Any], None] = lambda _: None, *options: str) -> dict[str, Any]:
        export = deepcopy(loaded(product))
        change(export)
        file = tmp_path / "export.json"
        file.write_text(json.dumps(export))
        result = run(product, file, "--output", "json", *options)
        assert result.exit_code in {0, 1}, result.output
        body: dict[str, Any] = json.loads(result.stdout)
        return body

    return told
