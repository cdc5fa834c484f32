"""A change of the configuration: what was there comes back where a part of it cannot be put."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from licet.ambient import Instant
from licet.storage.memory.world import World
from licet.storage.ports import (
    Clients,
    Configured,
    Configuring,
    Conflict,
    Put,
    PutClient,
    PutOwnScopes,
    PutResource,
    Removal,
    RemoveClient,
    Resources,
)
from licet.storage.terms import past


async def configure(world: World, clients: Clients, resources: Resources, change: Configuring) -> bool:
    """Compare, remove, put; none of it waits for anything, so nobody sees a part."""
    if change.generation is not None and world.issuers[change.issuer_id].generation != change.generation:
        return False
    present = change.expected and Configured(
        apps=await clients.of_source(change.issuer_id, change.source),
        apis=await resources.every(change.issuer_id),
        own_scopes=await resources.own_scopes(change.issuer_id),
    )
    if present != change.expected:
        return False
    tables: tuple[dict[Any, Any], ...] = (
        *(world.issuers, world.clients, world.credentials, world.resources, world.scopes, world.consents),
    )
    before = [table.copy() for table in tables]
    recorded, told = len(world.chain), len(world.revocations)
    try:
        for removal in change.removals:
            _remove(world, change.issuer_id, removal)
        for put in change.puts:
            _own(world, put)
            await _put(clients, resources, put)
    except Conflict:
        for table, rows in zip(tables, before, strict=True):
            table.clear()
            table.update(rows)
        del world.chain[recorded:]
        del world.revocations[told:]
        raise
    world.record(change.event)
    return True


def _own(world: World, put: Put) -> None:
    """Nobody takes over what came in another way."""
    if isinstance(put, PutClient):
        there = world.clients.get((put.client.issuer_id, put.client.client_id))
        if there is not None and there.status != "removed" and there.source != put.client.source:
            raise Conflict(f"{put.client.client_id} is there already, and came in another way ({there.source})")


def _remove(world: World, issuer_id: int, removal: Removal) -> None:
    if isinstance(removal, RemoveClient):
        _remove_client(world, issuer_id, removal)
        return
    resource = world.resources.pop((issuer_id, removal.name), None)
    world.credentials.pop((issuer_id, "resource", removal.name), None)
    for key in [key for key, scope in world.scopes.items() if resource and scope.resource == resource.identifier]:
        del world.scopes[key]
    if removal.event is not None:
        world.record(removal.event)
    world.grow(issuer_id)


def _remove_client(world: World, issuer_id: int, removal: RemoveClient) -> None:
    key = (issuer_id, removal.client_id)
    client, issuer = world.clients.get(key), world.issuers.get(issuer_id)
    if client is None or client.status == "removed":
        return
    epoch = past(removal.ending.at, client.epoch, Instant(0) if issuer is None else issuer.epoch)
    world.clients[key] = replace(client, status="removed", epoch=epoch)
    world.credentials.pop((issuer_id, "client", removal.client_id), None)
    world.forget([c for c in world.consents.values() if (c.issuer_id, c.client_id) == key], removal.ending.at)
    world.tell(removal.ending, epoch)
    world.grow(issuer_id)


async def _put(clients: Clients, resources: Resources, put: Put) -> None:
    match put:
        case PutClient():
            await clients.put(put.client, put.credentials, put.event)
        case PutResource():
            await resources.put(put.resource, put.scopes, put.credentials, put.event)
        case PutOwnScopes():
            await resources.put_own_scopes(put.issuer_id, put.scopes, put.event)
