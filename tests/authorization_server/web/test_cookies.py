"""Names that keep issuers apart, attributes that keep others out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.authorization_server.exchange import SetCookie
from licet.authorization_server.web import forms
from licet.authorization_server.web.cookies import CookieNames, serialise

HTTPS = CookieNames(1, "https://id.example.com")
HTTP = CookieNames(1, "http://127.0.0.1:8414")


def test_names() -> None:
    assert re.fullmatch(r"__Host-licet-[0-9a-f]{8}-session", HTTPS.session)
    assert re.fullmatch(r"licet-[0-9a-f]{8}-session", HTTP.session)
    assert re.fullmatch(r"licet-[0-9a-f]{8}-known", HTTP.known)
    assert HTTP.transaction("abcdefghijkl") == HTTP.transaction("abcdefghZZZZ") != HTTP.transaction("abcdefgX")
    assert HTTP.transaction("abcdefghijkl").endswith("-t-abcdefgh")


def test_issuers_on_one_host_do_not_meet() -> None:
    """Cookies ignore ports (rulings U)."""
    names = [CookieNames(1, f"http://127.0.0.1:{port}").session for port in range(8400, 8420)]
    names += [CookieNames(2, "http://127.0.0.1:8400").session, CookieNames(1, "http://127.0.0.1:8400/tenant").session]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("cookie", "secure", "line"),
    [
        (SetCookie("a", "v"), True, "a=v; Path=/; HttpOnly; SameSite=Lax; Secure"),
        (SetCookie("a", "v"), False, "a=v; Path=/; HttpOnly; SameSite=Lax"),
        (SetCookie("a", "v", 60), True, "a=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"),
        (SetCookie("a", ""), True, "a=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"),
        (SetCookie("a", "", 60), True, "a=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0"),
    ],
)
def test_attributes(cookie: SetCookie, secure: bool, line: str) -> None:
    assert serialise(cookie, secure=secure) == line.encode()


@pytest.mark.parametrize(
    "cookie",
    [SetCookie("a b", "v"), SetCookie("", "v"), SetCookie("a", "v;x"), SetCookie("a", "v\r\nb"), SetCookie("a", "é")],
)
def test_what_breaks_out_is_not_written(cookie: SetCookie) -> None:
    with pytest.raises(ValueError, match="cannot be written"):
        serialise(cookie, secure=True)


@given(st.text(max_size=30), st.text(max_size=60))
def test_what_is_written_is_read_again(name: str, value: str) -> None:
    try:
        line = serialise(SetCookie(f"licet-{name}", value), secure=True)
    except ValueError:
        return
    assert forms.cookies(line.split(b"; ")[0]) == {f"licet-{name}": value}
