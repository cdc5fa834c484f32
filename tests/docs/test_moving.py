"""docs/moving.md is true: its realm is imported as printed, its file is what comes of it, its commands end well."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from licet.registration.importers.findings import FULL_SCOPE
from licet.rules import BY_ID
from tests.cli.test_operators import opened_house
from tests.cli.test_serve import licet

PAGE = (Path(__file__).parents[2] / "docs" / "moving.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


def commands(verb: str) -> list[tuple[list[str], str]]:
    """Each command, and what it is said to answer."""
    parts = [part.partition("\n") for block in blocks("console") for part in block.split("$ licet ")[1:]]
    return [(shlex.split(line), answer) for line, _, answer in parts if line.split()[0] == verb]


@pytest.fixture
def somewhere(tmp_path: Path) -> Path:
    (realm,) = blocks("json")
    (tmp_path / "corner.json").write_text(realm)
    return tmp_path


def test_the_realm_is_imported_as_printed(somewhere: Path) -> None:
    story = [*commands("import")]
    assert len(story) == 2
    begin = commands("init")[0][0]
    assert licet(*begin, where=somewhere).returncode == 0
    for words, answer in story:
        said = licet(*words, where=somewhere)
        assert said.returncode == 1, said.stderr
        assert not answer.strip() or said.stdout.strip() == answer.strip()
    (app,) = blocks("toml")
    assert app in (somewhere / "conf.d" / "corner.toml").read_text()
    assert (somewhere / "secrets.env").stat().st_mode & 0o777 == 0o600
    for verb in ("doctor", "plan", "apply"):
        ((words, _),) = commands(verb)
        done = licet(*words, where=somewhere)
        assert done.returncode == 0, done.stdout + done.stderr
    assert (somewhere / "new-secrets.env").read_text().startswith("PORTAL_SECRET=")


def test_every_way_to_export_ends_well(tmp_path: Path) -> None:
    with opened_house(tmp_path) as house:
        story = commands("export")
        assert len(story) >= 5
        for words, _ in story:
            house.licet(*(word.replace("api.orders", "api.notes") for word in words))
        assert (tmp_path / "saved.toml").exists()
        assert (tmp_path / "deploy" / "licet.yaml").exists()


def test_the_rules_are_called_what_they_are() -> None:
    rules = BY_ID | {FULL_SCOPE.id: FULL_SCOPE}
    rows = re.findall(r"^\| (LA-\w+) \| (.+) \|$", PAGE, re.MULTILINE)
    assert len(rows) > 10
    assert dict(rows) == {rule: rules[rule].title for rule, _ in rows}


def test_every_product_and_option_is_described() -> None:
    """And nothing that there is not."""
    helped = {verb: licet(verb, "--help", where=Path()).stdout for verb in ("import", "export")}
    for verb, text in helped.items():
        for option in re.findall(r"^  +(?:-\w, )?(--[a-z-]+)", text, re.MULTILINE):
            if option not in {"--help", "--config"}:
                assert option in PAGE, (verb, option)
    options = set(re.findall(r"`(--[a-z-]+)", PAGE))
    assert options <= set(re.findall(r"--[a-z-]+", " ".join(helped.values())))
    for product in ("keycloak", "django-oauth-toolkit", "hydra"):
        assert f"| `{product}` |" in PAGE
