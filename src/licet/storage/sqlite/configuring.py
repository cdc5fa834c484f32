"""A change of the configuration as one closure: compared, removed, put, recorded, all or nothing."""

from __future__ import annotations

from licet.storage.ports import (
    Configured,
    Configuring,
    Conflict,
    Put,
    PutClient,
    PutOwnScopes,
    PutResource,
    Removal,
    RemoveClient,
    RemoveResource,
)
from licet.storage.sqlite.endings import tell
from licet.storage.sqlite.issuers import GENERATION, grow
from licet.storage.sqlite.registration import (
    DROP_CREDENTIALS,
    DROP_RESOURCE,
    DROP_SCOPES,
    FORGET_CLIENT,
    clients_of,
    every_api,
    own_scopes,
    putting_client,
    putting_own_scopes,
    putting_resource,
)
from licet.storage.sqlite.transaction import Tx, entry
from licet.storage.sqlite.writer import Work
from licet.storage.terms import past
from licet.storage.vouching import Vouching

ENDED_BEFORE = """
    SELECT epoch, coalesce((SELECT epoch FROM issuers WHERE issuers.issuer_id = clients.issuer_id), 0)
    FROM clients WHERE issuer_id = ? AND client_id = ? AND status <> 'removed'
"""
"""Of the client and its issuer, as where a client is disabled."""
SOURCE = "SELECT source FROM clients WHERE issuer_id = ? AND client_id = ? AND status <> 'removed'"
REMOVE_CLIENT = "UPDATE clients SET status = 'removed', epoch = ? WHERE issuer_id = ? AND client_id = ?"


def configuring(change: Configuring, vouching: Vouching) -> Work[bool]:
    """``ports.Store.configure``."""
    removals = [_removing(change.issuer_id, one) for one in change.removals]
    puts = [_putting(one, vouching) for one in change.puts]
    line = entry(change.event)

    def work(tx: Tx) -> bool:
        if change.generation is not None and tx.rows(GENERATION, (change.issuer_id,)) != [(change.generation,)]:
            return False
        if change.expected is not None and _configured(tx, change, vouching) != change.expected:
            return False
        for part in (*removals, *puts):
            part(tx)
        tx.record(line)
        return True

    return work


def _configured(tx: Tx, change: Configuring, vouching: Vouching) -> Configured:
    issuer_id = change.issuer_id
    return Configured(
        apps=clients_of(tx.rows, issuer_id, change.source, vouching),
        apis=every_api(tx.rows, issuer_id, vouching),
        own_scopes=own_scopes(tx.rows, issuer_id),
    )


def _removing(issuer_id: int, removal: Removal) -> Work[None]:
    match removal:
        case RemoveClient():
            return _removing_client(issuer_id, removal)
        case RemoveResource():
            return _removing_resource(issuer_id, removal)


def _removing_client(issuer_id: int, removal: RemoveClient) -> Work[None]:
    line = entry(removal.ending.event)

    def work(tx: Tx) -> None:
        ending, key = removal.ending, (issuer_id, removal.client_id)
        for before in tx.rows(ENDED_BEFORE, key):
            epoch = past(ending.at, *before)
            tx.run(REMOVE_CLIENT, (epoch, *key))
            tx.run(FORGET_CLIENT, (ending.at, *key))
            tx.run(DROP_CREDENTIALS, (issuer_id, "client", removal.client_id))
            tell(tx, ending, line, epoch)
            grow(tx, issuer_id)

    return work


def _removing_resource(issuer_id: int, removal: RemoveResource) -> Work[None]:
    line = None if removal.event is None else entry(removal.event)
    key = (issuer_id, removal.name)

    def work(tx: Tx) -> None:
        tx.run(DROP_SCOPES, key)
        tx.run(DROP_RESOURCE, key)
        tx.run(DROP_CREDENTIALS, (issuer_id, "resource", removal.name))
        if line is not None:
            tx.record(line)
        grow(tx, issuer_id)

    return work


def _putting_own(put: PutClient, putting: Work[None]) -> Work[None]:
    """Nobody takes over what came in another way: it has people's consents, and another owner."""
    key, source = (put.client.issuer_id, put.client.client_id), put.client.source

    def work(tx: Tx) -> None:
        for (other,) in tx.rows(SOURCE, key):
            if other != source:
                raise Conflict(f"{put.client.client_id} is there already, and came in another way ({other})")
        putting(tx)

    return work


def _putting(put: Put, vouching: Vouching) -> Work[None]:
    match put:
        case PutClient():
            return _putting_own(put, putting_client(put.client, put.credentials, put.event, vouching))
        case PutResource():
            return putting_resource(put.resource, put.scopes, put.credentials, put.event, vouching)
        case PutOwnScopes():
            return putting_own_scopes(put.issuer_id, put.scopes, put.event)
