"""HTTP Basic as OAuth means it (RFC 6749 §2.3.1)."""

from __future__ import annotations

from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import basic, secret_token

VISIBLE = "".join(map(chr, range(0x20, 0x7F)))


def header(pair: str) -> str:
    return "Basic " + b64encode(pair.encode()).decode()


def test_the_example_of_the_rfc() -> None:
    assert basic.decode("Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3") == (
        "s6BhdRkqt3",
        "7Fjfp0ZBr1KtDRbnfVdmIw",
    )
    assert basic.encode("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw") == (
        "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"
    )


@given(st.text(alphabet=VISIBLE, min_size=1), st.text(alphabet=VISIBLE))
def test_what_a_client_writes_the_server_reads(client_id: str, secret: str) -> None:
    assert basic.decode(basic.encode(client_id, secret)) == (client_id, secret)


@given(st.binary(min_size=32, max_size=32))
def test_our_own_secrets_are_the_same_encoded_or_not(random: bytes) -> None:
    secret = secret_token.make("cs", random)
    assert basic.decode(header(f"web:{secret}")) == ("web", secret)
    assert basic.encode("web", secret) == header(f"web:{secret}")


# What else is out there, and how it is read.
@pytest.mark.parametrize(
    ("pair", "read"),
    [
        ("id:se%3Acret", ("id", "se:cret")),
        ("id:se+cret", ("id", "se cret")),
        ("id:se%2Bcret", ("id", "se+cret")),
        ("id:se%25cret", ("id", "se%cret")),
        ("id:se%253Acret", ("id", "se%3Acret")),  # encoded twice is another secret
        ("id:se:cret", ("id", "se:cret")),  # not encoded, and still unambiguous
        ("https%3A%2F%2Fapp.example%2Fclient:x", ("https://app.example/client", "x")),
        ("https://app.example/client:x", ("https", "//app.example/client:x")),  # not encoded, and so misread
        ("id:", ("id", "")),
        ("id:se%zzcret", None),
        ("id:se%", None),
        ("id:100%secret", None),
        ("id:s%C3%A9cret", None),  # not among the characters of RFC 6749 appendix A.2
        ("id:sécret", None),
        ("id:se%00cret", None),
        ("id:se%0Acret", None),
        ("id:se\ncret", None),
        ("id:s%C3cret", None),
        (":secret", None),
        ("id", None),
        ("", None),
    ],
)
def test_how_each_spelling_is_read(pair: str, read: tuple[str, str] | None) -> None:
    assert basic.decode(header(pair)) == read


@pytest.mark.parametrize(
    ("authorization", "good"),
    [
        ("Basic aWQ6cw==", True),
        ("basic aWQ6cw==", True),
        ("BASIC aWQ6cw==", True),
        ("Basic  aWQ6cw==", False),
        ("Basic\taWQ6cw==", False),
        (" Basic aWQ6cw==", False),
        ("Basic aWQ6cw== ", False),
        ("Basic aWQ6cw==\n", False),
        ("Basic aWQ6cw==, Basic aWQ6cw==", False),
        ("Basic aWQ6cw", False),
        ("Basic aWQ6cw=", False),
        ("Basic aWQ6cx==", False),  # bits to spare
        ("Basic aWQ6cw==aWQ6cw==", False),
        ("Basic aWQ6_w==", False),
        ("Basic", False),
        ("Basic ", False),
        ("Bearer aWQ6cw==", False),
        ("Basi\u0441 aWQ6cw==", False),
        ("Basic " + "A" * 4100, False),
        ("", False),
    ],
)
def test_the_header_has_one_form(authorization: str, good: bool) -> None:
    assert basic.decode(authorization) == (("id", "s") if good else None)


@given(st.text())
def test_any_text_is_a_pair_or_none(text: str) -> None:
    for authorization in (text, f"Basic {text}", header(text.encode(errors="replace").decode())):
        pair = basic.decode(authorization)
        assert pair is None or (pair[0] and set("".join(pair)) <= set(VISIBLE))
