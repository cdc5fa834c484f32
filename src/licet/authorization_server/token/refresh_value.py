"""What a refresh token's characters hold: the family's handle and a secret (house law 4.6).

A good handle with an unknown secret is a superseded token, so reuse is seen without keeping the old ones.
"""

from __future__ import annotations

import msgspec

from licet.ambient import Entropy
from licet.protocol import secret_token
from licet.storage.records import Family
from licet.storage.vault import Vault

HANDLE_BYTES = 12
"""Enough that no two families ever share one."""
SECRET_BYTES = 20
"""160 bits, what RFC 6749 §10.10 recommends of anything that must not be guessed."""
DIGESTED_AS = "refresh-token"
"""What the store's digest of one is made as."""


class RefreshValue(msgspec.Struct, frozen=True, gc=False):
    """A refresh token, read."""

    token: str
    handle: bytes

    def digest_of(self, vault: Vault, family: Family) -> bytes | None:
        """The family's current digest if this token is its head, else None."""
        return family.current_digest if self._is(family.current_digest, vault, family) else None

    def place_in(self, vault: Vault, family: Family) -> Place | None:
        """Where this token stands in its line: the head, or the one before it; None if it is neither."""
        if self._is(family.current_digest, vault, family):
            return Place(family.current_digest, family.generation)
        if family.previous_digest is not None and self._is(family.previous_digest, vault, family):
            return Place(family.previous_digest, family.generation - 1)
        return None

    def _is(self, stored: bytes, vault: Vault, family: Family) -> bool:
        return vault.matches(stored, family.issuer_id, DIGESTED_AS, self.token)


class Place(msgspec.Struct, frozen=True, gc=False):
    """A token's place in its line."""

    digest: bytes
    generation: int


def read(token: str) -> RefreshValue | None:
    """The handle in *token*, or None if it never was one of ours."""
    payload = secret_token.payload("rt", token)
    return None if payload is None else RefreshValue(token, payload[:HANDLE_BYTES])


def make(entropy: Entropy, handle: bytes) -> str:
    """A new refresh token of the family *handle*."""
    return made(handle, entropy.bytes(SECRET_BYTES))


def made(handle: bytes, secret: bytes) -> str:
    """The refresh token of the family *handle* whose secret is the first 160 bits of *secret*."""
    return secret_token.make("rt", handle + secret[:SECRET_BYTES])
