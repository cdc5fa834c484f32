"""What ends together: a grant and its families, a session and its online grants (rulings D).

An ending is written into the grants themselves, not only into an epoch beside them, so that the one statement
that consumes a code or a refresh token sees it: whoever was judged a moment before can no longer redeem.

``INDEXED BY``: without statistics SQLite holds reading all of an issuer's rows in key order for as good as an
index that is not unique, and would walk a million grants to find three.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from licet.ambient import Instant
from licet.storage.ending import line as feed_line
from licet.storage.ports import Ending
from licet.storage.sqlite.transaction import Entry, Tx
from licet.storage.terms import NOTICE_KEPT

END_FAMILIES = """
    UPDATE families INDEXED BY families_grant SET ended_at = ?, why = ?, successor_salt = NULL
    WHERE issuer_id = ? AND grant_id = ? AND ended_at IS NULL
"""
END_GRANT = """
    UPDATE grants SET revoked_at = ?, reason = ? WHERE issuer_id = ? AND grant_id = ? AND revoked_at IS NULL
"""
END_GRANTS_OF_SUBJECT = """
    UPDATE grants INDEXED BY grants_subject SET revoked_at = ?, reason = ?
    WHERE issuer_id = ? AND subject_id = ? AND revoked_at IS NULL
    RETURNING grant_id, handle, expires_at
"""
END_GRANTS_OF_CONSENT = """
    UPDATE grants INDEXED BY grants_subject SET revoked_at = ?, reason = ?
    WHERE issuer_id = ? AND subject_id = ? AND client_id = ? AND revoked_at IS NULL
    RETURNING grant_id, handle, expires_at
"""
END_ONLINE_GRANTS = """
    UPDATE grants INDEXED BY grants_session SET revoked_at = ?, reason = ?
    WHERE issuer_id = ? AND session_id = ? AND access = 'online' AND revoked_at IS NULL
    RETURNING grant_id, handle, expires_at
"""
END_SESSION = """
    UPDATE sessions SET status = 'ended', epoch = ? WHERE issuer_id = ? AND session_id = ? AND status = 'active'
"""
END_SESSIONS_OF_SUBJECT = """
    UPDATE sessions INDEXED BY sessions_subject SET status = 'ended', epoch = ?
    WHERE issuer_id = ? AND subject_id = ? AND status = 'active'
    RETURNING session_id
"""
LIVE_SESSIONS = """
    SELECT session_id FROM sessions INDEXED BY sessions_absolute_until
    WHERE issuer_id = ? AND absolute_until > ? AND idle_until > ? AND status = 'active'
"""
TELL_CLIENTS = f"""
    INSERT OR IGNORE INTO outbox
    (issuer_id, kind, about, target, payload, attempts, next_at, created_at, outcome, reason, purge_at)
    SELECT g.issuer_id, 'logout', g.session_id, g.client_id, json_object('sub', min(g.sub), 'sid', min(g.sid)),
    0, ?1, ?1, '', '', ?1 + {NOTICE_KEPT}
    FROM grants AS g INDEXED BY grants_session JOIN clients AS c USING (issuer_id, client_id)
    WHERE g.issuer_id = ?2 AND g.session_id = ?3 AND g.sid IS NOT NULL
    AND EXISTS (SELECT 1 FROM json_each(g.scope) WHERE value = 'openid')
    AND c.status = 'active' AND json_extract(c.metadata, '$.backchannel_logout_uri') IS NOT NULL
    GROUP BY g.issuer_id, g.session_id, g.client_id
"""  # noqa: S608
"""A notice for each client that got an ID token in this session and wants to hear of its end (OpenID Connect
Back-Channel Logout §2.3): here, where every road on which a session ends comes by."""


def tell(tx: Tx, ending: Ending, line: Entry, epoch: Instant | None = None) -> None:
    """The ending's line in the feed and its event; *epoch* is what everything up to it is dead by, where that is later."""
    tx.feed(ending.revocation if epoch is None else replace(ending.revocation, at=epoch))
    tx.record(line)


def end_grant(tx: Tx, issuer_id: int, grant_id: int, at: Instant, reason: str) -> bool:
    """End one grant and every family on it; False if it was over, or never was."""
    if not tx.run(END_GRANT, (at, reason, issuer_id, grant_id)):
        return False
    tx.run(END_FAMILIES, (at, reason, issuer_id, grant_id))
    return True


def end_session(tx: Tx, issuer_id: int, session_id: str, at: Instant, reason: str) -> bool:
    """End one session and the online grants that lived by it; False if it was over, or never was."""
    if not tx.run(END_SESSION, (at, issuer_id, session_id)):
        return False
    _end_grants(tx, END_ONLINE_GRANTS, (at, reason, issuer_id, session_id))
    tx.run(TELL_CLIENTS, (at, issuer_id, session_id))
    return True


def end_subject(tx: Tx, ending: Ending, subject_id: str) -> None:
    """End all sessions and all grants of a person."""
    for (session_id,) in tx.rows(END_SESSIONS_OF_SUBJECT, (ending.at, ending.issuer_id, subject_id)):
        tx.run(TELL_CLIENTS, (ending.at, ending.issuer_id, session_id))
    _end_grants(tx, END_GRANTS_OF_SUBJECT, (ending.at, ending.reason, ending.issuer_id, subject_id))


def tell_of_everything(tx: Tx, ending: Ending) -> None:
    """Every session of the issuer is over: a notice for each client of each that was not over yet."""
    for (session_id,) in tx.rows(LIVE_SESSIONS, (ending.issuer_id, ending.at, ending.at)):
        tx.run(TELL_CLIENTS, (ending.at, ending.issuer_id, session_id))


def end_consent(tx: Tx, ending: Ending, subject_id: str, client_id: str) -> bool:
    """End all grants of a person to a client; whether there were any."""
    return _end_grants(tx, END_GRANTS_OF_CONSENT, (ending.at, ending.reason, ending.issuer_id, subject_id, client_id))


def _end_grants(tx: Tx, statement: str, parameters: Sequence[Any]) -> bool:
    """*parameters* begin with instant, reason and issuer, in all of the statements above."""
    ended = tx.rows(statement, parameters)
    at, reason, issuer_id = parameters[:3]
    tx.many(END_FAMILIES, [(at, reason, issuer_id, grant_id) for grant_id, _, _ in ended])
    for _, handle, expires_at in ended:
        # Tokens name their grant: an API that follows the feed need not know who was signed in where.
        if expires_at > at:
            tx.feed(feed_line(issuer_id, "grant", handle, at, reason))
    return bool(ended)
