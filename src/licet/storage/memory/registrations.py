"""Clients that registered themselves, and the tokens that let them (RFC 7591, RFC 7592)."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import Event
from licet.storage.memory.world import Room, World
from licet.storage.ports import Conflict, Ending, Full, Registering, RegistrationOutcome
from licet.storage.records import Client, Credential, InitialToken, Registration
from licet.storage.terms import past


def may_adopt(world: World, registering: Registering | None) -> bool:
    """Whether a client is not written down yet, or says the same there; raises Full where there is no room for it."""
    if registering is None:
        return True
    client = registering.client
    there = world.clients.get((client.issuer_id, client.client_id))
    if there is not None:
        return there.metadata_digest == client.metadata_digest
    if sum(issuer_id == client.issuer_id for issuer_id, _ in world.registrations) >= registering.most:
        raise Full(client.client_id)
    return True


def adopt(world: World, registering: Registering | None) -> None:
    """Write a client down with its first grant, unless it is."""
    if registering is None:
        return
    client = registering.client
    key = (client.issuer_id, client.client_id)
    if key in world.clients:
        return
    world.clients[key] = client
    world.registrations[key] = registering.registration
    world.credentials[client.issuer_id, "client", client.client_id] = registering.credentials
    world.record(registering.event)


class MemoryRegistrations(Room):
    """``ports.Registrations``."""

    async def create_token(self, token: InitialToken, event: Event) -> None:
        key = (token.issuer_id, token.digest)
        if key in self._world.initial_tokens:
            raise Conflict("initial token")
        self._world.initial_tokens[key] = token
        self._world.record(event)

    async def find_token(self, issuer_id: int, digest: bytes) -> InitialToken | None:
        return self._world.initial_tokens.get((issuer_id, digest))

    async def tokens(self, issuer_id: int) -> tuple[InitialToken, ...]:
        tokens = [token for token in self._world.initial_tokens.values() if token.issuer_id == issuer_id]
        return tuple(sorted(tokens, key=lambda token: (token.created_at, token.digest)))

    async def revoke_token(self, issuer_id: int, digest: bytes, event: Event) -> bool:
        if self._world.initial_tokens.pop((issuer_id, digest), None) is None:
            return False
        self._world.record(event)
        return True

    async def register(self, registering: Registering) -> RegistrationOutcome:
        client, world = registering.client, self._world
        key = (client.issuer_id, client.client_id)
        if sum(issuer_id == client.issuer_id for issuer_id, _ in world.registrations) >= registering.most:
            return "full"
        if registering.token is not None:
            token = world.initial_tokens.get((client.issuer_id, registering.token))
            if token is None or token.uses_left <= 0 or token.expires_at <= client.created_at:
                return "spent"
            world.initial_tokens[token.issuer_id, token.digest] = replace(token, uses_left=token.uses_left - 1)
        if key in world.clients:
            raise Conflict(client.client_id)
        world.clients[key] = client
        world.registrations[key] = registering.registration
        world.credentials[client.issuer_id, "client", client.client_id] = registering.credentials
        world.record(registering.event)
        return "registered"

    async def find(self, issuer_id: int, client_id: str) -> Registration | None:
        return self._world.registrations.get((issuer_id, client_id))

    async def replace(
        self, client: Client, credentials: tuple[Credential, ...], digest: bytes, successor: bytes, event: Event
    ) -> bool:
        key = (client.issuer_id, client.client_id)
        registration, before = self._world.registrations.get(key), self._world.clients.get(key)
        if registration is None or before is None or before.status != "active" or registration.digest != digest:
            return False
        self._world.registrations[key] = replace(registration, digest=successor)
        self._world.clients[key] = replace(
            before,
            kind=client.kind,
            metadata=client.metadata,
            metadata_digest=client.metadata_digest,
            policy=client.policy,
        )
        self._world.credentials[client.issuer_id, "client", client.client_id] = credentials
        self._world.record(event)
        return True

    async def remove(self, ending: Ending, client_id: str, digest: bytes, until: Instant) -> bool:
        key, world = (ending.issuer_id, client_id), self._world
        registration = world.registrations.get(key)
        if registration is None or registration.digest != digest:
            return False
        world.registrations[key] = replace(registration, digest=b"", expires_at=until)
        client = world.clients[key]
        if client.status == "active":
            world.clients[key] = replace(client, status="disabled", epoch=ending.at)
        world.tell(ending)
        return True

    async def used(self, issuer_id: int, client_id: str, at: Instant) -> bool:
        key = (issuer_id, client_id)
        registration = self._world.registrations.get(key)
        if registration is None or not registration.digest:
            return False
        if registration.expires_at is None or registration.expires_at <= at:
            return False
        self._world.registrations[key] = replace(registration, expires_at=None)
        self._world.clients[key] = replace(self._world.clients[key], expires_at=None)
        return True

    async def renew(
        self, client: Client, credentials: tuple[Credential, ...], before: bytes, ending: Ending | None, event: Event
    ) -> bool:
        key, world = (client.issuer_id, client.client_id), self._world
        there = world.clients.get(key)
        if there is None or there.status != "active" or there.metadata_digest != before:
            return False
        issuer = world.issuers.get(client.issuer_id)
        epoch = there.epoch if ending is None else past(ending.at, there.epoch, issuer.epoch if issuer else Instant(0))
        world.clients[key] = replace(
            there,
            kind=client.kind,
            metadata=client.metadata,
            metadata_digest=client.metadata_digest,
            policy=client.policy,
            epoch=epoch,
        )
        world.credentials[client.issuer_id, "client", client.client_id] = credentials
        if ending is None:
            world.record(event)
        else:
            world.tell(ending, epoch)
        return True

    async def extend(self, issuer_id: int, client_id: str, at: Instant, until: Instant) -> bool:
        key, world = (issuer_id, client_id), self._world
        client, registration = world.clients.get(key), world.registrations.get(key)
        if client is None or registration is None or client.status != "active":
            return False
        if client.expires_at is None or registration.expires_at is None:
            return False
        if min(client.expires_at, registration.expires_at) <= at:
            return False
        world.clients[key] = replace(client, expires_at=max(client.expires_at, until))
        world.registrations[key] = replace(registration, expires_at=max(registration.expires_at, until))
        return True
