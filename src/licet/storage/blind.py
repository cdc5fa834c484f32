"""Buckets of guesses under keys that say nothing to whoever reads the store.

What a guess is counted by is what somebody typed: a name, and sometimes a password in the field of the name, or a
client's secret in the field of its id. Only its MAC is stored, under a key outside the database.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import Instant
from licet.storage.ports import Throttles
from licet.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class BlindThrottles:
    """``ports.Throttles`` over others, whose rows do not say whom they count."""

    throttles: Throttles
    vault: Vault

    async def spend(self, issuer_id: int, key: bytes, at: Instant, cost_us: int, burst_us: int) -> Instant | None:
        """Take from the bucket of *key*."""
        return await self.throttles.spend(issuer_id, self._blind(issuer_id, key), at, cost_us, burst_us)

    async def refund(self, issuer_id: int, key: bytes, cost_us: int) -> None:
        """Put back into the bucket of *key*."""
        await self.throttles.refund(issuer_id, self._blind(issuer_id, key), cost_us)

    def _blind(self, issuer_id: int, key: bytes) -> bytes:
        return self.vault.mac("throttle", issuer_id, key)
