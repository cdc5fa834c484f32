"""Transactions, remembered consents, grants and codes: from the question to the authority."""

from __future__ import annotations

from licet.ambient import Instant
from licet.events import Event
from licet.storage.ports import Conclusion, Ending, FoundCode, Standing
from licet.storage.records import Code, Consent, Grant, Transaction
from licet.storage.sqlite import standing
from licet.storage.sqlite.codec import Codec, Vouched
from licet.storage.sqlite.endings import end_consent, end_grant, tell
from licet.storage.sqlite.registrations import Adopting
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.standing import GRANTS
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.terms import covers

TRANSACTIONS = Codec(Transaction, "transactions")
CONSENTS = Codec(Consent, "consents")
CODES = Vouched(Code, "codes", lives_on=("consumed_at", "purge_at"))

FIND_TRANSACTION = f"SELECT {TRANSACTIONS.columns} FROM transactions WHERE issuer_id = ? AND txn_id = ?"  # noqa: S608
CHOOSE = """
    UPDATE transactions SET login_at = CASE WHEN session_id = ?4 THEN login_at END,
    subject_id = ?3, session_id = ?4, select_at = ?5
    WHERE issuer_id = ?1 AND txn_id = ?2 AND state = 'open' AND expires_at > ?5 AND EXISTS (
        SELECT 1 FROM sessions AS s
        WHERE s.issuer_id = ?1 AND s.session_id = ?4 AND s.subject_id = ?3 AND s.status = 'active'
        AND s.idle_until > ?5 AND s.absolute_until > ?5
    )
"""
OPEN_AS_LONG = """
    UPDATE transactions SET expires_at = max(expires_at, ?)
    WHERE issuer_id = ? AND txn_id = ? AND source = 'par' AND state = 'open' AND expires_at > ?
"""
SPENT = "request = CASE source WHEN 'device' THEN request ELSE x'' END"
"""What an app sent along (``state``) is its own secret and of no use once it went back; a device's says which it is."""
DENY = f"""
    UPDATE transactions SET state = 'denied', {SPENT} WHERE issuer_id = ? AND txn_id = ? AND state = 'open'
"""  # noqa: S608
DENY_BOTH = f"""
    UPDATE transactions SET state = 'denied', {SPENT}
    WHERE issuer_id = ?1 AND txn_id IN (?2, ?3) AND state = 'open' AND
    (SELECT count(*) FROM transactions WHERE issuer_id = ?1 AND txn_id IN (?2, ?3) AND state = 'open') = 2
"""  # noqa: S608
COMPLETE = f"""
    UPDATE transactions SET state = 'completed', consent_at = coalesce(?1, consent_at), {SPENT}
    WHERE issuer_id = ?2 AND txn_id = ?3 AND state = 'open' AND expires_at > ?4
"""  # noqa: S608
COMPLETE_BOTH = f"""
    UPDATE transactions SET state = 'completed', consent_at = coalesce(?1, consent_at), {SPENT}
    WHERE issuer_id = ?2 AND txn_id IN (?3, ?5) AND state = 'open' AND expires_at > ?4 AND
    (SELECT count(*) FROM transactions
     WHERE issuer_id = ?2 AND txn_id IN (?3, ?5) AND state = 'open' AND expires_at > ?4) = 2
"""  # noqa: S608
ENDED_MEANWHILE = """
    SELECT 1 FROM sessions WHERE issuer_id = ?1 AND session_id = ?2 AND status <> 'active'
    UNION ALL SELECT 1 FROM accounts
    WHERE issuer_id = ?1 AND subject_id = ?3 AND (status <> 'active' OR epoch >= ?5)
    UNION ALL SELECT 1 FROM clients
    WHERE issuer_id = ?1 AND client_id = ?4 AND (status <> 'active' OR epoch >= ?5)
    UNION ALL SELECT 1 FROM issuers
    WHERE issuer_id = ?1 AND (status <> 'active' OR epoch >= ?5)
"""

FIND_CONSENT = f"""
    SELECT {CONSENTS.columns} FROM consents
    WHERE issuer_id = ? AND subject_id = ? AND client_id = ? AND revoked_at IS NULL
"""  # noqa: S608
DROP_CONSENT = "DELETE FROM consents WHERE issuer_id = ? AND subject_id = ? AND client_id = ?"
WITHDRAW = """
    UPDATE consents SET revoked_at = ?
    WHERE issuer_id = ? AND subject_id = ? AND client_id = ? AND revoked_at IS NULL
"""

FIND_CODE = f"""
    SELECT {CODES.of("t")}, {standing.COLUMNS} FROM codes AS t JOIN grants AS g ON {standing.ON_GRANT} {standing.JOIN}
    WHERE t.issuer_id = ? AND t.digest = ?
"""  # noqa: S608


def ended_meanwhile(tx: Tx, grant: Grant) -> bool:
    """Whether person, session, client or issuer ended between the judgement and this write."""
    hangs_on = (grant.issuer_id, grant.session_id, grant.subject_id, grant.client_id, grant.issued_at)
    return bool(tx.rows(ENDED_MEANWHILE, hangs_on))


def still_agreed(tx: Tx, consent: Consent) -> bool:
    """Whether what was remembered still is: the same yes, or a newer one that covers it (another browser's)."""
    rows = tx.rows(FIND_CONSENT, (consent.issuer_id, consent.subject_id, consent.client_id))
    return bool(rows) and covers(CONSENTS.decode(rows[0]), consent)


def _completing(conclusion: Conclusion, consent_at: Instant | None) -> tuple[str, tuple[object, ...]] | None:
    """The one statement that completes what is answered: a browser's transaction, a pushed request, or both."""
    named = [txn_id for txn_id in (conclusion.txn_id, conclusion.pushed_id) if txn_id is not None]
    if not named:
        return None
    statement = COMPLETE if len(named) == 1 else COMPLETE_BOTH
    return statement, (consent_at, conclusion.issuer_id, named[0], conclusion.at, *named[1:])


class SQLiteTransactions(Room):
    """``ports.Transactions``."""

    async def open(self, transaction: Transaction, pushed_id: str | None = None) -> bool:
        row = TRANSACTIONS.encode(transaction)
        stays = (transaction.expires_at, transaction.issuer_id, pushed_id, transaction.created_at)

        def work(tx: Tx) -> bool:
            if pushed_id is not None and not tx.run(OPEN_AS_LONG, stays):
                return False
            tx.run(TRANSACTIONS.insert, row)
            return True

        return await self._write.submit(work)

    async def find(self, issuer_id: int, txn_id: str) -> Transaction | None:
        row = self._read.row(FIND_TRANSACTION, (issuer_id, txn_id))
        return None if row is None else TRANSACTIONS.decode(row)

    async def choose(self, issuer_id: int, txn_id: str, subject_id: str, session_id: str, at: Instant) -> bool:
        chosen = (issuer_id, txn_id, subject_id, session_id, at)
        return await self._write.submit(lambda tx: bool(tx.run(CHOOSE, chosen)))

    async def deny(self, issuer_id: int, txn_id: str, at: Instant, event: Event, pushed_id: str | None = None) -> bool:
        line = entry(event)
        statement = DENY if pushed_id is None else DENY_BOTH
        denies = (issuer_id, txn_id) if pushed_id is None else (issuer_id, txn_id, pushed_id)

        def work(tx: Tx) -> bool:
            if not tx.run(statement, denies):
                return False
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def conclude(self, conclusion: Conclusion) -> bool:
        grant = GRANTS.write(conclusion.grant, self._vouching)
        code = CODES.write(conclusion.code, self._vouching)
        consent = None if conclusion.consent is None else CONSENTS.encode(conclusion.consent)
        lines = [entry(event) for event in conclusion.events]
        consent_at = None if consent is None else conclusion.at
        completing = _completing(conclusion, consent_at)
        adopt = None if conclusion.adopts is None else Adopting(conclusion.adopts, self._vouching)

        def work(tx: Tx) -> bool:
            if ended_meanwhile(tx, conclusion.grant):
                return False
            if conclusion.relies_on is not None and not still_agreed(tx, conclusion.relies_on):
                return False
            if adopt is not None and not adopt.stands(tx):
                return False
            if completing is not None and not tx.run(*completing):
                return False
            if adopt is not None:
                adopt.write(tx)
            tx.run(GRANTS.insert, grant)
            tx.run(CODES.insert, code)
            if consent is not None:
                tx.run(DROP_CONSENT, (grant[0], conclusion.grant.subject_id, conclusion.grant.client_id))
                tx.run(CONSENTS.insert, consent)
            for line in lines:
                tx.record(line)
            return True

        return await self._write.submit(work)


class SQLiteConsents(Room):
    """``ports.Consents``."""

    async def find(self, issuer_id: int, subject_id: str, client_id: str) -> Consent | None:
        row = self._read.row(FIND_CONSENT, (issuer_id, subject_id, client_id))
        return None if row is None else CONSENTS.decode(row)

    async def withdraw(self, ending: Ending, subject_id: str, client_id: str) -> bool:
        line = entry(ending.event)
        key = (ending.issuer_id, subject_id, client_id)

        def work(tx: Tx) -> bool:
            forgotten = tx.run(WITHDRAW, (ending.at, *key))
            if not end_consent(tx, ending, subject_id, client_id) and not forgotten:
                return False
            tx.record(line)  # the feed has a line for each grant that ended
            return True

        return await self._write.submit(work)


class SQLiteGrants(Room):
    """``ports.Grants``."""

    async def find_by_handle(self, issuer_id: int, handle: str) -> Standing | None:
        row = self._read.row(standing.BY_HANDLE, (issuer_id, handle))
        return None if row is None else standing.read(row, self._vouching)

    async def end(self, ending: Ending, grant_id: int) -> bool:
        line = entry(ending.event)

        def work(tx: Tx) -> bool:
            if not end_grant(tx, ending.issuer_id, grant_id, ending.at, ending.reason):
                return False
            tell(tx, ending, line)
            return True

        return await self._write.submit(work)


class SQLiteCodes(Room):
    """``ports.Codes``."""

    async def find(self, issuer_id: int, digest: bytes) -> FoundCode | None:
        row = self._read.row(FIND_CODE, (issuer_id, digest))
        if row is None:
            return None
        code, found = CODES.read(row, self._vouching), standing.read(row, self._vouching, CODES.width)
        return None if code is None or found is None else FoundCode(code=code, standing=found)
