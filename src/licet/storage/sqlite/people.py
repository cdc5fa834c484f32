"""Accounts and browser sessions."""

from __future__ import annotations

from typing import Any

from licet.ambient import Instant
from licet.events import Event
from licet.storage.ports import Ending, Person, SignedIn
from licet.storage.records import Account, Authenticator, Session
from licet.storage.sqlite.codec import Codec, Vouched, pack, pack_strings
from licet.storage.sqlite.endings import end_session, end_subject, tell
from licet.storage.sqlite.issuers import grow
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.standing import SESSIONS
from licet.storage.sqlite.transaction import Entry, Row, Tx, entry
from licet.storage.terms import past

ACCOUNTS = Codec(Account, "accounts")
AUTHENTICATORS = Vouched(Authenticator, "authenticators", lives_on=("status",))

FIND_ACCOUNT = f"SELECT {ACCOUNTS.columns} FROM accounts WHERE issuer_id = ? AND subject_id = ?"  # noqa: S608
FIND_BY_LOGIN = f"""
    SELECT {ACCOUNTS.of("a")} FROM identifiers AS i JOIN accounts AS a USING (issuer_id, subject_id)
    WHERE i.issuer_id = ? AND i.identifier = ?
"""  # noqa: S608
AUTHENTICATORS_OF = f"""
    SELECT {AUTHENTICATORS.columns} FROM authenticators WHERE issuer_id = ? AND subject_id = ? AND status = 'active'
"""  # noqa: S608
IDENTIFIED = "SELECT 1 FROM identifiers WHERE issuer_id = ? AND identifier = ?"
IDENTIFY = "INSERT INTO identifiers (issuer_id, identifier, subject_id) VALUES (?, ?, ?)"
EPOCH = "SELECT epoch FROM accounts WHERE issuer_id = ? AND subject_id = ?"
ACTIVE_EPOCH = f"{EPOCH} AND status = 'active'"
RESTART_ACCOUNT = "UPDATE accounts SET epoch = ? WHERE issuer_id = ? AND subject_id = ?"
ENABLE_ACCOUNT = """
    UPDATE accounts SET status = 'active' WHERE issuer_id = ? AND subject_id = ? AND status = 'disabled'
"""
DROP_PASSWORDS = "DELETE FROM authenticators WHERE issuer_id = ? AND subject_id = ? AND kind = 'password'"
REHASH = """
    UPDATE authenticators SET secret = ?, vouch = ?
    WHERE issuer_id = ? AND subject_id = ? AND authenticator_id = ? AND status = 'active'
"""
DESCRIBE = "UPDATE accounts SET profile = ? WHERE issuer_id = ? AND subject_id = ? AND status = 'active'"
END_ACCOUNT = """
    UPDATE accounts SET status = 'disabled' WHERE issuer_id = ? AND subject_id = ? AND status = 'active'
"""
FORGET_SUBJECT = """
    UPDATE consents SET revoked_at = ? WHERE issuer_id = ? AND subject_id = ? AND revoked_at IS NULL
"""

FIND_SESSION = f"""
    SELECT {SESSIONS.of("s")}, {ACCOUNTS.of("a")} FROM sessions AS s JOIN accounts AS a USING (issuer_id, subject_id)
    WHERE s.issuer_id = ? AND s.digest = ?
"""  # noqa: S608
STILL_PROVEN = """
    SELECT 1 FROM accounts AS a JOIN authenticators AS p USING (issuer_id, subject_id)
    WHERE a.issuer_id = ? AND a.subject_id = ? AND a.status = 'active'
    AND p.authenticator_id = ? AND p.status = 'active'
"""
AUTHENTICATED = "INSERT INTO authentications (issuer_id, session_id, n, at, amr, acr) VALUES (?, ?, ?, ?, ?, ?)"
NOTE_SIGN_IN = """
    UPDATE transactions SET subject_id = ?, session_id = ?, login_at = ?
    WHERE issuer_id = ? AND txn_id = ? AND state = 'open'
"""
SIGNED_IN_AGAIN = """
    UPDATE sessions SET digest = ?, idle_until = ?, absolute_until = ?, auth_time = ?, amr = ?, acr = ?, browser = ?,
    vouch = ?, authentications = authentications + 1
    WHERE issuer_id = ? AND session_id = ? AND subject_id = ? AND digest = ? AND status = 'active'
    AND idle_until > ? AND absolute_until > ?
    RETURNING authentications
"""
TOUCH = """
    UPDATE sessions SET idle_until = max(idle_until, ?) WHERE issuer_id = ? AND session_id = ? AND status = 'active'
"""

APPS = """
    SELECT DISTINCT client_id FROM grants INDEXED BY grants_session
    WHERE issuer_id = ? AND session_id = ? AND access = 'online' AND revoked_at IS NULL AND expires_at > ?
    ORDER BY client_id
"""


class SQLiteAccounts(Room):
    """``ports.Accounts``."""

    async def find(self, issuer_id: int, subject_id: str) -> Person | None:
        return self._person(self._read.row(FIND_ACCOUNT, (issuer_id, subject_id)))

    async def find_by_login(self, issuer_id: int, identifier: str) -> Person | None:
        return self._person(self._read.row(FIND_BY_LOGIN, (issuer_id, identifier)))

    def _person(self, row: Row | None) -> Person | None:
        if row is None:
            return None
        account = ACCOUNTS.decode(row)
        proofs = self._read.rows(AUTHENTICATORS_OF, (account.issuer_id, account.subject_id))
        return Person(account=account, authenticators=AUTHENTICATORS.each(proofs, self._vouching))

    async def create(
        self, account: Account, identifiers: tuple[str, ...], authenticator: Authenticator, event: Event
    ) -> bool:
        row, line = ACCOUNTS.encode(account), entry(event)
        proof = AUTHENTICATORS.write(authenticator, self._vouching)
        issuer_id, names = account.issuer_id, tuple(dict.fromkeys(identifiers))

        def work(tx: Tx) -> bool:
            if any(tx.rows(IDENTIFIED, (issuer_id, name)) for name in names):
                return False
            tx.run(ACCOUNTS.insert, row)
            tx.many(IDENTIFY, [(issuer_id, name, account.subject_id) for name in names])
            tx.run(AUTHENTICATORS.insert, proof)
            tx.record(line)
            grow(tx, issuer_id)
            return True

        return await self._write.submit(work)

    async def set_password(self, ending: Ending, authenticator: Authenticator) -> bool:
        proof, line = AUTHENTICATORS.write(authenticator, self._vouching), entry(ending.event)
        key = (authenticator.issuer_id, authenticator.subject_id)

        def work(tx: Tx) -> bool:
            if not _restart(tx, EPOCH, ending, line, authenticator.subject_id):
                return False
            tx.run(DROP_PASSWORDS, key)  # an old hash is of use to thieves only
            tx.run(AUTHENTICATORS.insert, proof)
            return True

        return await self._write.submit(work)

    async def describe(self, issuer_id: int, subject_id: str, profile: dict[str, Any], event: Event) -> bool:
        said, line = (pack(profile), issuer_id, subject_id), entry(event)

        def work(tx: Tx) -> bool:
            if not tx.run(DESCRIBE, said):
                return False
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def rehash(self, authenticator: Authenticator) -> None:
        key = (authenticator.issuer_id, authenticator.subject_id, authenticator.authenticator_id)
        changed = (authenticator.secret, AUTHENTICATORS.vouch(authenticator, self._vouching))
        await self._write.submit(lambda tx: tx.run(REHASH, (*changed, *key)))

    async def end(self, ending: Ending, subject_id: str) -> bool:
        line = entry(ending.event)
        key = (ending.issuer_id, subject_id)

        def work(tx: Tx) -> bool:
            if not _restart(tx, ACTIVE_EPOCH, ending, line, subject_id):
                return False
            tx.run(END_ACCOUNT, key)
            tx.run(FORGET_SUBJECT, (ending.at, *key))
            return True

        return await self._write.submit(work)

    async def end_everything(self, ending: Ending, subject_id: str) -> bool:
        line = entry(ending.event)
        return await self._write.submit(lambda tx: _restart(tx, ACTIVE_EPOCH, ending, line, subject_id))

    async def enable(self, issuer_id: int, subject_id: str, event: Event) -> bool:
        line = entry(event)

        def work(tx: Tx) -> bool:
            if not tx.run(ENABLE_ACCOUNT, (issuer_id, subject_id)):
                return False
            tx.record(line)
            grow(tx, issuer_id)
            return True

        return await self._write.submit(work)


def _restart(tx: Tx, epoch_of: str, ending: Ending, line: Entry, subject_id: str) -> bool:
    """Everything of a person ends, is told and is seen; False where *epoch_of* finds nobody."""
    found = tx.rows(epoch_of, (ending.issuer_id, subject_id))
    if not found:
        return False
    epoch = past(ending.at, *found[0])
    tx.run(RESTART_ACCOUNT, (epoch, ending.issuer_id, subject_id))
    end_subject(tx, ending, subject_id)
    tell(tx, ending, line, epoch)
    grow(tx, ending.issuer_id)
    return True


class SQLiteSessions(Room):
    """``ports.Sessions``."""

    async def find(self, issuer_id: int, digest: bytes) -> SignedIn | None:
        row = self._read.row(FIND_SESSION, (issuer_id, digest))
        session = None if row is None else SESSIONS.read(row, self._vouching)
        if row is None or session is None:
            return None
        return SignedIn(session=session, account=ACCOUNTS.decode(row, SESSIONS.width))

    async def begin(
        self, session: Session, authenticator_id: str, replaces: Ending | None, txn_id: str | None, event: Event
    ) -> bool:
        row, line = SESSIONS.write(session, self._vouching), entry(event)
        proof = (session.issuer_id, session.subject_id, authenticator_id)

        def work(tx: Tx) -> bool:
            if not tx.rows(STILL_PROVEN, proof):
                return False
            if replaces is not None:
                _end(tx, replaces, replaces.revocation.key, entry(replaces.event))
            tx.run(SESSIONS.insert, row)
            _authenticated(tx, session, 1, txn_id)
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def again(
        self, session: Session, authenticator_id: str, old_digest: bytes, txn_id: str | None, event: Event
    ) -> bool:
        line = entry(event)
        proof = (session.issuer_id, session.subject_id, authenticator_id)
        changed = (
            session.digest,
            session.idle_until,
            session.absolute_until,
            session.auth_time,
            pack_strings(session.amr),
            session.acr,
            session.browser,
            SESSIONS.vouch(session, self._vouching),
        )
        key = (session.issuer_id, session.session_id, session.subject_id, old_digest)
        alive = (session.auth_time, session.auth_time)

        def work(tx: Tx) -> bool:
            if not tx.rows(STILL_PROVEN, proof):
                return False
            going_on = tx.rows(SIGNED_IN_AGAIN, (*changed, *key, *alive))
            for (n,) in going_on:
                _authenticated(tx, session, n, txn_id)
                tx.record(line)
            return bool(going_on)

        return await self._write.submit(work)

    async def touch(self, issuer_id: int, session_id: str, idle_until: Instant) -> None:
        await self._write.submit(lambda tx: tx.run(TOUCH, (idle_until, issuer_id, session_id)))

    async def apps(self, issuer_id: int, session_id: str, at: Instant) -> tuple[str, ...]:
        return tuple(client_id for (client_id,) in self._read.rows(APPS, (issuer_id, session_id, at)))

    async def end(self, ending: Ending, session_id: str) -> bool:
        line = entry(ending.event)
        return await self._write.submit(lambda tx: _end(tx, ending, session_id, line))


def _end(tx: Tx, ending: Ending, session_id: str, line: Entry) -> bool:
    """End a session and say so; False if it was over."""
    if not end_session(tx, ending.issuer_id, session_id, ending.at, ending.reason):
        return False
    tell(tx, ending, line)
    return True


def _authenticated(tx: Tx, session: Session, n: int, txn_id: str | None) -> None:
    """The n-th proof in this session, noted on the transaction that asked for it."""
    amr = pack_strings(session.amr)
    tx.run(AUTHENTICATED, (session.issuer_id, session.session_id, n, session.auth_time, amr, session.acr))
    if txn_id is not None:
        who = (session.subject_id, session.session_id, session.auth_time)
        tx.run(NOTE_SIGN_IN, (*who, session.issuer_id, txn_id))
