"""The signing ring: loaded private keys to sign with, public ones to verify with, one purpose each (house law 4.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import msgspec

from licet.ambient import Entropy, Instant, monotonic
from licet.authorization_server.key_schedule import blank, revoked
from licet.events import Event, EventType
from licet.protocol import jose
from licet.protocol.errors import TemporarilyUnavailable
from licet.requirements import OVERLOAD_REFUSED
from licet.storage.ports import Store
from licet.storage.records import Key
from licet.storage.vault import Unsealable, Vault

Purpose = Literal["access_token", "id_token", "introspection"]

PURPOSES: tuple[tuple[Purpose, str], ...] = (
    ("access_token", "ES256"),
    ("access_token", "RS256"),
    ("id_token", "RS256"),
    ("id_token", "ES256"),
    ("introspection", "ES256"),
    ("introspection", "RS256"),
)
"""Every key a server has from its first day: whatever the metadata advertises can be signed."""

WAITING_BOUND = 64
"""RSA signatures that may wait for a thread, at 0.7 ms each: more would wait longer than whoever asks is helped by."""
_RETRY_AFTER_S = 1

_PUBLISHED = ("pending", "active", "retiring")
_VERIFYING = ("active", "retiring")
_HINTING = ("active", "retiring", "retired")
_SEAL, _PUBLIC = "signing-key", "public-key"
"""What a row's ``sealed`` is sealed for: a private key, and once that is destroyed its public half."""


class Ring:
    """The keys of one issuer, as of the last ``load``."""

    def __init__(self, vault: Vault, *, workers: int) -> None:
        self._vault = vault
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="licet-sign")
        self._waiting = 0
        self._most = workers + WAITING_BOUND
        self._opened: dict[str, tuple[Key, jose.SigningKey]] = {}
        self._since: dict[str, float] = {}
        self._generation = -1
        self._signing: dict[tuple[Purpose, str], jose.SigningKey] = {}
        self._verifying: dict[Purpose, dict[str, jose.VerifyingKey]] = {purpose: {} for purpose, _ in PURPOSES}
        self._hints: dict[str, jose.VerifyingKey] = {}
        self.jwks = b'{"keys":[]}'

    async def load(self, store: Store, issuer_id: int) -> None:
        """Open every private key and lay out the public ones."""
        generation = await store.issuers.generation(issuer_id)
        keys = await store.keys.every(issuer_id)
        self._forget({key.kid for key in keys if revoked(key)})
        self._lay_out(keys)
        self._generation = generation

    async def refresh(self, store: Store, issuer_id: int) -> None:
        """Load anew what changed since the last time; costs one small read where nothing did."""
        if await store.issuers.generation(issuer_id) != self._generation:
            await self.load(store, issuer_id)

    def shown(self, seconds: float) -> frozenset[str]:
        """The kids that this ring has published for *seconds*, by a clock that does not jump."""
        before = monotonic() - seconds
        return frozenset(kid for kid, since in self._since.items() if since <= before)

    def _forget(self, kids: set[str]) -> None:
        """Believe *kids* no more, before anything is opened: a revocation must not wait for a row that does not open."""
        for known in (*self._verifying.values(), self._hints):
            for kid in kids & known.keys():
                del known[kid]
        self._signing = {of: key for of, key in self._signing.items() if key.kid not in kids}
        self._publish([key for key, _ in self._opened.values() if key.kid not in kids and key.state in _PUBLISHED])

    def _publish(self, keys: Sequence[Key]) -> None:
        now = monotonic()
        self._since = {key.kid: self._since.get(key.kid, now) for key in keys}
        self.jwks = msgspec.json.encode({"keys": [key.public_jwk for key in keys]})

    def _lay_out(self, keys: Iterable[Key]) -> None:
        """Everything is opened before anything is replaced: what does not open leaves the ring as it was. What is given
        out is changed in place, so that whoever holds it sees the change."""
        opened: dict[str, tuple[Key, jose.SigningKey]] = {}
        verifying: dict[Purpose, dict[str, jose.VerifyingKey]] = {purpose: {} for purpose in self._verifying}
        hints: dict[str, jose.VerifyingKey] = {}
        published = []
        for key in keys:
            if key.state == "destroyed":
                if key.purpose == "id_token" and key.sealed is not None:
                    hints[key.kid] = _public(self._vault, key)
                continue
            known = self._opened.get(key.kid)
            signing = known[1] if known and _vouched(known[0]) == _vouched(key) else self._open(key)
            opened[key.kid] = key, signing
            if key.state in _VERIFYING:
                verifying[key.purpose][key.kid] = signing.verifying()
            if key.state in _PUBLISHED:
                published.append(key)
            if key.purpose == "id_token" and key.state in _HINTING:
                hints[key.kid] = signing.verifying()
        self._opened, self._hints = opened, hints
        self._signing = {(key.purpose, key.alg): s for key, s in opened.values() if key.state == "active"}
        for purpose, found in verifying.items():
            self._verifying[purpose].clear()
            self._verifying[purpose].update(found)
        self._publish(published)

    def _open(self, key: Key) -> jose.SigningKey:
        """The private key of a row. Without one that we sealed for this very row, its public half is not ours either:
        whoever can write rows must not be able to have a key of their own believed. Raises Unsealable."""
        if key.sealed is None:
            raise Unsealable(f"signing-key {key.kid}: nothing is sealed")
        opened = self._vault.open(_SEAL, key.sealed, _context(key))
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


def _vouched(key: Key) -> tuple[object, ...]:
    """What opening a row vouches for: where nothing of it changed, the row need not be opened again."""
    return key.issuer_id, key.purpose, key.alg, key.sealed, key.public_jwk


async def create(store: Store, vault: Vault, entropy: Entropy, issuer_id: int, now: Instant) -> None:
    """Make the first keys of an issuer, sealed before they are stored."""
    loop = asyncio.get_running_loop()
    made = await asyncio.gather(
        *(
            loop.run_in_executor(None, make, vault, entropy, blank(issuer_id, *wanted, "active", now, now))
            for wanted in PURPOSES
        )
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


def make(vault: Vault, entropy: Entropy, blank: Key) -> Key:
    """The key that *blank* describes, with a kid and sealed key material of its own."""
    private = jose.generate_rs256() if blank.alg == "RS256" else jose.generate_es256()
    kid = entropy.bytes(9).hex()
    key = msgspec.structs.replace(blank, kid=kid, public_jwk=jose.SigningKey(private, blank.alg, kid).public_jwk())
    return msgspec.structs.replace(key, sealed=vault.seal(_SEAL, jose.to_pkcs8(private), _context(key)))


def attested(vault: Vault, key: Key) -> bytes:
    """What stands in the place of a private key that is destroyed: a seal over the public half, for hints."""
    return vault.seal(_PUBLIC, _public_bytes(key), _context(key))


def resealed(vault: Vault, key: Key) -> bytes | None:
    """What is sealed in *key*, under the first master key; None where it is already, or nothing is. Raises Unsealable."""
    if key.sealed is None or vault.newest(key.sealed):
        return None
    purpose = _PUBLIC if key.state == "destroyed" else _SEAL
    return vault.seal(purpose, vault.open(purpose, key.sealed, _context(key)), _context(key))


def _public(vault: Vault, key: Key) -> jose.VerifyingKey:
    """The public half of a destroyed key, if we sealed it. Raises Unsealable."""
    assert key.sealed is not None
    if vault.open(_PUBLIC, key.sealed, _context(key)) != _public_bytes(key):
        raise Unsealable(f"public-key {key.kid}: it is not the one that was sealed")
    return jose.VerifyingKey.from_jwk(key.public_jwk)


def _public_bytes(key: Key) -> bytes:
    return msgspec.json.encode(key.public_jwk, order="deterministic")


def _context(key: Key) -> bytes:
    """What a sealed key is bound to: it opens in no other row, purpose or issuer."""
    return f"{key.issuer_id}/{key.kid}/{key.purpose}/{key.alg}".encode()
