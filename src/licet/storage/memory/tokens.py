"""Families, access tokens and the feed; things seen once; buckets; events and refusals."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import GENESIS, Chained, Event, body, link
from licet.storage.memory.world import Room, World
from licet.storage.ports import Ending, FoundFamily, FoundToken
from licet.storage.records import Refused, Revocation


def end_family(world: World, issuer_id: int, handle: bytes, at: Instant, reason: str) -> bool:
    """A superseded token came back: end family and grant; False, and only counted, if the family was over."""
    family = world.families.get((issuer_id, handle))
    if family is None:
        return False
    family = world.families[issuer_id, handle] = replace(family, replays=family.replays + 1)
    if family.ended_at is not None:
        return False
    world.families[issuer_id, handle] = replace(family, ended_at=at, why=reason, successor_salt=None)
    world.end_grant(issuer_id, family.grant_id, at, reason)
    return True


class MemoryFamilies(Room):
    """``ports.Families``."""

    async def find(self, issuer_id: int, handle: bytes) -> FoundFamily | None:
        family = self._world.families.get((issuer_id, handle))
        standing = None if family is None else self._world.standing(issuer_id, family.grant_id)
        return None if family is None or standing is None else FoundFamily(family=family, standing=standing)

    async def reused(self, ending: Ending, handle: bytes) -> bool:
        if not end_family(self._world, ending.issuer_id, handle, ending.at, ending.reason):
            return False
        self._world.tell(ending)
        return True


class MemoryAccessTokens(Room):
    """``ports.AccessTokens``."""

    async def find(self, issuer_id: int, digest: bytes) -> FoundToken | None:
        token = self._world.access_tokens.get((issuer_id, digest))
        if token is None:
            return None
        standing = None if token.grant_id is None else self._world.standing(issuer_id, token.grant_id)
        return FoundToken(token=token, standing=standing)

    async def revoke(self, ending: Ending, digest: bytes) -> bool:
        token = self._world.access_tokens.get((ending.issuer_id, digest))
        if token is None or token.revoked_at is not None:
            return False
        self._world.access_tokens[ending.issuer_id, digest] = replace(token, revoked_at=ending.at)
        self._world.tell(ending)
        return True

    async def revoke_jwt(self, ending: Ending) -> bool:
        said = ending.revocation
        if ended(self._world, said.issuer_id, said.kind, said.key) is not None:
            return False
        self._world.tell(ending)
        return True


def ended(world: World, issuer_id: int, kind: str, key: str) -> Instant | None:
    """When this ended, if the feed still says so."""
    told = (issuer_id, kind, key)
    return max((r.at for r in world.revocations if (r.issuer_id, r.kind, r.key) == told), default=None)


class MemoryRevocations(Room):
    """``ports.Revocations``."""

    async def ended(self, issuer_id: int, kind: str, key: str) -> Instant | None:
        return ended(self._world, issuer_id, kind, key)

    async def since(self, issuer_id: int, seq: int, limit: int) -> tuple[Revocation, ...]:
        lines = [line for line in self._world.revocations if line.issuer_id == issuer_id and line.seq > seq]
        return tuple(lines[:limit])

    async def latest(self, issuer_id: int) -> int:
        return max((line.seq for line in self._world.revocations if line.issuer_id == issuer_id), default=0)


class MemoryReplay(Room):
    """``ports.Replay``."""

    async def burn(self, issuer_id: int, kind: str, key: bytes, at: Instant, expires_at: Instant, event: Event) -> bool:
        if await self.seen(issuer_id, kind, key, at):
            return False
        self._world.replay[issuer_id, kind, key] = expires_at
        self._world.record(event)
        return True

    async def seen(self, issuer_id: int, kind: str, key: bytes, at: Instant) -> bool:
        return self._world.replay.get((issuer_id, kind, key), 0) > at


class MemoryThrottles(Room):
    """``ports.Throttles``: per key the instant at which its bucket is full again."""

    async def spend(self, issuer_id: int, key: bytes, at: Instant, cost_us: int, burst_us: int) -> Instant | None:
        if cost_us > burst_us:
            raise ValueError("a bucket must hold what one try costs")
        full_at = max(self._world.throttles.get((issuer_id, key), 0), at) + cost_us
        if full_at - at > burst_us:
            return Instant(full_at - burst_us)
        self._world.throttles[issuer_id, key] = full_at
        return None

    async def refund(self, issuer_id: int, key: bytes, cost_us: int) -> None:
        if (issuer_id, key) in self._world.throttles:
            self._world.throttles[issuer_id, key] -= cost_us


class MemoryEvents(Room):
    """``ports.Events``."""

    async def record(self, event: Event) -> None:
        self._world.record(event)

    async def tail(self, issuer_id: int, limit: int) -> tuple[Chained, ...]:
        return tuple([link for link in self._world.chain if link.event.issuer_id == issuer_id][-limit:])

    async def verify(self) -> int | None:
        before = GENESIS
        for seq, one in enumerate(self._world.chain, start=1):
            digest = link(one.node, seq, before, body(one.event))
            if (one.seq, one.prev_hash, one.hash) != (seq, before, digest):
                return seq
            before = digest
        return None


class MemoryRefusals(Room):
    """``ports.Refusals``."""

    def spool(self, refused: Refused) -> None:
        self._world.refusals.append(refused)

    async def find(self, issuer_id: int, reference: str) -> Refused | None:
        wanted = (issuer_id, reference)
        return next((r for r in reversed(self._world.refusals) if (r.issuer_id, r.reference) == wanted), None)
