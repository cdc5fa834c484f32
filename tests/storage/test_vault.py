"""Secrets at rest: what is derived from what, and that nothing changed or moved is ever accepted."""

from __future__ import annotations

import hashlib
import hmac
import struct
from base64 import urlsafe_b64encode

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from licet.ambient import SystemEntropy
from licet.storage.vault import BadMasterKeys, MasterKeys, Unsealable, Vault

OLD, NEW = bytes(range(32)), bytes(range(32, 64))


class Counting:
    """Entropy that can be foreseen."""

    def __init__(self) -> None:
        self._next = 0

    def bytes(self, count: int) -> bytes:
        self._next += 1
        return bytes([self._next]) * count


def _line(kid: str, key: bytes) -> str:
    return f"{kid}:{urlsafe_b64encode(key).decode()}"


def _vault(*lines: str) -> Vault:
    return Vault(MasterKeys.parse("\n".join(lines)), Counting())


def _hkdf(key: bytes, info: bytes) -> bytes:
    """RFC 5869 for one block, written out."""
    extracted = hmac.new(bytes(32), key, "sha256").digest()
    return hmac.new(extracted, info + b"\x01", "sha256").digest()


def _framed(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">I", len(part)) + part for part in parts)


@pytest.fixture
def vault() -> Vault:
    return _vault(_line("k1", OLD))


class TestDigest:
    def test_it_is_the_key_id_and_an_hmac_of_issuer_kind_and_value(self, vault: Vault) -> None:
        key = _hkdf(OLD, b"licet/1/digest")
        made = hmac.new(key, _framed(b"7", b"code") + b"secret", "sha256").digest()
        assert vault.digest(7, "code", "secret") == hashlib.sha256(b"k1").digest()[:4] + made
        assert vault.digest(7, "code", b"secret") == vault.digest(7, "code", "secret")

    def test_issuer_kind_and_value_cannot_be_shifted_into_one_another(self, vault: Vault) -> None:
        inputs = [(1, "code", "1x"), (1, "code1", "x"), (11, "code", "x"), (1, "device", "1x"), (1, "code", "1x ")]
        assert len({vault.digest(*one) for one in inputs}) == len(inputs)

    def test_all_keys_match_and_the_first_writes(self) -> None:
        old, both = _vault(_line("k1", OLD)), _vault(_line("k2", NEW), _line("k1", OLD))
        stored = old.digest(1, "code", "x")
        assert both.digest(1, "code", "x") != stored
        assert both.digests(1, "code", "x") == (both.digest(1, "code", "x"), stored)
        assert both.matches(stored, 1, "code", "x")
        assert both.matches(both.digest(1, "code", "x"), 1, "code", "x")
        assert not old.matches(both.digest(1, "code", "x"), 1, "code", "x")

    def test_what_is_not_the_digest_does_not_match(self, vault: Vault) -> None:
        stored = vault.digest(1, "code", "x")
        for wrong in (b"", stored[:-1], stored[:4], stored + b"\x00", bytes(4) + stored[4:], stored[:-1] + b"\x00"):
            assert not vault.matches(wrong, 1, "code", "x")
        assert not vault.matches(stored, 1, "code", "y")
        assert not vault.matches(stored, 2, "code", "x")
        assert not vault.matches(stored, 1, "device", "x")


class TestSeal:
    def test_it_is_aes_256_gcm_for_one_purpose_and_place(self, vault: Vault) -> None:
        sealed = vault.seal("signing-key", b"plain", b"row 1")
        key_id, nonce, box = sealed[:4], sealed[4:16], sealed[16:]
        assert key_id == hashlib.sha256(b"k1").digest()[:4]
        assert nonce == b"\x01" * 12
        key = AESGCM(_hkdf(OLD, b"licet/1/seal"))
        assert key.decrypt(nonce, box, _framed(b"signing-key") + b"row 1") == b"plain"
        assert vault.open("signing-key", sealed, b"row 1") == b"plain"

    def test_each_sealing_takes_a_new_nonce(self, vault: Vault) -> None:
        assert vault.seal("p", b"x", b"")[4:16] != vault.seal("p", b"x", b"")[4:16]

    def test_a_changed_moved_or_foreign_value_does_not_open(self, vault: Vault) -> None:
        sealed = vault.seal("signing-key", b"plain", b"row 1")
        changed = [sealed[:n] + bytes([sealed[n] ^ 1]) + sealed[n + 1 :] for n in range(len(sealed))]
        short = [sealed[:n] for n in range(len(sealed))]
        for wrong in (*changed, *short, sealed + b"\x00"):
            with pytest.raises(Unsealable):
                vault.open("signing-key", wrong, b"row 1")
        for purpose, context in (("signing-key", b"row 2"), ("user-code", b"row 1"), ("signing-keyr", b"ow 1")):
            with pytest.raises(Unsealable):
                vault.open(purpose, sealed, context)
        with pytest.raises(Unsealable):
            _vault(_line("k1", NEW)).open("signing-key", sealed, b"row 1")

    def test_an_older_key_still_opens(self, vault: Vault) -> None:
        sealed = vault.seal("p", b"plain", b"")
        assert _vault(_line("k2", NEW), _line("k1", OLD)).open("p", sealed, b"") == b"plain"
        with pytest.raises(Unsealable, match="not here"):
            _vault(_line("k2", NEW)).open("p", sealed, b"")


class TestMac:
    def test_each_purpose_has_its_own_key(self, vault: Vault) -> None:
        key = _hkdf(OLD, b"licet/1/mac/csrf")
        made = hmac.new(key, _framed(b"1", b"") + _framed(b"a", b"b"), "sha256").digest()
        assert vault.mac("csrf", 1, "a", b"b") == made
        others = {vault.mac("cookie", 1, "a", "b"), vault.mac("csrf", 2, "a", "b"), vault.mac("csrf", 1, "ab")}
        assert made not in others
        assert len(others) == 3
        assert vault.digest(1, "", _framed(b"a", b"b"))[4:] not in {*others, made}

    def test_it_matches_under_any_key_and_nothing_else(self, vault: Vault) -> None:
        made = vault.mac("csrf", 1, "a")
        assert _vault(_line("k2", NEW), _line("k1", OLD)).mac_matches(made, "csrf", 1, "a")
        assert not vault.mac_matches(made, "csrf", 1, "b")
        assert not vault.mac_matches(made[:-1], "csrf", 1, "a")
        assert not vault.mac_matches(b"", "csrf", 1, "a")


class TestMasterKeys:
    def test_a_generated_line_is_read_back(self) -> None:
        line = MasterKeys.generate(SystemEntropy())
        assert MasterKeys.parse(f"# the first writes\n\n  {line}  \n").first.kid == line.split(":")[0]
        assert line != MasterKeys.generate(SystemEntropy())

    @pytest.mark.parametrize("text", ["", "# nothing\n\n"])
    def test_there_must_be_one(self, text: str) -> None:
        with pytest.raises(BadMasterKeys, match="no master key"):
            MasterKeys.parse(text)

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("k1", "line 2 .* is not `kid:key`"),
            (":" + "A" * 43, "line 2 .* is not `kid:key`"),
            ("k1:", "has 0 bytes instead of 32"),
            ("k1:" + "A" * 42, "has 31 bytes instead of 32"),
            ("k1:" + "A" * 44, "has 33 bytes instead of 32"),
            ("k1:" + "A" * 41, "not base64url"),
            ("k1:" + "A" * 20 + "!" + "A" * 22, "not base64url"),
            ("k1:" + "A" * 20 + "+" + "A" * 22, "not base64url"),
            ("k1:" + "ä" * 43, "not base64url"),
        ],
    )
    def test_a_bad_line_is_named_but_never_shown(self, line: str, words: str) -> None:
        with pytest.raises(BadMasterKeys, match=words) as refused:
            MasterKeys.parse("# comment\n" + line)
        assert "AAAA" not in str(refused.value)

    def test_two_keys_need_two_names(self) -> None:
        with pytest.raises(BadMasterKeys, match="same kid"):
            MasterKeys.parse(_line("k1", OLD) + "\n" + _line("k1", NEW))

    def test_nothing_shows_a_key(self, vault: Vault) -> None:
        keys = MasterKeys.parse(_line("k1", OLD))
        shown = f"{vault!r} {keys!r} {keys.first!r} {vars(vault)}"
        for secret in (OLD, _hkdf(OLD, b"licet/1/digest")):
            assert repr(secret) not in shown
            assert urlsafe_b64encode(secret).decode().rstrip("=") not in shown


class TestDerived:
    """What is made once more for whoever brings a secret again (rulings I)."""

    def test_what_is_derived_takes_the_key_the_salt_and_every_part(self) -> None:
        """Written out: HMAC-SHA-256 under the purpose's own key, each part behind its length."""
        vault = _vault(_line("a", NEW))
        salt = vault.salt()
        assert (salt[:4], len(salt)) == (hashlib.sha256(b"a").digest()[:4], 20)
        framed = b"".join(struct.pack(">I", len(part)) + part for part in (b"1", b"", salt[4:], b"token", b"place"))
        key = _hkdf(NEW, b"licet/1/mac/successor")
        assert vault.derive("successor", 1, salt, "token", b"place") == hmac.new(key, framed, "sha256").digest()

    def test_every_part_matters(self) -> None:
        vault, other = _vault(_line("a", NEW)), _vault(_line("a", OLD))
        salt, second = vault.salt(), vault.salt()
        made = [
            vault.derive("successor", 1, salt, "token", "place"),
            vault.derive("other", 1, salt, "token", "place"),
            vault.derive("successor", 2, salt, "token", "place"),
            vault.derive("successor", 1, second, "token", "place"),
            vault.derive("successor", 1, salt, "tokenp", "lace"),
            vault.derive("successor", 1, salt, "token", "places"),
            other.derive("successor", 1, salt, "token", "place"),
        ]
        assert len(set(made)) == len(made)

    def test_it_survives_a_rotation_of_the_master_key_and_not_its_loss(self) -> None:
        before = _vault(_line("a", OLD))
        salt = before.salt()
        value = before.derive("successor", 1, salt, "token")
        assert _vault(_line("b", NEW), _line("a", OLD)).derive("successor", 1, salt, "token") == value
        with pytest.raises(Unsealable, match="not here"):
            _vault(_line("b", NEW)).derive("successor", 1, salt, "token")
