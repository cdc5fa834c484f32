"""Every key is found where it stands, whatever TOML allows around it."""

from __future__ import annotations

import json
import string
import tomllib
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.registration.toml_lines import KeyPath, whereabouts

TEXT = '''\
title = "x"  # a comment with = and [brackets]
"quoted key" = 'literal # no comment'
a.b . c = 1

[server]   # header
list = [ 1, # one
  "two]",

  { x = 3, "y.z" = [4] },
]
long = """
[not.a.header]
k = "no key" \\""""
also = \'\'\'it's ' fine\'\'\'\'
when = 1979-05-27 07:32:00
"h\\u00e4" = true

[[waiver]]
id = "first"
[waiver.sub]
x = 1
[[waiver]]
id = "second"
[ api . "or.ders" ]
audience = "u"
'''

VALUES = {
    ("title",): (1, '"x"'),
    ("quoted key",): (2, "'literal # no comment'"),
    ("a", "b", "c"): (3, "1"),
    ("server",): (5, "server"),
    ("server", "list"): (6, "[ 1, # one"),
    ("server", "list", 0): (6, "1"),
    ("server", "list", 1): (7, '"two]"'),
    ("server", "list", 2): (9, '{ x = 3, "y.z" = [4] }'),
    ("server", "list", 2, "x"): (9, "3"),
    ("server", "list", 2, "y.z", 0): (9, "4"),
    ("server", "long"): (11, '"""'),
    ("server", "also"): (14, "'''it's ' fine''''"),
    ("server", "when"): (15, "1979-05-27 07:32:00"),
    ("server", "hä"): (16, "true"),
    ("waiver", 0, "id"): (19, '"first"'),
    ("waiver", 0, "sub", "x"): (21, "1"),
    ("waiver", 1, "id"): (23, '"second"'),
    ("api", "or.ders"): (24, 'api . "or.ders"'),
    ("api", "or.ders", "audience"): (25, '"u"'),
}


@pytest.mark.parametrize(("path", "expected"), VALUES.items(), ids=map(str, VALUES))
def test_a_value_is_where_it_is_written(path: KeyPath, expected: tuple[int, str]) -> None:
    tomllib.loads(TEXT)
    span = whereabouts(TEXT)[path].value
    assert (span.line, TEXT.split("\n")[span.line - 1][span.start : span.end]) == expected


def test_nothing_is_found_that_is_not_there() -> None:
    assert not any("not" in path or "k" in path for path in whereabouts(TEXT))


def paths(value: Any, path: KeyPath = ()) -> list[KeyPath]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, child in children for found in ((*path, key), *paths(child, (*path, key)))]


KEYS = st.text(string.ascii_letters + "-_.ä \"'#=[]", min_size=1, max_size=4)
LEAVES = st.one_of(st.integers(-9, 9), st.booleans(), st.text("ab\"'\\\n#=,]}", max_size=5))
TREES = st.dictionaries(
    KEYS,
    st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)),
    max_size=4,
)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",\n ".join(map(inline, value)) + "]"
    return json.dumps(value)


@settings(deadline=None)
@given(TREES, st.booleans())
def test_every_key_of_every_document_has_a_place(tree: dict[str, Any], headers: bool) -> None:
    """Written inline or under headers, no key is lost, and none is invented."""
    lines = []
    for key, value in tree.items():
        if headers and isinstance(value, dict):
            lines += [f"[{json.dumps(key)}]", *(f"{json.dumps(name)}={inline(child)}" for name, child in value.items())]
        else:
            lines.insert(0, f"{json.dumps(key)} = {inline(value)}")
    text = "\n".join(lines)
    assert tomllib.loads(text) == tree
    assert set(whereabouts(text)) == set(paths(tree))


@settings(deadline=None)
@given(st.text(alphabet="a.b=[]{}\"'\\#,\n 1", max_size=60))
def test_any_text_ends(text: str) -> None:
    """What is no TOML finds some places or none, but never fails."""
    whereabouts(text)


def test_depth_does_not_fail() -> None:
    whereabouts("a = " + "[" * 5000)
