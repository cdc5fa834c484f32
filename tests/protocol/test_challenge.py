"""The WWW-Authenticate header (RFC 6750 §3, RFC 9110 §11.6.1)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import challenge
from licet.protocol.challenge import Challenge

names = st.from_regex(r"[a-z][a-z0-9_-]{0,9}", fullmatch=True)
values = st.text(alphabet="".join(map(chr, range(0x20, 0x7F))), max_size=20)
challenges = st.builds(
    Challenge, st.sampled_from(["Bearer", "DPoP", "Basic", "Newauth"]), st.dictionaries(names, values, max_size=4)
)


def test_the_examples_of_the_rfcs() -> None:
    assert challenge.read('Bearer realm="example"') == (Challenge("Bearer", {"realm": "example"}),)
    assert challenge.read(
        'Bearer realm="example", error="invalid_token", error_description="The access token expired"'
    ) == (
        Challenge(
            "Bearer",
            {"realm": "example", "error": "invalid_token", "error_description": "The access token expired"},
        ),
    )
    # RFC 9110 §11.6.1
    assert challenge.read('Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""') == (
        Challenge("Basic", {"realm": "simple"}),
        Challenge("Newauth", {"realm": "apps", "type": "1", "title": 'Login to "apps"'}),
    )
    # RFC 9728 §5.1
    (found,) = challenge.read(
        'Bearer resource_metadata="https://resource.example.com/.well-known/oauth-protected-resource"'
    )
    assert found.parameters["resource_metadata"].startswith("https://resource.example.com/")
    # RFC 9470 §3
    (found,) = challenge.read(
        'Bearer error="insufficient_user_authentication", error_description="Stronger", acr_values="myACR"'
    )
    assert found.parameters["acr_values"] == "myACR"


def test_what_is_none_is_left_out() -> None:
    """A request without any token is told no error (RFC 6750 §3.1)."""
    said = challenge.bearer({"error": None, "scope": "orders:read", "resource_metadata": "https://api.example/m"})
    assert challenge.write(said) == 'Bearer scope="orders:read", resource_metadata="https://api.example/m"'
    assert challenge.write(challenge.bearer({})) == "Bearer"
    assert challenge.write(challenge.bearer({"algs": "ES256"}, "DPoP"), challenge.bearer({})) == (
        'DPoP algs="ES256", Bearer'
    )


@given(st.lists(challenges, min_size=1, max_size=3))
def test_what_is_written_is_read_back(said: list[Challenge]) -> None:
    assert challenge.read(challenge.write(*said)) == tuple(said)


@pytest.mark.parametrize("value", ["a\nb", "a\r\nSet-Cookie: x", "a\x00", "a\x7f", "é"])
def test_nothing_leaves_its_quotes(value: str) -> None:
    with pytest.raises(ValueError, match="visible ASCII"):
        challenge.write(challenge.bearer({"error_description": value}))


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("", ()),
        (",", ()),
        ("Bearer", (Challenge("Bearer"),)),
        ("Bearer, Basic", (Challenge("Bearer"), Challenge("Basic"))),
        ("Bearer ,Basic", (Challenge("Bearer"), Challenge("Basic"))),
        ("Negotiate, Bearer realm=x", (Challenge("Negotiate"), Challenge("Bearer", {"realm": "x"}))),
        ("Negotiate abc==, Bearer", (Challenge("Negotiate", token68="abc=="), Challenge("Bearer"))),
        ("Negotiate abc=", (Challenge("Negotiate", token68="abc="),)),
        ('Bearer REALM = x , Scope = "a b"', (Challenge("Bearer", {"realm": "x", "scope": "a b"}),)),
        ("Bearer realm=x,,scope=y", (Challenge("Bearer", {"realm": "x", "scope": "y"}),)),
        ("Bearer error=a, error=b", (Challenge("Bearer", {"error": "a"}),)),
        ('Bearer realm=""', (Challenge("Bearer", {"realm": ""}),)),
        ('Bearer realm="a, Basic realm=b"', (Challenge("Bearer", {"realm": "a, Basic realm=b"}),)),
    ],
)
def test_how_each_spelling_is_read(header: str, read: tuple[Challenge, ...]) -> None:
    assert challenge.read(header) == read


def test_a_scheme_may_be_written_in_any_case() -> None:
    (found,) = challenge.read("bEARER realm=x")
    assert found.is_for("Bearer")
    assert not found.is_for("Basic")


@given(st.text())
def test_any_header_is_read_without_a_fuss(text: str) -> None:
    for header in (text, f"Bearer {text}", f'Bearer realm="{text}', f"Bearer realm={text}, "):
        challenge.read(header)


def test_a_header_without_end_takes_no_time() -> None:
    for piece in ('a="', "a=b,", "a ,", "\\", '"\\', "a=", ", "):
        challenge.read("Bearer " + piece * 100_000)
