"""Issuer identifiers (RFC 8414 §2, §3; RFC 9207)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import issuer

ISSUER = "https://as.example.com/tenant"


def test_the_examples_of_the_specifications() -> None:
    """RFC 8414 §3.1 and OpenID Connect Discovery §4.1, for an issuer with a path and one without."""
    assert issuer.well_known_paths("https://example.com/issuer1") == (
        "/.well-known/oauth-authorization-server/issuer1",
        "/issuer1/.well-known/openid-configuration",
        "/.well-known/openid-configuration/issuer1",
        "/issuer1/.well-known/oauth-authorization-server",
    )
    assert issuer.well_known_paths("https://example.com") == (
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
    )


def test_a_trailing_slash_makes_no_other_path() -> None:
    """Other servers' issuers may end in one (RFC 8414 §3.1)."""
    assert issuer.well_known_paths("https://example.com/") == issuer.well_known_paths("https://example.com")


@pytest.mark.parametrize(
    "received",
    [
        None,
        "",
        "https://as.example.com/tenant/",
        "https://as.example.com",
        "https://as.example.com/tenan",
        "https://as.example.com/tenant2",
        "https://AS.example.com/tenant",
        "HTTPS://as.example.com/tenant",
        "https://as.example.com:443/tenant",
        "https://as.example.com/%74enant",
        "https://evil.example/?https://as.example.com/tenant",
    ],
)
def test_an_issuer_is_compared_letter_by_letter(received: str | None) -> None:
    assert issuer.matches(ISSUER, ISSUER)
    assert not issuer.matches(ISSUER, received)


@given(st.text(), st.text())
def test_only_the_same_string_matches(one: str, other: str) -> None:
    assert issuer.matches(one, other) == (one == other)


@pytest.mark.parametrize(
    "url",
    [
        "https://as.example.com",
        "https://as.example.com:8443",
        "https://as.example.com/tenant",
        "https://as.example.com/a/b.c_d~e-f",
        "https://192.0.2.7",
        "https://[2001:db8::1]:8443/x",
        "https://localhost",
    ],
)
def test_https_with_a_plain_path_is_acceptable(url: str) -> None:
    assert issuer.acceptable(url) is None
    assert issuer.acceptable(url, development=True) is None


@pytest.mark.parametrize("url", ["http://127.0.0.1:8414", "http://[::1]:8414/x", "http://localhost"])
def test_http_is_for_development_at_home(url: str) -> None:
    assert issuer.acceptable(url, development=True) is None
    assert "is http" in (issuer.acceptable(url) or "")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "as.example.com",
        "//as.example.com",
        "ftp://as.example.com",
        "https://",
        "https:///tenant",
        "https://as.example.com/",
        "https://as.example.com/tenant/",
        "https://as.example.com//tenant",
        "https://as.example.com/./tenant",
        "https://as.example.com/../tenant",
        "https://as.example.com/ten%61nt",
        "https://as.example.com/a;b",
        "https://as.example.com?x=1",
        "https://as.example.com/tenant?",
        "https://as.example.com/#x",
        "https://as.example.com#",
        "https://user@as.example.com",
        "https://AS.example.com",
        "https://as.example.com:0",
        "https://as.example.com:65536",
        "https://as.example.com:x",
        "https://as..example.com",
        "https://127.1",
        "https://as.example.com\n",
        "https://as.example.com/ten ant",
        "https://as.exämple.com",
        "http://as.example.com",
        "http://127.0.0.2",
        "https://as.example.com/" + "a" * 255,
    ],
)
def test_anything_that_has_two_spellings_is_not(url: str) -> None:
    assert issuer.acceptable(url, development=True) is not None


@given(st.text())
def test_any_text_is_judged_without_a_fuss(text: str) -> None:
    if issuer.acceptable("https://as.example.com/" + text) is None:
        assert text.isascii()
        assert not set(text) & set(" ?#%;@\\")
