"""What time is over for, deleted in small batches; and the latest instant this store remembers."""

from __future__ import annotations

from licet.ambient import Instant
from licet.storage.sqlite.transaction import Tx
from licet.storage.terms import GRANT_KEPT, PENDING_KEPT

EXPIRED = (
    # table, key, expiry, µs it is kept beyond: each found by the index on its expiry
    ("access_tokens", "issuer_id, digest", "expires_at", 0),
    ("codes", "issuer_id, digest", "purge_at", 0),  # a used code is a tombstone until then (rulings M)
    ("families", "issuer_id, handle", "purge_at", 0),
    ("grants", "issuer_id, grant_id", "expires_at", GRANT_KEPT),
    ("pending", "issuer_id, device_digest", "expires_at", PENDING_KEPT),
    ("transactions", "issuer_id, txn_id", "expires_at", 0),
    ("consents", "issuer_id, subject_id, client_id", "expires_at", 0),
    ("sessions", "issuer_id, session_id", "absolute_until", 0),
    ("replay", "issuer_id, kind, key", "expires_at", 0),
    ("throttles", "issuer_id, key", "full_at", 0),  # a full bucket is as good as none
)
PURGES = tuple(
    (f"DELETE FROM {table} WHERE ({key}) IN (SELECT {key} FROM {table} WHERE {expiry} <= ? LIMIT ?)", kept)  # noqa: S608
    for table, key, expiry, kept in EXPIRED
)
PURGE_REVOCATIONS = """
    DELETE FROM revocations WHERE (issuer_id, seq) IN (
        SELECT issuer_id, seq FROM revocations AS old
        WHERE purge_at <= ? AND seq < (SELECT max(seq) FROM revocations WHERE issuer_id = old.issuer_id) LIMIT ?)
"""
"""The newest line stays: the next one's number follows from it."""
PURGE_AUTHENTICATIONS = """
    DELETE FROM authentications WHERE (issuer_id, session_id) IN (
        SELECT issuer_id, session_id FROM sessions WHERE absolute_until <= ? LIMIT ?)
"""

LATEST = """
    SELECT max(at) FROM (SELECT at FROM events WHERE node = ? ORDER BY seq DESC LIMIT 1000)
"""
LAST_GRANT = """
    SELECT max(last) FROM (SELECT (SELECT max(grant_id) FROM grants WHERE issuer_id = i.issuer_id) AS last
                           FROM issuers AS i)
"""


def purge(tx: Tx, at: Instant, limit: int) -> int:
    """Delete up to *limit* rows in this transaction; how many went."""
    left = limit
    tx.run(PURGE_AUTHENTICATIONS, (at, limit))
    for statement, kept in (*PURGES, (PURGE_REVOCATIONS, 0)):
        left -= tx.run(statement, (at - kept, left))
        if left <= 0:
            break
    return limit - left
