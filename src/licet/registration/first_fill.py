"""Putting a configuration into a store: all of it into an empty one, what was added or changed into another.

Nothing is ever deleted here, and nothing that an operator disabled is enabled. What was issued stays as alive
or dead as it was: the store never lets an epoch fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from licet.ambient import Instant
from licet.events import Event, EventType
from licet.registration.desired import Configuration
from licet.registration.differences import Difference, Key, compare, credential_fact
from licet.storage.ports import Protected, Put, PutClient, PutOwnScopes, PutResource, Registered, Store
from licet.storage.records import Credential, Scope

_ACTOR = "operator"


async def stored(store: Store, issuer_id: int) -> Configuration:
    """What *store* holds of what a file may say: clients that came in another way are none of its business."""
    return Configuration(
        apps=await store.clients.of_source(issuer_id, "file"),
        apis=await store.resources.every(issuer_id),
        own_scopes=await store.resources.own_scopes(issuer_id),
    )


async def fill(store: Store, issuer_id: int, desired: Configuration, *, digest: bytes, now: Instant) -> int:
    """Put all of *desired* into a store that has none of it; how many things that were."""
    return len(await apply(store, issuer_id, desired, Configuration(), digest=digest, now=now))


async def apply(
    store: Store,
    issuer_id: int,
    desired: Configuration,
    present: Configuration,
    *,
    digest: bytes,
    now: Instant,
    request_id: str = "",
) -> tuple[Difference, ...]:
    """Add and update what differs from *present*; returns what was done, which never includes what is gone.

    *digest* is the manifest's: the record says which file it was.
    """
    differences = tuple(one for one in compare(desired, present) if one.change != "gone")
    if differences:
        application = _Application(
            issuer_id=issuer_id,
            desired=desired,
            apps={app.client.client_id: app for app in present.apps},
            apis={api.resource.name: api for api in present.apis},
            own=present.own_scopes,
            changes={one.key: one for one in differences},
            now=now,
            request_id=request_id,
        )
        await store.configure(*application.puts(digest))
    return differences


@dataclass(frozen=True, slots=True)
class _Application:
    """One run: APIs first, because apps ask for their scopes."""

    issuer_id: int
    desired: Configuration
    apps: dict[str, Registered]
    """What the store has, by id."""
    apis: dict[str, Protected]
    """What the store has, by name."""
    own: tuple[Scope, ...]
    changes: dict[Key, Difference]
    now: Instant
    request_id: str

    def puts(self, digest: bytes) -> tuple[tuple[Put, ...], Event]:
        """Everything that is put, in order, and the event behind it: one transaction, so that a start that is killed
        leaves an empty store or a whole one."""
        puts: list[Put] = [*self._release()]
        puts += [self._put_api(api) for api in self.desired.apis if self._touched(api)]
        if any(("scope", scope.name) in self.changes for scope in self.desired.own_scopes):
            puts.append(self._put_own())
        puts += [self._put_app(app) for app in self.desired.apps if ("app", app.client.client_id) in self.changes]
        told = {"manifest": digest.hex(), "changes": len(self.changes)}
        return tuple(puts), self._event(EventType.CONFIGURATION_APPLIED, data=told)

    def _release(self) -> Iterator[PutResource]:
        """Take scopes that move to another API from the one that has them: a scope belongs to one at a time."""
        owners = {scope.name: api.resource.name for api in self.desired.apis for scope in api.scopes}
        for name, api in self.apis.items():
            kept = tuple(scope for scope in api.scopes if owners.get(scope.name, name) == name)
            if kept != api.scopes:
                event = self._event(EventType.RESOURCE_CHANGED, about=f"api.{name}", data={"fields": ["scopes"]})
                yield PutResource(resource=api.resource, scopes=kept, credentials=api.credentials, event=event)
                self.apis[name] = msgspec.structs.replace(api, scopes=kept)

    def _touched(self, api: Protected) -> bool:
        keys: list[Key] = [("api", api.resource.name), *(("scope", scope.name) for scope in api.scopes)]
        return any(key in self.changes for key in keys)

    def _put_api(self, api: Protected) -> PutResource:
        name = api.resource.name
        before = self.apis.get(name)
        resource, scopes, credentials = api.resource, api.scopes, api.credentials
        if before is not None:
            resource = msgspec.structs.replace(resource, status=before.resource.status)
            scopes = _and_what_was_there(scopes, before.scopes, resource.identifier)
            credentials = _kept(credentials, before.credentials)
        event = self._event(
            EventType.RESOURCE_CREATED if before is None else EventType.RESOURCE_CHANGED,
            about=f"api.{name}",
            data=self._told(("api", name), *(("scope", scope.name) for scope in api.scopes)),
        )
        return PutResource(resource=resource, scopes=scopes, credentials=credentials, event=event)

    def _put_own(self) -> PutOwnScopes:
        scopes = _and_what_was_there(self.desired.own_scopes, self.own, None)
        event = self._event(
            EventType.CONFIGURATION_APPLIED,
            about="scopes",
            data=self._told(*(("scope", scope.name) for scope in self.desired.own_scopes)),
        )
        return PutOwnScopes(issuer_id=self.issuer_id, scopes=scopes, event=event)

    def _put_app(self, app: Registered) -> PutClient:
        client, credentials = app.client, app.credentials
        before = self.apps.get(client.client_id)
        if before is not None:
            was = before.client
            client = msgspec.structs.replace(client, status=was.status, created_at=was.created_at)
            credentials = _kept(credentials, before.credentials)
        event = self._event(
            EventType.CLIENT_CREATED if before is None else EventType.CLIENT_CHANGED,
            client=client.client_id,
            data=self._told(("app", client.client_id)),
        )
        return PutClient(client=client, credentials=credentials, event=event)

    def _told(self, *keys: Key) -> dict[str, object]:
        """The words that say something else now, for the record: never what they say, it may be long."""
        changes = [self.changes[key] for key in keys if key in self.changes]
        return {"fields": sorted({field.name for one in changes for field in one.fields})}

    def _event(
        self, kind: EventType, *, client: str = "", about: str = "", data: dict[str, object] | None = None
    ) -> Event:
        return Event(
            issuer_id=self.issuer_id,
            type=kind,
            at=self.now,
            actor=_ACTOR,
            client=client,
            object=about,
            request_id=self.request_id,
            data=data or {},
        )


def _and_what_was_there(
    scopes: tuple[Scope, ...], before: tuple[Scope, ...], resource: str | None
) -> tuple[Scope, ...]:
    """Scopes that the file no longer names stay: taking one away ends grants, and nobody asked for that."""
    statuses = {scope.name: scope.status for scope in before}
    named = tuple(msgspec.structs.replace(scope, status=statuses.get(scope.name, scope.status)) for scope in scopes)
    names = {scope.name for scope in scopes}
    others = (msgspec.structs.replace(scope, resource=resource) for scope in before if scope.name not in names)
    return (*named, *others)


def _kept(credentials: tuple[Credential, ...], before: tuple[Credential, ...]) -> tuple[Credential, ...]:
    """The same credential keeps its id and its instants: it is not a new one because the file was read again."""
    known = {credential_fact(credential): credential for credential in before}
    return tuple(known.get(credential_fact(credential), credential) for credential in credentials)
