"""What operators look through, page by page: each read walks an index as far as its limit and no further.

``CROSS JOIN`` keeps the order of the loops: the table that is paged comes first.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from licet.events import Chained, Event
from licet.storage.ports import Registered, SignedIn, Standing
from licet.storage.records import Account, Consent, Family, Grant
from licet.storage.sqlite import registration, standing
from licet.storage.sqlite.authorization import CONSENTS
from licet.storage.sqlite.people import ACCOUNTS
from licet.storage.sqlite.reader import Row
from licet.storage.sqlite.registration import CLIENTS, CREDENTIALS
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.standing import SESSIONS
from licet.storage.sqlite.tokens import FAMILIES

LAST = 2**63 - 1
"""Greater than every number that the store gives."""
LAST_TEXT = "\U0010ffff"
"""Greater than every id."""

CLIENTS_BEHIND = f"""
    SELECT {CLIENTS.columns} FROM clients
    WHERE issuer_id = ? AND client_id > ? AND status <> 'removed' ORDER BY client_id LIMIT ?
"""  # noqa: S608
PEOPLE = f"""
    SELECT i.identifier, {ACCOUNTS.of("a")} FROM identifiers AS i
    CROSS JOIN accounts AS a ON a.issuer_id = i.issuer_id AND a.subject_id = i.subject_id
    WHERE i.issuer_id = ? AND i.identifier > ? ORDER BY i.identifier LIMIT ?
"""  # noqa: S608

_SESSION = f"""
    {SESSIONS.of("s")}, {ACCOUNTS.of("a")} FROM sessions AS s
    CROSS JOIN accounts AS a ON a.issuer_id = s.issuer_id AND a.subject_id = s.subject_id
"""
_OLDER = """
    s.rowid < CASE ?2 WHEN '' THEN 9223372036854775807
              ELSE (SELECT rowid FROM sessions WHERE issuer_id = ?1 AND session_id = ?2) END
    ORDER BY s.rowid DESC LIMIT ?3
"""
"""Rows are numbered as they come; the purge takes the oldest, so the numbers keep their order."""
ALL_SESSIONS = f"SELECT {_SESSION} WHERE s.issuer_id = ?1 AND {_OLDER}".replace(
    "sessions AS s", "sessions AS s NOT INDEXED"
)
SESSIONS_OF = f"SELECT {_SESSION} WHERE s.issuer_id = ?1 AND s.subject_id = ?4 AND {_OLDER}".replace(
    "sessions AS s", "sessions AS s INDEXED BY sessions_subject"
)
ONE_SESSION = f"SELECT {_SESSION} WHERE s.issuer_id = ? AND s.session_id = ?"

_GRANT = f"{standing.COLUMNS} FROM grants AS g"
ALL_GRANTS = f"""
    SELECT {_GRANT} {standing.JOIN} WHERE g.issuer_id = ? AND g.grant_id < ? ORDER BY g.grant_id DESC LIMIT ?
"""
GRANTS_OF = f"""
    SELECT {_GRANT} INDEXED BY grants_subject {standing.JOIN}
    WHERE g.issuer_id = ? AND g.subject_id = ? AND (g.client_id, g.grant_id) < (?, ?)
    ORDER BY g.client_id DESC, g.grant_id DESC LIMIT ?
"""
GRANTS_IN = f"""
    SELECT {_GRANT} INDEXED BY grants_session {standing.JOIN}
    WHERE g.issuer_id = ? AND g.session_id = ? AND g.grant_id < ? ORDER BY g.grant_id DESC LIMIT ?
"""
FAMILIES_OF = f"""
    SELECT {FAMILIES.columns} FROM families INDEXED BY families_grant
    WHERE issuer_id = ? AND grant_id = ? ORDER BY rowid LIMIT ?
"""  # noqa: S608
CONSENTS_OF = f"""
    SELECT {CONSENTS.columns} FROM consents
    WHERE issuer_id = ? AND subject_id = ? AND client_id > ? ORDER BY client_id LIMIT ?
"""  # noqa: S608
EARLIER = """
    SELECT node, seq, prev_hash, hash, body FROM events WHERE issuer_id = ? AND (node, seq) < (?, ?)
    ORDER BY node DESC, seq DESC LIMIT ?
"""

_decode_event = msgspec.json.Decoder(Event).decode


class SQLiteListing(Room):
    """``ports.Listing``."""

    async def clients(self, issuer_id: int, after: str, limit: int) -> tuple[Registered, ...]:
        clients = [CLIENTS.decode(row) for row in self._read.rows(CLIENTS_BEHIND, (issuer_id, after, limit))]
        return tuple(
            Registered(
                client=client,
                credentials=CREDENTIALS.each(
                    self._read.rows(registration.CREDENTIALS_OF, (issuer_id, "client", client.client_id)),
                    self._vouching,
                ),
            )
            for client in clients
        )

    async def people(self, issuer_id: int, after: str, limit: int) -> tuple[tuple[str, Account], ...]:
        rows = self._read.rows(PEOPLE, (issuer_id, after, limit))
        return tuple((row[0], ACCOUNTS.decode(row, 1)) for row in rows)

    async def sessions(self, issuer_id: int, subject_id: str | None, after: str, limit: int) -> tuple[SignedIn, ...]:
        page = (issuer_id, after, limit)
        if subject_id is None:
            rows = self._read.rows(ALL_SESSIONS, page)
        else:
            rows = self._read.rows(SESSIONS_OF, (*page, subject_id))
        return self._signed_in(rows)

    async def session(self, issuer_id: int, session_id: str) -> SignedIn | None:
        found = self._signed_in(self._read.rows(ONE_SESSION, (issuer_id, session_id)))
        return found[0] if found else None

    async def grants(
        self, issuer_id: int, subject_id: str | None, after: Grant | None, limit: int
    ) -> tuple[Standing, ...]:
        number = LAST if after is None else after.grant_id
        if subject_id is None:
            rows = self._read.rows(ALL_GRANTS, (issuer_id, number, limit))
        else:
            client_id = LAST_TEXT if after is None else after.client_id
            rows = self._read.rows(GRANTS_OF, (issuer_id, subject_id, client_id, number, limit))
        return standing.each(rows, self._vouching)

    async def grants_in(self, issuer_id: int, session_id: str, after: Grant | None, limit: int) -> tuple[Standing, ...]:
        number = LAST if after is None else after.grant_id
        return standing.each(self._read.rows(GRANTS_IN, (issuer_id, session_id, number, limit)), self._vouching)

    async def families(self, issuer_id: int, grant_id: int, limit: int) -> tuple[Family, ...]:
        return FAMILIES.each(self._read.rows(FAMILIES_OF, (issuer_id, grant_id, limit)), self._vouching)

    async def consents(self, issuer_id: int, subject_id: str, after: str, limit: int) -> tuple[Consent, ...]:
        return tuple(map(CONSENTS.decode, self._read.rows(CONSENTS_OF, (issuer_id, subject_id, after, limit))))

    async def events(self, issuer_id: int, before: tuple[int, int] | None, limit: int) -> tuple[Chained, ...]:
        rows = self._read.rows(EARLIER, (issuer_id, *(before or (LAST, LAST)), limit))
        return tuple(
            Chained(node=node, seq=seq, prev_hash=prior, hash=digest, event=_decode_event(text))
            for node, seq, prior, digest, text in rows
        )

    def _signed_in(self, rows: Iterable[Row]) -> tuple[SignedIn, ...]:
        return tuple(
            SignedIn(session=session, account=ACCOUNTS.decode(row, SESSIONS.width))
            for row in rows
            if (session := SESSIONS.read(row, self._vouching)) is not None
        )
