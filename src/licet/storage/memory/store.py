"""The memory backend, put together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from msgspec.structs import replace

from licet.ambient import Instant
from licet.storage import ports
from licet.storage.memory.authorization import (
    MemoryCodes,
    MemoryConsents,
    MemoryDevices,
    MemoryGrants,
    MemoryTransactions,
)
from licet.storage.memory.configuring import configure
from licet.storage.memory.holdings import MemoryHoldings
from licet.storage.memory.issuing import issue
from licet.storage.memory.listing import MemoryListing
from licet.storage.memory.outbox import MemoryOutbox
from licet.storage.memory.people import MemoryAccounts, MemorySessions
from licet.storage.memory.registration import MemoryClients, MemoryIssuers, MemoryKeys, MemoryResources
from licet.storage.memory.registrations import MemoryRegistrations
from licet.storage.memory.subjects import MemoryPairwiseSubjects
from licet.storage.memory.tokens import (
    MemoryAccessTokens,
    MemoryEvents,
    MemoryFamilies,
    MemoryRefusals,
    MemoryReplay,
    MemoryRevocations,
    MemoryThrottles,
)
from licet.storage.memory.world import World
from licet.storage.terms import GRANT_KEPT, PENDING_KEPT, Ids


class MemoryStore:
    """``ports.Store`` in dictionaries."""

    def __init__(self, *, node: int = 0) -> None:
        self._ids = Ids(node)
        self._world = world = World(node)
        self.issuers: ports.Issuers = MemoryIssuers(world)
        self.keys: ports.Keys = MemoryKeys(world)
        self.clients: ports.Clients = MemoryClients(world)
        self.registrations: ports.Registrations = MemoryRegistrations(world)
        self.resources: ports.Resources = MemoryResources(world)
        self.accounts: ports.Accounts = MemoryAccounts(world)
        self.pairwise_subjects: ports.PairwiseSubjects = MemoryPairwiseSubjects(world)
        self.sessions: ports.Sessions = MemorySessions(world)
        self.transactions: ports.Transactions = MemoryTransactions(world)
        self.consents: ports.Consents = MemoryConsents(world)
        self.grants: ports.Grants = MemoryGrants(world)
        self.codes: ports.Codes = MemoryCodes(world)
        self.families: ports.Families = MemoryFamilies(world)
        self.devices: ports.Devices = MemoryDevices(world)
        self.access_tokens: ports.AccessTokens = MemoryAccessTokens(world)
        self.revocations: ports.Revocations = MemoryRevocations(world)
        self.outbox: ports.Outbox = MemoryOutbox(world)
        self.replay: ports.Replay = MemoryReplay(world)
        self.throttles: ports.Throttles = MemoryThrottles(world)
        self.events: ports.Events = MemoryEvents(world)
        self.refusals: ports.Refusals = MemoryRefusals(world)
        self.listing: ports.Listing = MemoryListing(world)
        self.holdings: ports.Holdings = MemoryHoldings(world)

    async def issue(self, issuance: ports.Issuance) -> ports.Outcome:
        return issue(self._world, issuance)

    async def configure(self, change: ports.Configuring) -> bool:
        return await configure(self._world, self.clients, self.resources, change)

    async def vouch_anew(self) -> int:
        return 0  # nobody else writes this memory

    def next_id(self, at: Instant) -> int:
        return self._ids.next(at)

    async def latest(self) -> Instant:
        return max([one.event.at for one in self._world.chain], default=Instant(0))

    async def purge(self, at: Instant, limit: int) -> int:
        """Delete up to *limit* rows whose time is over; how many went."""
        gone = self._forget_retries(at, limit)
        for table, over in self._expiring(at):
            for key in [key for key, row in table.items() if over(row)][: limit - gone]:
                del table[key]
                gone += 1
        world = self._world
        ended = [key for key, one in world.registrations.items() if one.expires_at is not None and one.expires_at <= at]
        for issuer_id, client_id in ended[: limit - gone]:
            del world.registrations[issuer_id, client_id]
            gone += 1
            client = world.clients[issuer_id, client_id]
            if client.source == "cimd" and client.status != "active":
                continue  # one that its document names can come back, so one that was disabled is remembered
            del world.clients[issuer_id, client_id]
            world.credentials.pop((issuer_id, "client", client_id), None)
        newest = {line.issuer_id: line.seq for line in world.revocations}
        old = [line for line in world.revocations if line.purge_at <= at and line.seq < newest[line.issuer_id]]
        for line in old[: limit - gone]:
            world.revocations.remove(line)
            gone += 1
        world.handles = {(g.issuer_id, g.handle): g.grant_id for g in world.grants.values()}
        world.cookies = {(s.issuer_id, s.digest): s.session_id for s in world.sessions.values()}
        return gone

    def _forget_retries(self, at: Instant, limit: int) -> int:
        """Erase sealed successors whose window is over; how many."""
        families = self._world.families
        sealed = [key for key, f in families.items() if f.successor_salt is not None and (f.replay_until or 0) <= at]
        for key in sealed[:limit]:
            families[key] = replace(families[key], successor_salt=None, replay_until=None)
        return len(sealed[:limit])

    def _expiring(self, at: Instant) -> Iterator[tuple[dict[Any, Any], Callable[[Any], bool]]]:
        """Every table whose rows end, and which rows have."""
        world = self._world
        yield world.access_tokens, lambda row: row.expires_at <= at
        yield world.initial_tokens, lambda row: row.expires_at <= at
        yield world.codes, lambda row: row.purge_at <= at
        yield world.families, lambda row: row.purge_at <= at
        yield world.grants, lambda row: row.expires_at <= at - GRANT_KEPT
        yield world.pending, lambda row: row.expires_at <= at - PENDING_KEPT
        yield world.transactions, lambda row: row.expires_at <= at
        yield world.consents, lambda row: row.expires_at <= at
        yield world.sessions, lambda row: row.absolute_until <= at
        yield world.outbox, lambda row: row.purge_at <= at
        yield world.replay, lambda expires_at: expires_at <= at
        yield world.throttles, lambda full_at: full_at <= at

    async def flush(self) -> None:
        """Nothing waits here."""

    async def close(self) -> None:
        """Nothing is open here."""
