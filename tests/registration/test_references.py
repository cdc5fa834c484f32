"""Secrets and keys are named, never written; what they are worth is measured; nothing of them is ever shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from licet.protocol.jose import VerifyingKey
from licet.registration.mistakes import Place
from licet.registration.model import Reference
from licet.registration.public_keys import Unusable, from_jwk, from_pem
from licet.registration.references import Unresolved, resolver, strength_bits, weakness
from tests.registration.conftest import TOP, Reads, Refuses

PLACE = Place(file="licet.toml")


def public_pem(private: Any) -> str:
    return str(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "ascii")


KEYS: dict[str, Any] = {
    "EC": ec.generate_private_key(ec.SECP256R1()),
    "RSA": rsa.generate_private_key(65537, 2048),
    "OKP": ed25519.Ed25519PrivateKey.generate(),
}


class TestKeys:
    """Public keys of three types."""

    @pytest.mark.parametrize("kty", KEYS)
    def test_a_pem_key_becomes_a_jwk_that_verifies(self, kty: str) -> None:
        jwk = from_pem(public_pem(KEYS[kty]))
        assert jwk["kty"] == kty
        assert VerifyingKey.from_jwk(jwk).algs
        assert from_jwk({**jwk, "use": "sig", "x5c": ["…"]}) == jwk

    def test_a_name_and_an_algorithm_are_kept(self) -> None:
        jwk = {**from_pem(public_pem(KEYS["RSA"])), "kid": "k1", "alg": "PS256"}
        assert from_jwk(jwk) == jwk

    def test_a_private_key_is_not_taken(self) -> None:
        private = KEYS["EC"].private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        with pytest.raises(Unusable, match="private key"):
            from_pem(private)
        with pytest.raises(Unusable, match="private"):
            from_jwk({**from_pem(public_pem(KEYS["EC"])), "d": "AAAA"})

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("", "not a public key"),
            ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", "openssl x509"),
            ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----", "not a public key"),
            (public_pem(ec.generate_private_key(ec.SECP384R1())), "not taken"),
            (public_pem(dsa.generate_private_key(2048)), "not taken"),
        ],
    )
    def test_other_pem_is_refused(self, text: str, says: str) -> None:
        with pytest.raises(Unusable, match=says):
            from_pem(text)

    @given(
        st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "alg", "kid"]), st.text() | st.integers())
    )
    def test_any_jwk_is_usable_or_unusable(self, jwk: dict[str, Any]) -> None:
        with pytest.raises(Unusable):
            from_jwk(jwk)

    def test_a_key_may_be_written_in_the_file(self, reads: Reads) -> None:
        jwk = from_pem(public_pem(KEYS["OKP"]))
        inline = ", ".join(f"{name} = {json.dumps(value)}" for name, value in jwk.items())
        app = f'[app.job]\nis = "service"\nmay = "orders:read"\nkey = {{ jwk = {{ {inline} }} }}'
        assert reads(TOP + app).apps[0].credentials.keys[0].jwk == jwk

    @pytest.mark.parametrize(
        ("key", "path", "says"),
        [
            ('{ file = "gone.pem" }', "key.file", "cannot be read"),
            ('{ file = "licet.toml" }', "key.file", "not a public key"),
            ('{ file = "a\\u0000b" }', "key.file", "invisible"),
            ('{ jwk = "x" }', "key.jwk", "not a JWK"),
            ('{ jwk = { kty = "EC", d = "private" } }', "key.jwk", "private"),
            ('{ jwk = { kty = "EC" }, file = "x" }', "key", "in a file or written"),
            ('{ env = "X" }', "key.env", "not known"),
            ('[{ file = "app.pub.pem" }]', "key", "rotate"),
            ('"MFkwEwYH"', "key", "named, not written"),
        ],
    )
    def test_what_is_no_key_is_refused(self, refuses: Refuses, key: str, path: str, says: str) -> None:
        (mistake,) = refuses(f'{TOP}[app.job]\nis = "service"\nmay = "orders:read"\nkey = {key}')
        assert (mistake.path, says in mistake.message) == (f"app.job.{path}", True), str(mistake)


LITERAL = "kX9-literal-secret"


@pytest.mark.parametrize(
    "written",
    [
        f'secret = "{LITERAL}"',
        f'secret = ["{LITERAL}", "{LITERAL}"]',
        f'secret = {{ value = "{LITERAL}" }}',
        f'secret = [{{ env = "A" }}, {{ value = "{LITERAL}" }}]',
        f'secret = [{{ env = "A" }}, "{LITERAL}"]',
        f'secret = [{{ value = "{LITERAL}" }}, {{ value = "{LITERAL}" }}]',
        f'secret = {{ env = "{LITERAL}" }}',
        f'secret = [{{ env = "{LITERAL}", x = 1 }}, {{ file = "b", y = 2 }}]',
        f'secret = [\n  "{LITERAL}",\n  "{LITERAL}"]',
        f'sceret = "{LITERAL}"',
        f'secret = {{ env = "A", jwk = "{LITERAL}" }}',
        f'client_secret = "{LITERAL}"',
        f'key = {{ jwk = {{ kty = "oct", k = "{LITERAL}" }} }}',
    ],
)
def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(refuses: Refuses, written: str) -> None:
    """Not the value, nor the line it stands in: messages end in logs."""
    mistakes = refuses(f'{TOP}[app.job]\nis = "service"\nmay = "orders:read"\n{written}')
    assert mistakes
    assert not any(LITERAL in str(mistake) for mistake in mistakes)


class TestResolving:
    """Where a secret is looked up."""

    def test_in_the_environment(self) -> None:
        assert resolver({"A": "x"})(Reference("env", "A", PLACE)) == "x"

    @pytest.mark.parametrize("environment", [{}, {"A": ""}])
    def test_not_in_the_environment(self, environment: dict[str, str]) -> None:
        with pytest.raises(Unresolved, match="the variable A is not set"):
            resolver(environment)(Reference("env", "A", PLACE))

    def test_in_a_file_without_the_lines_end(self, tmp_path: Path) -> None:
        (tmp_path / "s").write_bytes(b" x \r\n")
        assert resolver({})(Reference("file", str(tmp_path / "s"), PLACE)) == " x "

    @pytest.mark.parametrize("content", [b"\xff", b"x" * 70_000])
    def test_not_in_a_file(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "s").write_bytes(content)
        for name in (tmp_path / "s", tmp_path / "gone", tmp_path):
            with pytest.raises(Unresolved):
                resolver({})(Reference("file", str(name), PLACE))


class TestStrength:
    """128 bits by length and alphabet (rulings P)."""

    @pytest.mark.parametrize(
        "secret",
        [
            "0123456789abcdef" * 2,
            "",
            "password",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "changeme" * 8,
            "7" * 60,
            "0123456789" * 5,
            "f3" * 40,
        ],
    )
    def test_weak(self, secret: str) -> None:
        assert weakness(secret, PLACE)

    @pytest.mark.parametrize(
        "secret",
        [
            "8f14e45fceea167a5a36dedd4bea2543",  # 32 hexadecimal digits: 128 bits
            "nI3Nj0Qw1gL2h7m9Xb5vQe",  # 22 of base62: 130 bits
            "314159265358979323846264338327950288419",  # 39 digits: 129 bits
            "correct horse battery staple wrong goat",
        ],
    )
    def test_strong(self, secret: str) -> None:
        assert weakness(secret, PLACE) is None

    def test_just_too_short(self) -> None:
        assert weakness("8f14e45fceea167a5a36dedd4bea254", PLACE)

    @pytest.mark.parametrize("secret", ["correct-horse-battery-stäple-wrong-goat", "line\n" + "x9" * 40])
    def test_what_no_client_can_send(self, secret: str) -> None:
        mistake = weakness(secret, PLACE)
        assert mistake is not None
        assert "characters" in mistake.message

    @given(st.text(max_size=60))
    def test_more_is_never_less(self, secret: str) -> None:
        assert 0 <= strength_bits(secret) <= strength_bits(secret + "\x00a0Z!")

    @given(st.text("QXZ%~^ä\n", min_size=4))
    def test_a_refusal_says_nothing_of_the_secret(self, secret: str) -> None:
        mistake = weakness(secret, PLACE)
        assert mistake is None or secret not in str(mistake)
