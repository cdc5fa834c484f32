"""Clients that registered themselves, and the tokens that let them (RFC 7591, RFC 7592)."""

from __future__ import annotations

from licet.ambient import Instant
from licet.events import Event
from licet.storage.ports import Ending, Full, Registering, RegistrationOutcome
from licet.storage.records import Client, Credential, InitialToken, Registration
from licet.storage.sqlite.codec import Codec
from licet.storage.sqlite.endings import tell
from licet.storage.sqlite.registration import (
    CLIENTS,
    CREDENTIALS,
    DROP_CREDENTIALS,
    END_CLIENT,
    ENDED_BEFORE,
)
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.terms import past
from licet.storage.vouching import Vouching

TOKENS = Codec(InitialToken, "initial_tokens")
REGISTRATIONS = Codec(Registration, "registrations")

FIND_TOKEN = f"SELECT {TOKENS.columns} FROM initial_tokens WHERE issuer_id = ? AND digest = ?"  # noqa: S608
EVERY_TOKEN = f"SELECT {TOKENS.columns} FROM initial_tokens WHERE issuer_id = ? ORDER BY created_at, digest"  # noqa: S608
SPEND = """
    UPDATE initial_tokens SET uses_left = uses_left - 1
    WHERE issuer_id = ? AND digest = ? AND uses_left > 0 AND expires_at > ?
"""
REVOKE = "DELETE FROM initial_tokens WHERE issuer_id = ? AND digest = ?"
FIND = f"SELECT {REGISTRATIONS.columns} FROM registrations WHERE issuer_id = ? AND client_id = ?"  # noqa: S608
COUNT = "SELECT count(*) FROM (SELECT 1 FROM registrations WHERE issuer_id = ? LIMIT ?)"
SWAP = "UPDATE registrations SET digest = ? WHERE issuer_id = ? AND client_id = ? AND digest = ?"
CHANGE = """
    UPDATE clients SET kind = ?, metadata = ?, metadata_digest = ?, policy = ?
    WHERE issuer_id = ? AND client_id = ? AND status = 'active'
"""
CLOSE = "UPDATE registrations SET digest = x'', expires_at = ? WHERE issuer_id = ? AND client_id = ? AND digest = ?"
USED = """
    UPDATE registrations SET expires_at = NULL
    WHERE issuer_id = ? AND client_id = ? AND digest <> x'' AND expires_at > ?
"""
STAYS = "UPDATE clients SET expires_at = NULL WHERE issuer_id = ? AND client_id = ?"

SAID = "SELECT metadata_digest FROM clients WHERE issuer_id = ? AND client_id = ?"
RENEW = """
    UPDATE clients SET kind = ?, metadata = ?, metadata_digest = ?, policy = ?
    WHERE issuer_id = ? AND client_id = ? AND status = 'active' AND metadata_digest = ?
"""
RAISE = "UPDATE clients SET epoch = ? WHERE issuer_id = ? AND client_id = ?"
EXTEND = """
    UPDATE clients SET expires_at = max(expires_at, ?4)
    WHERE issuer_id = ?1 AND client_id = ?2 AND status = 'active' AND expires_at > ?3
"""
EXTEND_BESIDE = """
    UPDATE registrations SET expires_at = max(expires_at, ?4)
    WHERE issuer_id = ?1 AND client_id = ?2 AND expires_at > ?3
"""


class Adopting:
    """Writes a client down with its first grant, in the transaction of that grant."""

    def __init__(self, registering: Registering, vouching: Vouching) -> None:
        self._client, self._most = registering.client, registering.most
        self._row, self._beside = CLIENTS.encode(registering.client), REGISTRATIONS.encode(registering.registration)
        self._proofs = [CREDENTIALS.write(credential, vouching) for credential in registering.credentials]
        self._line = entry(registering.event)

    def stands(self, tx: Tx) -> bool:
        """Whether it is not written down yet, or says the same there; raises Full where there is no room for it."""
        there = tx.rows(SAID, (self._client.issuer_id, self._client.client_id))
        if there:
            return bool(there[0][0] == self._client.metadata_digest)
        ((many,),) = tx.rows(COUNT, (self._client.issuer_id, self._most))
        if many >= self._most:
            raise Full(self._client.client_id)
        return True

    def write(self, tx: Tx) -> None:
        """Write it down, unless it is."""
        if tx.rows(SAID, (self._client.issuer_id, self._client.client_id)):
            return
        tx.run(CLIENTS.insert, self._row)
        tx.run(REGISTRATIONS.insert, self._beside)
        tx.many(CREDENTIALS.insert, self._proofs)
        tx.record(self._line)


class SQLiteRegistrations(Room):
    """``ports.Registrations``."""

    async def create_token(self, token: InitialToken, event: Event) -> None:
        row, line = TOKENS.encode(token), entry(event)

        def work(tx: Tx) -> None:
            tx.run(TOKENS.insert, row)
            tx.record(line)

        await self._write.submit(work)

    async def find_token(self, issuer_id: int, digest: bytes) -> InitialToken | None:
        row = self._read.row(FIND_TOKEN, (issuer_id, digest))
        return None if row is None else TOKENS.decode(row)

    async def tokens(self, issuer_id: int) -> tuple[InitialToken, ...]:
        return tuple(map(TOKENS.decode, self._read.rows(EVERY_TOKEN, (issuer_id,))))

    async def revoke_token(self, issuer_id: int, digest: bytes, event: Event) -> bool:
        line = entry(event)

        def work(tx: Tx) -> bool:
            if not tx.run(REVOKE, (issuer_id, digest)):
                return False
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def register(self, registering: Registering) -> RegistrationOutcome:
        client, registration = registering.client, registering.registration
        row, beside, line = CLIENTS.encode(client), REGISTRATIONS.encode(registration), entry(registering.event)
        proofs = [CREDENTIALS.write(credential, self._vouching) for credential in registering.credentials]
        spends = (client.issuer_id, registering.token, client.created_at)

        def work(tx: Tx) -> RegistrationOutcome:
            ((there,),) = tx.rows(COUNT, (client.issuer_id, registering.most))
            if there >= registering.most:
                return "full"
            if registering.token is not None and not tx.run(SPEND, spends):
                return "spent"
            tx.run(CLIENTS.insert, row)
            tx.run(REGISTRATIONS.insert, beside)
            tx.many(CREDENTIALS.insert, proofs)
            tx.record(line)
            return "registered"

        return await self._write.submit(work)

    async def find(self, issuer_id: int, client_id: str) -> Registration | None:
        row = self._read.row(FIND, (issuer_id, client_id))
        return None if row is None else REGISTRATIONS.decode(row)

    async def replace(
        self, client: Client, credentials: tuple[Credential, ...], digest: bytes, successor: bytes, event: Event
    ) -> bool:
        names, row, line = CLIENTS.fields, CLIENTS.encode(client), entry(event)
        kind, metadata, seal, policy = (
            row[names.index(name)] for name in ("kind", "metadata", "metadata_digest", "policy")
        )
        proofs = [CREDENTIALS.write(credential, self._vouching) for credential in credentials]
        key = (client.issuer_id, client.client_id)

        def work(tx: Tx) -> bool:
            if not tx.rows("SELECT 1 FROM clients WHERE issuer_id = ? AND client_id = ? AND status = 'active'", key):
                return False
            if not tx.run(SWAP, (successor, *key, digest)):
                return False
            tx.run(CHANGE, (kind, metadata, seal, policy, *key))
            tx.run(DROP_CREDENTIALS, (client.issuer_id, "client", client.client_id))
            tx.many(CREDENTIALS.insert, proofs)
            tx.record(line)
            return True

        return await self._write.submit(work)

    async def remove(self, ending: Ending, client_id: str, digest: bytes, until: Instant) -> bool:
        line = entry(ending.event)

        def work(tx: Tx) -> bool:
            if not tx.run(CLOSE, (until, ending.issuer_id, client_id, digest)):
                return False
            tx.run(END_CLIENT, (ending.at, ending.issuer_id, client_id))
            tell(tx, ending, line)
            return True

        return await self._write.submit(work)

    async def used(self, issuer_id: int, client_id: str, at: Instant) -> bool:
        def work(tx: Tx) -> bool:
            if not tx.run(USED, (issuer_id, client_id, at)):
                return False
            tx.run(STAYS, (issuer_id, client_id))
            return True

        return await self._write.submit(work)

    async def renew(
        self, client: Client, credentials: tuple[Credential, ...], before: bytes, ending: Ending | None, event: Event
    ) -> bool:
        names, row, line = CLIENTS.fields, CLIENTS.encode(client), entry(event)
        says = tuple(row[names.index(name)] for name in ("kind", "metadata", "metadata_digest", "policy"))
        proofs = [CREDENTIALS.write(credential, self._vouching) for credential in credentials]
        key, end = (client.issuer_id, client.client_id), None if ending is None else entry(ending.event)

        def work(tx: Tx) -> bool:
            if not tx.run(RENEW, (*says, *key, before)):
                return False
            tx.run(DROP_CREDENTIALS, (client.issuer_id, "client", client.client_id))
            tx.many(CREDENTIALS.insert, proofs)
            if ending is None or end is None:
                tx.record(line)
                return True
            epoch = past(ending.at, *tx.rows(ENDED_BEFORE, key)[0])
            tx.run(RAISE, (epoch, *key))
            tell(tx, ending, end, epoch)
            return True

        return await self._write.submit(work)

    async def extend(self, issuer_id: int, client_id: str, at: Instant, until: Instant) -> bool:
        def work(tx: Tx) -> bool:
            extends = (issuer_id, client_id, at, until)
            return bool(tx.run(EXTEND, extends) and tx.run(EXTEND_BESIDE, extends))

        return await self._write.submit(work)
