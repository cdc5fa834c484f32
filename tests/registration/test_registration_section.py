"""``[server.registration]``: off unless it is there, and then for who has a token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from licet.cli.serve import settings
from licet.registration.dynamic import _OTHERS
from tests.registration.conftest import Reads, Refuses

TOP = 'issuer = "https://id.example.com"\n'


def test_it_is_off_unless_it_is_there(reads: Reads) -> None:
    assert reads(TOP).server.registration is None
    assert settings(reads(TOP)).registration is None


def test_a_token_is_needed_unless_the_file_says_otherwise(reads: Reads) -> None:
    found = settings(reads(TOP + "[server.registration]")).registration
    assert found is not None
    assert (found.anybody, found.clients, found.unused_s) == (False, 10_000, 7 * 24 * 3600)


def test_what_is_said_holds(reads: Reads) -> None:
    text = 'who = "anybody"\nmay = ["openid", "email"]\nclients = 5\nunused = "2h"'
    found = settings(reads(f"{TOP}[server.registration]\n{text}")).registration
    assert found is not None
    assert (found.anybody, found.policy.scope, found.clients, found.unused_s) == (True, ("openid", "email"), 5, 7200)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('may = ["openid"]', "token says"),
        ('who = "anybody"\nmay = ["a b"]', "no scope"),
        ('who = "everyone"', "not one of"),
        ("clients = 0", "not between"),
        ('unused = "1s"', "not between"),
        ("open = true", "not known"),
    ],
)
def test_what_does_not_go_together(refuses: Refuses, text: str, says: str) -> None:
    (mistake,) = refuses(f"{TOP}[server.registration]\n{text}")
    assert says in mistake.message


def test_the_page_is_true(reads: Reads) -> None:
    """docs/registration.md: its configuration is read, and switches registration on for who has a token."""
    page = (Path(__file__).parents[2] / "docs" / "registration.md").read_text()
    (block,) = re.findall(r"^```toml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    section = reads(TOP + block).server.registration
    assert section is not None
    assert not section.anybody


def test_every_member_that_is_judged_is_on_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "registration.md").read_text()
    assert {name for name in _OTHERS if f"`{name}`" not in page} == set()
