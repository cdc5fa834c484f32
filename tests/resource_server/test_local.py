"""RS-03, RS-13: a token counts if it is an access token, for this API, of this hour, from the issuer whose key it is."""

from __future__ import annotations

from typing import Any

import pytest

from licet.protocol import id_token, jose
from licet.protocol.errors import InvalidToken
from licet.requirements import TOKEN_ACCEPTED_ONLY_VALID
from licet.resource_server.local import Local
from tests.resource_server.tokens import (
    API,
    ISSUER,
    KEY,
    KEYS,
    LOCAL,
    NOW_S,
    OTHER_ISSUER,
    OTHER_KEY,
    OTHER_KEYS,
    token,
)

BOTH = Local(API, {ISSUER: KEYS, OTHER_ISSUER: OTHER_KEYS})


@pytest.mark.parametrize("local", [LOCAL, BOTH])
def test_a_good_token_says_who(local: Local) -> None:
    claims = local(token(), NOW_S)
    assert (claims.sub, claims.client_id, claims.scope) == ("alice", "shop", ("orders:read",))


@pytest.mark.witness(TOKEN_ACCEPTED_ONLY_VALID)
@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            {"audience": ("https://invoices.example.com",)},
            "The token is for https://invoices.example.com, this API is https://orders.example.com",
        ),
        ({"audience": ("https://a.example", "https://b.example")}, "for https://a.example and https://b.example"),
        ({"audience": (API + "/",)}, "this API is"),
        ({"issuer": OTHER_ISSUER}, "another issuer"),
        ({"expires_at_s": NOW_S}, "expired"),
        ({"issued_at_s": NOW_S + 120, "expires_at_s": NOW_S + 600}, "future"),
        ({"key": OTHER_KEY}, "key that is not known"),
    ],
)
def test_a_token_that_is_not_good_here_is_refused_in_words(said: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidToken, match=reason):
        LOCAL(token(**said), NOW_S)


def test_an_id_token_is_no_access_token() -> None:
    id_jwt = id_token.make(
        KEY,
        issuer=ISSUER,
        subject="alice",
        client_id=API,
        issued_at_s=NOW_S,
        expires_at_s=NOW_S + 60,
        auth_time_s=None,
        nonce=None,
        acr="",
        amr=(),
        sid=None,
    )
    with pytest.raises(InvalidToken, match="another type"):
        LOCAL(id_jwt, NOW_S)


@pytest.mark.parametrize("local", [LOCAL, BOTH])
@pytest.mark.parametrize("junk", ["", "abc", "a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", "x" * 9000])
def test_junk_is_refused(local: Local, junk: str) -> None:
    with pytest.raises(InvalidToken):
        local(junk, NOW_S)


def test_a_key_of_one_issuer_signs_for_no_other() -> None:
    """RS-13: keys are chosen by issuer first."""
    assert BOTH(token(OTHER_KEY, issuer=OTHER_ISSUER), NOW_S).iss == OTHER_ISSUER
    with pytest.raises(InvalidToken, match="key that is not known"):
        BOTH(token(OTHER_KEY, issuer=ISSUER), NOW_S)
    with pytest.raises(InvalidToken, match="key that is not known"):
        BOTH(token(KEY, issuer=OTHER_ISSUER), NOW_S)


def test_two_issuers_with_one_name_for_their_keys_are_told_apart() -> None:
    """RS-13: the same ``kid`` on both sides."""
    twin = jose.SigningKey(jose.generate_es256(), "ES256", "first")
    local = Local(API, {ISSUER: KEYS, OTHER_ISSUER: {"first": twin.verifying()}})
    assert local(token(twin, issuer=OTHER_ISSUER), NOW_S).iss == OTHER_ISSUER
    with pytest.raises(InvalidToken, match="not signed by the key"):
        local(token(twin, issuer=ISSUER), NOW_S)


def test_an_issuer_nobody_trusts_is_refused() -> None:
    with pytest.raises(InvalidToken, match="another issuer"):
        BOTH(token(issuer="https://evil.example"), NOW_S)


def test_keys_may_be_looked_up_one_by_one() -> None:
    asked: list[str] = []

    def find(kid: str) -> jose.VerifyingKey | None:
        asked.append(kid)
        return KEYS.get(kid)

    local = Local(API, {ISSUER: find})
    assert local(token(), NOW_S).sub == "alice"
    with pytest.raises(InvalidToken, match="key that is not known"):
        local(token(OTHER_KEY), NOW_S)
    with pytest.raises(InvalidToken):
        local("a.b.c", NOW_S)
    assert asked == ["first", "second"]
