"""ID tokens (OpenID Connect Core §2, §3.1.3.6, §3.1.3.7)."""

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
from licet.protocol.id_token import IdClaims
from licet.protocol.jose import InvalidJWT, SigningKey, VerifyingKey
from tests.protocol.forging import forge

# OpenID Connect Core §2
EXAMPLE: dict[str, Any] = {
    "iss": "https://server.example.com",
    "sub": "24400320",
    "aud": "s6BhdRkqt3",
    "nonce": "n-0S6_WzA2Mj",
    "exp": 1311281970,
    "iat": 1311280970,
    "auth_time": 1311280969,
    "acr": "urn:mace:incommon:iap:silver",
}
ISSUER, CLIENT, NONCE, NOW = "https://server.example.com", "s6BhdRkqt3", "n-0S6_WzA2Mj", 1311280980
ES = frozenset({"ES256"})


@pytest.fixture(scope="module")
def private() -> ec.EllipticCurvePrivateKey:
    return jose.generate_es256()


@pytest.fixture(scope="module")
def key(private: ec.EllipticCurvePrivateKey) -> SigningKey:
    return SigningKey(private, "ES256", "k")


@pytest.fixture(scope="module")
def forged(private: ec.EllipticCurvePrivateKey) -> Any:
    def make(typ: str | None = "JWT", **claims: Any) -> str:
        said = {name: value for name, value in (EXAMPLE | claims).items() if value is not ...}
        return forge(private, {"alg": "ES256", "kid": "k"} | ({} if typ is None else {"typ": typ}), said)

    return make


def make(key: SigningKey, **more: Any) -> str:
    said: dict[str, Any] = {
        "issuer": ISSUER, "subject": "24400320", "client_id": CLIENT, "issued_at_s": 1311280970,
        "expires_at_s": 1311281970, "auth_time_s": 1311280969, "nonce": NONCE, "acr": "urn:mace:incommon:iap:silver",
        "amr": (), "sid": None,
    }  # fmt: skip
    return id_token.make(key, **said | more)


def check(token: str, key: SigningKey, **more: Any) -> IdClaims:
    expected: dict[str, Any] = {"issuer": ISSUER, "client_id": CLIENT, "algs": ES, "nonce": NONCE, "now_s": NOW} | more
    return id_token.check(token, {key.kid: key.verifying()}, **expected)


def test_the_example_of_the_specification(key: SigningKey) -> None:
    token = make(key)
    assert jose.parse(token).payload == EXAMPLE
    read = check(token, key)
    assert (read.iss, read.sub, read.aud, read.nonce) == (ISSUER, "24400320", (CLIENT,), NONCE)
    assert (read.exp, read.iat, read.auth_time) == (1311281970, 1311280970, 1311280969)
    assert read.said == EXAMPLE


def test_the_signed_example_of_appendix_a() -> None:
    """OpenID Connect Core appendix A.2, with the key of A.7."""
    token = (
        "eyJraWQiOiIxZTlnZGs3IiwiYWxnIjoiUlMyNTYifQ.ewogImlzcyI6ICJodHRwOi8vc2VydmVyLmV4YW1wbGUuY29tIiwKICJzdWIiOiAiMj"
        "Q4Mjg5NzYxMDAxIiwKICJhdWQiOiAiczZCaGRSa3F0MyIsCiAibm9uY2UiOiAibi0wUzZfV3pBMk1qIiwKICJleHAiOiAxMzExMjgxOTcwLAog"
        "ImlhdCI6IDEzMTEyODA5NzAsCiAibmFtZSI6ICJKYW5lIERvZSIsCiAiZ2l2ZW5fbmFtZSI6ICJKYW5lIiwKICJmYW1pbHlfbmFtZSI6ICJEb2"
        "UiLAogImdlbmRlciI6ICJmZW1hbGUiLAogImJpcnRoZGF0ZSI6ICIwMDAwLTEwLTMxIiwKICJlbWFpbCI6ICJqYW5lZG9lQGV4YW1wbGUuY29t"
        "IiwKICJwaWN0dXJlIjogImh0dHA6Ly9leGFtcGxlLmNvbS9qYW5lZG9lL21lLmpwZyIKfQ.rHQjEmBqn9Jre0OLykYNnspA10Qql2rvx4FsD0"
        "0jwlB0Sym4NzpgvPKsDjn_wMkHxcp6CilPcoKrWHcipR2iAjzLvDNAReF97zoJqq880ZD1bwY82JDauCXELVR9O6_B0w3K-E7yM2macAAgNCUw"
        "tik6SjoSUZRcf-O5lygIyLENx882p6MtmwaL1hd6qn5RZOQ0TLrOYu0532g9Exxcm-ChymrB4xLykpDj3lUivJt63eEGGN6DH5K6o33TcxkIjN"
        "rCD4XB1CKKumZvCedgHHF3IAK4dVEDSUoGlH9z4pP_eWYNXvqQOjGs-rDaQzUHl6cQQWNiDpWOl_lxXjQEvQ"
    )
    key = VerifyingKey.from_jwk(
        {
            "kty": "RSA",
            "kid": "1e9gdk7",
            "n": "w7Zdfmece8iaB0kiTY8pCtiBtzbptJmP28nSWwtdjRu0f2GFpajvWE4VhfJAjEsOcwYzay7XGN0b-X84BfC8hmCTOj2b2eHT7NsZ"
            "egFPKRUQzJ9wW8ipn_aDJWMGDuB1XyqT1E7DYqjUCEOD1b4FLpy_xPn6oV_TYOfQ9fZdbE5HGxJUzekuGcOKqOQ8M7wfYHhHHLxGpQVgL0"
            "apWuP2gDDOdTtpuld4D2LK1MZK99s9gaSjRHE8JDb1Z4IGhEcEyzkxswVdPndUWzfvWBBWXWxtSUvQGBRkuy1BHOa4sP6FKjWEeeF7gm7U"
            "Ms2Nm2QUgNZw6xvEDGaLk4KASdIxRQ",
            "e": "AQAB",
        }
    )
    read = id_token.check(
        token, [key], issuer="http://server.example.com", client_id=CLIENT, algs=frozenset({"RS256"}), nonce=NONCE,
        now_s=NOW,
    )  # fmt: skip
    assert read.sub == "248289761001"
    assert read.said["email"] == "janedoe@example.com"


def test_others_read_what_we_make(signing: dict[str, SigningKey]) -> None:
    for alg in ("RS256", "ES256", "PS256"):
        public = signing[alg].public_jwk()
        token = make(signing[alg])
        assert jwt.decode(
            token, jwt.PyJWK(public), algorithms=[alg], audience=CLIENT, options={"verify_exp": False}
        ) == EXAMPLE  # fmt: skip
        assert joserfc.jwt.decode(token, joserfc.jwk.import_key(public), algorithms=[alg]).claims == EXAMPLE


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)


@given(
    subject=texts, nonce=st.none() | texts, sid=st.none() | texts, acr=st.sampled_from(["", "1"]),
    amr=st.lists(st.sampled_from(["pwd", "otp"])).map(tuple), auth_time_s=st.none() | st.integers(0, NOW),
    access_token=st.none() | texts,
)  # fmt: skip
def test_what_is_made_is_read_back(key: SigningKey, **said: Any) -> None:
    read = check(make(key, **said), key, nonce=said["nonce"], access_token=said["access_token"])
    assert (read.sub, read.nonce, read.sid) == (said["subject"], said["nonce"], said["sid"])
    assert (read.acr, read.amr, read.auth_time) == (said["acr"], said["amr"], said["auth_time_s"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": ...},
        {"iss": ISSUER + "/"},
        {"iss": "https://server.example.com.evil.example"},
        {"aud": ...},
        {"aud": []},
        {"aud": "other"},
        {"aud": [CLIENT, "other"]},
        {"aud": CLIENT + "x"},
        {"azp": "other"},
        {"azp": None},
        {"sub": ...},
        {"sub": ""},
        {"sub": "s" * 256},
        {"sub": 24400320},
        {"exp": ...},
        {"exp": NOW - 60},
        {"exp": "1311281970"},
        {"exp": 1e12},
        {"iat": ...},
        {"iat": NOW + 61},
        {"iat": True},
        {"nonce": ...},
        {"nonce": ""},
        {"nonce": "another"},
        {"nonce": [NONCE]},
        {"auth_time": "1311280969"},
        {"acr": 1},
        {"amr": "pwd"},
        {"sid": 7},
        {"events": {"http://schemas.openid.net/event/backchannel-logout": {}}},
    ],
    ids=str,
)
def test_each_fault_alone_refuses(wrong: dict[str, Any], key: SigningKey, forged: Any) -> None:
    with pytest.raises(InvalidJWT):
        check(forged(**wrong), key)


@pytest.mark.parametrize(
    "right",
    [
        {},
        {"aud": [CLIENT]},
        {"azp": CLIENT},
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"auth_time": ...},
        {"acr": ...},
        {"email": "alice@example.com"},
    ],
    ids=str,
)
def test_each_freedom_alone_is_allowed(right: dict[str, Any], key: SigningKey, forged: Any) -> None:
    check(forged(**right), key)
    check(forged(None, **right), key)


def test_a_nonce_is_asked_for_only_where_one_was_sent(key: SigningKey, forged: Any) -> None:
    check(forged(nonce=...), key, nonce=None)
    check(forged(), key, nonce=None)
    with pytest.raises(InvalidJWT, match="nonce"):
        check(forged(), key, nonce="é")


@pytest.mark.parametrize("typ", ["at+jwt", "logout+jwt", "client-authentication+jwt", "dpop+jwt"])
def test_a_token_for_another_purpose_is_no_id_token(typ: str, key: SigningKey, forged: Any) -> None:
    with pytest.raises(InvalidJWT, match="type"):
        check(forged(typ), key)


def test_an_access_token_is_no_id_token(key: SigningKey) -> None:
    token = access_token.make(
        key, issuer=ISSUER, subject="24400320", audience=(CLIENT,), client_id=CLIENT, scope=(), jti="j",
        issued_at_s=NOW, expires_at_s=NOW + 60,
    )  # fmt: skip
    with pytest.raises(InvalidJWT, match="type"):
        check(token, key, nonce=None)


def test_the_algorithm_is_the_registered_one(key: SigningKey, forged: Any) -> None:
    with pytest.raises(InvalidJWT, match="not taken here"):
        check(forged(), key, algs=frozenset({"RS256"}))


def test_the_access_token_that_came_with_it_is_known(signing: dict[str, SigningKey]) -> None:
    for alg, signer in signing.items():
        token = make(signer, access_token="lctat_x")
        check(token, signer, algs=frozenset({alg}), access_token="lctat_x")
        with pytest.raises(InvalidJWT, match="another access token"):
            check(token, signer, algs=frozenset({alg}), access_token="lctat_y")


@pytest.mark.parametrize("at_hash", ["", "77QmUPtjPfzWtF2AnpK9RQ", 7, None, "é"])
def test_a_wrong_hash_refuses_and_a_missing_one_does_not(at_hash: Any, key: SigningKey, forged: Any) -> None:
    """In the code flow ``at_hash`` is optional (OpenID Connect Core §3.1.3.6)."""
    check(forged(), key, access_token="lctat_x")
    with pytest.raises(InvalidJWT):
        check(forged(at_hash=at_hash), key, access_token="lctat_x")


@pytest.mark.parametrize(
    ("auth_time", "max_age_s", "good"),
    [
        (NOW, 0, True),
        (NOW - 60, 0, True),
        (NOW - 61, 0, False),
        (NOW - 360, 300, True),
        (NOW - 361, 300, False),
        (..., 300, False),
        (..., None, True),
        (0, None, True),
    ],
)
def test_a_sign_in_is_as_fresh_as_asked(
    auth_time: Any, max_age_s: int | None, good: bool, key: SigningKey, forged: Any
) -> None:
    token = forged(auth_time=auth_time)
    if good:
        check(token, key, max_age_s=max_age_s)
    else:
        with pytest.raises(InvalidJWT, match="too old"):
            check(token, key, max_age_s=max_age_s)


# Hints


def hinted(hint: str, key: SigningKey) -> str | None:
    return id_token.hinted_subject(hint, {key.kid: key.verifying()}, issuer=ISSUER, client_id=CLIENT)


def test_a_hint_may_be_expired_but_not_foreign(key: SigningKey, forged: Any) -> None:
    """AZ-30: another issuer's, another client's, or nobody's tells nothing."""
    assert hinted(forged(exp=1), key) == "24400320"
    assert hinted(forged(aud=["other", CLIENT]), key) == "24400320"
    for wrong in ({"iss": "https://other.example"}, {"aud": "other"}, {"sub": ...}, {"exp": ...}):
        assert hinted(forged(**wrong), key) is None
    assert hinted(forged("at+jwt"), key) is None
    assert hinted(make(SigningKey(jose.generate_es256(), "ES256", "k")), key) is None
    assert hinted("", key) is None
    assert hinted("x.y.z", key) is None
