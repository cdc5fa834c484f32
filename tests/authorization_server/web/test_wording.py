"""Words are made fit to be read by a person who decides by them."""

from __future__ import annotations

import unicodedata
from gettext import NullTranslations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.ambient import SECOND
from licet.authorization_server.web import wording

SPANS = wording.Spans(NullTranslations())


@given(st.text())
def test_a_name_hides_nothing(text: str) -> None:
    """No control, direction, surrogate or unassigned character is left, and no space that could push words away."""
    name = wording.plain(text)
    assert len(name) <= wording.NAME_LENGTH
    assert name == " ".join(name.split())
    hidden = [c for c in name if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn"} and c not in "\u200c\u200d"]
    assert not hidden


@given(st.text())
def test_cleaning_twice_changes_nothing(text: str) -> None:
    """What has been made plain is plain."""
    once = wording.plain(text)
    assert wording.plain(once) == once


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Corner Shop", "Corner Shop"),
        ("  Corner\n\tShop ", "Corner Shop"),
        ("Shop\u202e\u2066moc.live\u2069", "Shopmoc.live"),
        ("Cor\u200bner\u00ad Shop\ufeff", "Corner Shop"),
        ("Cor\u200dner", "Corner"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d💻 Tools", "👩\u200d💻 Tools"),
        ("Ve\u0323\u0302t", "Vệt"),
        ("a" + "\u0300" * 40, "à\u0300\u0300"),
        ("\u3164\u2800\u115f", ""),
        ("x" * 61, "x" * 59 + "…"),
    ],
)
def test_names(text: str, name: str) -> None:
    """What is stripped, what is kept because words are misspelt without it, and where a name ends."""
    assert wording.plain(text) == name


def test_a_name_that_draws_nothing_is_seen_to() -> None:
    """An empty name would let the sentence speak for itself."""
    assert wording.named("\u200b\u3164") == "<bdi>?</bdi>"
    assert wording.initial("\u200b") == "?"
    assert wording.initial("“éclair”") == "É"


def test_a_long_host_ends_where_its_owner_stands() -> None:
    """What is cut is the part that anyone may choose."""
    shown = wording.host("login.shop.example." + "a" * 200 + ".evil.example")
    assert len(shown) == wording.HOST_LENGTH
    assert shown.startswith("…")
    assert shown.endswith(".evil.example")
    assert wording.host("shop.example.com:8443") == "shop.example.com:8443"


def test_the_invisible_is_spelt_out() -> None:
    """A developer looks for what differs, and it is often what cannot be seen."""
    assert wording.visible("a\u200bb\x00", 20) == r"a\u{200b}b\u{0}"
    assert wording.visible("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (1, "1 second"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (3600, "60 minutes"),
        (7200, "2 hours"),
        (86_400, "24 hours"),
        (172_800, "2 days"),
        (2_592_000, "30 days"),
    ],
)
def test_lasting(seconds: int, words: str) -> None:
    assert SPANS.lasting(seconds) == words


def test_ago() -> None:
    """A clock that runs behind says now, not a time to come."""
    assert SPANS.ago(40 * SECOND) == "40 seconds ago"
    assert SPANS.ago(SECOND - 1) == "just now"
    assert SPANS.ago(-5 * SECOND) == "just now"
