"""Issue 3.6: with the dump and every superseded token, but without the key file, no live token can be derived.

A thief knows the code of licet, so the attempts below are its own: its digests and its sealing, under every value that
was found as the key. The same attempts with the key file among what was found do succeed, so they are the right ones.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256, sha512
from hmac import digest as hmac

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from licet.protocol import secret_token
from prove.leaks.dump import Dump
from prove.leaks.story import Told

pytestmark = pytest.mark.timeout(900)

_LABELS = ("digest", "seal", "mac/csrf", "mac/throttle", "mac/known-browser", "cookie", "pairwise")
_KINDS = {
    "ac": "code",
    "at": "access-token",
    "rt": "refresh-token",
    "dc": "device-code",
    "se": "session",
    "cs": "client-secret",
}
_KEY_ID, _NONCE, _SECRET = 4, 12, 20


@dataclass(frozen=True)
class Loot:
    """What was carried off."""

    values: tuple[bytes, ...]
    """Every value of every column, and every superseded token with the bytes it stands for."""
    tokens: tuple[str, ...]
    sealed: tuple[tuple[str, bytes, tuple[bytes, ...]], ...]
    """Purpose, sealed value, and the associated data that its row says."""

    @property
    def keys(self) -> Iterator[bytes]:
        """Whatever may be a key: as it is, hashed to a key's length, and each part of that length."""
        for value in self.values:
            yield value
            yield sha256(value).digest()
            yield from {value[:32], value[_KEY_ID : _KEY_ID + 32], value[-32:]} if len(value) > 32 else ()


def carried_off(told: Told, dump: Dump, *more: bytes) -> Loot:
    cells = list(dump.cells())
    values = [cell.value.encode() if isinstance(cell.value, str) else cell.value for cell in cells]
    payloads = [payload for token in told.superseded if (payload := secret_token.payload(token[3:5], token))]
    pieces = [piece for payload in payloads for piece in (payload, payload[12:])]
    return Loot(
        values=tuple(dict.fromkeys([*more, b"", *values, *(token.encode() for token in told.superseded), *pieces])),
        tokens=tuple(told.superseded),
        sealed=tuple(_sealed(dump)),
    )


def _sealed(dump: Dump) -> Iterator[tuple[str, bytes, tuple[bytes, ...]]]:
    rows: dict[str, list[dict[str, str | bytes]]] = {}
    for cell in dump.cells():
        group = rows.setdefault(cell.table, [])
        if not group or cell.column in group[-1]:
            group.append({})
        group[-1][cell.column] = cell.value
    for key in rows["keys"]:
        yield "signing-key", bytes(key["sealed"]), (f"1/{key['kid']}/{key['purpose']}/{key['alg']}".encode(),)  # type: ignore[arg-type]
    digests = tuple(bytes(one["device_digest"]) for one in rows["pending"])  # type: ignore[arg-type]
    for one in rows["pending"]:
        yield "user-code", bytes(one["sealed_code"]), digests  # type: ignore[arg-type]


def frame(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def subkeys(key: bytes) -> Iterator[bytes]:
    yield key
    for label in _LABELS:
        yield HKDF(SHA256(), 32, salt=None, info=b"licet/1/" + label.encode()).derive(key)


def messages(tokens: Iterable[str]) -> Iterator[bytes]:
    """What may have been digested for each token."""
    for token in tokens:
        kind = _KINDS[token[3:5]].encode()
        yield from (token.encode(), frame(b"1", kind) + token.encode(), frame(b"1", kind, token.encode()))


def reproduced(loot: Loot) -> set[bytes]:
    """Digests and tokens that come out of what was carried off, each value and licet's own subkeys of it taken as the key."""
    asked = list(messages(loot.tokens))
    found: set[bytes] = set()
    for key in loot.keys:
        for used in subkeys(key):
            found.update(hmac(used, message, "sha256") for message in asked)
    return found


def opened(loot: Loot) -> list[str]:
    """Sealed values that open under something that was carried off."""
    found = []
    for key in dict.fromkeys(one for one in loot.keys if len(one) in (16, 24, 32)):
        for used in (key, HKDF(SHA256(), 32, salt=None, info=b"licet/1/seal").derive(key)):
            cipher = AESGCM(used)
            for purpose, sealed, contexts in loot.sealed:
                nonce, box = sealed[_KEY_ID:][:_NONCE], sealed[_KEY_ID + _NONCE :]
                for context in contexts:
                    try:
                        cipher.decrypt(nonce, box, frame(purpose.encode()) + context)
                    except InvalidTag:
                        continue
                    found.append(purpose)
    return found


def successors(loot: Loot) -> set[bytes]:
    """What a next token's secret would be, were it made from what was there before."""
    made: set[bytes] = set()
    for value in loot.values:
        made |= {value, sha256(value).digest(), sha512(value).digest()[:32], sha256(sha256(value).digest()).digest()}
    for key in loot.values:
        made.update(hmac(key, token.encode(), "sha256") for token in loot.tokens)
    return made | {value[:_SECRET] for value in made} | {value[-_SECRET:] for value in made}


def stored(dump: Dump) -> set[bytes]:
    """Every keyed digest in the store, without the name of its key."""
    cells = (cell.value for cell in dump.cells() if cell.column.endswith("digest"))
    return {value[_KEY_ID:] for value in cells if isinstance(value, bytes) and len(value) == _KEY_ID + 32}


def live_secrets(told: Told) -> set[bytes]:
    tokens = [told.live[kind] for kind in ("refresh_token", "access_token", "code", "device_code", "session")]
    payloads = {payload for token in tokens if (payload := secret_token.payload(token[3:5], token))}
    assert len(payloads) == len(tokens)
    return payloads | {payload[12:] for payload in payloads}


@pytest.fixture(scope="module")
def dump(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Dump:
    return Dump.of(told.served, tmp_path_factory.mktemp("loot") / "dump")


def test_without_the_key_file_nothing_is_derived(told: Told, dump: Dump) -> None:
    loot = carried_off(told, dump)
    assert len(loot.values) > 500
    assert len(loot.tokens) > 10
    assert len(loot.sealed) >= 6
    assert reproduced(loot) & stored(dump) == set()
    assert opened(loot) == []
    assert successors(loot) & live_secrets(told) == set()


def test_with_the_key_file_the_same_attempts_succeed(told: Told, dump: Dump) -> None:
    """The control: the digests of superseded tokens that the store has, and everything sealed, come out."""
    line = (told.served.home / "keys" / "master.key").read_text().strip().partition(":")[2]
    master = urlsafe_b64decode(line + "=")
    loot = Loot(values=(master,), tokens=tuple(told.superseded), sealed=carried_off(told, dump).sealed)
    assert len(reproduced(loot) & stored(dump)) >= 3
    assert sorted(set(opened(loot))) == ["signing-key", "user-code"]
    assert len(opened(loot)) == len(loot.sealed)


def test_a_successor_that_follows_from_its_predecessor_is_found(told: Told, dump: Dump) -> None:
    """The control: were the next secret the digest of the last, it would be among what is tried."""
    loot = carried_off(told, dump)
    last = secret_token.payload("rt", next(token for token in reversed(loot.tokens) if token.startswith("lctrt")))
    assert last is not None
    assert sha256(last[12:]).digest()[:_SECRET] in successors(loot)
