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
        ('documents = "on"', "not one of"),
        ('documents = "listed"', "none is listed"),
        ('documents = "anybody"\ndocument_hosts = ["agent.example.com"]', "not their documents"),
        ('document_hosts = ["agent.example.com"]', "not their documents"),
        ('documents = "listed"\ndocument_hosts = ["https://agent.example.com"]', "not a host"),
        ('documents = "listed"\ndocument_hosts = ["*.example.com"]', "not a host"),
        ('documents = "listed"\ndocument_hosts = ["Agent.example.com"]', "not a host"),
        ('refuse_hosts = ["evil.example"]', "no documents are taken"),
        ('documents = "off"\nrefuse_hosts = ["evil.example"]', "no documents are taken"),
    ],
)
def test_what_does_not_go_together(refuses: Refuses, text: str, says: str) -> None:
    (mistake,) = refuses(f"{TOP}[server.registration]\n{text}")
    assert says in mistake.message


def test_documents_are_off_unless_the_file_says_otherwise(reads: Reads) -> None:
    for text in ("", "[server.registration]", '[server.registration]\ndocuments = "off"'):
        assert settings(reads(TOP + text)).documents is None


def test_documents_of_anybody_or_of_listed_hosts(reads: Reads) -> None:
    text = 'who = "nobody"\nmay = ["openid"]\ndocuments = "anybody"\nrefuse_hosts = ["evil.example"]\nclients = 7'
    found = settings(reads(f"{TOP}[server.registration]\n{text}"))
    assert found.registration is None
    assert found.documents is not None
    assert (found.documents.hosts, found.documents.refused) == (None, frozenset({"evil.example"}))
    assert (found.documents.policy.scope, found.documents.clients) == (("openid",), 7)
    assert not found.documents.lets_in("https://a.evil.example/c", development=False)
    assert found.documents.lets_in("https://notevil.example/c", development=False)
    listed = 'documents = "listed"\ndocument_hosts = ["agent.example.com"]'
    found = settings(reads(f"{TOP}[server.registration]\n{listed}"))
    assert found.registration is not None, "and clients register themselves with a token, as before"
    assert found.documents is not None
    assert found.documents.hosts == frozenset({"agent.example.com"})
    assert found.documents.lets_in("https://agent.example.com/c", development=False)
    assert not found.documents.lets_in("https://other.example.com/c", development=False)
    assert not found.documents.lets_in("http://localhost/c", development=False)


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


def test_the_administration_is_not_for_clients_that_come_by_themselves(refuses: Refuses) -> None:
    (mistake,) = refuses(TOP + '[server.registration]\nwho = "anybody"\nmay = ["openid", "licet:read"]')
    assert mistake.path == "server.registration.may[1]"
    assert "administration" in mistake.message
