"""Clients, APIs, their scopes and credentials."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from licet.events import Event
from licet.storage.ports import Ending, Protected, Registered
from licet.storage.records import Client, Credential, Resource, Scope
from licet.storage.sqlite.codec import Codec, Vouched
from licet.storage.sqlite.endings import tell
from licet.storage.sqlite.issuers import grow
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Row, Tx, entry
from licet.storage.sqlite.writer import Work
from licet.storage.terms import past
from licet.storage.vouching import Vouching

CLIENTS = Codec(Client, "clients")
CREDENTIALS = Vouched(Credential, "credentials", lives_on=())
RESOURCES = Codec(Resource, "resources")
SCOPES = Codec(Scope, "scopes")

FIND_CLIENT = f"SELECT {CLIENTS.columns} FROM clients WHERE issuer_id = ? AND client_id = ?"  # noqa: S608
EVERY_CLIENT = f"SELECT {CLIENTS.columns} FROM clients WHERE issuer_id = ? ORDER BY client_id"  # noqa: S608
OF_SOURCE = f"""
    SELECT {CLIENTS.columns} FROM clients INDEXED BY clients_source
    WHERE issuer_id = ? AND source = ? ORDER BY client_id
"""  # noqa: S608
OF_KIND = f"""
    SELECT {CLIENTS.columns} FROM clients INDEXED BY clients_kind WHERE issuer_id = ? AND kind = ? AND status = 'active'
"""  # noqa: S608
CREDENTIALS_OF = f"""
    SELECT {CREDENTIALS.columns} FROM credentials
    WHERE issuer_id = ? AND owner_kind = ? AND owner = ? AND revoked_at IS NULL ORDER BY created_at, credential_id
"""  # noqa: S608
CREDENTIALS_OF_SOURCE = f"""
    SELECT {CREDENTIALS.of("p")} FROM clients AS c INDEXED BY clients_source
    CROSS JOIN credentials AS p ON p.issuer_id = c.issuer_id AND p.owner_kind = 'client' AND p.owner = c.client_id
    WHERE c.issuer_id = ? AND c.source = ? AND p.revoked_at IS NULL ORDER BY p.created_at, p.credential_id
"""  # noqa: S608
CREDENTIALS_OF_KIND = f"""
    SELECT {CREDENTIALS.columns} FROM credentials
    WHERE issuer_id = ? AND owner_kind = ? AND revoked_at IS NULL ORDER BY created_at, credential_id
"""  # noqa: S608
DROP_CREDENTIALS = "DELETE FROM credentials WHERE issuer_id = ? AND owner_kind = ? AND owner = ?"
EPOCH = "SELECT epoch FROM clients WHERE issuer_id = ? AND client_id = ?"
RAISE_EPOCH = "UPDATE clients SET epoch = max(epoch, ?) WHERE issuer_id = ? AND client_id = ?"
DROP_CLIENT = "DELETE FROM clients WHERE issuer_id = ? AND client_id = ?"
ENDED_BEFORE = """
    SELECT epoch, coalesce((SELECT epoch FROM issuers WHERE issuers.issuer_id = clients.issuer_id), 0)
    FROM clients WHERE issuer_id = ? AND client_id = ? AND status = 'active'
"""
"""Of the client and its issuer: a token of its own is minted after both."""
END_CLIENT = """
    UPDATE clients SET status = 'disabled', epoch = ? WHERE issuer_id = ? AND client_id = ? AND status = 'active'
"""
FORGET_CLIENT = """
    UPDATE consents SET revoked_at = ? WHERE issuer_id = ? AND client_id = ? AND revoked_at IS NULL
"""

EVERY_RESOURCE = f"SELECT {RESOURCES.columns} FROM resources WHERE issuer_id = ? ORDER BY name"  # noqa: S608
EVERY_SCOPE = f"SELECT {SCOPES.columns} FROM scopes WHERE issuer_id = ? ORDER BY name"  # noqa: S608
OWN_SCOPES = f"SELECT {SCOPES.columns} FROM scopes WHERE issuer_id = ? AND resource IS NULL ORDER BY name"  # noqa: S608
DROP_SCOPES = """
    DELETE FROM scopes WHERE issuer_id = ?1 AND resource IN
    (SELECT identifier FROM resources WHERE issuer_id = ?1 AND name = ?2)
"""
DROP_OWN_SCOPES = "DELETE FROM scopes WHERE issuer_id = ? AND resource IS NULL"
DROP_RESOURCE = "DELETE FROM resources WHERE issuer_id = ? AND name = ?"


class SQLiteClients(Room):
    """``ports.Clients``."""

    async def find(self, issuer_id: int, client_id: str) -> Registered | None:
        row = self._read.row(FIND_CLIENT, (issuer_id, client_id))
        if row is None:
            return None
        credentials = self._read.rows(CREDENTIALS_OF, (issuer_id, "client", client_id))
        return Registered(client=CLIENTS.decode(row), credentials=CREDENTIALS.each(credentials, self._vouching))

    async def every(self, issuer_id: int) -> tuple[Registered, ...]:
        live = _by_owner(self._read.rows(CREDENTIALS_OF_KIND, (issuer_id, "client")), self._vouching)
        clients = map(CLIENTS.decode, self._read.rows(EVERY_CLIENT, (issuer_id,)))
        return tuple(Registered(client=client, credentials=tuple(live[client.client_id])) for client in clients)

    async def of_source(self, issuer_id: int, source: str) -> tuple[Registered, ...]:
        return clients_of(self._read.rows, issuer_id, source, self._vouching)

    async def of_kind(self, issuer_id: int, kind: str) -> tuple[Client, ...]:
        return tuple(map(CLIENTS.decode, self._read.rows(OF_KIND, (issuer_id, kind))))

    async def put(self, client: Client, credentials: tuple[Credential, ...], event: Event) -> None:
        await self._write.submit(putting_client(client, credentials, event, self._vouching))

    async def end(self, ending: Ending, client_id: str) -> bool:
        line = entry(ending.event)

        def work(tx: Tx) -> bool:
            # Its grants are not touched: consuming looks at the client's row, and a grant is as old as its epoch.
            before = tx.rows(ENDED_BEFORE, (ending.issuer_id, client_id))
            if not before:
                return False
            epoch = past(ending.at, *before[0])
            tx.run(END_CLIENT, (epoch, ending.issuer_id, client_id))
            tx.run(FORGET_CLIENT, (ending.at, ending.issuer_id, client_id))
            tell(tx, ending, line, epoch)
            grow(tx, ending.issuer_id)
            return True

        return await self._write.submit(work)


class SQLiteResources(Room):
    """``ports.Resources``."""

    async def every(self, issuer_id: int) -> tuple[Protected, ...]:
        return every_api(self._read.rows, issuer_id, self._vouching)

    async def own_scopes(self, issuer_id: int) -> tuple[Scope, ...]:
        return own_scopes(self._read.rows, issuer_id)

    async def put(
        self, resource: Resource, scopes: tuple[Scope, ...], credentials: tuple[Credential, ...], event: Event
    ) -> None:
        await self._write.submit(putting_resource(resource, scopes, credentials, event, self._vouching))

    async def put_own_scopes(self, issuer_id: int, scopes: tuple[Scope, ...], event: Event) -> None:
        await self._write.submit(putting_own_scopes(issuer_id, scopes, event))


Rows = Callable[[str, Sequence[Any]], list[Row]]
"""A reader's or a transaction's."""


def clients_of(rows: Rows, issuer_id: int, source: str, vouching: Vouching) -> tuple[Registered, ...]:
    """``ports.Clients.of_source``, also within a transaction."""
    live = _by_owner(rows(CREDENTIALS_OF_SOURCE, (issuer_id, source)), vouching)
    clients = map(CLIENTS.decode, rows(OF_SOURCE, (issuer_id, source)))
    return tuple(Registered(client=client, credentials=tuple(live[client.client_id])) for client in clients)


def every_api(rows: Rows, issuer_id: int, vouching: Vouching) -> tuple[Protected, ...]:
    """``ports.Resources.every``, also within a transaction."""
    live = _by_owner(rows(CREDENTIALS_OF_KIND, (issuer_id, "resource")), vouching)
    scopes: defaultdict[str | None, list[Scope]] = defaultdict(list)
    for scope in map(SCOPES.decode, rows(EVERY_SCOPE, (issuer_id,))):
        scopes[scope.resource].append(scope)
    return tuple(
        Protected(resource=resource, scopes=tuple(scopes[resource.identifier]), credentials=tuple(live[resource.name]))
        for resource in map(RESOURCES.decode, rows(EVERY_RESOURCE, (issuer_id,)))
    )


def own_scopes(rows: Rows, issuer_id: int) -> tuple[Scope, ...]:
    """``ports.Resources.own_scopes``, also within a transaction."""
    return tuple(map(SCOPES.decode, rows(OWN_SCOPES, (issuer_id,))))


def putting_client(client: Client, credentials: tuple[Credential, ...], event: Event, vouching: Vouching) -> Work[None]:
    """A client and all its credentials, as one closure."""
    row, line = CLIENTS.encode(client), entry(event)
    proofs = [CREDENTIALS.write(credential, vouching) for credential in credentials]
    key = (client.issuer_id, client.client_id)

    def work(tx: Tx) -> None:
        before = tx.rows(EPOCH, key)
        tx.run(DROP_CLIENT, key)
        tx.run(CLIENTS.insert, row)
        if before:  # what was dead stays dead: an epoch never falls
            tx.run(RAISE_EPOCH, (*before[0], *key))
        tx.run(DROP_CREDENTIALS, (client.issuer_id, "client", client.client_id))
        tx.many(CREDENTIALS.insert, proofs)
        tx.record(line)
        grow(tx, client.issuer_id)

    return work


def putting_resource(
    resource: Resource,
    scopes: tuple[Scope, ...],
    credentials: tuple[Credential, ...],
    event: Event,
    vouching: Vouching,
) -> Work[None]:
    """An API, all its scopes and credentials, as one closure."""
    row, line = RESOURCES.encode(resource), entry(event)
    words = [SCOPES.encode(scope) for scope in scopes]
    proofs = [CREDENTIALS.write(credential, vouching) for credential in credentials]
    key = (resource.issuer_id, resource.name)

    def work(tx: Tx) -> None:
        tx.run(DROP_SCOPES, key)  # by the identifier it had before: it may have another now
        tx.run(DROP_RESOURCE, key)
        tx.run(RESOURCES.insert, row)
        tx.many(SCOPES.insert, words)
        tx.run(DROP_CREDENTIALS, (resource.issuer_id, "resource", resource.name))
        tx.many(CREDENTIALS.insert, proofs)
        tx.record(line)
        grow(tx, resource.issuer_id)

    return work


def putting_own_scopes(issuer_id: int, scopes: tuple[Scope, ...], event: Event) -> Work[None]:
    """All of the issuer's own scopes, as one closure."""
    words, line = [SCOPES.encode(scope) for scope in scopes], entry(event)

    def work(tx: Tx) -> None:
        tx.run(DROP_OWN_SCOPES, (issuer_id,))
        tx.many(SCOPES.insert, words)
        tx.record(line)
        grow(tx, issuer_id)

    return work


def _by_owner(rows: Iterable[Row], vouching: Vouching) -> defaultdict[str, list[Credential]]:
    owned: defaultdict[str, list[Credential]] = defaultdict(list)
    for credential in CREDENTIALS.each(rows, vouching):
        owned[credential.owner].append(credential)
    return owned
