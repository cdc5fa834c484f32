"""Base64url (RFC 7515 §2 and appendix C)."""

from __future__ import annotations

from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol.jose import InvalidJWT, base64url

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def test_the_example_of_appendix_c() -> None:
    octets = bytes([3, 236, 255, 224, 193])
    assert base64url.encode(octets) == b"A-z_4ME"
    assert base64url.decode("A-z_4ME") == octets


@given(st.binary())
def test_what_is_written_is_read_back(raw: bytes) -> None:
    text = base64url.encode(raw)
    assert text == urlsafe_b64encode(raw).rstrip(b"=")
    assert base64url.decode(text.decode()) == raw


@given(st.one_of(st.text(), st.text(alphabet=ALPHABET), st.text(alphabet=ALPHABET + "+/= \n")))
def test_bytes_have_one_spelling(text: str) -> None:
    """Whatever is read at all is written the same again: a token has no twin."""
    try:
        raw = base64url.decode(text)
    except InvalidJWT:
        return
    assert base64url.encode(raw).decode() == text


@pytest.mark.parametrize(
    "text", ["A", "AAAAA", "AB", "AAB", "AA==", "AA=", "A A", "AA\n", " AA", "+A", "/A", "AAA=", "é", "\ud800", "AA.", "=", "===="]
)  # fmt: skip
def test_padding_space_and_bits_to_spare_are_refused(text: str) -> None:
    with pytest.raises(InvalidJWT, match="base64url"):
        base64url.decode(text)
