"""RS-01, RS-02: a token is taken from one header, read in one way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol.errors import InvalidRequest
from licet.requirements import BEARER_HEADER_ONLY
from licet.resource_server import bearer


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR"])
def test_the_scheme_is_written_in_any_case(scheme: str) -> None:
    assert bearer.token(f"{scheme} abc.def-_~+/==") == "abc.def-_~+/=="


@pytest.mark.parametrize("header", [None, (), "", "Basic YTpi", "DPoP abc", "bearertoken abc", "Token abc"])
def test_where_no_bearer_token_is_there_is_none(header: str | None) -> None:
    assert bearer.token(header) is None


@pytest.mark.witness(BEARER_HEADER_ONLY)
@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer  abc",
        "Bearer\tabc",
        " Bearer abc",
        "Bearer abc ",
        "Bearer abc def",
        "Bearer abc,def",
        "Bearer abc, Bearer def",
        "Bearer,abc",
        "Bearer=abc",
        'Bearer "abc"',
        "Bearer a=b",
        "Bearer ab\x00c",
        "Bearer \u00e4",
        "Bearer " + "a" * 20_000,
    ],
)
def test_what_two_readers_could_read_differently_is_refused(header: str) -> None:
    with pytest.raises(InvalidRequest):
        bearer.token(header)


@pytest.mark.witness(BEARER_HEADER_ONLY)
def test_two_headers_are_refused() -> None:
    with pytest.raises(InvalidRequest, match="One Authorization header"):
        bearer.token(("Bearer abc", "Bearer abc"))


def test_one_header_in_a_list_is_one_header() -> None:
    assert bearer.token(["Bearer abc"]) == "abc"


@given(st.text())
def test_whatever_comes_the_answer_is_a_token_a_refusal_or_nothing(header: str) -> None:
    try:
        found = bearer.token(header)
    except InvalidRequest:
        return
    assert found is None or header.lower() == f"bearer {found.lower()}"
