"""Devices that wait for a person (RFC 8628): each step one statement with the whole condition in it (rulings X)."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import SECOND, Instant
from licet.events import Event
from licet.storage.ports import Registering, Standing
from licet.storage.records import Grant, Pending
from licet.storage.sqlite import standing
from licet.storage.sqlite.authorization import ended_meanwhile
from licet.storage.sqlite.codec import Vouched
from licet.storage.sqlite.registrations import Adopting
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.standing import GRANTS
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.terms import LIVE_PENDING, SLOWER_S

PENDING = Vouched(
    Pending,
    "pending",
    lives_on=("interval_s", "next_poll_at", "state", "claimed_by", "decided_at", "consumed_at"),
)

FIND = f"SELECT {PENDING.columns} FROM pending WHERE issuer_id = ? AND device_digest = ?"  # noqa: S608
FIND_BY_USER_CODE = f"""
    SELECT {PENDING.columns} FROM pending INDEXED BY pending_user_code
    WHERE issuer_id = ? AND user_code_digest = ? ORDER BY created_at DESC LIMIT 1
"""  # noqa: S608
LIVE_USER_CODE = f"""
    SELECT 1 FROM pending INDEXED BY pending_user_code
    WHERE issuer_id = ? AND user_code_digest = ? AND state IN {LIVE_PENDING} AND expires_at > ?
"""  # noqa: S608
CLAIM = """
    UPDATE pending SET state = 'claimed', claimed_by = ?
    WHERE issuer_id = ? AND device_digest = ? AND state = 'open' AND expires_at > ?
"""
CLAIMED = """
    SELECT 1 FROM pending
    WHERE claimed_by = ? AND issuer_id = ? AND device_digest = ? AND state = 'claimed' AND expires_at > ?
"""
DECIDE = """
    UPDATE pending SET state = ?, decided_at = ?, grant_id = ?, vouch = ?
    WHERE issuer_id = ? AND device_digest = ? AND state = 'claimed' AND claimed_by = ? AND expires_at > ?
"""
RELEASE = """
    UPDATE pending SET state = 'open', claimed_by = NULL
    WHERE issuer_id = ? AND device_digest = ? AND state = 'claimed' AND claimed_by = ?
"""
POLL_IN_TIME = f"""
    UPDATE pending SET next_poll_at = ?1 + interval_s * {SECOND}
    WHERE issuer_id = ?2 AND device_digest = ?3 AND client_id = ?4 AND next_poll_at <= ?1
"""  # noqa: S608
POLL_TOO_SOON = f"""
    UPDATE pending SET interval_s = interval_s + {SLOWER_S}, next_poll_at = ?1 + (interval_s + {SLOWER_S}) * {SECOND}
    WHERE issuer_id = ?2 AND device_digest = ?3 AND client_id = ?4
"""  # noqa: S608


class SQLiteDevices(Room):
    """``ports.Devices``."""

    async def open(self, pending: Pending, event: Event) -> bool:
        row, line = PENDING.write(pending, self._vouching), entry(event)
        taken = (pending.issuer_id, pending.user_code_digest, pending.created_at)

        def work(tx: Tx) -> bool:
            if tx.rows(LIVE_USER_CODE, taken):
                return False
            tx.run(PENDING.insert, row)
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def find_by_user_code(self, issuer_id: int, digest: bytes) -> Pending | None:
        row = self._read.row(FIND_BY_USER_CODE, (issuer_id, digest))
        return None if row is None else PENDING.read(row, self._vouching)

    async def find(self, issuer_id: int, device_digest: bytes) -> Pending | None:
        row = self._read.row(FIND, (issuer_id, device_digest))
        return None if row is None else PENDING.read(row, self._vouching)

    async def standing(self, issuer_id: int, grant_id: int) -> Standing | None:
        row = self._read.row(standing.BY_ID, (issuer_id, grant_id))
        return None if row is None else standing.read(row, self._vouching)

    async def claim(self, issuer_id: int, device_digest: bytes, subject_id: str, at: Instant, event: Event) -> bool:
        line = entry(event)
        who = (subject_id, issuer_id, device_digest, at)

        def work(tx: Tx) -> bool:
            if not tx.run(CLAIM, who):
                return bool(tx.rows(CLAIMED, who))
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def decide(
        self,
        issuer_id: int,
        device_digest: bytes,
        subject_id: str,
        at: Instant,
        grant: Grant | None,
        events: tuple[Event, ...],
        *,
        adopts: Registering | None = None,
    ) -> bool:
        lines = [entry(event) for event in events]
        state, grant_id = ("denied", None) if grant is None else ("approved", grant.grant_id)
        which = (issuer_id, device_digest)
        row = None if grant is None else GRANTS.write(grant, self._vouching)
        adopt = None if adopts is None else Adopting(adopts, self._vouching)

        def work(tx: Tx) -> bool:
            if adopt is not None and not adopt.stands(tx):
                return False
            (pending,) = PENDING.each(tx.rows(FIND, which), self._vouching) or (None,)
            if pending is None or (grant is not None and ended_meanwhile(tx, grant)):
                return False
            vouch = PENDING.vouch(replace(pending, grant_id=grant_id), self._vouching)
            if not tx.run(DECIDE, (state, at, grant_id, vouch, *which, subject_id, at)):
                return False
            if adopt is not None:
                adopt.write(tx)
            if row is not None:
                tx.run(GRANTS.insert, row)
            for line in lines:
                tx.record(line)
            return True

        return await self._write.submit(work)

    async def release(self, issuer_id: int, device_digest: bytes, subject_id: str) -> None:
        await self._write.submit(lambda tx: tx.run(RELEASE, (issuer_id, device_digest, subject_id)))

    async def poll(self, issuer_id: int, device_digest: bytes, client_id: str, at: Instant) -> bool:
        polled = (at, issuer_id, device_digest, client_id)

        def work(tx: Tx) -> bool:
            if tx.run(POLL_IN_TIME, polled):
                return True
            tx.run(POLL_TOO_SOON, polled)
            return False

        return await self._write.submit(work)
