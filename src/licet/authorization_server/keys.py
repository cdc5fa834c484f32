"""The signing ring: loaded private keys to sign with, public ones to verify with, one purpose each (house law 4.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import msgspec

from licet.ambient import Entropy, Instant
from licet.events import Event, EventType
from licet.protocol import jose
from licet.protocol.errors import TemporarilyUnavailable
from licet.requirements import OVERLOAD_REFUSED
from licet.storage.ports import Store
from licet.storage.records import Key
from licet.storage.vault import Unsealable, Vault

Purpose = Literal["access_token", "id_token"]

PURPOSES: tuple[tuple[Purpose, str], ...] = (
    ("access_token", "ES256"),
    ("access_token", "RS256"),
    ("id_token", "RS256"),
    ("id_token", "ES256"),
)
"""Every key a server has from its first day: whatever the metadata advertises can be signed."""

WAITING_BOUND = 64
"""RSA signatures that may wait for a thread, at 0.7 ms each: more would wait longer than whoever asks is helped by."""
_RETRY_AFTER_S = 1

_PUBLISHED = ("pending", "active", "retiring")
_VERIFYING = ("active", "retiring")


class Ring:
    """The keys of one issuer, as of the last ``load``."""

    def __init__(self, vault: Vault, *, workers: int) -> None:
        self._vault = vault
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="licet-sign")
        self._waiting = 0
        self._most = workers + WAITING_BOUND
        self._signing: dict[tuple[Purpose, str], jose.SigningKey] = {}
        self._verifying: dict[Purpose, dict[str, jose.VerifyingKey]] = {"access_token": {}, "id_token": {}}
        self._hints: dict[str, jose.VerifyingKey] = {}
        self.jwks = b'{"keys":[]}'

    async def load(self, store: Store, issuer_id: int) -> None:
        """Open every private key and lay out the public ones."""
        keys = await store.keys.every(issuer_id)
        for key in keys:
            purpose, signing = key.purpose, self._opened(key)
            if key.state == "active":
                self._signing[purpose, key.alg] = signing
            if key.state in _VERIFYING:
                self._verifying[purpose][key.kid] = signing.verifying()
        self._hints = dict(self._verifying["id_token"])
        published = [key.public_jwk for key in keys if key.state in _PUBLISHED]
        self.jwks = msgspec.json.encode({"keys": published})

    def _opened(self, key: Key) -> jose.SigningKey:
        """The private key of a row. Without one that we sealed for this very row, its public half is not ours either:
        whoever can write rows must not be able to have a key of their own believed. Raises Unsealable."""
        if key.sealed is None:
            raise Unsealable(f"signing-key {key.kid}: nothing is sealed")
        opened = self._vault.open("signing-key", key.sealed, _context(key))
        signing = jose.from_pkcs8(opened, key.alg, key.kid, authentic=True)
        if signing.public_jwk() != key.public_jwk:
            raise Unsealable(f"signing-key {key.kid}: the public key is not that of the private one")
        return signing

    def signing(self, purpose: Purpose, alg: str) -> jose.SigningKey:
        """The active key of *purpose* for *alg*; KeyError if there is none."""
        return self._signing[purpose, alg]

    def verifying(self, purpose: Purpose) -> Mapping[str, jose.VerifyingKey]:
        """The public keys that our own tokens of *purpose* may be signed with, by ``kid``."""
        return self._verifying[purpose]

    def verifying_hints(self) -> Mapping[str, jose.VerifyingKey]:
        """The public keys that an ``id_token_hint`` may be signed with, by ``kid``: also those that are out of use, for as
        long as hints are taken (rulings S). A key that was revoked is never among them."""
        return self._hints

    async def sign(self, key: jose.SigningKey, make: Callable[[], str], *, sheddable: bool = False) -> str:
        """Run *make*, which signs with *key*: ES256 at once, RSA (0.7 ms) in a thread that the loop need not await.
        Raises TemporarilyUnavailable where too many wait and this one is *sheddable*."""
        if key.alg == "ES256":
            return make()
        if sheddable and self._waiting >= self._most:
            refusal = TemporarilyUnavailable(
                "Too much at once, come back in a moment",
                per=OVERLOAD_REFUSED,
                detail="too many signatures are waiting to be made",
            )
            refusal.retry_after_s = _RETRY_AFTER_S
            raise refusal
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, make)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)


async def create(store: Store, vault: Vault, entropy: Entropy, issuer_id: int, now: Instant) -> None:
    """Make the first keys of an issuer, sealed before they are stored."""
    loop = asyncio.get_running_loop()
    made = await asyncio.gather(
        *(loop.run_in_executor(None, _make, vault, entropy, issuer_id, now, *purpose) for purpose in PURPOSES)
    )
    events = tuple(
        Event(
            issuer_id=issuer_id,
            type=EventType.KEY_CREATED,
            at=now,
            actor="licet",
            object=key.kid,
            data={"purpose": key.purpose, "alg": key.alg},
        )
        for key in made
    )
    await store.keys.create(tuple(made), events)


def _make(vault: Vault, entropy: Entropy, issuer_id: int, now: Instant, purpose: Purpose, alg: str) -> Key:
    private = jose.generate_rs256() if alg == "RS256" else jose.generate_es256()
    kid = entropy.bytes(9).hex()
    signing = jose.SigningKey(private, alg, kid)
    key = Key(
        issuer_id=issuer_id,
        kid=kid,
        purpose=purpose,
        alg=alg,
        state="active",
        public_jwk=signing.public_jwk(),
        sealed=None,
        publish_at=now,
        active_at=now,
    )
    sealed = vault.seal("signing-key", jose.to_pkcs8(private), _context(key))
    return msgspec.structs.replace(key, sealed=sealed)


def _context(key: Key) -> bytes:
    """What a sealed key is bound to: it opens in no other row, purpose or issuer."""
    return f"{key.issuer_id}/{key.kid}/{key.purpose}/{key.alg}".encode()
