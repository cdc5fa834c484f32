"""A whole configuration at once: what was there comes back where a part of it cannot be put."""

from __future__ import annotations

from typing import Any

from licet.events import Event
from licet.storage.memory.world import World
from licet.storage.ports import Clients, Conflict, Outdated, Put, PutClient, PutOwnScopes, PutResource, Resources


async def configure(
    world: World, clients: Clients, resources: Resources, puts: tuple[Put, ...], event: Event, generation: int | None
) -> None:
    """Put each; none of it waits for anything, so nobody sees a part."""
    if generation is not None and generation != world.issuers[event.issuer_id].generation:
        raise Outdated
    tables: tuple[dict[Any, Any], ...] = (
        world.issuers,
        world.clients,
        world.credentials,
        world.resources,
        world.scopes,
    )
    before = [table.copy() for table in tables]
    recorded = len(world.chain)
    try:
        for put in puts:
            await _put(clients, resources, put)
    except Conflict:
        for table, rows in zip(tables, before, strict=True):
            table.clear()
            table.update(rows)
        del world.chain[recorded:]
        raise
    world.record(event)


async def _put(clients: Clients, resources: Resources, put: Put) -> None:
    match put:
        case PutClient():
            await clients.put(put.client, put.credentials, put.event)
        case PutResource():
            await resources.put(put.resource, put.scopes, put.credentials, put.event)
        case PutOwnScopes():
            await resources.put_own_scopes(put.issuer_id, put.scopes, put.event)
