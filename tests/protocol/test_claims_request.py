"""The ``claims`` parameter: the specification's own example, and no text that breaks the reader."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol.claims_request import ClaimsRequest, read

EXAMPLE = """
  {
   "userinfo":
    {
     "given_name": {"essential": true},
     "nickname": null,
     "email": {"essential": true},
     "email_verified": {"essential": true},
     "picture": null,
     "http://example.info/claims/groups": null
    },
   "id_token":
    {
     "auth_time": {"essential": true},
     "acr": {"values": ["urn:mace:incommon:iap:silver"] }
    }
  }
"""
"""OpenID Connect Core §5.5."""


def test_the_example_of_the_specification() -> None:
    assert read(EXAMPLE) == ClaimsRequest(
        userinfo=("given_name", "nickname", "email", "email_verified", "picture", "http://example.info/claims/groups"),
        id_token=("auth_time", "acr"),
        acr=("urn:mace:incommon:iap:silver",),
    )


SAID = [
    ({}, ClaimsRequest()),
    ({"userinfo": None}, ClaimsRequest()),
    ({"id_token": {"acr": None}}, ClaimsRequest(id_token=("acr",))),
    ({"id_token": {"acr": {"essential": True}}}, ClaimsRequest(id_token=("acr",))),
    (
        {"id_token": {"acr": {"essential": True, "value": "2"}}},
        ClaimsRequest(id_token=("acr",), acr=("2",), acr_essential=True),
    ),
    ({"userinfo": {"acr": {"essential": True, "value": "2"}}}, ClaimsRequest(userinfo=("acr",))),
    ({"id_token": {"sub": {"value": "248289761001"}}}, ClaimsRequest(id_token=("sub",), sub="248289761001")),
    ({"userinfo": {"sub": {"values": ["a"]}}}, ClaimsRequest(userinfo=("sub",), sub="a")),
]


@pytest.mark.parametrize(("said", "asked"), SAID)
def test_what_it_comes_to(said: dict[str, Any], asked: ClaimsRequest) -> None:
    assert read(json.dumps(said)) == asked


def test_two_people_at_once_can_never_be_answered_about() -> None:
    both = {"userinfo": {"sub": {"value": "a"}}, "id_token": {"sub": {"value": "b"}}}
    with pytest.raises(ValueError, match="more than one sub"):
        read(json.dumps(both))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["acr", "sub", "essential", "value", "values", "x"]), inner, max_size=3),
    max_leaves=12,
)  # fmt: skip


@given(
    st.text(max_size=200)
    | st.dictionaries(st.sampled_from(["userinfo", "id_token", "y"]), JSON, max_size=3).map(json.dumps)
)
def test_whatever_comes_is_read_or_refused(text: str) -> None:
    try:
        asked = read(text)
    except ValueError as reason:
        assert str(reason).isascii()
    else:
        assert all(type(name) is str for name in (*asked.userinfo, *asked.id_token, *asked.acr))
