"""The browser session: begun at sign-in, idle and absolute ends, a new cookie value each time somebody proves
themselves (ASVS 7.2.4)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Entropy, Instant
from licet.events import Event, EventType
from licet.protocol import secret_token
from licet.resource_owner.assurance import acr_of
from licet.resource_owner.sign_in import Proved
from licet.storage.ending import ending
from licet.storage.ports import Ending, Sessions, SignedIn
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
        self, proved: Proved, before: SignedIn | None, *, txn_id: str | None, at: Instant, request_id: str
    ) -> tuple[str, SignedIn] | None:
        """The cookie's new value and the session, after somebody proved who they are; None if they were disabled,
        or what they proved it with was taken from them, meanwhile.

        The same person's live session goes on under a new value; somebody else's ends. One of their own that is over, or
        that another tab has just gone on with, is left as it is.
        """
        value = secret_token.make("se", self.entropy.bytes(32))
        digest = self.vault.digest(proved.account.issuer_id, "session", value)
        replaces = None
        if before is not None and before.account.subject_id == proved.account.subject_id:
            session = self._session(proved.account, before.session, digest, at)
            event = _started(session, txn_id, request_id)
            if await self.sessions.again(session, proved.authenticator_id, before.session.digest, txn_id, event):
                return value, SignedIn(session=session, account=proved.account)
        elif before is not None:
            replaces = _replaced(before.session, at, request_id)
        session = self._session(proved.account, None, digest, at)
        event = _started(session, txn_id, request_id)
        if not await self.sessions.begin(session, proved.authenticator_id, replaces, txn_id, event):
            return None
        return value, SignedIn(session=session, account=proved.account)

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

    async def sign_out(self, session: Session, *, client_id: str = "", at: Instant, request_id: str) -> None:
        """End *session* as its person wished, or *client_id* for them."""
        signed_out = ending(
            session.issuer_id,
            "session",
            session.session_id,
            at=at,
            cause="signed out",
            event=EventType.SESSION_ENDED,
            actor=f"subject:{session.subject_id}",
            subject=session.subject_id,
            client=client_id,
            about=session.session_id,
            request_id=request_id,
        )
        await self.sessions.end(signed_out, session.session_id)

    async def touch(self, session: Session, at: Instant) -> None:
        """Move the idle end, where it is worth a write."""
        idle_until = min(session.absolute_until, Instant(at + self.lives.idle_s * SECOND))
        if idle_until - session.idle_until > self.lives.idle_s * SECOND // _TOUCH_PART:
            await self.sessions.touch(session.issuer_id, session.session_id, idle_until)


def _started(session: Session, txn_id: str | None, request_id: str) -> Event:
    return Event(
        issuer_id=session.issuer_id,
        type=EventType.SESSION_STARTED,
        at=session.auth_time,
        actor=f"subject:{session.subject_id}",
        subject=session.subject_id,
        object=session.session_id,
        txn=txn_id or "",
        request_id=request_id,
        data={"amr": session.amr},
    )


def _replaced(session: Session, at: Instant, request_id: str) -> Ending:
    """The end of the session that somebody else's sign-in in the same browser brings."""
    return ending(
        session.issuer_id,
        "session",
        session.session_id,
        at=at,
        cause="replaced",
        event=EventType.SESSION_ENDED,
        actor="licet",
        subject=session.subject_id,
        about=session.session_id,
        request_id=request_id,
    )
