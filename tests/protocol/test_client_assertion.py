"""Client assertions (RFC 7523 §3, RFC 10070; rulings K)."""

from __future__ import annotations

from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import client_assertion, jose
from licet.protocol.client_assertion import Checked
from licet.protocol.errors import InvalidClient
from licet.protocol.jose import SigningKey, VerifyingKey
from licet.requirements import (
    ASSERTION_ABOUT_ITSELF,
    ASSERTION_AUDIENCE_IS_ISSUER,
    ASSERTION_SHORT_LIVED,
    ASSERTION_SIGNED,
    ASSERTION_WELL_FORMED,
    Requirement,
)
from tests.protocol.forging import b64, forge, twin

ISSUER, CLIENT, NOW = "https://as.example.com", "billing", 1_700_000_000
TOKEN_ENDPOINT = f"{ISSUER}/token"
SAID: dict[str, Any] = {"iss": CLIENT, "sub": CLIENT, "aud": ISSUER, "jti": "j1", "iat": NOW, "exp": NOW + 60}


@pytest.fixture(scope="module")
def private() -> ec.EllipticCurvePrivateKey:
    return jose.generate_es256()


@pytest.fixture(scope="module")
def key(private: ec.EllipticCurvePrivateKey) -> SigningKey:
    return SigningKey(private, "ES256", "k")


@pytest.fixture(scope="module")
def forged(private: ec.EllipticCurvePrivateKey) -> Any:
    def make(typ: Any = "client-authentication+jwt", **claims: Any) -> str:
        said = {name: value for name, value in (SAID | claims).items() if value is not ...}
        return forge(private, {"alg": "ES256", "kid": "k"} | ({} if typ is None else {"typ": typ}), said)

    return make


def check(assertion: str, key: SigningKey | list[VerifyingKey], **more: Any) -> Checked:
    keys = [key.verifying()] if isinstance(key, SigningKey) else key
    return client_assertion.check(
        assertion, keys, **{"client_id": CLIENT, "issuer": ISSUER, "now_s": NOW} | more
    )  # fmt: skip


def refused(per: Requirement, assertion: str, key: SigningKey | list[VerifyingKey], **more: Any) -> None:
    with pytest.raises(InvalidClient) as caught:
        check(assertion, key, **more)
    assert caught.value.per is per
    assert caught.value.description.isascii()


def test_what_our_clients_make_our_server_takes(key: SigningKey) -> None:
    assertion = client_assertion.make(key, CLIENT, ISSUER, "j1", NOW)
    assert jwt.get_unverified_header(assertion)["typ"] == "client-authentication+jwt"
    assert jose.parse(assertion).payload == SAID
    assert client_assertion.peek_client_id(assertion) == CLIENT
    assert check(assertion, key).expires_at_s == NOW + 60


def test_others_clients_are_taken(signing: dict[str, SigningKey]) -> None:
    """A library that knows no type says JWT."""
    for alg, signer in signing.items():
        assertion = jwt.encode(SAID, signer._private, algorithm=alg, headers={"kid": signer.kid})
        assert check(assertion, signer, algs=frozenset({alg}))
        refused(ASSERTION_SIGNED, assertion, signer, algs=client_assertion.ANY_ALGORITHM - {alg})


@pytest.mark.parametrize(
    "typ", ["client-authentication+jwt", "application/client-authentication+jwt", "JWT", "jwt", None]
)
def test_its_own_type_jwt_or_none(typ: str | None, key: SigningKey, forged: Any) -> None:
    assert check(forged(typ), key)


@pytest.mark.parametrize(
    "typ", ["at+jwt", "dpop+jwt", "logout+jwt", "oauth-authz-req+jwt", "authorization-grant+jwt", "", 7]
)
def test_no_other_type(typ: Any, key: SigningKey, forged: Any) -> None:
    refused(ASSERTION_WELL_FORMED, forged(typ), key)


@pytest.mark.parametrize("aud", [..., None, "", [], [ISSUER], [ISSUER, "https://other.example"], ISSUER + "/", ISSUER.upper(),
                                 TOKEN_ENDPOINT, f"{ISSUER}/par", "https://other.example", {"aud": ISSUER}, 7])  # fmt: skip
def test_the_audience_is_the_issuer_as_one_text(aud: Any, key: SigningKey, forged: Any) -> None:
    refused(ASSERTION_AUDIENCE_IS_ISSUER, forged(aud=aud), key)
    refused(ASSERTION_AUDIENCE_IS_ISSUER, forged(aud=aud), key, accepted_audiences=frozenset({ISSUER}))


@pytest.mark.parametrize(
    "aud", [ISSUER, TOKEN_ENDPOINT, [TOKEN_ENDPOINT], [ISSUER], ["https://x.example", TOKEN_ENDPOINT]]
)
def test_a_waiver_adds_older_audiences(aud: Any, key: SigningKey, forged: Any) -> None:
    assert check(forged(aud=aud), key, accepted_audiences=frozenset({ISSUER, TOKEN_ENDPOINT}))


@pytest.mark.parametrize(
    "aud", [..., "", [], "https://other.example", ["https://other.example"], [7], {TOKEN_ENDPOINT: 1}]
)
def test_a_waiver_does_not_add_strangers(aud: Any, key: SigningKey, forged: Any) -> None:
    audiences = frozenset({ISSUER, TOKEN_ENDPOINT})
    refused(ASSERTION_AUDIENCE_IS_ISSUER, forged(aud=aud), key, accepted_audiences=audiences)


@pytest.mark.parametrize(
    "parties",
    [{"iss": ...}, {"sub": ...}, {"iss": "other"}, {"sub": "other"}, {"iss": "other", "sub": "other"}, {"iss": [CLIENT]},
     {"sub": None}, {"iss": ISSUER}],
    ids=str,
)  # fmt: skip
def test_an_assertion_is_about_its_own_maker(parties: dict[str, Any], key: SigningKey, forged: Any) -> None:
    refused(ASSERTION_ABOUT_ITSELF, forged(**parties), key)


@pytest.mark.parametrize(
    "times",
    [
        {"exp": ...},
        {"exp": NOW},
        {"exp": NOW - 300},
        {"exp": NOW + 601},
        {"exp": NOW + 10**9},
        {"exp": str(NOW + 60)},
        {"exp": NOW + 60.5},
        {"exp": True},
        {"exp": None},
        {"exp": -1},
        {"iat": NOW + 61},
        {"iat": "now"},
        {"iat": None},
        {"nbf": NOW + 61},
        {"nbf": float(NOW)},
    ],
    ids=str,
)
def test_an_assertion_is_of_this_minute(times: dict[str, Any], key: SigningKey, forged: Any) -> None:
    refused(ASSERTION_SHORT_LIVED, forged(**times), key)


@pytest.mark.parametrize(
    "times",
    [
        {"exp": NOW + 1},
        {"exp": NOW + 600},
        {"iat": ...},
        {"iat": NOW + 8, "nbf": NOW + 10},
        {"iat": NOW + 60, "nbf": NOW + 60},
        {"iat": NOW - 3600},
    ],
    ids=str,
)
def test_clocks_may_differ_a_little(times: dict[str, Any], key: SigningKey, forged: Any) -> None:
    assert check(forged(**times), key).expires_at_s == times.get("exp", NOW + 60)


def test_only_the_clients_own_keys_sign(key: SigningKey, forged: Any, signing: dict[str, SigningKey]) -> None:
    """TK-20, TK-23: another client's key, a key of the same name, a key in the header."""
    attacker = jose.generate_es256()
    own = {"jwk": SigningKey(attacker, "ES256", "k").public_jwk(), "jku": "https://evil.example/jwks"}
    refused(ASSERTION_SIGNED, forge(attacker, {"alg": "ES256", "kid": "k"} | own, SAID), key)
    refused(ASSERTION_SIGNED, forge(attacker, {"alg": "ES256", "kid": "other"}, SAID), key)
    refused(ASSERTION_SIGNED, forged(), signing["ES256"])
    refused(ASSERTION_SIGNED, forged(), [])
    assert check(forged(), [signing["RS256"].verifying(), key.verifying()])


@pytest.mark.parametrize("alg", ["none", "HS256", "HS512", "RS1"])
def test_no_signature_is_no_assertion(alg: str, key: SigningKey) -> None:
    for tail in ("", b64(b"x" * 32)):
        refused(ASSERTION_WELL_FORMED, f"{b64({'alg': alg})}.{b64(SAID)}.{tail}", key)


@given(st.text())
def test_any_text_is_refused_without_a_fuss(key: SigningKey, text: str) -> None:
    refused(ASSERTION_WELL_FORMED, text, key)
    assert client_assertion.peek_client_id(text) is None


def test_it_must_not_be_huge(key: SigningKey, forged: Any) -> None:
    refused(ASSERTION_WELL_FORMED, forged(x="x" * 8192), key)


@pytest.mark.parametrize("sub", [..., "", None, 7, ["billing"]])
def test_an_assertion_that_names_nobody_is_for_nobody(sub: Any, forged: Any) -> None:
    assert client_assertion.peek_client_id(forged(sub=sub)) is None


# What it is remembered by


def test_the_same_name_is_the_same_assertion(key: SigningKey, forged: Any) -> None:
    once = check(forged(), key).jti_key
    assert len(once) == 32
    assert check(forged(exp=NOW + 61), key).jti_key == once
    assert check(forged(jti="j2"), key).jti_key != once


def test_without_a_name_what_was_signed_is_remembered(key: SigningKey, forged: Any) -> None:
    once = forged(jti=...)
    assert check(once, key).jti_key != check(forged(jti=..., exp=NOW + 61), key).jti_key
    assert twin(once) != once
    assert check(twin(once), key).jti_key == check(once, key).jti_key


@pytest.mark.parametrize("jti", ["", None, 7, ["j1"], "j" * 257])
def test_a_name_that_is_none_is_refused(jti: Any, key: SigningKey, forged: Any) -> None:
    refused(ASSERTION_WELL_FORMED, forged(jti=jti), key)
