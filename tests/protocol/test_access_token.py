"""JWT access tokens (RFC 9068)."""

from __future__ import annotations

from typing import Any

import joserfc.jwk
import joserfc.jwt
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import access_token, id_token, jose
from licet.protocol.access_token import AccessClaims
from licet.protocol.errors import InvalidToken
from licet.protocol.jose import SigningKey, UnknownKey
from licet.requirements import TOKEN_ACCEPTED_ONLY_VALID
from tests.protocol.forging import forge

ISSUER = "https://authorization-server.example.com/"
API = "https://rs.example.com/"
NOW = 1618354100
# RFC 9068 §2.2, figure 2
EXAMPLE: dict[str, Any] = {
    "iss": ISSUER,
    "sub": "5ba552d67",
    "aud": API,
    "exp": 1639528912,
    "iat": 1618354090,
    "jti": "dbe39bf3a3ba4238a513f51d6e1691c4",
    "client_id": "s6BhdRkqt3",
    "scope": "openid profile reademail",
}


@pytest.fixture(scope="module")
def private() -> ec.EllipticCurvePrivateKey:
    return jose.generate_es256()


@pytest.fixture(scope="module")
def key(private: ec.EllipticCurvePrivateKey) -> SigningKey:
    return SigningKey(private, "ES256", "k")


@pytest.fixture(scope="module")
def forged(private: ec.EllipticCurvePrivateKey) -> Any:
    """The RFC's token with some claims otherwise (``...`` takes one away), well signed."""

    def make(typ: str | None = "at+jwt", **claims: Any) -> str:
        said = {name: value for name, value in (EXAMPLE | claims).items() if value is not ...}
        return forge(private, {"alg": "ES256", "kid": "k"} | ({} if typ is None else {"typ": typ}), said)

    return make


def check(token: str, key: SigningKey, **more: Any) -> AccessClaims:
    expected: dict[str, Any] = {"issuer": ISSUER, "audience": API, "now_s": NOW} | more
    return access_token.check(token, {key.kid: key.verifying()}, **expected)


def refused(token: str, key: SigningKey, **more: Any) -> InvalidToken:
    with pytest.raises(InvalidToken) as caught:
        check(token, key, **more)
    assert caught.value.per is TOKEN_ACCEPTED_ONLY_VALID
    assert caught.value.description.isascii()
    return caught.value


def make(key: SigningKey, **more: Any) -> str:
    said: dict[str, Any] = {
        "issuer": ISSUER, "subject": "alice", "audience": (API,), "client_id": "web", "scope": ("orders:read",),
        "jti": "j1", "issued_at_s": NOW, "expires_at_s": NOW + 600,
    }  # fmt: skip
    return access_token.make(key, **said | more)


def test_the_example_of_the_rfc(key: SigningKey, forged: Any) -> None:
    assert check(forged(), key) == AccessClaims(
        iss=ISSUER,
        sub="5ba552d67",
        aud=(API,),
        client_id="s6BhdRkqt3",
        jti="dbe39bf3a3ba4238a513f51d6e1691c4",
        iat=1618354090,
        exp=1639528912,
        scope=("openid", "profile", "reademail"),
    )


def test_we_write_what_the_rfc_writes(key: SigningKey) -> None:
    token = access_token.make(
        key, issuer=ISSUER, subject="5ba552d67", audience=(API,), client_id="s6BhdRkqt3",
        scope=("openid", "profile", "reademail"), jti="dbe39bf3a3ba4238a513f51d6e1691c4", issued_at_s=1618354090,
        expires_at_s=1639528912,
    )  # fmt: skip
    assert jose.parse(token).payload == EXAMPLE
    assert jwt.get_unverified_header(token)["typ"] == "at+jwt"


def test_others_read_what_we_make(signing: dict[str, SigningKey]) -> None:
    for alg in ("ES256", "RS256", "PS256"):
        key = signing[alg]
        token = make(key)
        public = key.public_jwk()
        assert jwt.decode(
            token, jwt.PyJWK(public), algorithms=[alg], audience=API, issuer=ISSUER, options={"verify_exp": False}
        )["client_id"] == "web"  # fmt: skip
        assert (
            joserfc.jwt.decode(token, joserfc.jwk.import_key(public), algorithms=[alg]).claims["scope"] == "orders:read"
        )


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
optional_texts = st.none() | texts


@given(
    subject=texts, audience=st.lists(texts, min_size=1, max_size=3).map(tuple), client_id=texts,
    scope=st.lists(st.sampled_from(["a", "b:c", "openid"]), unique=True).map(tuple), jti=texts,
    grant_handle=optional_texts, sid=optional_texts, auth_time_s=st.none() | st.integers(0, NOW),
    acr=st.sampled_from(["", "1"]), amr=st.lists(st.sampled_from(["pwd", "otp"])).map(tuple),
    cnf=st.none() | st.fixed_dictionaries({"jkt": texts}),
)  # fmt: skip
def test_what_is_made_is_read_back(key: SigningKey, **said: Any) -> None:
    token = make(key, **said)
    read = check(token, key, audience=said["audience"][0])
    assert (read.sub, read.aud, read.client_id) == (said["subject"], said["audience"], said["client_id"])
    assert (read.scope, read.jti, read.grant_id) == (said["scope"], said["jti"], said["grant_handle"])
    assert (read.sid, read.auth_time, read.acr) == (said["sid"], said["auth_time_s"], said["acr"])
    assert (read.amr, read.cnf, read.iat, read.exp) == (said["amr"], said["cnf"], NOW, NOW + 600)


def test_one_audience_is_a_text_and_several_a_list(key: SigningKey) -> None:
    assert jose.parse(make(key)).payload["aud"] == API
    both = jose.parse(make(key, audience=(API, f"{ISSUER}userinfo"))).payload["aud"]
    assert both == [API, f"{ISSUER}userinfo"]
    with pytest.raises(ValueError, match="somebody"):
        make(key, audience=())


def test_the_issuer_knows_its_own_tokens_for_whomever(key: SigningKey) -> None:
    assert check(make(key), key, audience=None).aud == (API,)


# Time, in whole seconds


@pytest.mark.parametrize(
    ("now_s", "leeway_s", "good"),
    [
        (NOW, 0, True),
        (NOW + 599, 0, True),
        (NOW + 600, 0, False),
        (NOW + 600, 60, True),
        (NOW + 659, 60, True),
        (NOW + 660, 60, False),
        (NOW - 60, 0, True),
        (NOW - 61, 0, False),
        (NOW - 61, 60, False),
        (0, 0, False),
        (2**40, 60, False),
    ],
)
def test_a_token_has_its_hour(now_s: int, leeway_s: int, good: bool, key: SigningKey) -> None:
    token = make(key)
    if good:
        check(token, key, now_s=now_s, leeway_s=leeway_s)
    else:
        refused(token, key, now_s=now_s, leeway_s=leeway_s)


@pytest.mark.parametrize("leeway_s", [-1, 61, 3600])
def test_leeway_has_a_limit(leeway_s: int, key: SigningKey) -> None:
    with pytest.raises(ValueError, match="leeway"):
        check(make(key), key, leeway_s=leeway_s)


# JW-10 to JW-13, RS-03, DP-09


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": ...},
        {"iss": ISSUER[:-1]},
        {"iss": ISSUER + "x"},
        {"iss": ISSUER.upper()},
        {"iss": [ISSUER]},
        {"iss": "https://evil.example/?" + ISSUER},
        {"aud": ...},
        {"aud": ""},
        {"aud": []},
        {"aud": "https://other.example/"},
        {"aud": API[:-1]},
        {"aud": API + "v2"},
        {"aud": ["https://other.example/"]},
        {"aud": [API, 7]},
        {"aud": {"0": API}},
        {"sub": ...},
        {"sub": ""},
        {"sub": 7},
        {"client_id": ...},
        {"client_id": ["web"]},
        {"jti": ...},
        {"jti": ""},
        {"exp": ...},
        {"exp": NOW},
        {"exp": str(NOW + 600)},
        {"exp": float(NOW + 600)},
        {"exp": True},
        {"exp": None},
        {"exp": -1},
        {"exp": 2**60},
        {"iat": ...},
        {"iat": str(NOW)},
        {"iat": NOW + 61},
        {"iat": NOW + 50, "exp": NOW + 50},
        {"nbf": NOW + 61},
        {"nbf": "0"},
        {"nbf": False},
        {"scope": ""},
        {"scope": "a  b"},
        {"scope": ["a"]},
        {"scope": "a\tb"},
        {"grant_id": 7},
        {"sid": ""},
        {"auth_time": "now"},
        {"amr": "pwd"},
        {"acr": 1},
        {"cnf": {}},
        {"cnf": None},
        {"cnf": "jkt"},
        {"cnf": {"jkt": ""}},
        {"cnf": {"jkt": 7}},
        {"cnf": {"kid": "k"}},
        {"cnf": {"jkt": "x", "other": "y"}},
        {"cnf": {"jwk": {"kty": "EC"}}},
    ],
    ids=str,
)
def test_each_fault_alone_refuses(wrong: dict[str, Any], key: SigningKey, forged: Any) -> None:
    refused(forged(**wrong), key)


@pytest.mark.parametrize(
    "right",
    [
        {"aud": [API]},
        {"aud": [API, "https://authorization-server.example.com/userinfo"]},
        {"scope": ...},
        {"nbf": NOW},
        {"nbf": NOW + 60},
        {"cnf": {"jkt": "x"}},
        {"cnf": {"x5t#S256": "x"}},
        {"grant_id": "g", "sid": "s", "auth_time": NOW, "acr": "1", "amr": ["pwd"]},
        {"something": {"else": [1]}},
    ],
    ids=str,
)
def test_each_freedom_alone_is_allowed(right: dict[str, Any], key: SigningKey, forged: Any) -> None:
    check(forged(**right), key)


@pytest.mark.parametrize("typ", [None, "JWT", "logout+jwt", "dpop+jwt", "client-authentication+jwt", "id+jwt"])
def test_a_token_for_another_purpose_is_no_access_token(typ: str | None, key: SigningKey, forged: Any) -> None:
    refused(forged(typ), key)


def test_an_id_token_is_no_access_token(key: SigningKey) -> None:
    token = id_token.make(
        key, issuer=ISSUER, subject="alice", client_id=API, issued_at_s=NOW, expires_at_s=NOW + 600, auth_time_s=NOW,
        nonce=None, acr="", amr=(), sid=None,
    )  # fmt: skip
    assert "type" in refused(token, key).description


def test_a_strangers_token_is_refused_and_a_new_key_is_told_apart(key: SigningKey) -> None:
    other = SigningKey(jose.generate_es256(), "ES256", "other")
    assert isinstance(refused(make(other), key).__cause__, UnknownKey)
    impostor = SigningKey(jose.generate_es256(), "ES256", "k")
    assert not isinstance(refused(make(impostor), key).__cause__, UnknownKey)
    refused(make(key), key, algs=frozenset({"RS256"}))


@given(st.text())
def test_any_text_is_refused_without_a_fuss(key: SigningKey, text: str) -> None:
    refused(text, key)


def test_why_is_said_in_fixed_words(key: SigningKey, forged: Any) -> None:
    assert refused(make(key), key, now_s=NOW + 600).description == "The access token is expired"
    assert refused(forged(aud="\u00e9"), key).description == "The access token is for another audience"
