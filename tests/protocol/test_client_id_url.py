"""Client Identifier URLs: which addresses may be a client's name (OAuth Client ID Metadata Document §3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol.client_id_url import MAX_LENGTH, host_of, is_client_id_url
from licet.requirements import DOCUMENT_ADDRESS_FETCHABLE

GOOD = (
    "https://agent.example.com/client.json",
    "https://agent.example.com/",
    "https://agent.example.com:8443/a/b.json?v=2",
    "https://agent.example.com:443/a",
    "https://[2001:db8::7]/a",
    "https://agent.example.com/...a/b",
)
BAD = (
    "",
    "agent",
    "https://agent.example.com",
    "https://agent.example.com?x=/a",
    "http://agent.example.com/a",
    "http://localhost/a",
    "HTTPS://agent.example.com/a",
    "https://Agent.example.com/a",
    "https://user@agent.example.com/a",
    "https://user:word@agent.example.com/a",
    "https://agent.example.com/a#b",
    "https://agent.example.com/a#",
    "https://agent.example.com/./a",
    "https://agent.example.com/a/..",
    "https://agent.example.com/a/../b",
    "https://agent.example.com/%2e%2E/b",
    "https://agent.example.com/.%2e/b",
    "https://agent.example.com/a b",
    "https://agent.example.com/a\\b",
    "https://agent.example.com\\@evil.example/a",
    "https://agent.example.com/a\n",
    "https://agent.example.com/ä",
    "https://agent.example.com/%zz",
    "https://agent.example.com:0/a",
    "https://agent.example.com:99999/a",
    "https://agent.example.com:/a",
    "https://127.1/a",
    "https://0x7f000001/a",
    "https:///a",
    "https:agent.example.com/a",
    "ftp://agent.example.com/a",
    "https://agent.example.com/" + "a" * MAX_LENGTH,
)


@pytest.mark.parametrize("client_id", GOOD)
def test_an_address_in_one_spelling_is_one(client_id: str) -> None:
    assert is_client_id_url(client_id)


@pytest.mark.witness(DOCUMENT_ADDRESS_FETCHABLE)
@pytest.mark.parametrize("client_id", BAD)
def test_anything_else_is_none(client_id: str) -> None:
    assert not is_client_id_url(client_id)


def test_this_machine_is_for_development() -> None:
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000"):
        assert is_client_id_url(f"http://{host}/client.json", development=True)
        assert not is_client_id_url(f"http://{host}/client.json")
    assert not is_client_id_url("http://agent.example.com/client.json", development=True)


def test_the_host_is_read_as_it_is_fetched() -> None:
    assert host_of("https://agent.example.com:8443/a?b=https://other/") == "agent.example.com"
    assert host_of("not an address") == ""


@given(st.text(max_size=80))
def test_nothing_that_is_taken_has_a_user_a_fragment_or_no_path(rest: str) -> None:
    client_id = f"https://{rest}"
    if is_client_id_url(client_id):
        authority, slash, path = rest.partition("/")
        assert slash
        assert "@" not in authority
        assert not set(client_id) & set("#\\ ")
        assert not {".", ".."} & set(path.partition("?")[0].split("/"))
