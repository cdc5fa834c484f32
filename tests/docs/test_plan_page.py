"""docs/plan.md says what plan and apply really say and take."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from licet.cli.apply import apply
from licet.cli.plan import plan
from tests.cli.test_plan import TOML, applied, edit, home, say  # noqa: F401  a fixture

PAGE = (Path(__file__).parents[2] / "docs" / "plan.md").read_text()
SAMPLE = re.findall(r"```text\n(\$ licet plan\n.*?)```", PAGE, re.DOTALL)[0]


def test_every_option_that_is_named_exists() -> None:
    options = {word for command in (plan, apply) for option in command.params for word in option.opts}
    assert set(re.findall(r"(?<![\w|-])--[a-z][a-z-]*", PAGE)) - {"--apply"} <= options


def test_the_sample_reads_like_the_real_one(home: Path) -> None:  # noqa: F811
    """Line by line, but for names and numbers: the words between are what the command says."""
    edit(
        home, '[app.job]\nis     = "service"', '[app.old-cms]\nis = "web-app"\ncallback = "https://cms.example.com/cb"'
    )
    edit(home, 'may    = "orders:read"', 'may = "openid"')
    edit(home, "scopes   = {", "access_token = 3600\nscopes   = {")
    applied(home)
    edit(home, '"orders:read"]', '"orders:read", "orders:write"]')
    edit(home, "access_token = 3600", "access_token = 600")
    text = (home / "licet.toml").read_text()
    (home / "licet.toml").write_text(text[: text.index("[app.old-cms]")])
    real = say(home, "plan")
    for line in SAMPLE.splitlines()[1:]:
        words = re.split(
            r"\d+ (?:people will be asked again|live grants end)|[0-9a-f]{8}…|\d+ unmanaged|The rules .*", line
        )
        for part in (part.strip(" ·") for part in words):
            assert part in real, (line, part, real)


@pytest.mark.parametrize("said", ["will be asked again", "live grants end"])
def test_what_it_says_of_people_is_what_plans_say(said: str) -> None:
    from licet.registration.plan import Effect

    assert any(said in str(Effect(harm, 3, "x")) for harm in ("asked_again", "grants_end"))
