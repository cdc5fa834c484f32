"""Proof Key for Code Exchange (RFC 7636)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import pkce
from licet.protocol.errors import InvalidRequest
from licet.requirements import PKCE_CHALLENGE_WELL_FORMED, PKCE_S256_ONLY, PKCE_VERIFIER_CHECKED

# RFC 7636 appendix B
OCTETS = bytes.fromhex("7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79")
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
verifiers = st.text(alphabet=UNRESERVED, min_size=43, max_size=128)


def test_the_example_of_appendix_b() -> None:
    assert pkce.make_verifier(OCTETS) == VERIFIER
    assert pkce.challenge_of(VERIFIER) == CHALLENGE
    assert pkce.verify(VERIFIER, CHALLENGE)
    pkce.check_verifier(VERIFIER)
    pkce.check_challenge(CHALLENGE, "S256")


@given(verifiers)
def test_a_verifier_answers_its_own_challenge(verifier: str) -> None:
    challenge = pkce.challenge_of(verifier)
    pkce.check_verifier(verifier)
    pkce.check_challenge(challenge, "S256")
    assert pkce.verify(verifier, challenge)


@given(verifiers, verifiers)
def test_no_other_verifier_does(verifier: str, other: str) -> None:
    assert pkce.verify(other, pkce.challenge_of(verifier)) == (other == verifier)


@given(st.text(), st.text())
def test_any_text_is_compared_without_a_fuss(verifier: str, challenge: str) -> None:
    assert not pkce.verify(verifier, challenge)


@given(st.binary(min_size=32, max_size=96))
def test_a_made_verifier_is_a_good_one(random: bytes) -> None:
    pkce.check_verifier(pkce.make_verifier(random))


@pytest.mark.parametrize("size", [0, 31, 97])
def test_too_little_or_too_much_chance_is_a_mistake_of_ours(size: int) -> None:
    with pytest.raises(ValueError, match="32 to 96"):
        pkce.make_verifier(bytes(size))


@pytest.mark.parametrize("method", [None, "", "plain", "s256", "S512", "S256 "])
def test_every_method_but_s256_is_refused(method: str | None) -> None:
    """A missing one means plain (RFC 7636 §4.3)."""
    with pytest.raises(InvalidRequest) as caught:
        pkce.check_challenge(CHALLENGE, method)
    assert caught.value.per is PKCE_S256_ONLY


@pytest.mark.parametrize(
    "challenge",
    [
        "",
        CHALLENGE[:-1],
        CHALLENGE + "A",
        CHALLENGE + "=",
        CHALLENGE[:-1] + "=",
        CHALLENGE[:-1] + "N",  # bits to spare
        CHALLENGE + "\n",
        CHALLENGE[:-1] + "\n",
        CHALLENGE.replace("-", "+"),
        CHALLENGE.replace("-", "/"),
        CHALLENGE.replace("-", "~"),
        CHALLENGE.replace("-", "é"),
        "A" * 128,
    ],
)
def test_what_cannot_be_a_sha256_is_refused(challenge: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        pkce.check_challenge(challenge, "S256")
    assert caught.value.per is PKCE_CHALLENGE_WELL_FORMED


@pytest.mark.parametrize(
    "verifier", ["", "a" * 42, "a" * 129, "a" * 42 + "+", "a" * 42 + " ", "a" * 43 + "\n", "é" * 43, "a" * 42 + "="]
)
def test_a_malformed_verifier_is_refused_and_answers_nothing(verifier: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        pkce.check_verifier(verifier)
    assert caught.value.per is PKCE_VERIFIER_CHECKED
    assert not pkce.verify(verifier, pkce.challenge_of(verifier))


def test_the_challenge_itself_is_no_verifier() -> None:
    """Which is what plain would have made of it."""
    assert not pkce.verify(CHALLENGE, CHALLENGE)


def test_every_letter_of_the_challenge_counts() -> None:
    for place, letter in enumerate(CHALLENGE):
        other = CHALLENGE[:place] + ("A" if letter != "A" else "B") + CHALLENGE[place + 1 :]
        assert not pkce.verify(VERIFIER, other)
