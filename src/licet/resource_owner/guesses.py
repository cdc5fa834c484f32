"""Buckets of wrong guesses: whoever guesses pays first, and gets it back if the guess was right (rulings V).

Paying first means that many guesses at once cannot share one slot; paying into several buckets means that neither one
network nor the whole world has for ever. Passwords and user codes are counted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

import msgspec

from licet.ambient import SECOND, Instant
from licet.storage.ports import Throttles

_PREFIX = {4: 24, 6: 64}
"""How much of an address is one network's: what one household or attacker is given."""


class Bucket(msgspec.Struct, frozen=True, gc=False):
    """Where a guess is taken from."""

    key: bytes
    size: int
    """Guesses that it holds."""
    refill_us: int
    """Microseconds until it holds one more."""


@dataclass(frozen=True, slots=True)
class Guesses:
    """Takes guesses from buckets and puts right ones back."""

    throttles: Throttles

    async def take(self, issuer_id: int, buckets: Sequence[Bucket], at: Instant) -> Instant | None:
        """Take one guess from each; None if all had one, else when the first empty one will, and nothing is taken."""
        for index, bucket in enumerate(buckets):
            until = await self.throttles.spend(
                issuer_id, bucket.key, at, bucket.refill_us, bucket.refill_us * bucket.size
            )
            if until is not None:
                await self.give_back(issuer_id, buckets[:index])
                return until
        return None

    async def give_back(self, issuer_id: int, buckets: Sequence[Bucket]) -> None:
        """The guess was right: only failures count."""
        for bucket in buckets:
            await self.throttles.refund(issuer_id, bucket.key, bucket.refill_us)


def proportioned(sizes: Sequence[tuple[bytes, int]], *, narrow: int, refill_s: int) -> tuple[Bucket, ...]:
    """Buckets of these keys and sizes; one of size *narrow* gains a guess in *refill_s*, a wider one sooner."""
    return tuple(Bucket(key, size, refill_s * SECOND * narrow // size) for key, size in sizes)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The network an address is counted by: /24 of IPv4, /64 of IPv6; anything else as it is."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped  # a socket for both families writes IPv4 so: all of it would share one /64
    return str(ip_network((ip, _PREFIX[ip.version]), strict=False))
