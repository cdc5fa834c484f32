"""Keys that a client or an API publishes at an address of its own: fetched, kept for a while, fetched again (RFC 7517 §5).

A key that is not known yet may be new, so the set is fetched again, but not for every stranger who names one. Where the
address does not answer, what it last said stands for a bounded time. One visit serves all who wait for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field

from licet.ambient import SECOND, Instant
from licet.authorization_server.settings import Fetching
from licet.egress import Egress, Unreachable
from licet.protocol.jose import InvalidJWT, VerifyingKey, key_set

_LOG = logging.getLogger("licet.egress")
_ACCEPT = ("application/json", "application/jwk-set+json")
_MAX_BYTES = 65536
_KEPT = 2000
"""Sets in memory at most; the one not used for longest gives way."""
_NEVER = Instant(0)


@dataclass(slots=True)
class _Set:
    """What is known of one address."""

    keys: tuple[VerifyingKey, ...] = ()
    fetched_at: Instant = _NEVER
    fresh_until: Instant = _NEVER
    next_visit: Instant = _NEVER
    """Not before: after a failure, and after a key that was not there."""
    visit: asyncio.Task[None] | None = None


@dataclass(slots=True)
class ClientKeys:
    """Key sets by their address."""

    egress: Egress
    fetching: Fetching
    _sets: OrderedDict[str, _Set] = field(default_factory=OrderedDict)

    async def find(self, jwks_uri: str, kid: str | None, now: Instant) -> tuple[VerifyingKey, ...]:
        """The keys at *jwks_uri* as far as they are known *now*; fetched again where *kid* is not among them."""
        known = self._set(jwks_uri)
        missing = kid is not None and all(key.kid not in (kid, None) for key in known.keys)
        if (known.fresh_until <= now or missing) and known.next_visit <= now:
            await self._visited(known, jwks_uri, now)
        elif known.visit is not None and not known.visit.done():
            await asyncio.shield(known.visit)
        stands = now < known.fetched_at + self.fetching.stale_s * SECOND
        return known.keys if stands else ()

    def _set(self, jwks_uri: str) -> _Set:
        known = self._sets.setdefault(jwks_uri, _Set())
        self._sets.move_to_end(jwks_uri)
        if len(self._sets) > _KEPT:
            self._sets.popitem(last=False)
        return known

    async def _visited(self, known: _Set, jwks_uri: str, now: Instant) -> None:
        """Visit, or join the visit that is under way; whoever gives up waiting ends it for nobody else."""
        if known.visit is None or known.visit.done():
            known.visit = asyncio.create_task(self._visit(known, jwks_uri, now))
        await asyncio.shield(known.visit)

    async def _visit(self, known: _Set, jwks_uri: str, now: Instant) -> None:
        known.next_visit = Instant(now + self.fetching.again_s * SECOND)
        try:
            fetched = await self.egress.get(jwks_uri, accept=_ACCEPT, max_bytes=_MAX_BYTES)
            keys = key_set(fetched.body)
        except (Unreachable, InvalidJWT) as error:
            _LOG.warning("no keys from %s: %s", jwks_uri, error)
            return
        silent = self.fetching.fresh_s if fetched.cache_s is None else fetched.cache_s
        fresh_s = min(max(silent, self.fetching.again_s), self.fetching.longest_s)
        known.keys, known.fetched_at, known.fresh_until = keys, now, Instant(now + fresh_s * SECOND)
