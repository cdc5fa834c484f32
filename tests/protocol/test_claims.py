"""Claims have the type they should have (RFC 7519 §4)."""

from __future__ import annotations

from typing import Any

import pytest

from licet.protocol.jose import InvalidJWT, claims


@pytest.mark.parametrize("value", [0, 1, 1_700_000_000, 2**53 - 1])
def test_a_time_is_a_whole_number(value: int) -> None:
    assert claims.seconds({"exp": value}, "exp") == value
    assert claims.optional_seconds({"exp": value}, "exp") == value


@pytest.mark.parametrize("value", [None, "1700000000", 1.5, 1700000000.0, True, False, -1, 2**53, -(2**63), [1], {}])
def test_nothing_else_is_a_time(value: Any) -> None:
    for read in (claims.seconds, claims.optional_seconds):
        with pytest.raises(InvalidJWT, match="exp"):
            read({"exp": value}, "exp")


@pytest.mark.parametrize("value", [None, "", 7, True, ["x"], {"x": 1}])
def test_nothing_else_is_a_text(value: Any) -> None:
    for read in (claims.text, claims.optional_text):
        with pytest.raises(InvalidJWT, match="sub"):
            read({"sub": value}, "sub")


def test_what_is_missing_is_missed_only_where_it_is_needed() -> None:
    with pytest.raises(InvalidJWT):
        claims.text({}, "sub")
    with pytest.raises(InvalidJWT):
        claims.seconds({}, "exp")
    with pytest.raises(InvalidJWT):
        claims.audience({})
    assert claims.optional_text({}, "sid") is None
    assert claims.optional_seconds({}, "auth_time") is None
    assert claims.texts({}, "amr") == ()


@pytest.mark.parametrize(("aud", "read"), [("a", ("a",)), (["a"], ("a",)), (["a", "b"], ("a", "b"))])
def test_an_audience_is_one_text_or_several(aud: Any, read: tuple[str, ...]) -> None:
    assert claims.audience({"aud": aud}) == read


@pytest.mark.parametrize("aud", [None, "", [], [""], ["a", ""], ["a", 7], [["a"]], 7, {"a": 1}, True])
def test_nothing_else_is_an_audience(aud: Any) -> None:
    with pytest.raises(InvalidJWT, match="aud"):
        claims.audience({"aud": aud})


@pytest.mark.parametrize("amr", [None, "pwd", [7], {"pwd": 1}, [None]])
def test_a_list_of_texts_is_just_that(amr: Any) -> None:
    assert claims.texts({"amr": ["pwd", "otp"]}, "amr") == ("pwd", "otp")
    with pytest.raises(InvalidJWT, match="amr"):
        claims.texts({"amr": amr}, "amr")
