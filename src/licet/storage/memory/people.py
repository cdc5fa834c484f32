"""Accounts and browser sessions."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import Event
from licet.storage.memory.world import Room
from licet.storage.ports import Conflict, Ending, Person, SignedIn
from licet.storage.records import Account, Authenticator, Session
from licet.storage.terms import past


class MemoryAccounts(Room):
    """``ports.Accounts``."""

    async def find(self, issuer_id: int, subject_id: str) -> Person | None:
        account = self._world.accounts.get((issuer_id, subject_id))
        if account is None:
            return None
        proofs = self._world.authenticators.get((issuer_id, subject_id), ())
        return Person(account=account, authenticators=tuple(p for p in proofs if p.status == "active"))

    async def find_by_login(self, issuer_id: int, identifier: str) -> Person | None:
        subject_id = self._world.identifiers.get((issuer_id, identifier))
        return None if subject_id is None else await self.find(issuer_id, subject_id)

    async def create(
        self, account: Account, identifiers: tuple[str, ...], authenticator: Authenticator, event: Event
    ) -> bool:
        key = (account.issuer_id, account.subject_id)
        if any((account.issuer_id, identifier) in self._world.identifiers for identifier in identifiers):
            return False
        if key in self._world.accounts:
            raise Conflict(account.subject_id)
        self._world.accounts[key] = account
        self._world.authenticators[key] = (authenticator,)
        for identifier in identifiers:
            self._world.identifiers[account.issuer_id, identifier] = account.subject_id
        self._world.record(event)
        self._world.grow(account.issuer_id)
        return True

    async def set_password(self, ending: Ending, authenticator: Authenticator) -> bool:
        key = (authenticator.issuer_id, authenticator.subject_id)
        account = self._world.accounts.get(key)
        if account is None:
            return False
        self._world.authenticators[key] = (authenticator,)  # a password is the only kind there is yet
        self._end(ending, account)
        return True

    async def describe(self, issuer_id: int, subject_id: str, profile: dict[str, Any], event: Event) -> bool:
        account = self._world.accounts.get((issuer_id, subject_id))
        if account is None or account.status != "active":
            return False
        self._world.accounts[issuer_id, subject_id] = replace(account, profile=profile)
        self._world.record(event)
        return True

    async def rehash(self, authenticator: Authenticator) -> None:
        key = (authenticator.issuer_id, authenticator.subject_id)
        same = (authenticator.authenticator_id, "active")
        self._world.authenticators[key] = tuple(
            replace(proof, secret=authenticator.secret) if (proof.authenticator_id, proof.status) == same else proof
            for proof in self._world.authenticators.get(key, ())
        )

    async def end(self, ending: Ending, subject_id: str) -> bool:
        key = (ending.issuer_id, subject_id)
        account = self._world.accounts.get(key)
        if account is None or account.status != "active":
            return False
        consents = self._world.consents.values()
        self._world.forget([c for c in consents if (c.issuer_id, c.subject_id) == key], ending.at)
        self._end(ending, replace(account, status="disabled"))
        return True

    async def end_everything(self, ending: Ending, subject_id: str) -> bool:
        account = self._world.accounts.get((ending.issuer_id, subject_id))
        if account is None or account.status != "active":
            return False
        self._end(ending, account)
        return True

    async def enable(self, issuer_id: int, subject_id: str, event: Event) -> bool:
        account = self._world.accounts.get((issuer_id, subject_id))
        if account is None or account.status != "disabled":
            return False
        self._world.accounts[issuer_id, subject_id] = replace(account, status="active")
        self._world.record(event)
        self._world.grow(issuer_id)
        return True

    def _end(self, ending: Ending, account: Account) -> None:
        """Keep *account* as it is from now on; everything of it ends."""
        epoch = past(ending.at, account.epoch)
        self._world.accounts[account.issuer_id, account.subject_id] = replace(account, epoch=epoch)
        self._world.end_subject(ending.issuer_id, account.subject_id, ending.at, ending.reason)
        self._world.tell(ending, epoch)
        self._world.grow(ending.issuer_id)


class MemorySessions(Room):
    """``ports.Sessions``."""

    async def find(self, issuer_id: int, digest: bytes) -> SignedIn | None:
        session_id = self._world.cookies.get((issuer_id, digest))
        session = self._world.sessions.get((issuer_id, session_id or ""))
        account = None if session is None else self._world.accounts.get((issuer_id, session.subject_id))
        return None if session is None or account is None else SignedIn(session=session, account=account)

    async def begin(
        self, session: Session, authenticator_id: str, replaces: Ending | None, txn_id: str | None, event: Event
    ) -> bool:
        issuer_id = session.issuer_id
        cookie = (issuer_id, session.digest)
        if not self._still_proven(session, authenticator_id):
            return False
        if (issuer_id, session.session_id) in self._world.sessions or cookie in self._world.cookies:
            raise Conflict(session.session_id)
        if replaces is not None:
            await self.end(replaces, replaces.revocation.key)
        self._world.sessions[issuer_id, session.session_id] = replace(session, authentications=1)
        self._world.cookies[cookie] = session.session_id
        self._note(session, txn_id)
        self._world.record(event)
        return True

    async def again(
        self, session: Session, authenticator_id: str, old_digest: bytes, txn_id: str | None, event: Event
    ) -> bool:
        key = (session.issuer_id, session.session_id)
        before = self._world.sessions.get(key)
        same = (old_digest, session.subject_id, "active")
        if before is None or (before.digest, before.subject_id, before.status) != same:
            return False
        over = min(before.idle_until, before.absolute_until) <= session.auth_time
        if over or not self._still_proven(session, authenticator_id):
            return False
        self._world.sessions[key] = replace(
            session,
            status=before.status,
            epoch=before.epoch,
            created_at=before.created_at,
            authentications=before.authentications + 1,
        )
        del self._world.cookies[session.issuer_id, old_digest]
        self._world.cookies[session.issuer_id, session.digest] = session.session_id
        self._note(session, txn_id)
        self._world.record(event)
        return True

    async def touch(self, issuer_id: int, session_id: str, idle_until: Instant) -> None:
        session = self._world.sessions.get((issuer_id, session_id))
        if session is not None and session.status == "active":
            later = max(session.idle_until, idle_until)
            self._world.sessions[issuer_id, session_id] = replace(session, idle_until=later)

    async def apps(self, issuer_id: int, session_id: str, at: Instant) -> tuple[str, ...]:
        found = {
            grant.client_id
            for grant in self._world.grants.values()
            if (grant.issuer_id, grant.session_id, grant.access) == (issuer_id, session_id, "online")
            and grant.revoked_at is None
            and at < grant.expires_at
        }
        return tuple(sorted(found))

    async def end(self, ending: Ending, session_id: str) -> bool:
        if not self._world.end_session(ending.issuer_id, session_id, ending.at, ending.reason):
            return False
        self._world.tell(ending)
        return True

    def _still_proven(self, session: Session, authenticator_id: str) -> bool:
        who = (session.issuer_id, session.subject_id)
        account = self._world.accounts.get(who)
        proofs = self._world.authenticators.get(who, ())
        proven = any((p.authenticator_id, p.status) == (authenticator_id, "active") for p in proofs)
        return proven and account is not None and account.status == "active"

    def _note(self, session: Session, txn_id: str | None) -> None:
        """The sign-in, on the transaction that asked for it."""
        key = (session.issuer_id, txn_id or "")
        transaction = self._world.transactions.get(key)
        if transaction is not None and transaction.state == "open":
            self._world.transactions[key] = replace(
                transaction,
                subject_id=session.subject_id,
                session_id=session.session_id,
                login_at=session.auth_time,
            )
