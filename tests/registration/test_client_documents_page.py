"""docs/client-documents.md is true: its configuration is read, and its numbers are the server's own."""

from __future__ import annotations

import re
from pathlib import Path

from licet.authorization_server.settings import ClientDocuments
from licet.cli.serve import settings
from licet.protocol.client_id_url import MAX_LENGTH
from tests.registration.conftest import Reads

PAGE = (Path(__file__).parents[2] / "docs" / "client-documents.md").read_text(encoding="utf-8")
WORDS = " ".join(PAGE.split())


def test_its_configuration_lets_one_host_in(reads: Reads) -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    found = settings(reads('issuer = "https://id.example.com"\n' + block))
    assert found.registration is None
    assert found.documents is not None
    assert found.documents.hosts == frozenset({"agent.example.com"})
    assert found.documents.policy.scope == ("openid", "offline_access", "notes:read")


def test_its_numbers_are_the_servers() -> None:
    limits = ClientDocuments()
    assert (limits.max_bytes, MAX_LENGTH) == (5120, 512)
    assert "5120 bytes at most" in WORDS
    assert "512 characters at most" in WORDS
    assert (limits.least_s, limits.longest_s, limits.fresh_s) == (60, 24 * 3600, 3600)
    assert "a minute at least and a day at most, an hour where it says nothing" in WORDS
    assert (limits.kept, limits.again_s, limits.visits) == (1000, 15, 4)
    assert "a thousand of them" in WORDS
    assert "left in peace for 15 seconds" in WORDS
    assert "four are under way at once" in WORDS
    assert (limits.at_once, limits.refill_s) == (20, 15)
    assert "20 unknown clients in a burst and one more every 15 seconds" in WORDS
    assert (limits.stands_s, limits.unused_s, limits.clients) == (24 * 3600, 7 * 24 * 3600, 10_000)
    assert "goes on for a day" in WORDS
    assert "after a week" in WORDS
