"""The browser session: begun at sign-in, idle and absolute ends, a new cookie value each time somebody proves
themselves (ASVS 7.2.4)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Entropy, Instant
from licet.events import Event, EventType
from licet.protocol import secret_token
from licet.resource_owner.assurance import acr_of
from licet.storage.ports import Sessions, SignedIn
from licet.storage.records import Account, Session
from licet.storage.vault import Vault

_TOUCH_PART = 16
"""A visit moves the idle end only when a sixteenth of it has passed: one write for many visits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLives:
    """Seconds."""

    idle_s: int = 8 * 3600
    absolute_s: int = 24 * 3600


@dataclass(frozen=True, slots=True)
class BrowserSessions:
    """Finds, begins and ends browser sessions."""

    sessions: Sessions
    vault: Vault
    entropy: Entropy
    lives: SessionLives

    async def find(self, issuer_id: int, cookie: str | None) -> SignedIn | None:
        """Whose cookie it is; also of an ended session: admission judges."""
        if cookie is None or not secret_token.well_formed("se", cookie):
            return None
        for digest in self.vault.digests(issuer_id, "session", cookie):
            found = await self.sessions.find(issuer_id, digest)
            if found is not None:
                return found
        return None

    async def begin(
        self, account: Account, before: SignedIn | None, *, txn_id: str | None, at: Instant, request_id: str
    ) -> tuple[str, Session]:
        """The cookie's new value and the session, after *account* proved itself by password.

        The same person's live session goes on under a new value; any other ends.
        """
        value = secret_token.make("se", self.entropy.bytes(32))
        digest = self.vault.digest(account.issuer_id, "session", value)
        again = before is not None and before.account.subject_id == account.subject_id
        session = self._session(account, before.session if before is not None and again else None, digest, at)
        event = Event(
            issuer_id=account.issuer_id, type=EventType.SESSION_STARTED, at=at, actor=f"subject:{account.subject_id}",
            subject=account.subject_id, object=session.session_id, txn=txn_id or "", request_id=request_id,
            data={"amr": session.amr},
        )
        if before is not None and again:
            await self.sessions.again(session, before.session.digest, txn_id, event)
        else:
            await self.sessions.begin(session, before.session.digest if before else None, txn_id, event)
        return value, session

    def _session(self, account: Account, goes_on: Session | None, digest: bytes, at: Instant) -> Session:
        amr = ("pwd",)
        return Session(
            issuer_id=account.issuer_id,
            session_id=goes_on.session_id if goes_on else self.entropy.bytes(16).hex(),
            digest=digest,
            subject_id=account.subject_id,
            created_at=goes_on.created_at if goes_on else at,
            idle_until=Instant(at + self.lives.idle_s * SECOND),
            absolute_until=Instant(at + self.lives.absolute_s * SECOND),
            auth_time=at,
            amr=amr,
            acr=acr_of(amr),
            authentications=goes_on.authentications + 1 if goes_on else 1,
        )

    async def touch(self, session: Session, at: Instant) -> None:
        """Move the idle end, where it is worth a write."""
        idle_until = min(session.absolute_until, Instant(at + self.lives.idle_s * SECOND))
        if idle_until - session.idle_until > self.lives.idle_s * SECOND // _TOUCH_PART:
            await self.sessions.touch(session.issuer_id, session.session_id, idle_until)
