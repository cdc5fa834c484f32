"""Request objects: made here and checked here, and no other token passes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import access_token, jose, request_object
from licet.protocol.errors import InvalidRequestObject, RequestNotSupported
from licet.requirements import REQUEST_OBJECT_ONCE, REQUEST_OBJECT_SIGNED
from tests.protocol.forging import b64, forge

PRIVATE = jose.generate_es256()
KEY = jose.SigningKey(PRIVATE, "ES256", "k")
NOW_S = 1_800_000_000
GOOD: dict[str, Any] = {
    "iss": "shop",
    "aud": "https://id.example",
    "exp": NOW_S + 60,
    "client_id": "shop",
    "state": "x",
}


def check(request: str) -> request_object.Checked:
    return request_object.check(request, [KEY.verifying()], client_id="shop", issuer="https://id.example", now_s=NOW_S)


def test_what_is_made_is_what_is_read() -> None:
    parameters = {
        "state": "x",
        "max_age": 0,
        "claims": {"userinfo": {"name": None}},
        "resource": ["https://a", "https://b"],
    }
    checked = check(request_object.make(KEY, "shop", "https://id.example", parameters, "j", NOW_S))
    assert checked.pairs == (
        ("client_id", "shop"),
        ("state", "x"),
        ("max_age", "0"),
        ("claims", '{"userinfo":{"name":null}}'),
        ("resource", "https://a"),
        ("resource", "https://b"),
    )
    assert checked.expires_at_s == NOW_S + request_object.LIFETIME_S
    assert checked.jti_key is not None and len(checked.jti_key) == 32


@pytest.mark.parametrize("typ", ["oauth-authz-req+jwt", "application/oauth-authz-req+jwt", "JWT", "jwt", None])
def test_types_that_are_taken(typ: str | None) -> None:
    header = {"alg": "ES256", "kid": "k"} | ({} if typ is None else {"typ": typ})
    assert check(forge(PRIVATE, header, GOOD)).jti_key is None


@pytest.mark.witness(REQUEST_OBJECT_SIGNED)
@pytest.mark.parametrize("typ", ["at+jwt", "client-authentication+jwt", "dpop+jwt", "logout+jwt", ""])
def test_other_kinds_of_token_are_none(typ: str) -> None:
    with pytest.raises(InvalidRequestObject):
        check(forge(PRIVATE, {"alg": "ES256", "kid": "k", "typ": typ}, GOOD))


@pytest.mark.witness(REQUEST_OBJECT_SIGNED)
@pytest.mark.parametrize(
    "change",
    [
        {"aud": [], "iss": "shop"},
        {"aud": ["https://other.example"]},
        {"iss": ["shop"]},
        {"exp": NOW_S},
        {"exp": NOW_S + request_object.MAX_LIFETIME_S + 1},
        {"exp": float(NOW_S + 60)},
        {"iat": NOW_S + 61},
        {"nbf": NOW_S + 61},
        {"sub": "shop"},
        {"request": "x"},
        {"state": 1.5},
        {"state": None},
        {"claims": "x", "resource": [1]},
    ],
)
def test_one_member_that_is_wrong_is_enough(change: dict[str, Any]) -> None:
    check(forge(PRIVATE, {"alg": "ES256", "kid": "k"}, GOOD))
    with pytest.raises(InvalidRequestObject) as refused:
        check(forge(PRIVATE, {"alg": "ES256", "kid": "k"}, GOOD | change))
    assert refused.value.per is REQUEST_OBJECT_SIGNED


def test_aud_may_name_others_too_and_clocks_may_differ() -> None:
    said = GOOD | {"aud": ["https://other.example", "https://id.example"], "nbf": NOW_S + 8, "iat": NOW_S + 10}
    assert dict(check(forge(PRIVATE, {"alg": "ES256", "kid": "k"}, said)).pairs)["state"] == "x"


@pytest.mark.witness(REQUEST_OBJECT_ONCE)
@pytest.mark.parametrize("jti", ["", 7, "j" * 257])
def test_a_jti_that_cannot_be_remembered_is_refused(jti: Any) -> None:
    with pytest.raises(InvalidRequestObject):
        check(forge(PRIVATE, {"alg": "ES256", "kid": "k"}, GOOD | {"jti": jti}))


def test_an_unsigned_one_is_a_kind_that_is_not_taken() -> None:
    with pytest.raises(RequestNotSupported):
        check(f"{b64({'alg': 'none'})}.{b64(GOOD)}.")
    with pytest.raises(InvalidRequestObject):
        check(f"{b64({'alg': 'None'})}.{b64(GOOD)}.{b64('x')}")


def test_an_access_token_of_the_same_key_is_none() -> None:
    token = access_token.make(
        KEY,
        issuer="shop",
        subject="s",
        audience=("https://id.example",),
        client_id="shop",
        scope=("openid",),
        jti="j",
        issued_at_s=NOW_S,
        expires_at_s=NOW_S + 60,
    )
    with pytest.raises(InvalidRequestObject):
        check(token)


@given(
    st.text(max_size=300)
    | st.lists(st.binary(max_size=60), min_size=3, max_size=3).map(lambda parts: ".".join(map(b64, parts)))
)
def test_whatever_comes_is_refused_in_words(request: str) -> None:
    with pytest.raises((InvalidRequestObject, RequestNotSupported)) as refused:
        check(request)
    assert refused.value.description.isascii()
