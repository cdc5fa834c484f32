"""Issuers, keys, clients, APIs and scopes."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import Event
from licet.storage.key_turns import KeyTurn, lawful
from licet.storage.memory.world import Room
from licet.storage.ports import Conflict, Ending, Protected, Registered
from licet.storage.records import Client, Credential, Issuer, Key, Resource, Scope
from licet.storage.terms import past


class MemoryIssuers(Room):
    """``ports.Issuers``."""

    async def find(self, url: str) -> Issuer | None:
        return next((issuer for issuer in self._world.issuers.values() if issuer.url == url), None)

    async def only(self) -> Issuer | None:
        issuers = list(self._world.issuers.values())
        return issuers[0] if len(issuers) == 1 else None

    async def create(self, issuer: Issuer, event: Event) -> None:
        if issuer.issuer_id in self._world.issuers or await self.find(issuer.url):
            raise Conflict(f"issuer {issuer.url}")
        self._world.issuers[issuer.issuer_id] = issuer
        self._world.record(event)

    async def move(self, issuer_id: int, url: str) -> None:
        other = await self.find(url)
        if other is not None and other.issuer_id != issuer_id:
            raise Conflict(f"issuer {url}")
        issuer = self._world.issuers.get(issuer_id)
        if issuer is not None:
            self._world.issuers[issuer_id] = replace(issuer, url=url, generation=issuer.generation + 1)

    async def end_everything(self, ending: Ending) -> bool:
        issuer = self._world.issuers.get(ending.issuer_id)
        if issuer is None:
            return False
        clients = (client.epoch for client in self._world.clients.values() if client.issuer_id == ending.issuer_id)
        epoch = past(ending.at, issuer.epoch, *clients)
        self._world.issuers[ending.issuer_id] = replace(issuer, epoch=epoch)
        self._world.tell_of_everything(ending.issuer_id, ending.at)
        self._world.tell(ending, epoch)
        self._world.grow(ending.issuer_id)
        return True

    async def generation(self, issuer_id: int) -> int:
        issuer = self._world.issuers.get(issuer_id)
        return 0 if issuer is None else issuer.generation


class MemoryKeys(Room):
    """``ports.Keys``."""

    async def every(self, issuer_id: int) -> tuple[Key, ...]:
        keys = [key for key in self._world.keys.values() if key.issuer_id == issuer_id]
        return tuple(sorted(keys, key=lambda key: (key.publish_at, key.kid)))

    async def create(self, keys: tuple[Key, ...], events: tuple[Event, ...]) -> None:
        kids = [key.kid for key in (*self._world.keys.values(), *keys)]
        if len(set(kids)) < len(kids):
            raise Conflict("kid")
        self._world.keys.update({(key.issuer_id, key.kid): key for key in keys})
        self._world.record(*events)
        for issuer_id in {key.issuer_id for key in keys}:
            self._world.grow(issuer_id)

    async def turn(self, turn: KeyTurn) -> bool:
        if not lawful(await self.every(turn.issuer_id), turn.steps):
            return False
        self._world.keys.update({(turn.issuer_id, step.after.kid): step.after for step in turn.steps})
        self._world.record(*turn.events)
        self._world.grow(turn.issuer_id)
        return True

    async def revoke(self, ending: Ending, turn: KeyTurn) -> bool:
        if not await self.turn(turn):
            return False
        self._world.tell(ending)
        return True


class MemoryClients(Room):
    """``ports.Clients``."""

    async def find(self, issuer_id: int, client_id: str) -> Registered | None:
        client = self._world.clients.get((issuer_id, client_id))
        return None if client is None else self._registered(client)

    async def every(self, issuer_id: int) -> tuple[Registered, ...]:
        clients = [client for client in self._world.clients.values() if client.issuer_id == issuer_id]
        return tuple(self._registered(client) for client in sorted(clients, key=lambda client: client.client_id))

    async def of_source(self, issuer_id: int, source: str) -> tuple[Registered, ...]:
        return tuple(registered for registered in await self.every(issuer_id) if registered.client.source == source)

    async def of_kind(self, issuer_id: int, kind: str) -> tuple[Client, ...]:
        clients = [registered.client for registered in await self.every(issuer_id)]
        return tuple(client for client in clients if (client.kind, client.status) == (kind, "active"))

    def _registered(self, client: Client) -> Registered:
        proofs = self._world.credentials.get((client.issuer_id, "client", client.client_id), ())
        return Registered(client=client, credentials=_live(proofs))

    async def put(self, client: Client, credentials: tuple[Credential, ...], event: Event) -> None:
        key = (client.issuer_id, client.client_id)
        before = self._world.clients.get(key)
        epoch = client.epoch if before is None else max(client.epoch, before.epoch)
        self._world.clients[key] = replace(client, epoch=epoch)
        self._world.credentials[client.issuer_id, "client", client.client_id] = credentials
        self._world.record(event)
        self._world.grow(client.issuer_id)

    async def end(self, ending: Ending, client_id: str) -> bool:
        key = (ending.issuer_id, client_id)
        client = self._world.clients.get(key)
        if client is None or client.status != "active":
            return False
        issuer = self._world.issuers.get(ending.issuer_id)
        epoch = past(ending.at, client.epoch, Instant(0) if issuer is None else issuer.epoch)
        self._world.clients[key] = replace(client, status="disabled", epoch=epoch)
        consents = self._world.consents.values()
        self._world.forget([c for c in consents if (c.issuer_id, c.client_id) == key], ending.at)
        self._world.tell(ending, epoch)
        self._world.grow(ending.issuer_id)
        return True


class MemoryResources(Room):
    """``ports.Resources``."""

    async def every(self, issuer_id: int) -> tuple[Protected, ...]:
        resources = [resource for resource in self._world.resources.values() if resource.issuer_id == issuer_id]
        return tuple(
            Protected(
                resource=resource,
                scopes=self._scopes(issuer_id, resource.identifier),
                credentials=_live(self._world.credentials.get((issuer_id, "resource", resource.name), ())),
            )
            for resource in sorted(resources, key=lambda resource: resource.name)
        )

    async def own_scopes(self, issuer_id: int) -> tuple[Scope, ...]:
        return self._scopes(issuer_id, None)

    def _scopes(self, issuer_id: int, resource: str | None) -> tuple[Scope, ...]:
        scopes = [s for s in self._world.scopes.values() if (s.issuer_id, s.resource) == (issuer_id, resource)]
        return tuple(sorted(scopes, key=lambda scope: scope.name))

    async def put(
        self, resource: Resource, scopes: tuple[Scope, ...], credentials: tuple[Credential, ...], event: Event
    ) -> None:
        key = (resource.issuer_id, resource.name)
        others = [one for other, one in self._world.resources.items() if other != key and other[0] == key[0]]
        if any(other.identifier == resource.identifier for other in others):
            raise Conflict(resource.identifier)
        before = self._world.resources.get(key)
        self._replace(resource.issuer_id, scopes, None if before is None else before.identifier, new=before is None)
        self._world.resources[key] = resource
        self._world.credentials[resource.issuer_id, "resource", resource.name] = credentials
        self._world.record(event)
        self._world.grow(resource.issuer_id)

    async def put_own_scopes(self, issuer_id: int, scopes: tuple[Scope, ...], event: Event) -> None:
        self._replace(issuer_id, scopes, None, new=False)
        self._world.record(event)
        self._world.grow(issuer_id)

    def _replace(self, issuer_id: int, scopes: tuple[Scope, ...], owner: str | None, *, new: bool) -> None:
        """Put *scopes* in the place of *owner*'s, unless one of them is someone else's."""
        going = set() if new else {scope.name for scope in self._scopes(issuer_id, owner)}
        coming = [scope.name for scope in scopes]
        taken = any((issuer_id, name) in self._world.scopes and name not in going for name in coming)
        if taken or len(set(coming)) < len(coming):
            raise Conflict("scope")
        for name in going:
            del self._world.scopes[issuer_id, name]
        self._world.scopes.update({(issuer_id, scope.name): scope for scope in scopes})


def _live(credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
    live = (credential for credential in credentials if credential.revoked_at is None)
    return tuple(sorted(live, key=lambda credential: (credential.created_at, credential.credential_id)))
