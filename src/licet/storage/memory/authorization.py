"""Transactions, remembered consents, grants, codes and devices."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import SECOND, Instant
from licet.events import Event
from licet.storage.memory.registrations import adopt, may_adopt
from licet.storage.memory.world import Room
from licet.storage.ports import Conclusion, Conflict, Ending, FoundCode, Registering, Standing
from licet.storage.records import Consent, Grant, Pending, Transaction
from licet.storage.terms import LIVE_PENDING, SLOWER_S, covers


class MemoryTransactions(Room):
    """``ports.Transactions``."""

    async def open(self, transaction: Transaction, pushed_id: str | None = None) -> bool:
        key = (transaction.issuer_id, transaction.txn_id)
        if key in self._world.transactions:
            raise Conflict(transaction.txn_id)
        if pushed_id is not None:
            pushed = self._open(transaction.issuer_id, pushed_id)
            if pushed is None or pushed.source != "par" or pushed.expires_at <= transaction.created_at:
                return False
            stays = replace(pushed, expires_at=max(pushed.expires_at, transaction.expires_at))
            self._world.transactions[transaction.issuer_id, pushed_id] = stays
        self._world.transactions[key] = transaction
        return True

    async def find(self, issuer_id: int, txn_id: str) -> Transaction | None:
        return self._world.transactions.get((issuer_id, txn_id))

    async def choose(self, issuer_id: int, txn_id: str, subject_id: str, session_id: str, at: Instant) -> bool:
        transaction = self._open(issuer_id, txn_id)
        session = self._world.sessions.get((issuer_id, session_id))
        if transaction is None or transaction.expires_at <= at:
            return False
        if session is None or (session.subject_id, session.status) != (subject_id, "active"):
            return False
        if min(session.idle_until, session.absolute_until) <= at:
            return False
        self._world.transactions[issuer_id, txn_id] = replace(
            transaction,
            login_at=transaction.login_at if transaction.session_id == session_id else None,
            subject_id=subject_id,
            session_id=session_id,
            select_at=at,
        )
        return True

    async def deny(self, issuer_id: int, txn_id: str, at: Instant, event: Event, pushed_id: str | None = None) -> bool:
        named = [txn_id] if pushed_id is None else [txn_id, pushed_id]
        denied = [one for name in named if (one := self._open(issuer_id, name)) is not None]
        if len(denied) < len(named):
            return False
        for transaction in denied:
            spent = replace(_spent(transaction), state="denied")
            self._world.transactions[issuer_id, transaction.txn_id] = spent
        self._world.record(event)
        return True

    async def conclude(self, conclusion: Conclusion) -> bool:
        issuer_id, grant, code = conclusion.issuer_id, conclusion.grant, conclusion.code
        if self._world.ended_meanwhile(grant) or not self._still_agreed(conclusion.relies_on):
            return False
        named = [txn_id for txn_id in (conclusion.txn_id, conclusion.pushed_id) if txn_id is not None]
        opened = [one for name in named if (one := self._open(issuer_id, name)) and one.expires_at > conclusion.at]
        if len(opened) < len(named) or not may_adopt(self._world, conclusion.adopts):
            return False
        if (
            (issuer_id, grant.grant_id) in self._world.grants
            or (issuer_id, grant.handle) in self._world.handles
            or (issuer_id, code.digest) in self._world.codes
        ):
            raise Conflict("grant or code")
        for transaction in opened:
            consent_at = transaction.consent_at if conclusion.consent is None else conclusion.at
            completed = replace(_spent(transaction), state="completed", consent_at=consent_at)
            self._world.transactions[issuer_id, transaction.txn_id] = completed
        adopt(self._world, conclusion.adopts)
        self._world.keep(grant)
        self._world.codes[issuer_id, code.digest] = code
        if conclusion.consent is not None:
            self._world.consents[issuer_id, grant.subject_id, grant.client_id] = conclusion.consent
        self._world.record(*conclusion.events)
        return True

    def _still_agreed(self, consent: Consent | None) -> bool:
        if consent is None:
            return True
        now = self._world.consents.get((consent.issuer_id, consent.subject_id, consent.client_id))
        return now is not None and covers(now, consent)

    def _open(self, issuer_id: int, txn_id: str) -> Transaction | None:
        transaction = self._world.transactions.get((issuer_id, txn_id))
        return transaction if transaction is not None and transaction.state == "open" else None


def _spent(transaction: Transaction) -> Transaction:
    """*transaction* without what the app sent along; a device's says which it is."""
    return transaction if transaction.source == "device" else replace(transaction, request=b"")


class MemoryConsents(Room):
    """``ports.Consents``."""

    async def find(self, issuer_id: int, subject_id: str, client_id: str) -> Consent | None:
        consent = self._world.consents.get((issuer_id, subject_id, client_id))
        return consent if consent is not None and consent.revoked_at is None else None

    async def withdraw(self, ending: Ending, subject_id: str, client_id: str) -> bool:
        key = (ending.issuer_id, subject_id, client_id)
        remembered = await self.find(*key)
        forgotten = self._world.forget([remembered] if remembered else [], ending.at)
        held = (g for g in self._world.grants.values() if (g.issuer_id, g.subject_id, g.client_id) == key)
        if not self._world.end_grants(held, ending.at, ending.reason) and not forgotten:
            return False
        self._world.record(ending.event)  # the feed has a line for each grant that ended
        return True


class MemoryGrants(Room):
    """``ports.Grants``."""

    async def find_by_handle(self, issuer_id: int, handle: str) -> Standing | None:
        return self._world.standing(issuer_id, self._world.handles.get((issuer_id, handle), 0))

    async def end(self, ending: Ending, grant_id: int) -> bool:
        if not self._world.end_grant(ending.issuer_id, grant_id, ending.at, ending.reason):
            return False
        self._world.tell(ending)
        return True


class MemoryCodes(Room):
    """``ports.Codes``."""

    async def find(self, issuer_id: int, digest: bytes) -> FoundCode | None:
        code = self._world.codes.get((issuer_id, digest))
        standing = None if code is None else self._world.standing(issuer_id, code.grant_id)
        return None if code is None or standing is None else FoundCode(code=code, standing=standing)


class MemoryDevices(Room):
    """``ports.Devices``."""

    async def open(self, pending: Pending, event: Event) -> bool:
        key = (pending.issuer_id, pending.device_digest)
        asked = (pending.issuer_id, pending.user_code_digest)
        for other in self._world.pending.values():
            live = other.state in LIVE_PENDING and other.expires_at > pending.created_at
            if live and (other.issuer_id, other.user_code_digest) == asked:
                return False
        if key in self._world.pending:
            raise Conflict("device code")
        self._world.pending[key] = pending
        self._world.record(event)
        return True

    async def find_by_user_code(self, issuer_id: int, digest: bytes) -> Pending | None:
        found = [p for p in self._world.pending.values() if (p.issuer_id, p.user_code_digest) == (issuer_id, digest)]
        return max(found, key=lambda pending: pending.created_at, default=None)

    async def find(self, issuer_id: int, device_digest: bytes) -> Pending | None:
        return self._world.pending.get((issuer_id, device_digest))

    async def standing(self, issuer_id: int, grant_id: int) -> Standing | None:
        return self._world.standing(issuer_id, grant_id)

    async def claim(self, issuer_id: int, device_digest: bytes, subject_id: str, at: Instant, event: Event) -> bool:
        pending = self._world.pending.get((issuer_id, device_digest))
        if pending is None or pending.expires_at <= at:
            return False
        if pending.state == "open":
            claimed = replace(pending, state="claimed", claimed_by=subject_id)
            self._world.pending[issuer_id, device_digest] = claimed
            self._world.record(event)
            return True
        return (pending.state, pending.claimed_by) == ("claimed", subject_id)

    async def decide(
        self,
        issuer_id: int,
        device_digest: bytes,
        subject_id: str,
        at: Instant,
        grant: Grant | None,
        events: tuple[Event, ...],
        *,
        adopts: Registering | None = None,
    ) -> bool:
        pending = self._world.pending.get((issuer_id, device_digest))
        if (
            pending is None
            or (pending.state, pending.claimed_by) != ("claimed", subject_id)
            or pending.expires_at <= at
        ):
            return False
        if grant is None:
            decided = replace(pending, state="denied", decided_at=at)
        elif self._world.ended_meanwhile(grant) or not may_adopt(self._world, adopts):
            return False
        else:
            adopt(self._world, adopts)
            decided = replace(pending, state="approved", decided_at=at, grant_id=grant.grant_id)
            self._world.keep(grant)
        self._world.pending[issuer_id, device_digest] = decided
        self._world.record(*events)
        return True

    async def release(self, issuer_id: int, device_digest: bytes, subject_id: str) -> None:
        pending = self._world.pending.get((issuer_id, device_digest))
        if pending is not None and (pending.state, pending.claimed_by) == ("claimed", subject_id):
            self._world.pending[issuer_id, device_digest] = replace(pending, state="open", claimed_by=None)

    async def poll(self, issuer_id: int, device_digest: bytes, client_id: str, at: Instant) -> bool:
        pending = self._world.pending.get((issuer_id, device_digest))
        if pending is None or pending.client_id != client_id:
            return False
        in_time = pending.next_poll_at <= at
        interval_s = pending.interval_s if in_time else pending.interval_s + SLOWER_S
        next_poll_at = Instant(at + interval_s * SECOND)
        self._world.pending[issuer_id, device_digest] = replace(
            pending, interval_s=interval_s, next_poll_at=next_poll_at
        )
        return in_time
