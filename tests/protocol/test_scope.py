"""Scope (RFC 6749 §3.3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import scope
from licet.protocol.errors import InvalidScope
from licet.requirements import SCOPE_WELL_FORMED

WORD = "".join(chr(c) for c in (0x21, *range(0x23, 0x5C), *range(0x5D, 0x7F)))
words = st.text(alphabet=WORD, min_size=1, max_size=20)


def test_the_words_are_read_in_order_and_once() -> None:
    assert scope.parse("openid profile openid email") == ("openid", "profile", "email")
    assert scope.parse("read:all https://api.example/write") == ("read:all", "https://api.example/write")


def test_case_matters() -> None:
    assert scope.parse("read Read") == ("read", "Read")


@given(st.lists(words, min_size=1, max_size=100, unique=True))
def test_what_is_written_is_read_back(said: list[str]) -> None:
    assert scope.parse(scope.format(said)) == tuple(said)


@given(st.text())
def test_any_text_is_words_or_refused(text: str) -> None:
    try:
        read = scope.parse(text)
    except InvalidScope as refusal:
        assert refusal.per is SCOPE_WELL_FORMED
    else:
        assert read
        assert all(word and set(word) <= set(WORD) for word in read)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        " read",
        "read ",
        "read  write",
        "read\twrite",
        "read\nwrite",
        "read\r\nwrite",
        "read\u00a0write",
        "read\u2003write",
        'read"',
        "re\\ad",
        "lesen schreïben",
        "read\x00",
        "read\x7f",
        " ".join(f"s{n}" for n in range(101)),
        "a" * 4097,
    ],
)
def test_smuggled_space_quotes_and_excess_are_refused(text: str) -> None:
    with pytest.raises(InvalidScope) as caught:
        scope.parse(text)
    assert caught.value.per is SCOPE_WELL_FORMED


def test_a_hundred_words_are_enough() -> None:
    assert len(scope.parse(" ".join(f"s{n}" for n in range(100)))) == 100


@pytest.mark.parametrize(
    ("asked", "allowed", "good"),
    [
        (("read",), ("read", "write"), True),
        ((), ("read",), True),
        ((), (), True),
        (("read",), ("read:all",), False),
        (("read:all",), ("read",), False),
        (("Read",), ("read",), False),
        (("read", "admin"), ("read",), False),
        (("*",), ("read",), False),
    ],
)
def test_only_whole_words_are_within(asked: tuple[str, ...], allowed: tuple[str, ...], good: bool) -> None:
    assert scope.within(asked, allowed) is good
    assert scope.within(asked, frozenset(allowed)) is good
