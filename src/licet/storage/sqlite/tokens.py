"""Refresh token families, opaque access tokens, and the feed of endings."""

from __future__ import annotations

from licet.ambient import Instant
from licet.storage.ports import Ending, FoundFamily, FoundToken
from licet.storage.records import AccessToken, Family, Revocation
from licet.storage.sqlite import standing
from licet.storage.sqlite.codec import Codec, Vouched
from licet.storage.sqlite.endings import end_grant, tell
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx, entry

FAMILIES = Vouched(
    Family,
    "families",
    lives_on=(
        *("generation", "current_digest", "previous_digest", "idle_until", "purge_at"),
        *("replay_until", "successor_salt", "replays", "origin_hash", "strayed", "ended_at", "why"),
    ),
)
ACCESS_TOKENS = Vouched(AccessToken, "access_tokens", lives_on=("revoked_at",))
REVOCATIONS = Codec(Revocation, "revocations")

FIND_FAMILY = f"""
    SELECT {FAMILIES.of("t")}, {standing.COLUMNS}
    FROM families AS t JOIN grants AS g ON {standing.ON_GRANT} {standing.JOIN}
    WHERE t.issuer_id = ? AND t.handle = ?
"""  # noqa: S608
END_FAMILY = """
    UPDATE families SET ended_at = ?, why = ?, successor_salt = NULL
    WHERE issuer_id = ? AND handle = ? AND ended_at IS NULL
"""
COUNT_REPLAY = """
    UPDATE families SET replays = replays + 1 WHERE issuer_id = ? AND handle = ? RETURNING grant_id
"""

FIND_TOKEN = f"""
    SELECT {ACCESS_TOKENS.of("t")}, {standing.COLUMNS}
    FROM access_tokens AS t LEFT JOIN grants AS g ON {standing.ON_GRANT} {standing.JOIN}
    WHERE t.issuer_id = ? AND t.digest = ?
"""  # noqa: S608
REVOKE = "UPDATE access_tokens SET revoked_at = ? WHERE issuer_id = ? AND digest = ? AND revoked_at IS NULL"

ENDED = """
    SELECT max(at) FROM revocations INDEXED BY revocations_key WHERE issuer_id = ? AND kind = ? AND key = ?
"""
NEWEST = "SELECT coalesce(max(seq), 0) FROM revocations WHERE issuer_id = ?"
SINCE = f"""
    SELECT {REVOCATIONS.columns} FROM revocations WHERE issuer_id = ? AND seq > ? ORDER BY seq LIMIT ?
"""  # noqa: S608


def end_family(tx: Tx, issuer_id: int, handle: bytes, at: Instant, reason: str) -> bool:
    """A superseded token came back: end family and grant; False, and only counted, if the family was over."""
    rows = tx.rows(COUNT_REPLAY, (issuer_id, handle))
    if not rows or not tx.run(END_FAMILY, (at, reason, issuer_id, handle)):
        return False
    end_grant(tx, issuer_id, rows[0][0], at, reason)
    return True


class SQLiteFamilies(Room):
    """``ports.Families``."""

    async def find(self, issuer_id: int, handle: bytes) -> FoundFamily | None:
        row = self._read.row(FIND_FAMILY, (issuer_id, handle))
        if row is None:
            return None
        family, found = FAMILIES.read(row, self._vouching), standing.read(row, self._vouching, FAMILIES.width)
        return None if family is None or found is None else FoundFamily(family=family, standing=found)

    async def reused(self, ending: Ending, handle: bytes) -> bool:
        line = entry(ending.event)

        def work(tx: Tx) -> bool:
            if not end_family(tx, ending.issuer_id, handle, ending.at, ending.reason):
                return False
            tell(tx, ending, line)
            return True

        return await self._write.submit(work)


class SQLiteAccessTokens(Room):
    """``ports.AccessTokens``."""

    async def find(self, issuer_id: int, digest: bytes) -> FoundToken | None:
        row = self._read.row(FIND_TOKEN, (issuer_id, digest))
        if row is None:
            return None
        token, width = ACCESS_TOKENS.read(row, self._vouching), ACCESS_TOKENS.width
        if token is None:
            return None
        if row[width] is None:
            return FoundToken(token=token, standing=None)
        found = standing.read(row, self._vouching, width)
        return None if found is None else FoundToken(token=token, standing=found)

    async def revoke(self, ending: Ending, digest: bytes) -> bool:
        line = entry(ending.event)

        def work(tx: Tx) -> bool:
            if not tx.run(REVOKE, (ending.at, ending.issuer_id, digest)):
                return False
            tell(tx, ending, line)
            return True

        return await self._write.submit(work)

    async def revoke_jwt(self, ending: Ending) -> bool:
        line, said = entry(ending.event), ending.revocation

        def work(tx: Tx) -> bool:
            if tx.rows(ENDED, (said.issuer_id, said.kind, said.key))[0][0] is not None:
                return False
            tell(tx, ending, line)
            return True

        return await self._write.submit(work)


class SQLiteRevocations(Room):
    """``ports.Revocations``."""

    async def ended(self, issuer_id: int, kind: str, key: str) -> Instant | None:
        row = self._read.row(ENDED, (issuer_id, kind, key))
        return None if row is None else row[0]

    async def since(self, issuer_id: int, seq: int, limit: int) -> tuple[Revocation, ...]:
        return tuple(map(REVOCATIONS.decode, self._read.rows(SINCE, (issuer_id, seq, limit))))

    async def latest(self, issuer_id: int) -> int:
        return int(self._read.rows(NEWEST, (issuer_id,))[0][0])
