"""Reading signed tokens (RFC 7515, RFC 8725)."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import string
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_private_key
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol import jose
from licet.protocol.jose import InvalidJWT, SigningKey, UnknownKey, VerifyingKey
from tests.protocol.forging import P256_ORDER, b64, forge, twin

# RFC 7515 appendix A.2, A.3, A.1, A.5
RSA = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZ"
    "S-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2Cap"
    "Hg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4F"
    "RWyuXpoQ",
    "e": "AQAB",
}
EC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
CLAIMS = {"iss": "joe", "exp": 1300819380, "http://example.com/is_root": True}
RS256 = (
    f"eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1"
    "dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzD"
    "wusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe7"
    "7Rw"
)
ES256 = f"eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
HS256 = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + PAYLOAD + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
NONE = f"eyJhbGciOiJub25lIn0.{PAYLOAD}."

EVERY = frozenset(jose.ALGORITHMS)
AT = frozenset({"at+jwt"})
ANY_TYPE: frozenset[str | None] = frozenset({"at+jwt", "jwt", None})


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No header makes us fetch anything (JW-04)."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    yield


@pytest.fixture(scope="module")
def private() -> ec.EllipticCurvePrivateKey:
    return jose.generate_es256()


@pytest.fixture(scope="module")
def key(private: ec.EllipticCurvePrivateKey) -> VerifyingKey:
    return SigningKey(private, "ES256", "k").verifying()


def good(**more: Any) -> dict[str, Any]:
    return {"alg": "ES256", "kid": "k", "typ": "at+jwt", **more}


def refused(token: str, keys: Any, because: str = "is|has|names|does", algs: frozenset[str] = EVERY) -> None:
    with pytest.raises(InvalidJWT, match=because):
        jose.verify(token, keys, algs, ANY_TYPE)


def test_the_examples_of_rfc_7515() -> None:
    keys = [VerifyingKey.from_jwk(RSA), VerifyingKey.from_jwk(EC)]
    assert jose.verify(RS256, keys, frozenset({"RS256"}), frozenset({None})) == CLAIMS
    assert jose.verify(ES256, keys, frozenset({"ES256"}), frozenset({None})) == CLAIMS
    for token in (HS256, NONE):
        refused(token, keys)


def test_the_parts_of_a_token() -> None:
    parsed = jose.parse(ES256)
    assert parsed.header == jose.Header("ES256", None, None)
    assert parsed.payload == CLAIMS
    assert parsed.signing_input == ES256.rpartition(".")[0].encode()
    assert len(parsed.signature) == 64
    assert jose.header_of(ES256) == parsed.header


@given(
    claims=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.integers(-(2**53), 2**53) | st.booleans()
    )
)
def test_what_is_signed_is_read_back(claims: dict[str, Any], signing: dict[str, SigningKey]) -> None:
    for alg, signer in signing.items():
        token = signer.sign_jwt("at+jwt", claims)
        keys = {k.kid: k.verifying() for k in signing.values()}
        assert jose.verify(token, keys, frozenset({alg}), AT) == claims
        assert jose.parse(token).payload == claims


@given(place=st.integers(0, 10_000), letter=st.sampled_from("ABCxyz019-_.=+/ \n"))
def test_no_changed_token_is_taken(place: int, letter: str, es256: SigningKey) -> None:
    token = es256.sign_jwt("at+jwt", {"sub": "alice"})
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        refused(changed, [es256.verifying()])


@given(st.text())
def test_any_text_is_refused_without_a_fuss(text: str) -> None:
    for token in (text, f"{text}.{text}.{text}", f"eyJhbGciOiJFUzI1NiJ9.{b64(text.encode(errors='replace'))}.AAAA"):
        refused(token, [VerifyingKey.from_jwk(EC)])


# JW-01, JW-02: no signature, and one made with what everybody knows


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, 0, ["ES256"], {"ES256": 1}, "HS256", "HS512",
                                 "ES256K", "ES384", "RS1", "RS512", "es256", "ES256 ", "dir", "PBES2-HS256+A128KW",
                                 "RSA1_5", "ECDH-ES"])  # fmt: skip
def test_an_algorithm_that_is_not_ours_is_refused(
    alg: Any, private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    token = forge(private, good(alg=alg), {"sub": "alice"})
    refused(token, [key])
    refused(token.rpartition(".")[0] + ".", [key])
    refused(token, [key], algs=EVERY | {"none", "HS256", "None"})
    with pytest.raises(InvalidJWT):
        jose.parse(token)


def test_a_header_without_algorithm_is_refused(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    refused(forge(private, {"kid": "k", "typ": "at+jwt"}, {}), [key], "algorithm")


@pytest.mark.parametrize("alg", ["HS256", "ES256", "RS256"])
def test_a_public_key_is_no_shared_secret(alg: str, rs256: SigningKey, es256: SigningKey) -> None:
    for signer in (rs256, es256):
        jwk = signer.public_jwk()
        public = load_der_private_key(jose.to_pkcs8(signer._private), None).public_key()
        for secret in (
            public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
            public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
            json.dumps(jwk).encode(),
            jwk.get("n", jwk.get("x")).encode(),
            b"",
        ):
            signing_input = f"{b64({'alg': alg, 'kid': signer.kid})}.{b64({'sub': 'alice'})}"
            mac = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
            refused(f"{signing_input}.{b64(mac)}", [signer.verifying()], algs=EVERY | {"HS256"})


# JW-03, JW-04: the header is no source of keys


@pytest.mark.parametrize("member", ["jwk", "jku", "x5u", "x5c", "x5t", "x5t#S256"])
def test_a_key_in_the_header_is_never_used(member: str, private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    attacker = jose.generate_es256()
    value: Any = {
        "jwk": SigningKey(attacker, "ES256", "k").public_jwk(),
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/cert",
        "x5c": [b64(b"certificate")],
    }.get(member, b64(bytes(20)))
    refused(forge(attacker, good(**{member: value}), {"sub": "alice"}), [key], "not signed by the key")
    # It changes nothing about a token that is good anyway.
    assert jose.verify(forge(private, good(**{member: value}), {"sub": "bob"}), [key], EVERY, AT) == {"sub": "bob"}


# JW-05, JW-06, JW-17, JW-20: extensions


@pytest.mark.parametrize(
    "more",
    [
        {"crit": []},
        {"crit": ["exp"], "exp": 1},
        {"crit": ["alg"]},
        {"crit": ["b64"], "b64": True},
        {"crit": None},
        {"b64": False},
        {"b64": True},
        {"zip": "DEF"},
        {"enc": "A128GCM"},
    ],
)
def test_extensions_are_refused(more: dict[str, Any], private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    refused(forge(private, good(**more), {"sub": "alice"}), [key], "extension")


def test_a_detached_payload_is_refused(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    head, _, tail = forge(private, good(), {"sub": "alice"}).split(".")
    refused(f"{head}..{tail}", [key], "three parts")


# JW-07: three times the same algorithm


def test_header_key_and_context_agree_on_the_algorithm(signing: dict[str, SigningKey]) -> None:
    for alg, signer in signing.items():
        token = signer.sign_jwt("at+jwt", {"sub": "alice"})
        refused(token, [signer.verifying()], "not taken here", EVERY - {alg})
        refused(token, [signer.verifying()], "not taken here", frozenset())
    jwk = {name: value for name, value in signing["RS256"].public_jwk().items() if name != "alg"}
    token = signing["RS256"].sign_jwt("at+jwt", {"sub": "alice"})
    assert jose.verify(token, [VerifyingKey.from_jwk(jwk)], EVERY, AT)
    refused(token, [VerifyingKey.from_jwk(jwk | {"alg": "PS256"})], "another algorithm than its key's")
    # The same signature under another name is no signature.
    head, body, tail = token.split(".")
    renamed = f"{b64({'alg': 'PS256', 'kid': 'rs', 'typ': 'at+jwt'})}.{body}.{tail}"
    refused(renamed, [VerifyingKey.from_jwk(jwk)], "not signed")
    assert head != renamed.partition(".")[0]


def test_a_key_verifies_with_its_own_algorithms_only(es256: SigningKey) -> None:
    parsed = jose.parse(es256.sign_jwt("at+jwt", {}))
    for alg in (*EVERY - {"ES256"}, "none", "HS256", ""):
        assert not es256.verifying().verify(alg, parsed.signing_input, parsed.signature)


# JW-08: names of keys


@pytest.mark.parametrize("kid", ["../../etc/passwd", "' OR 1=1 --", "K", "k ", "", "https://evil.example/k"])
def test_a_name_is_only_looked_up(kid: str, private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    token = forge(private, good(kid=kid), {"sub": "alice"})
    for keys in ({"k": key}, [key]):
        with pytest.raises(UnknownKey):
            jose.verify(token, keys, EVERY, AT)


@pytest.mark.parametrize("kid", [None, 7, ["k"], {"k": "k"}, "k" * 257, "k" * 3000])
def test_a_name_that_is_none_is_refused(kid: Any, private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    refused(forge(private, good(kid=kid), {"sub": "alice"}), {"k": key})


def test_a_megabyte_of_name_is_not_even_read(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    refused(forge(private, good(kid="k" * 1_000_000), {}), {"k": key}, "too long")


def test_without_a_name_the_few_keys_that_fit_are_tried(
    private: ec.EllipticCurvePrivateKey, signing: dict[str, SigningKey]
) -> None:
    nameless = forge(private, {"alg": "ES256", "typ": "at+jwt"}, {"sub": "alice"})
    mine = SigningKey(private, "ES256", "k").verifying()
    others = [SigningKey(jose.generate_es256(), "ES256", str(n)).verifying() for n in range(4)]
    rsa = signing["RS256"].verifying()
    assert jose.verify(nameless, [rsa, others[0], mine], EVERY, AT)
    assert jose.verify(nameless, {"r": rsa, "o": others[0], "k": mine}, EVERY, AT)
    refused(nameless, [*others, mine], "which of many")
    refused(nameless, others, "not signed")
    refused(nameless, [rsa], "another algorithm")
    for none in ([], {}):
        with pytest.raises(UnknownKey):
            jose.verify(nameless, none, EVERY, AT)


def test_a_key_registered_without_a_name_serves_tokens_with_one(private: ec.EllipticCurvePrivateKey) -> None:
    jwk = {name: value for name, value in SigningKey(private, "ES256", "k").public_jwk().items() if name != "kid"}
    other = SigningKey(jose.generate_es256(), "ES256", "k").verifying()
    token = forge(private, good(), {"sub": "alice"})
    assert jose.verify(token, [VerifyingKey.from_jwk(jwk)], EVERY, AT)
    refused(token, [other, VerifyingKey.from_jwk(jwk)], "not signed")


# JW-09: signatures that are none


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        bytes(64),
        bytes(32) + b"\x01" * 32,
        b"\x01" * 32 + bytes(32),
        P256_ORDER.to_bytes(32, "big") * 2,
        b"\xff" * 64,
        b"\x01" * 63,
        b"\x01" * 65,
        b"\x01" * 96,
        encode_dss_signature(0, 0),
    ],
)
def test_a_signature_is_two_numbers_in_their_range(
    signature: bytes, private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    signing_input = forge(private, good(), {"sub": "alice"}).rpartition(".")[0]
    refused(f"{signing_input}.{b64(signature)}", [key])


def test_a_signature_in_der_is_refused(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    signing_input, _, tail = forge(private, good(), {"sub": "alice"}).rpartition(".")
    raw = jose.base64url.decode(tail)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    refused(f"{signing_input}.{b64(der)}", [key], "not signed")


def test_a_nought_before_a_number_is_one_byte_too_many(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    signing_input, _, tail = forge(private, good(), {"sub": "alice"}).rpartition(".")
    raw = jose.base64url.decode(tail)
    refused(f"{signing_input}.{b64(raw[:32] + bytes(1) + raw[32:])}", [key], "not signed")


def test_another_curve_is_refused(key: VerifyingKey) -> None:
    other = ec.generate_private_key(ec.SECP384R1())
    signing_input = f"{b64(good())}.{b64({'sub': 'alice'})}"
    refused(f"{signing_input}.{b64(other.sign(signing_input.encode(), ec.ECDSA(SHA384())))}", [key], "not signed")


@pytest.mark.parametrize("alg", ["RS256", "PS256", "EdDSA"])
@pytest.mark.parametrize("signature", [b"\0", bytes(64), bytes(255), bytes(256), b"\xff" * 256, bytes(257), bytes(512)])
def test_other_algorithms_refuse_what_is_no_signature(
    alg: str, signature: bytes, signing: dict[str, SigningKey]
) -> None:
    signing_input = signing[alg].sign_jwt("at+jwt", {"sub": "alice"}).rpartition(".")[0]
    refused(f"{signing_input}.{b64(signature)}", [signing[alg].verifying()], "not signed")


def test_an_ecdsa_signature_has_a_twin(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    """Nothing forbids it, so nothing that must be used once may be remembered by its signature."""
    token = forge(private, good(), {"sub": "alice"})
    assert twin(token) != token
    assert jose.verify(twin(token), [key], EVERY, AT) == {"sub": "alice"}


# JW-10: each type for its own purpose


@pytest.mark.parametrize(
    ("typ", "good_for"),
    [
        ("at+jwt", "at+jwt"),
        ("AT+JWT", "at+jwt"),
        ("application/at+jwt", "at+jwt"),
        ("JWT", "JWT"),
        ("jwt", "JWT"),
        ("logout+jwt", None),
        ("dpop+jwt", None),
        ("oauth-authz-req+jwt", None),
        ("client-authentication+jwt", None),
        ("secevent+jwt", None),
        ("JOSE", None),
        ("at+jwt ", None),
        ("text/at+jwt", None),
        ("", None),
    ],
)
def test_a_token_is_of_the_type_it_says(
    typ: str, good_for: str | None, private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    token = forge(private, good(typ=typ), {"sub": "alice"})
    for context in ("at+jwt", "JWT"):
        if context == good_for:
            assert jose.verify(token, [key], EVERY, frozenset({context}))
        else:
            with pytest.raises(InvalidJWT, match="another type"):
                jose.verify(token, [key], EVERY, frozenset({context}))


def test_no_type_is_a_type_of_its_own(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    token = forge(private, {"alg": "ES256", "kid": "k"}, {"sub": "alice"})
    assert jose.verify(token, [key], EVERY, frozenset({None}))
    with pytest.raises(InvalidJWT, match="another type"):
        jose.verify(token, [key], EVERY, AT)


@pytest.mark.parametrize("typ", [None, 7, ["at+jwt"]])
def test_a_type_that_is_none_is_refused(typ: Any, private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    refused(forge(private, good(typ=typ), {"sub": "alice"}), [key], "type")


# JW-14, JW-15, JW-16: the form


@pytest.mark.parametrize(
    "header",
    [
        '{"alg":"ES256","kid":"k","typ":"at+jwt","alg":"none"}',
        '{"alg":"none","alg":"ES256","kid":"k","typ":"at+jwt"}',
        '{"alg":"ES256","kid":"k","typ":"at+jwt"} x',
        '["ES256"]',
        '"ES256"',
        "",
        '{"alg":"ES256","kid":"k","typ":"at+jwt","x":' + "[" * 40 + "]" * 40 + "}",
        '{"alg":"ES256","kid":"k","typ":"at+jwt","x":"\\ud800"}',
        '{"alg":"ES256","kid":"k","typ":"at+jwt","x":1e999}',
    ],
)
def test_a_header_that_reads_two_ways_is_refused(
    header: str, private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    refused(forge(private, header, {"sub": "alice"}), [key])


@pytest.mark.parametrize("payload", ['{"sub":"alice","sub":"bob"}', "[]", '"x"', "", "null", '{"sub":"alice"}x', "eyJ.e30.x",
                                     '{"a":' + "[" * 40 + "]" * 40 + "}"])  # fmt: skip
def test_claims_that_read_two_ways_are_refused_though_signed(
    payload: str, private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    token = forge(private, good(), payload)
    refused(token, [key])
    with pytest.raises(InvalidJWT):
        jose.parse(token)


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("spoil", ["{}=", "{}==", " {}", "{}\n", "{}.", ".{}", "{}A", "\u200b{}", "é{}", "{}\ud800"])
def test_a_token_has_one_spelling(
    part: int, spoil: str, private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    parts = forge(private, good(), {"sub": "alice"}).split(".")
    parts[part] = spoil.format(parts[part])
    refused(".".join(parts), [key])


def test_a_signature_has_no_twin_in_its_last_letter(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    """Of its six bits four count: a reader that threw the rest away would take four tokens for one."""
    token = forge(private, good(), {"sub": "alice"})
    for letter in string.ascii_letters + string.digits + "-_":
        if letter != token[-1]:
            refused(token[:-1] + letter, [key])


def test_only_compact_tokens_are_tokens(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    head, body, tail = forge(private, good(), {"sub": "alice"}).split(".")
    flattened = json.dumps({"protected": head, "payload": body, "signature": tail})
    general = json.dumps({"payload": body, "signatures": [{"protected": head, "signature": tail}]})
    polyglot = json.dumps({"protected": head, "payload": body, "signature": tail, "x": f".{body}."})
    encrypted = f"{b64({'alg': 'dir', 'enc': 'A128GCM'})}..{b64(bytes(12))}.{b64(b'x')}.{b64(bytes(16))}"
    for token in (
        flattened,
        general,
        polyglot,
        encrypted,
        "",
        ".",
        "..",
        "...",
        f"{head}.{body}",
        f"{head}.{body}.{tail}.x",
    ):
        refused(token, [key])


def test_a_header_has_a_length(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    """The last headers are remembered, so they must be small."""
    refused(forge(private, good(x="x" * 2000), {"sub": "alice"}), [key], "header that is too long")


def test_only_three_parts_have_a_header() -> None:
    assert jose.header_of(ES256).alg == "ES256"
    for token in (f"{ES256}.x", ES256.rpartition(".")[0], ES256.partition(".")[0], "", "x.y.z"):
        with pytest.raises(InvalidJWT):
            jose.header_of(token)


def test_a_token_has_a_length(private: ec.EllipticCurvePrivateKey, key: VerifyingKey) -> None:
    token = forge(private, good(), {"sub": "a" * 9000})
    refused(token, [key], "too long")
    assert jose.verify(token, [key], EVERY, AT, 20_000)
    with pytest.raises(InvalidJWT, match="too long"):
        jose.parse(token)
    assert jose.parse(token, 20_000).payload


def test_claims_are_not_parsed_before_the_signature_is_good(
    private: ec.EllipticCurvePrivateKey, key: VerifyingKey
) -> None:
    stranger = forge(jose.generate_es256(), good(), "not JSON")
    refused(stranger, [key], "not signed")
    refused(forge(private, good(), "not JSON"), [key], "JSON")


# at_hash


def test_the_example_of_openid_connect() -> None:
    """OpenID Connect Core appendix A.3 and A.4: at_hash and c_hash."""
    assert jose.left_half("RS256", "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y") == "77QmUPtjPfzWtF2AnpK9RQ"
    code = "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
    assert jose.left_half("RS256", code) == "LDktKdoQak3Pk0cnXxCltA"


def test_the_hash_goes_with_the_algorithm() -> None:
    """JW-21: an algorithm that is unknown has none."""
    assert len(jose.left_half("ES256", "x")) == 22
    assert len(jose.left_half("EdDSA", "x")) == 43
    for alg in ("none", "HS256", "", "RS999"):
        with pytest.raises(InvalidJWT):
            jose.left_half(alg, "x")
