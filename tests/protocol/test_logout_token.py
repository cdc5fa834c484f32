"""Logout tokens, both ways (OpenID Connect Back-Channel Logout §2.4, §2.6)."""

from __future__ import annotations

from typing import Any

import pytest

from licet.protocol import id_token, jose, logout_token
from licet.protocol.jose import InvalidJWT
from licet.requirements import LOGOUT_TOKEN_WELL_FORMED

ISSUER, NOW = "https://id.example.com", 1_800_000_000
KEY = jose.SigningKey(jose.generate_es256(), "ES256", "k1")


def made() -> str:
    return logout_token.make(KEY, issuer=ISSUER, client_id="shop", issued_at_s=NOW, jti="j1", sub="s1", sid="v1")


def check(token: str, **changes: Any) -> logout_token.LogoutClaims:
    options: dict[str, Any] = {"issuer": ISSUER, "client_id": "shop", "algs": frozenset({"ES256"}), "now_s": NOW}
    return logout_token.check(token, [KEY.verifying()], **options | changes)


@pytest.mark.witness(LOGOUT_TOKEN_WELL_FORMED)
def test_what_it_says_and_nothing_else() -> None:
    parsed = jose.parse(made())
    assert (parsed.header.typ, parsed.header.alg, parsed.header.kid) == ("logout+jwt", "ES256", "k1")
    assert parsed.payload == {
        "iss": ISSUER,
        "sub": "s1",
        "aud": "shop",
        "iat": NOW,
        "exp": NOW + 120,
        "jti": "j1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        "sid": "v1",
    }
    read = check(made())
    assert (read.sub, read.sid, read.jti) == ("s1", "v1", "j1")


@pytest.mark.parametrize("at", [NOW - 60, NOW, NOW + 179])
def test_clocks_may_differ_by_a_minute(at: int) -> None:
    assert check(made(), now_s=at).iat == NOW


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"aud": "other"},
        {"aud": ["shop", "other"]},
        {"aud": []},
        {"sub": None, "sid": None},
        {"nonce": "n"},
        {"nonce": ""},
        {"events": None},
        {"events": []},
        {"events": [logout_token.EVENT]},
        {"events": {}},
        {"events": {logout_token.EVENT: None}},
        {"events": {logout_token.EVENT: []}},
        {"events": {"https://schemas.openid.net/event/backchannel-logout": {}}},
        {"jti": None},
        {"iat": None},
        {"exp": None},
        {"exp": NOW - 60},
        {"iat": NOW + 61},
    ],
)
def test_one_member_that_is_wrong_is_enough(changed: dict[str, Any]) -> None:
    said = {name: value for name, value in (jose.parse(made()).payload | changed).items() if value is not None}
    with pytest.raises(InvalidJWT):
        check(KEY.sign_jwt("logout+jwt", said))


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "secevent+jwt"])
def test_another_type_is_something_else(typ: str) -> None:
    with pytest.raises(InvalidJWT):
        check(KEY.sign_jwt(typ, jose.parse(made()).payload))


@pytest.mark.parametrize("changes", [{"client_id": "spa"}, {"algs": frozenset({"RS256"})}, {"now_s": NOW + 180}])
def test_what_was_registered_counts(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidJWT):
        check(made(), **changes)


@pytest.mark.witness(LOGOUT_TOKEN_WELL_FORMED)
def test_it_passes_for_no_id_token_and_no_hint() -> None:
    """JW-10: neither by its type, nor with an ID token's type and its own claims."""
    for token in (made(), KEY.sign_jwt("JWT", jose.parse(made()).payload)):
        with pytest.raises(InvalidJWT):
            id_token.check(
                token,
                [KEY.verifying()],
                issuer=ISSUER,
                client_id="shop",
                algs=frozenset({"ES256"}),
                nonce=None,
                now_s=NOW,
            )
        assert id_token.hinted(token, [KEY.verifying()], issuer=ISSUER) is None
