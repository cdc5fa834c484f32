"""The join that admission needs: a grant with the present state of its person and its session."""

from __future__ import annotations

from typing import Any

from licet.storage.ports import Standing
from licet.storage.records import Grant, Session
from licet.storage.sqlite.codec import Codec

GRANTS = Codec(Grant, "grants")
SESSIONS = Codec(Session, "sessions")

COLUMNS = f"{GRANTS.of('g')}, coalesce(a.status, 'gone'), coalesce(a.epoch, 0), {SESSIONS.of('s')}"
"""Of a grant ``g``, its account ``a`` and its session ``s``."""

JOIN = """
    LEFT JOIN accounts AS a ON a.issuer_id = g.issuer_id AND a.subject_id = g.subject_id
    LEFT JOIN sessions AS s ON s.issuer_id = g.issuer_id AND s.session_id = g.session_id
"""

ON_GRANT = "g.issuer_id = t.issuer_id AND g.grant_id = t.grant_id"
"""For a thing ``t`` that hangs on a grant."""

BY_ID = f"SELECT {COLUMNS} FROM grants AS g {JOIN} WHERE g.issuer_id = ? AND g.grant_id = ?"  # noqa: S608
BY_HANDLE = f"SELECT {COLUMNS} FROM grants AS g {JOIN} WHERE g.issuer_id = ? AND g.handle = ?"  # noqa: S608


def decode(row: tuple[Any, ...], start: int = 0) -> Standing:
    """The standing whose ``COLUMNS`` begin at *start*."""
    person = start + GRANTS.width
    session = person + 2
    return Standing(
        grant=GRANTS.decode(row, start),
        subject_status=row[person],
        subject_epoch=row[person + 1],
        session=None if row[session] is None else SESSIONS.decode(row, session),
    )
