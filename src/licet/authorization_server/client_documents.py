"""Clients that are named by the address of their metadata document (OAuth Client ID Metadata Document §5).

A document is fetched through the one way out, kept as long as HTTP says, within bounds, and judged like a registration.
Nothing of an unknown client reaches the store: what is known of it is in memory until somebody agrees to it, and the
grant's own transaction writes it down. What is written down follows its document: where that says something else, so
does the client, people are asked again, and if its keys were replaced everything that it was given ends.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.directory import Directory
from licet.authorization_server.document_clients import DocumentClients
from licet.authorization_server.settings import ClientDocuments as Limits
from licet.egress import Egress, Unreachable
from licet.protocol.errors import InvalidRequest, Refusal, TemporarilyUnavailable, TooManyRequests
from licet.registration import client_document
from licet.requirements import DOCUMENT_ADDRESS_FETCHABLE, DOCUMENT_FETCHED_SAFELY, DOCUMENT_VISITS_BOUNDED
from licet.requirements.model import Citation, Requirement
from licet.resource_owner.guesses import Bucket, Guesses, network_of
from licet.storage.ports import Registered, Registrations

_LOG = logging.getLogger("licet.egress")
_ACCEPT = ("application/json",)
_RETRY_S = 5
_T = TypeVar("_T")


class _Kept(msgspec.Struct, frozen=True, gc=False):
    """A good document."""

    described: Registered
    """Its client, nowhere written down."""
    until: Instant


class _Nothing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """There was no good document, or nobody could look."""

    kind: type[Refusal]
    description: str
    per: Requirement | Citation
    detail: str = ""
    until: Instant | None = None
    """Not before when to look again; None where nobody looked."""
    retry_after_s: int | None = None

    def refusal(self) -> Refusal:
        """One of its own for each who asks."""
        made = self.kind(self.description, per=self.per, detail=self.detail)
        made.retry_after_s = self.retry_after_s
        return made


@dataclass(slots=True)
class ClientDocuments:
    """Documents by their address, and the clients that they describe."""

    directory: Directory
    egress: Egress
    limits: Limits
    guesses: Guesses
    registrations: Registrations
    clients: DocumentClients
    _good: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _failed: OrderedDict[str, _Nothing] = field(default_factory=OrderedDict)
    _silent_since: OrderedDict[str, Instant] = field(default_factory=OrderedDict)
    """Clients that are written down and whose document cannot be had."""
    _visits: dict[str, asyncio.Task[_Kept | _Nothing]] = field(default_factory=dict)
    _out: int = 0

    def holds(self, client_id: str) -> bool:
        """Whether the document at *client_id* is known and good."""
        return client_id in self._good

    async def client(
        self, client_id: str, registered: Registered | None, at: Instant, *, introduces: bool, peer: str
    ) -> Registered | None:
        """The client as its document has it; None where it is not known and nobody *introduces* it.

        Raises InvalidRequest where there is no good document; TooManyRequests or TemporarilyUnavailable where nobody could
        look. A client that is written down goes on for ``stands_s`` without its document.
        """
        if registered is not None and registered.client.status != "active":
            return registered
        if registered is None and not introduces:
            return None
        if not self.limits.lets_in(client_id, development=self.directory.issuer.development):
            raise InvalidRequest("client_id is not an address that is taken here", per=DOCUMENT_ADDRESS_FETCHABLE)
        outcome = self._known(client_id, at) or await self._visited(client_id, at, registered, peer)
        if isinstance(outcome, _Kept):
            self._silent_since.pop(client_id, None)
            return await self._as_described(client_id, outcome.described, registered, at)
        if registered is not None and self._stands(client_id, at):
            return registered
        raise outcome.refusal()

    def _known(self, client_id: str, at: Instant) -> _Kept | _Nothing | None:
        """What stands without a visit."""
        good = self._good.get(client_id)
        if good is not None and at < good.until:
            self._good.move_to_end(client_id)
            return good
        failed = self._failed.get(client_id)
        return failed if failed is not None and failed.until is not None and at < failed.until else None

    async def _visited(self, client_id: str, at: Instant, registered: Registered | None, peer: str) -> _Kept | _Nothing:
        """Visit, or join the visit that is under way; whoever gives up waiting ends it for nobody else."""
        under_way = self._visits.get(client_id)
        if under_way is not None:
            joined = await asyncio.shield(under_way)
            if isinstance(joined, _Kept) or joined.until is not None:
                return joined
            # It was refused to whoever began it; that is not a reason to refuse it to anybody else.
        visit = self._visits.get(client_id)
        if visit is None:
            counted = peer if registered is None else ""
            visit = self._visits[client_id] = asyncio.create_task(self._visit(client_id, at, counted))
            visit.add_done_callback(lambda _: self._visits.pop(client_id, None))
        return await asyncio.shield(visit)

    async def _visit(self, client_id: str, at: Instant, peer: str) -> _Kept | _Nothing:
        if self._out >= self.limits.visits:
            return _Nothing(
                kind=TemporarilyUnavailable,
                description="Too many clients are looked for at once",
                per=DOCUMENT_VISITS_BOUNDED,
                retry_after_s=_RETRY_S,
            )
        self._out += 1
        try:
            refused = await self._refused_to(peer, at) if peer else None
            return refused or await self._fetched(client_id, at)
        finally:
            self._out -= 1

    async def _refused_to(self, peer: str, at: Instant) -> _Nothing | None:
        once, refill = self.limits.at_once, self.limits.refill_s * SECOND
        buckets = (
            Bucket(b"documents\x00" + network_of(peer).encode(), once, refill),
            Bucket(b"documents", once * 100, refill // 100),
        )
        until = await self.guesses.take(self.directory.issuer.issuer_id, buckets, at)
        if until is None:
            return None
        return _Nothing(
            kind=TooManyRequests,
            description="Too many unknown clients from here",
            per=DOCUMENT_VISITS_BOUNDED,
            retry_after_s=max(1, -(-(until - at) // SECOND)),
        )

    async def _fetched(self, client_id: str, at: Instant) -> _Kept | _Nothing:
        limits = self.limits
        try:
            fetched = await self.egress.get(client_id, accept=_ACCEPT, max_bytes=limits.max_bytes, any_json=True)
            metadata = client_document.judge(
                fetched.body,
                client_id,
                limits.policy,
                limits.hosts,
                development=self.directory.issuer.development,
            )
        except Unreachable as error:
            # One sentence whatever it was: what lies behind an address that is not public is nobody's to learn.
            none = "There is no client metadata document at client_id"
            return self._without(client_id, none, at, per=DOCUMENT_FETCHED_SAFELY, detail=error.reason)
        except Refusal as wrong:
            return self._without(client_id, wrong.description, at, per=wrong.per, detail=wrong.detail)
        fresh_s = limits.fresh_s if fetched.cache_s is None else fetched.cache_s
        described = self.clients.described(client_id, metadata, limits.policy, at)
        kept = _Kept(described, Instant(at + min(max(fresh_s, limits.least_s), limits.longest_s) * SECOND))
        self._failed.pop(client_id, None)
        _put(self._good, client_id, kept, limits.kept)
        return kept

    def _without(self, client_id: str, why: str, at: Instant, *, per: Requirement | Citation, detail: str) -> _Nothing:
        _LOG.warning("no client document at %s: %s", client_id, detail or why)
        until = Instant(at + self.limits.again_s * SECOND)
        nothing = _Nothing(kind=InvalidRequest, description=why, per=per, detail=detail, until=until)
        self._good.pop(client_id, None)
        _put(self._failed, client_id, nothing, self.limits.kept)
        return nothing

    def _stands(self, client_id: str, at: Instant) -> bool:
        """Counted from the first time that it could not be had, for whatever reason: no crowd of visits prolongs it."""
        since = self._silent_since.get(client_id, at)
        _put(self._silent_since, client_id, since, self.limits.clients)
        return at < since + self.limits.stands_s * SECOND

    async def _as_described(
        self, client_id: str, described: Registered, registered: Registered | None, at: Instant
    ) -> Registered:
        if registered is None or registered.client.metadata_digest == described.client.metadata_digest:
            return registered or described
        changed = self.clients.changed(registered, described, at)
        await self.registrations.renew(
            changed.client, changed.credentials, registered.client.metadata_digest, changed.ending, changed.event
        )
        self.directory.forget(registered.client, changed.client)
        return await self.directory.client(client_id) or registered


def _put(kept: OrderedDict[str, _T], client_id: str, what: _T, most: int) -> None:
    """Keep *what*; the one not used for longest gives way."""
    kept[client_id] = what
    kept.move_to_end(client_id)
    if len(kept) > most:
        kept.popitem(last=False)
