"""JSON that every reader reads alike."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol.jose import InvalidJWT
from licet.protocol.jose.strict_json import object_of

texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=8)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**18), 10**18)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(texts, values, max_size=5)


@given(objects)
def test_an_object_is_read_however_it_is_written(value: dict[str, Any]) -> None:
    for written in (
        msgspec.json.encode(value),
        json.dumps(value).encode(),
        json.dumps(value, indent=2, ensure_ascii=False).encode(),
        b" \r\n\t" + json.dumps(value).encode() + b"\n",
    ):
        assert object_of(written) == value


@pytest.mark.parametrize(
    "raw",
    [
        b'{"aud":"a","aud":"b"}',
        b'{"aud":"a","aud":"a"}',
        b'{"aud":"a","\\u0061ud":"b"}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":[{"b":1,"b":2}]}',
        b'{ "aud" : "a" , "aud" : "b" }',
    ],
)
def test_a_name_that_comes_twice_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidJWT):
        object_of(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"[]",
        b'"text"',
        b"1",
        b"null",
        b"{",
        b'{"a":1',
        b'{"a":1}x',
        b'{"a":1}{}',
        b'{"a":1}\x00',
        b"\xef\xbb\xbf{}",
        b"{'a':1}",
        b"{a:1}",
        b'{"a":1,}',
        b'{"a":01}',
        b'{"a":+1}',
        b'{"a":.5}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b'{"a":1e400}',
        b'{"a":-1e400}',
        b'{"a":99999999999999999999}',
        b'{"a": 99999999999999999999}',
        b'{"a":' + b"9" * 5000 + b"}",
        b'{"a":"\\ud800"}',
        b'{"a":"\\udc00\\ud800"}',
        b'{"\\ud800":1}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\xff"}',
        b'{"a":"\n"}',
        b'{"a":"\x00"}',
        b'{"a":"\\x41"}',
        b"// comment\n{}",
        b'{"a":true false}',
        '{"a":1}'.encode("utf-16"),
    ],
)
def test_what_others_might_read_otherwise_is_refused(raw: bytes) -> None:
    with pytest.raises(InvalidJWT):
        object_of(raw)


def test_a_whole_character_may_be_escaped() -> None:
    assert object_of(b'{"a":"\\ud83d\\ude00\\u0041"}') == {"a": "\U0001f600A"}


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_has_an_end(opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"
    for depth, good in ((31, True), (32, False), (3000, False)):
        raw = b'{"a":' + opening * depth + b"1" + closing * depth + b"}"
        if good:
            assert object_of(raw)
        else:
            with pytest.raises(InvalidJWT, match="deeply"):
                object_of(raw)
            with pytest.raises(InvalidJWT):
                object_of(raw[: len(raw) // 2])


def test_many_brackets_beside_each_other_or_in_text_are_not_deep() -> None:
    assert len(object_of(json.dumps({"a": [[]] * 100}).encode())["a"]) == 100
    assert object_of(json.dumps({"a": '\\"[[' * 100}).encode())["a"] == '\\"[[' * 100


@given(st.binary())
def test_any_bytes_are_an_object_or_refused(raw: bytes) -> None:
    for tried in (raw, b'{"a":' + raw + b"}", b'{"a":"' + raw + b'"}'):
        try:
            value = object_of(tried)
        except InvalidJWT:
            continue
        assert json.loads(tried) == value
