"""User codes (RFC 8628 §6.1)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from licet.protocol import user_code

codes = st.text(alphabet=user_code.ALPHABET, min_size=8, max_size=8)


def test_the_example_of_the_rfc() -> None:
    assert user_code.display("WDJBMJHT") == "WDJB-MJHT"
    assert user_code.normalise("WDJB-MJHT") == "WDJBMJHT"
    assert len(set(user_code.ALPHABET)) == 20
    assert not set(user_code.ALPHABET) & set("AEIOUY")


@pytest.mark.parametrize(
    "typed",
    ["wdjb-mjht", "WDJBMJHT", " wdjb mjht ", "Wd-Jb-Mj-Ht", "WDJB\u2013MJHT", "WDJB\u2212MJHT", "WDJB\u00a0MJHT",
     "WDJB_MJHT", "WDJB.MJHT", "WDJB - MJHT\r\n"],
)  # fmt: skip
def test_typing_is_forgiven(typed: str) -> None:
    assert user_code.normalise(typed) == "WDJBMJHT"


@pytest.mark.parametrize(
    "typed",
    ["", "-", "WDJB", "WDJB-MJH", "WDJB-MJHTT", "WDJB-MJHA", "WDJB-MJH1", "WDJB-MJH\u017f", "\u017fDJB-MJHT",
     "\uff37DJBMJHT", "WDJB/MJHT", "WDJB-MJHT" + "-" * 64, "WDJB\x00MJHT", "%57DJBMJHT"],
)  # fmt: skip
def test_what_cannot_be_a_code_is_none(typed: str) -> None:
    """Also where the capital of a foreign letter is one of ours."""
    assert user_code.normalise(typed) is None


@given(codes)
def test_what_is_shown_can_be_typed(code: str) -> None:
    assert user_code.normalise(user_code.display(code)) == code
    assert user_code.normalise(user_code.display(code).lower()) == code


@given(st.binary(min_size=32, max_size=32))
def test_every_made_code_is_one(random: bytes) -> None:
    assume(sum(byte < 240 for byte in random) >= 8)
    code = user_code.make(random)
    assert user_code.normalise(code) == code


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = user_code.normalise(text)
    assert code is None or (len(code) == 8 and set(code) <= set(user_code.ALPHABET))


def test_no_letter_is_likelier_than_another() -> None:
    """Each of the bytes that count stands for a letter, and each letter for as many bytes."""
    counted = Counter(user_code.make(bytes([byte]) * 8)[0] for byte in range(240))
    assert set(counted.values()) == {12}
    assert user_code.make(bytes([255, 240, 250] + [1] * 8)) == "CCCCCCCC"


@pytest.mark.parametrize("random", [b"", bytes(7), b"\xff" * 32])
def test_too_little_chance_is_a_mistake_of_ours(random: bytes) -> None:
    with pytest.raises(ValueError, match="random"):
        user_code.make(random)
