"""Ledger and tables, compared row by row: every change has its event and every event its change."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from licet.storage.sqlite import SQLiteStore
from tests.vouching import VOUCHING

_OF = "json_extract(body, '$.{}')"
_TYPES = "type, CAST(json_extract(body, '$.grant') AS INTEGER) AS grant_id, json_extract(body, '$.object') AS object"
_EVENTS = f"""
    WITH e AS (SELECT {_TYPES}, {_OF.format("txn")} AS txn, {_OF.format("subject")} AS subject,
                      {_OF.format("client")} AS client, {_OF.format("data.aud[0]")} AS aud FROM events)
"""

DIFFERENCES = {
    "a used code without its one event, or an unused one with an event": """
        SELECT c.grant_id FROM codes AS c
        WHERE (c.consumed_at IS NOT NULL)
              <> (SELECT count(*) FROM e WHERE e.type = 'token.issued' AND e.grant_id = c.grant_id)
    """,
    "a used device code without its one event, or an unused one with an event": """
        SELECT p.grant_id FROM pending AS p WHERE p.grant_id IS NOT NULL AND (p.consumed_at IS NOT NULL)
              <> (SELECT count(*) FROM e WHERE e.type = 'token.issued' AND e.grant_id = p.grant_id)
    """,
    "a code without its grant, or its event": """
        SELECT c.grant_id FROM codes AS c
        WHERE NOT EXISTS (SELECT 1 FROM grants AS g WHERE g.grant_id = c.grant_id AND g.origin = 'code')
           OR 1 <> (SELECT count(*) FROM e WHERE e.type = 'code.issued' AND e.grant_id = c.grant_id)
    """,
    "a grant that nothing gave": """
        SELECT g.grant_id FROM grants AS g
        WHERE 1 <> (SELECT count(*) FROM codes AS c WHERE c.grant_id = g.grant_id)
                 + (SELECT count(*) FROM pending AS p WHERE p.grant_id = g.grant_id AND p.decided_at IS NOT NULL)
    """,
    "code.issued without a code": """
        SELECT e.grant_id FROM e WHERE e.type = 'code.issued'
           AND NOT EXISTS (SELECT 1 FROM codes AS c WHERE c.grant_id = e.grant_id)
    """,
    "a redemption without a refresh token": """
        SELECT e.grant_id FROM e WHERE e.type = 'token.issued' AND e.grant_id IS NOT NULL
           AND 1 <> (SELECT count(*) FROM families AS f WHERE f.grant_id = e.grant_id)
    """,
    "a refresh token without a redemption": """
        SELECT f.grant_id FROM families AS f
        WHERE NOT EXISTS (SELECT 1 FROM e WHERE e.type = 'token.issued' AND e.grant_id = f.grant_id)
    """,
    "a generation that is not the number of refreshes": """
        SELECT f.grant_id FROM families AS f WHERE f.client_id <> 'shop' AND f.generation
              <> (SELECT count(*) FROM e WHERE e.type = 'token.refreshed' AND e.grant_id = f.grant_id)
    """,
    "a rotation without a predecessor": """
        SELECT f.grant_id FROM families AS f
        WHERE (f.generation > 0) <> (f.previous_digest IS NOT NULL) OR f.previous_digest = f.current_digest
    """,
    "an opaque token without its event": """
        SELECT t.jti FROM access_tokens AS t WHERE 1 <> (SELECT count(*) FROM e WHERE e.object = t.jti
              AND e.type IN ('token.issued', 'token.refreshed', 'refresh.replayed') AND e.grant_id IS t.grant_id AND e.client = t.client_id)
    """,
    "the event of an opaque token without the token": """
        SELECT e.object FROM e WHERE e.type IN ('token.issued', 'token.refreshed', 'refresh.replayed')
           AND e.aud <> (SELECT identifier FROM resources WHERE token_format = 'jwt')
           AND NOT EXISTS (SELECT 1 FROM access_tokens AS t WHERE t.jti = e.object)
    """,
    "an end of a grant without event, feed or end of its family": """
        SELECT g.grant_id FROM grants AS g WHERE (g.revoked_at IS NOT NULL)
              <> (SELECT count(*) FROM e WHERE e.grant_id = g.grant_id
                  AND e.type IN ('grant.ended', 'code.replayed', 'refresh.reused'))
           OR (g.revoked_at IS NOT NULL) <> (SELECT count(*) FROM revocations WHERE kind = 'grant' AND key = g.handle)
           OR EXISTS (SELECT 1 FROM families AS f WHERE f.grant_id = g.grant_id
                      AND (f.ended_at IS NULL) <> (g.revoked_at IS NULL))
    """,
    "an end of a token without its event": """
        SELECT t.jti FROM access_tokens AS t WHERE (t.revoked_at IS NOT NULL)
              <> (SELECT count(*) FROM e WHERE e.type = 'token.revoked' AND e.object = t.jti)
    """,
    "an ending in the feed and not in the ledger, or the other way round": """
        SELECT r.key FROM revocations AS r WHERE r.kind = 'jti'
           AND NOT EXISTS (SELECT 1 FROM e WHERE e.type = 'token.revoked' AND e.object = r.key)
        UNION ALL SELECT e.object FROM e WHERE e.type = 'token.revoked'
           AND NOT EXISTS (SELECT 1 FROM revocations AS r WHERE r.kind = 'jti' AND r.key = e.object)
    """,
    "a device without its events": """
        SELECT p.state FROM pending AS p WHERE p.claimed_by IS NOT NULL
           AND NOT EXISTS (SELECT 1 FROM e WHERE e.type = 'device.claimed' AND e.subject = p.claimed_by)
        UNION ALL SELECT 'asked' WHERE (SELECT count(*) FROM pending)
              <> (SELECT count(*) FROM e WHERE e.type = 'device.asked')
        UNION ALL SELECT 'approved' WHERE (SELECT count(*) FROM grants WHERE origin = 'device')
              <> (SELECT count(*) FROM e WHERE e.type = 'device.approved')
    """,
    "a yes on a page that gave no code, or without its event": """
        SELECT t.txn_id FROM transactions AS t WHERE (t.state = 'completed')
              <> (SELECT count(*) FROM e WHERE e.type = 'code.issued' AND e.txn = t.txn_id)
           OR (t.consent_at IS NOT NULL) <> (SELECT count(*) FROM e WHERE e.type = 'consent.given' AND e.txn = t.txn_id)
    """,
    "a remembered consent without its event": """
        SELECT s.client_id FROM consents AS s WHERE NOT EXISTS
              (SELECT 1 FROM e WHERE e.type = 'consent.given' AND e.subject = s.subject_id AND e.client = s.client_id)
    """,
    "a session without its event": """
        SELECT s.session_id FROM sessions AS s
        WHERE NOT EXISTS (SELECT 1 FROM e WHERE e.type = 'session.started' AND e.object = s.session_id)
    """,
    "a used code whose challenge is forgotten": """
        SELECT count(*) FROM replay WHERE kind = 'challenge'
        HAVING count(*) <> (SELECT count(*) FROM codes WHERE consumed_at IS NOT NULL)
    """,
    "an assertion without its event": """
        SELECT count(*) FROM replay WHERE kind = 'assertion'
        HAVING count(*) <> (SELECT count(*) FROM e WHERE type = 'assertion.used')
    """,
}
"""What must not be → a query whose every row is a case of it."""


_INDEXED = (
    ("e", "grant_id"),
    ("e", "object"),
    ("e", "txn"),
    ("codes", "grant_id"),
    ("families", "grant_id"),
    ("grants", "grant_id"),
    ("pending", "grant_id"),
    ("access_tokens", "jti"),
    ("revocations", "key"),
)
"""What the comparisons look up: without these they take time with the square of the history."""


def disagreements(store: Path) -> list[str]:
    """Everything that is wrong with the store at *store*, which no server need have open."""
    return _damage(store) or [*_compared(store), *asyncio.run(_unchained(store))]


def _damage(store: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            found = [str(word) for (word,) in connection.execute("PRAGMA integrity_check").fetchall()]
        except sqlite3.DatabaseError as error:
            found = [str(error)]
    return [] if found == ["ok"] else [f"integrity_check: {word}" for word in found]


def _compared(store: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        connection.execute("BEGIN")  # all questions of one state
        connection.execute(f"CREATE TEMP TABLE e AS {_EVENTS} SELECT * FROM e")
        for table, column in _INDEXED:
            if table != "e":  # a copy, under the same name: the store's own indices all begin with the issuer
                connection.execute(f"CREATE TEMP TABLE IF NOT EXISTS {table} AS SELECT * FROM main.{table}")
            connection.execute(f"CREATE INDEX temp.{table}_by_{column} ON {table} ({column})")
        for what, query in DIFFERENCES.items():
            rows = connection.execute(query).fetchall()
            if rows:
                yield f"{what}: {rows[:3]}{f' and {len(rows) - 3} more' if len(rows) > 3 else ''}"


async def _unchained(store: Path) -> list[str]:
    opened = SQLiteStore.open(store, VOUCHING, create=False, lock=False)
    try:
        broken = await opened.events.verify()
    finally:
        await opened.close()
    return [] if broken is None else [f"the chain breaks at event {broken}"]
