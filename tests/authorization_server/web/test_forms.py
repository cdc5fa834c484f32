"""Bytes into parameters: one reading, or none."""

from __future__ import annotations

import time
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.authorization_server.web import forms
from licet.protocol.errors import InvalidRequest
from licet.requirements import FORM_ENCODED_POST, REQUEST_SIZE_BOUNDED

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=20).filter(
    lambda name: name not in {"resource", "audience"}
)


@given(st.dictionaries(NAMES, TEXT.filter(bool), max_size=20), st.sampled_from([quote, quote_plus]))
def test_what_was_encoded_is_read_again(sent: dict[str, str], how: object) -> None:
    encoded = urlencode(sent, quote_via=how).encode()  # type: ignore[call-overload]
    assert dict(forms.parameters(encoded)) == sent


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        read = forms.parameters(raw)
    except InvalidRequest:
        return
    assert all("\0" not in value for value in read._values.values())


@given(st.binary(max_size=300), st.none() | st.binary(max_size=80))
def test_any_body_is_read_or_refused(raw: bytes, content_type: bytes | None) -> None:
    try:
        forms.form(raw, content_type)
    except InvalidRequest:
        return


@given(st.none() | st.binary(max_size=300))
def test_any_cookie_header_is_read(raw: bytes | None) -> None:
    forms.cookies(raw)


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (b"a=1&b=2", {"a": "1", "b": "2"}),
        (b"scope=openid+profile", {"scope": "openid profile"}),
        (b"scope=openid%20profile", {"scope": "openid profile"}),
        (b"scope=openid profile", {"scope": "openid profile"}),
        (b"scope=openid%2Bprofile", {"scope": "openid+profile"}),
        (b"n=%C3%A9", {"n": "é"}),
        (b"n=%f0%9f%98%80!", {"n": "😀!"}),
        ("n=é".encode(), {"n": "é"}),
        (b"%61=1", {"a": "1"}),
        (b"a=b=c==", {"a": "b=c=="}),
        (b"&&a=1&", {"a": "1"}),
        (b"a=1;b=2", {"a": "1;b=2"}),
        (b"a&b=2", {"b": "2"}),
        (b"=1&b=2", {"": "1", "b": "2"}),
        (b"", {}),
    ],
)
def test_readings(raw: bytes, read: dict[str, str]) -> None:
    assert dict(forms.parameters(raw)) == read


@pytest.mark.witness(FORM_ENCODED_POST)
@pytest.mark.parametrize(
    "raw",
    [
        b"a=%", b"a=%4", b"a=%4g", b"a=%+1", b"a=% 1", b"a=%-1", b"a=%0", b"a=\0", b"a=%00", b"%00=a", b"a=\xff",
        b"a=%ff", b"a=%C3", b"a=%c0%80", b"a=%ed%a0%80", b"a=%f5%80%80%80", b"a=\xc3", b"a=%u0041", b"a=%\xc3\xa9",
    ],
)  # fmt: skip
def test_what_two_readers_could_read_differently_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        forms.parameters(raw)
    assert refused.value.per is FORM_ENCODED_POST


def test_a_parameter_sent_twice_is_remembered_and_refused_where_it_is_asked_for() -> None:
    read = forms.parameters(b"client_id=a&client_id=b&scope=x&resource=1&resource=2")
    assert read["scope"] == "x"
    assert read.every("resource") == ("1", "2")
    with pytest.raises(InvalidRequest):
        read["client_id"]


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
def test_sixty_four_fields_are_enough() -> None:
    assert len(forms.parameters(b"&".join(b"p%d=1" % n for n in range(64)))) == 64
    with pytest.raises(InvalidRequest) as refused:
        forms.parameters(b"&".join(b"p%d=1" % n for n in range(65)))
    assert refused.value.per is REQUEST_SIZE_BOUNDED


@pytest.mark.parametrize(
    "content_type",
    [
        b"application/x-www-form-urlencoded", b"Application/X-WWW-Form-URLencoded",
        b"application/x-www-form-urlencoded; charset=UTF-8", b'application/x-www-form-urlencoded;charset="utf-8"',
    ],
)  # fmt: skip
def test_a_form_is_a_form(content_type: bytes) -> None:
    assert dict(forms.form(b"a=1", content_type)) == {"a": "1"}


@pytest.mark.witness(FORM_ENCODED_POST)
@pytest.mark.parametrize(
    "content_type",
    [
        None, b"", b"application/json", b"text/plain", b"multipart/form-data; boundary=x",
        b"application/x-www-form-urlencoded; charset=iso-8859-1", b"application/x-www-form-urlencoded, text/html",
        b"application/x-www-form-urlencoded; charset=utf-8; charset=utf-7",
    ],
)  # fmt: skip
def test_anything_else_is_refused(content_type: bytes | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        forms.form(b"a=1", content_type)
    assert refused.value.per is FORM_ENCODED_POST


def test_an_empty_body_needs_no_media_type() -> None:
    assert dict(forms.form(b"", None)) == {}


def test_only_our_cookies_are_read() -> None:
    header = b"_ga=1; __Host-licet-ab=one;licet-cd=a=b; licet-ef=; other=licet-x; licet-empty"
    assert forms.cookies(header) == {"__Host-licet-ab": "one", "licet-cd": "a=b", "licet-ef": ""}


def test_of_two_cookies_with_one_name_neither_counts() -> None:
    assert forms.cookies(b"licet-a=planted; licet-b=1; licet-a=real") == {"licet-b": "1"}


def test_a_token_request_is_read_in_no_time() -> None:
    """The budget is eight microseconds; four times that leaves room for a busy machine."""
    body = urlencode(
        {
            "grant_type": "authorization_code", "code": "lctac_" + "x" * 49, "client_id": "shop",
            "redirect_uri": "https://shop.example.com/auth/callback", "code_verifier": "y" * 43,
        }
    ).encode()  # fmt: skip
    best = min(_seconds(body) for _ in range(20))
    assert best < 32e-6


def _seconds(body: bytes) -> float:
    begun = time.process_time()
    for _ in range(500):
        forms.form(body, b"application/x-www-form-urlencoded")
    return (time.process_time() - begun) / 500
