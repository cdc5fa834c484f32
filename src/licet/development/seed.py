"""Filling a development store: whatever is missing is made, so an interrupted first run is finished by the next.

Started on another port, the issuer moves there and the API with it; people, secrets and keys stay.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import msgspec

from licet.ambient import SystemClock, SystemEntropy
from licet.authorization_server import keys
from licet.development import apps
from licet.development.people import LOGINS, PEOPLE
from licet.development.place import Broken, Place, Secrets
from licet.events import Event, EventType
from licet.resource_owner import accounts
from licet.resource_owner.passwords import Cost, Passwords
from licet.storage.ports import Store
from licet.storage.records import Credential, Issuer
from licet.storage.schema.fresh import SchemaOlder
from licet.storage.sqlite import SQLiteStore
from licet.storage.vault import Vault
from licet.storage.vouching import Vouching

ISSUER_ID = 1
_ACTOR = "licet dev"
_SECRET = "client-secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """An opened development store with everything in it."""

    store: Store
    issuer: Issuer
    vault: Vault
    clock: SystemClock
    entropy: SystemEntropy
    secrets: Secrets


async def seeded(place: Place, url: str) -> Seeded:
    """The store of *place*, filled, for the issuer at *url*. Raises Broken, StoreBusy, SchemaNewer."""
    entropy, clock = SystemEntropy(), SystemClock()
    vault = Vault(place.master_keys(entropy), entropy)
    secrets = place.secrets(LOGINS, entropy)
    store = _open(place, vault.vouching())
    try:
        place.withdraw()  # only now: before, another server's may have stood there
        clock.not_before(await store.latest())
        issuer = await _issuer(store, url, clock)
        sowing = _Sowing(store, issuer, vault, clock, entropy, secrets)
        async with asyncio.TaskGroup() as at_once:
            for part in (sowing.keys, sowing.people, sowing.apps, sowing.api):
                at_once.create_task(part())
    except BaseException:
        await store.close()
        raise
    return Seeded(store=store, issuer=issuer, vault=vault, clock=clock, entropy=entropy, secrets=secrets)


def _open(place: Place, vouching: Vouching) -> SQLiteStore:
    """The store, brought to today's schema where an older licet made it (rulings T)."""
    try:
        return SQLiteStore.open(place.store, vouching)
    except SchemaOlder:
        from licet.storage.schema import upgrade  # noqa: PLC0415  loads a migration tool

        upgrade.upgrade(place.store, vouching)
        return SQLiteStore.open(place.store, vouching)


async def _issuer(store: Store, url: str, clock: SystemClock) -> Issuer:
    issuer = await store.issuers.only()
    if issuer is None:
        issuer = Issuer(issuer_id=ISSUER_ID, url=url, development=True)
        created = Event(issuer_id=ISSUER_ID, type=EventType.ISSUER_CREATED, at=clock.now(), actor=_ACTOR, object=url)
        await store.issuers.create(issuer, created)
    if not issuer.development:
        raise Broken("This store was not made by licet dev; licet serve runs it")
    if issuer.url != url:
        await store.issuers.move(issuer.issuer_id, url)
        issuer = msgspec.structs.replace(issuer, url=url)
    return issuer


@dataclass(frozen=True, slots=True)
class _Sowing:
    """One issuer's first things, each made only where it is not there yet."""

    store: Store
    issuer: Issuer
    vault: Vault
    clock: SystemClock
    entropy: SystemEntropy
    secrets: Secrets

    async def keys(self) -> None:
        if not await self.store.keys.every(self.issuer.issuer_id):
            await keys.create(self.store, self.vault, self.entropy, self.issuer.issuer_id, self.clock.now())

    async def people(self) -> None:
        """Both passwords are hashed at once, while the RSA keys are being made."""
        issuer_id = self.issuer.issuer_id
        there = [await self.store.accounts.find_by_login(issuer_id, person.login) for person in PEOPLE]
        missing = [person for person, found in zip(PEOPLE, there, strict=True) if found is None]
        if not missing:
            return
        passwords = await asyncio.to_thread(Passwords, Cost(), self.entropy)
        hashes = await asyncio.gather(*(passwords.hash(self.secrets.people[person.login]) for person in missing))
        passwords.close()
        for person, phc in zip(missing, hashes, strict=True):
            await accounts.create(
                self.store.accounts,
                self.entropy,
                issuer_id=issuer_id,
                login=person.login,
                phc=phc,
                profile=person.profile,
                at=self.clock.now(),
                actor=_ACTOR,
            )

    async def apps(self) -> None:
        for app in apps.APPS:
            if await self.store.clients.find(self.issuer.issuer_id, app.client_id) is None:
                client = apps.client(app, self.issuer.issuer_id, self.clock.now())
                proofs = () if app.metadata.public else (self._secret("client", app.client_id, self.secrets.service),)
                await self.store.clients.put(client, proofs, self._event(EventType.CLIENT_CREATED, app.client_id))

    async def api(self) -> None:
        """The API's identifier is its address: it moves with the issuer, and keeps its credential."""
        resource, scopes = apps.api(self.issuer.issuer_id, self.issuer.url)
        there = {one.resource.name: one for one in await self.store.resources.every(self.issuer.issuer_id)}
        before = there.get(resource.name)
        if before is None:
            proofs = (self._secret("resource", resource.name, self.secrets.api),)
            await self.store.resources.put(
                resource, scopes, proofs, self._event(EventType.RESOURCE_CREATED, resource.name)
            )
        elif before.resource.identifier != resource.identifier:
            event = self._event(EventType.RESOURCE_CHANGED, resource.name)
            await self.store.resources.put(resource, scopes, before.credentials, event)

    def _secret(self, owner_kind: str, owner: str, secret: str) -> Credential:
        return Credential(
            issuer_id=self.issuer.issuer_id,
            owner_kind="client" if owner_kind == "client" else "resource",
            owner=owner,
            credential_id=self.entropy.bytes(16).hex(),
            kind="secret",
            digest=self.vault.digest(self.issuer.issuer_id, _SECRET, secret),
            created_at=self.clock.now(),
        )

    def _event(self, event_type: EventType, name: str) -> Event:
        return Event(
            issuer_id=self.issuer.issuer_id,
            type=event_type,
            at=self.clock.now(),
            actor=_ACTOR,
            object=name,
            client=name if event_type is EventType.CLIENT_CREATED else "",
        )
