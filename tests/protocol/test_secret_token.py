"""Secrets that a scanner recognises."""

from __future__ import annotations

import re
import zlib
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import secret_token

KINDS = ("at", "rt", "cs", "ac", "dc", "ra", "ak", "se")
kinds = st.sampled_from(KINDS)
randoms = st.binary(min_size=32, max_size=32)
GOOD = secret_token.make("at", bytes(range(32)))


def test_the_form_does_not_change() -> None:
    """Tokens that are out there must stay good."""
    assert GOOD == "lctat_003aUlTJC7tjlCTQj2uNU3MFagCXG9LRKRcwGkBIDlf2FeUSp"
    assert secret_token.make("rt", bytes(32)) == "lctrt_00000000000000000000000000000000000000000001IYKyQ"
    assert secret_token.make("se", b"\xff" * 32) == "lctse_yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp10A8k5r"


def test_the_checksum_is_a_crc_of_what_stands_before_it() -> None:
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value = 0
    for digit in GOOD[-6:]:
        value = value * 62 + alphabet.index(digit)
    assert value == zlib.crc32(GOOD[:-6].encode())


@given(kinds, randoms)
def test_what_was_made_is_read_back(kind: str, random: bytes) -> None:
    token = secret_token.make(kind, random)
    assert secret_token.payload(kind, token) == random
    assert secret_token.well_formed(kind, token)
    assert len(token) == 55
    assert re.fullmatch("[0-9A-Za-z_]+", token)
    assert secret_token.PATTERN.search(f'{{"token": "{token}"}}')


@given(kinds, st.binary(min_size=64, max_size=64))
def test_what_is_drawn_is_as_good(kind: str, random: bytes) -> None:
    token = secret_token.drawn(kind, random)
    assert secret_token.well_formed(kind, token)
    assert secret_token.payload(kind, token) is not None


def test_every_digit_is_drawn_as_often() -> None:
    """Each digit stands for four bytes, and the eight bytes that are left over for none."""
    letters = Counter(secret_token.drawn("at", bytes(63) + bytes([byte]))[48] for byte in range(248))
    assert set(letters.values()) == {4}
    assert len(letters) == 62


def test_what_cannot_be_drawn_is_made() -> None:
    """Too few digits, or more than 32 bytes could say: never the same for two, never refused."""
    hopeless = [b"\xff" * 64, b"\xff" * 63 + b"\xfe", bytes([61]) * 64, bytes([61]) * 63 + bytes([60])]
    tokens = {secret_token.drawn("ac", random) for random in hopeless}
    assert len(tokens) == 4
    assert all(secret_token.well_formed("ac", token) for token in tokens)
    with pytest.raises(ValueError, match="64 random bytes"):
        secret_token.drawn("ac", bytes(32))


@given(randoms, randoms)
def test_secrets_sort_as_their_bytes(one: bytes, other: bytes) -> None:
    """Which is why a payload past 256 bits is found by comparing text."""
    first, second = secret_token.make("at", one)[6:49], secret_token.make("at", other)[6:49]
    assert (first < second) == (one < other)


@given(kinds, randoms, st.integers(0, 54), st.characters(codec="ascii"))
def test_one_changed_letter_is_noticed(kind: str, random: bytes, place: int, letter: str) -> None:
    token = secret_token.make(kind, random)
    mistyped = token[:place] + letter + token[place + 1 :]
    assert secret_token.well_formed(kind, mistyped) == (mistyped == token)


@given(st.text())
def test_any_text_is_refused_without_a_fuss(text: str) -> None:
    assert secret_token.payload("at", text) is None


@given(st.text(min_size=49, max_size=49))
def test_any_text_behind_the_prefix_is_refused_without_a_fuss(text: str) -> None:
    assert secret_token.payload("at", "lctat_" + text) is None


@pytest.mark.parametrize(
    "token",
    ["", "lctat_", GOOD[:-1], GOOD + "0", GOOD + "\n", GOOD.upper(), GOOD.replace("lctat_", "lctrt_"), " " + GOOD[1:]],
)
def test_truncated_extended_or_of_another_kind_is_refused(token: str) -> None:
    assert secret_token.payload("at", token) is None


def _with_checksum(body: str) -> str:
    """What anyone can compute: the checksum is no secret."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    value, digits = zlib.crc32(body.encode()), ""
    for _ in range(6):
        value, digit = divmod(value, 62)
        digits = alphabet[digit] + digits
    return body + digits


@pytest.mark.parametrize("payload", ["z" * 43, "-" * 43, "é" * 43, "²" * 43, "0" + "²" * 42, "0" + "٣" * 42, " " * 43])
def test_a_good_checksum_does_not_make_a_payload(payload: str) -> None:
    """Past 256 bits, outside the alphabet, or digits of another script."""
    assert _with_checksum(GOOD[:-6]) == GOOD
    assert secret_token.payload("at", _with_checksum("lctat_" + payload)) is None


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_anything_but_32_bytes_is_a_mistake_of_ours(size: int) -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        secret_token.make("at", bytes(size))
