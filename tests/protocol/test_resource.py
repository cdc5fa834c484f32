"""Resource indicators (RFC 8707)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import resource
from licet.protocol.errors import InvalidTarget
from licet.requirements import RESOURCE_KNOWN


@pytest.mark.parametrize(
    "uri",
    [
        "https://cal.example.com/",
        "https://contacts.example.com/app/",
        "https://rs.example.com/?tenant=7",
        "http://127.0.0.1:8414",
        "https://api.example.com/caf%C3%A9",
        "urn:example:api",
        "api://4ad2",
        "http://[::1]:8414/orders",
        "coap://[2001:db8::1]",
    ],
)
def test_an_absolute_uri_names_a_resource(uri: str) -> None:
    resource.check(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "orders",
        "/orders",
        "//api.example.com/",
        "https:",
        "https://",
        "https:///orders",
        "https:api.example.com",
        "https://api.example.com/#orders",
        "https://api.example.com/#",
        "https://api.example.com@evil.example/",
        "HTTPS://user@evil.example/",
        "https://api.example.com/a b",
        "https://api.example.com/\n",
        "https://api.example.com/é",
        "https://api.example.com\\@evil.example/",
        "https://api.example.com/%zz",
        "1https://api.example.com",
        "https://[api.example.com/",
        "https://[::g]/",
        "https://api.example.com/[1]",
        "api://[:/",
        "urn:[example]",
        "https://api.example.com/" + "a" * 2048,
    ],
)
def test_anything_else_is_refused(uri: str) -> None:
    with pytest.raises(InvalidTarget) as caught:
        resource.check(uri)
    assert caught.value.per is RESOURCE_KNOWN


def test_a_fragment_is_named_as_the_fault() -> None:
    with pytest.raises(InvalidTarget, match="fragment"):
        resource.check("https://api.example.com/#orders")


@given(st.text())
def test_what_passes_is_visible_ascii_with_a_scheme(text: str) -> None:
    try:
        resource.check(text)
    except InvalidTarget:
        return
    assert text.isascii()
    assert text.isprintable()
    assert ":" in text
    assert not set(text) & set(' #"\\<>')
