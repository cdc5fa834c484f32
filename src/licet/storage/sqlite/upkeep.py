"""What time is over for, deleted in small batches; and the latest instant this store remembers."""

from __future__ import annotations

from typing import NamedTuple

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
    ("outbox", "issuer_id, kind, about, target", "purge_at", 0),
    ("replay", "issuer_id, kind, key", "expires_at", 0),
    ("throttles", "issuer_id, key", "full_at", 0),  # a full bucket is as good as none
    ("initial_tokens", "issuer_id, digest", "expires_at", 0),
    ("registrations", "issuer_id, client_id", "expires_at", 0),  # unused, or taken away
    ("revocations", "issuer_id, seq", "purge_at", 0),
)


class Purge(NamedTuple):
    """How rows of one table are found and deleted: by key, because one statement would walk the table."""

    find: str
    delete: str
    kept: int


def _purge(table: str, key: str, expiry: str, kept: int) -> Purge:
    newest = ""
    if table == "revocations":  # the newest line stays: the next one's number follows from it
        newest = "AND seq < (SELECT max(seq) FROM revocations AS r WHERE r.issuer_id = revocations.issuer_id)"
    find = f"SELECT {key} FROM {table} INDEXED BY {table}_{expiry} WHERE {expiry} <= ? {newest} LIMIT ?"  # noqa: S608
    delete = f"DELETE FROM {table} WHERE " + " AND ".join(f"{column} = ?" for column in key.split(", "))  # noqa: S608
    return Purge(find, delete, kept)


PURGES = tuple(_purge(*expired) for expired in EXPIRED)
OVER_RETRIES = """
    SELECT issuer_id, handle, replay_until FROM families INDEXED BY families_replay_until
    WHERE successor_salt IS NOT NULL AND replay_until <= ? LIMIT ?
"""
FORGET_RETRY = """
    UPDATE families SET successor_salt = NULL, replay_until = NULL
    WHERE issuer_id = ? AND handle = ? AND replay_until = ?
"""
PURGE_AUTHENTICATIONS = "DELETE FROM authentications WHERE issuer_id = ? AND session_id = ?"
PURGE_CLIENT = (
    """
    DELETE FROM credentials WHERE issuer_id = ?1 AND owner_kind = 'client' AND owner = ?2 AND NOT EXISTS (
        SELECT 1 FROM clients WHERE issuer_id = ?1 AND client_id = ?2 AND source = 'cimd' AND status <> 'active'
    )
    """,
    """
    DELETE FROM clients WHERE issuer_id = ? AND client_id = ?
    AND (source = 'dcr' OR (source = 'cimd' AND status = 'active'))
    """,
)
"""One that its document names can come back, so one that was disabled is remembered."""

LATEST = """
    SELECT max(at) FROM (SELECT at FROM events WHERE node = ? ORDER BY seq DESC LIMIT 1000)
"""
LAST_GRANT = """
    SELECT max(last) FROM (SELECT (SELECT max(grant_id) FROM grants WHERE issuer_id = i.issuer_id) AS last
                           FROM issuers AS i)
"""


def purge(tx: Tx, at: Instant, limit: int) -> int:
    """Delete up to *limit* rows, or what in them is over, in this transaction; how many went."""
    retries = tx.rows(OVER_RETRIES, (at, limit))
    tx.many(FORGET_RETRY, retries)
    left = limit - len(retries)
    for find, delete, kept in PURGES:
        if not left:
            break
        over = tx.rows(find, (at - kept, left))
        if "sessions" in delete:
            tx.many(PURGE_AUTHENTICATIONS, over)
        if "registrations" in delete:
            for purging in PURGE_CLIENT:
                tx.many(purging, over)
        tx.many(delete, over)
        left -= len(over)
    return limit - left
