"""The join that admission needs: a grant with the present state of its person and its session."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from licet.storage.ports import Standing
from licet.storage.records import Grant, Session
from licet.storage.sqlite.codec import Vouched
from licet.storage.vouching import Vouching

GRANTS = Vouched(Grant, "grants", lives_on=("revoked_at", "reason"))
SESSIONS = Vouched(Session, "sessions", lives_on=("status", "epoch", "idle_until", "authentications", "browser"))

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


def read(row: tuple[Any, ...], vouching: Vouching, start: int = 0) -> Standing | None:
    """The standing whose ``COLUMNS`` begin at *start*; None where grant or session say what was never written here."""
    person = start + GRANTS.width
    at = person + 2
    grant = GRANTS.read(row, vouching, start)
    session = None if row[at] is None else SESSIONS.read(row, vouching, at)
    if grant is None or (session is None and row[at] is not None):
        return None
    return Standing(grant=grant, subject_status=row[person], subject_epoch=row[person + 1], session=session)


def each(rows: Iterable[tuple[Any, ...]], vouching: Vouching) -> tuple[Standing, ...]:
    """The standings of *rows*, without those that say what was never written here."""
    return tuple(standing for row in rows if (standing := read(row, vouching)) is not None)
