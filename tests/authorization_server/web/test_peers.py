"""Who asked: what a named proxy says counts, what a visitor writes does not."""

from __future__ import annotations

from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kernels import Heard, kernel, post

from licet.authorization_server.web.limits import Proxies
from licet.authorization_server.web.peers import Peers

PROXY = ("10.0.0.1", 1)
BEHIND = Proxies(trusted=("10.0.0.0/8", "fd00::/8"))
RFC_7239 = Proxies(trusted=("10.0.0.0/8",), header="forwarded")


def peer(
    headers: list[tuple[str, str]], proxies: Proxies | None = BEHIND, client: tuple[str, int] | None = PROXY
) -> str:
    heard = Heard()
    post(kernel(heard=heard, proxies=proxies), "/token", "a=1", headers=headers, client=client)
    return heard.requests[0].peer


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 10.2.3.4", "203.0.113.9"),
        ("10.9.9.9, 10.2.3.4", "10.9.9.9"),
        ("evil, 203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, evil", "10.0.0.1"),
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8:0::1", "2001:db8::1"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("203.0.113.9, fd00::7", "203.0.113.9"),
        ("", "10.0.0.1"),
        (",,,", "10.0.0.1"),
    ],
)
def test_the_rightmost_address_that_is_not_a_proxy(line: str, address: str) -> None:
    assert peer([("x-forwarded-for", line)]) == address


def test_lines_are_one_list() -> None:
    assert peer([("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "203.0.113.9, 10.1.1.1")]) == "203.0.113.9"


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip", "x_forwarded_for", "true-client-ip"])
@pytest.mark.parametrize("proxies", [None, BEHIND, RFC_7239])
def test_what_a_visitor_writes_is_not_read(name: str, proxies: Proxies | None) -> None:
    value = "for=1.1.1.1" if name == "forwarded" else "1.1.1.1"
    assert peer([(name, value)], proxies, ("203.0.113.9", 5)) == "203.0.113.9"


@pytest.mark.parametrize("name", ["forwarded", "x-real-ip", "x_forwarded_for", "x-forwarded_for", "client-ip"])
def test_only_the_header_that_the_proxy_writes_is_read(name: str) -> None:
    assert peer([(name, "for=1.1.1.1")]) == "10.0.0.1"


@pytest.mark.parametrize(
    ("line", "address"),
    [
        ("for=203.0.113.9", "203.0.113.9"),
        ('for="203.0.113.9:80";proto=https', "203.0.113.9"),
        ('proto=https; For="[2001:db8::1]:4711"', "2001:db8::1"),
        ("for=1.1.1.1, for=203.0.113.9;by=10.0.0.2, for=10.5.5.5", "203.0.113.9"),
        ("for=203.0.113.9, for=unknown", "10.0.0.1"),
        ("for=203.0.113.9, for=_hidden", "10.0.0.1"),
        ("by=203.0.113.9", "10.0.0.1"),
        ("xfor=203.0.113.9", "10.0.0.1"),
    ],
)
def test_forwarded(line: str, address: str) -> None:
    """RFC 7239 §4."""
    assert peer([("forwarded", line)], RFC_7239) == address
    assert peer([("x-forwarded-for", "1.1.1.1"), ("forwarded", line)], RFC_7239) == address


def test_behind_a_socket_of_files_there_is_no_address() -> None:
    assert peer([("x-forwarded-for", "1.1.1.1")], client=None) == ""


def test_a_proxy_may_name_the_request() -> None:
    for sent, kept in (("trace-0123456789", True), ("short", False), ("x" * 65, False), ("a b c d e f", False)):
        said = post(kernel(proxies=BEHIND), "/token", "a=1", headers={"x-request-id": sent}, client=PROXY)
        assert (said["x-request-id"] == sent) is kept
    said = post(kernel(proxies=BEHIND), "/token", "a=1", headers={"x-request-id": "trace-0123456789"})
    assert said["x-request-id"] != "trace-0123456789"


def test_requests_are_named_apart() -> None:
    app = kernel()
    names = {post(app, "/token", "a=1")["x-request-id"] for _ in range(10)}
    assert len(names) == 10
    assert all(len(name) == 32 for name in names)


def test_a_list_that_is_no_list_is_refused() -> None:
    with pytest.raises(ValueError, match="not appear to be"):
        kernel(proxies=Proxies(trusted=("proxy.example.com",)))


@given(st.text(st.characters(max_codepoint=255), max_size=100), st.sampled_from([BEHIND, RFC_7239]))
def test_any_line_leaves_an_address(line: str, proxies: Proxies) -> None:
    peers = Peers(proxies)
    lines = [(proxies.header.encode(), line.encode("latin-1"))]
    ip_address(peers.address(PROXY[0], lines, trusted=peers.trusted(PROXY[0])))
