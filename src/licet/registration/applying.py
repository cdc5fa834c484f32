"""Bringing a store to a configuration: one change, one transaction, and only where the store is as it was judged.

Nothing goes but what may go, and nothing that an operator disabled is enabled. What was issued stays as alive or dead as it
was: the store never lets an epoch fall.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from licet.ambient import Instant
from licet.events import Event, EventType
from licet.registration.desired import Configuration
from licet.registration.differences import Difference, Key, compare, credential_fact
from licet.storage.ending import ending
from licet.storage.ports import (
    Configured,
    Configuring,
    Protected,
    Put,
    PutClient,
    PutOwnScopes,
    PutResource,
    Registered,
    Removal,
    RemoveClient,
    RemoveResource,
    Store,
)
from licet.storage.records import Credential, Scope


async def stored(store: Store, issuer_id: int) -> Configuration:
    """What *store* holds of what a file may say: clients that came in another way are none of its business."""
    return Configuration(
        apps=await store.clients.of_source(issuer_id, "file"),
        apis=await store.resources.every(issuer_id),
        own_scopes=await store.resources.own_scopes(issuer_id),
    )


async def taken(store: Store, issuer_id: int, desired: Configuration, present: Configuration) -> str | None:
    """Why *desired* cannot be had: an app of it is there already and came in another way, with another owner and people's
    consents. The store refuses it too (``configure``); here it is said before anybody agrees to anything."""
    mine = {app.client.client_id for app in present.apps}
    for client_id in (app.client.client_id for app in desired.apps):
        found = None if client_id in mine else await store.clients.find(issuer_id, client_id)
        if found is not None and found.client.status != "removed":
            return f"app.{client_id} is there already, and came in another way ({found.client.source})"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """From what is there to what is wanted, and who says so."""

    issuer_id: int
    desired: Configuration
    present: Configuration
    """To the letter what the store must hold, or nothing is done."""
    digest: bytes
    """The manifest's: the record says which file it was."""
    now: Instant
    request_id: str = ""
    actor: str = "operator"
    deletes: bool = False
    """Whether what is gone from the file goes from the store."""

    @property
    def differences(self) -> tuple[Difference, ...]:
        """What is to be done; what is gone only where that was allowed."""
        return tuple(one for one in compare(self.desired, self.present) if self.deletes or one.change != "gone")


async def apply(store: Store, change: Change) -> tuple[Difference, ...] | None:
    """Do all of it in one transaction; what was done, or None, and nothing was, if the store holds something else by now."""
    differences = change.differences
    if differences and not await store.configure(_Application.of(change, differences).configuring()):
        return None
    return differences


@dataclass(frozen=True, slots=True)
class _Application:
    """One run: APIs first, because apps ask for their scopes."""

    change: Change
    apps: dict[str, Registered]
    """What the store has, by id."""
    apis: dict[str, Protected]
    """What the store has, by name."""
    changes: dict[Key, Difference]

    @classmethod
    def of(cls, change: Change, differences: tuple[Difference, ...]) -> _Application:
        return cls(
            change,
            apps={app.client.client_id: app for app in change.present.apps},
            apis={api.resource.name: api for api in change.present.apis},
            changes={one.key: one for one in differences},
        )

    def configuring(self) -> Configuring:
        """Everything that goes and comes, in order, and the event behind it: one transaction, so that whoever is killed
        leaves what was there or what was wanted."""
        change, desired = self.change, self.change.desired
        removals = tuple(
            self._removal(one) for one in self.changes.values() if one.change == "gone" and one.what != "scope"
        )
        moved = self._moved()
        removals += tuple(RemoveResource(name=name, event=None) for name in sorted(moved))
        puts: list[Put] = [*self._release(moved)]
        puts += [self._put_api(api) for api in desired.apis if self._touched(api)]
        if any(self._is_own(one) for one in self.changes.values()):
            puts.append(self._put_own())
        puts += [self._put_app(app) for app in desired.apps if ("app", app.client.client_id) in self.changes]
        told = {"manifest": change.digest.hex(), "changes": len(self.changes)}
        return Configuring(
            issuer_id=change.issuer_id,
            expected=Configured(
                apps=change.present.apps, apis=change.present.apis, own_scopes=change.present.own_scopes
            ),
            removals=removals,
            puts=tuple(puts),
            event=self._event(EventType.CONFIGURATION_APPLIED, data=told),
        )

    def _removal(self, gone: Difference) -> Removal:
        if gone.what == "api":
            self.apis.pop(gone.name)
            return RemoveResource(
                name=gone.name, event=self._event(EventType.RESOURCE_REMOVED, about=f"api.{gone.name}")
            )
        return RemoveClient(
            client_id=gone.name,
            ending=ending(
                self.change.issuer_id,
                "client",
                gone.name,
                at=self.change.now,
                cause="it left the configuration",
                event=EventType.CLIENT_REMOVED,
                actor=self.change.actor,
                client=gone.name,
                request_id=self.change.request_id,
            ),
        )

    def _is_own(self, one: Difference) -> bool:
        """Whether it is about a scope of the issuer's own, wanted or gone."""
        own = (*self.change.desired.own_scopes, *self.change.present.own_scopes)
        return one.what == "scope" and any(scope.name == one.name for scope in own)

    def _moved(self) -> frozenset[str]:
        """APIs with another audience than before: it may have been another API's, so all of them make room first."""
        wanted = {api.resource.name: api.resource.identifier for api in self.change.desired.apis}
        return frozenset(
            name
            for name, api in self.apis.items()
            if wanted.get(name, api.resource.identifier) != api.resource.identifier
        )

    def _release(self, moved: frozenset[str]) -> Iterator[PutResource]:
        """Take scopes that move to another API from the one that has them: a scope belongs to one at a time."""
        owners = {scope.name: api.resource.name for api in self.change.desired.apis for scope in api.scopes}
        for name, api in self.apis.items():
            kept = tuple(scope for scope in api.scopes if owners.get(scope.name, name) == name)
            if kept == api.scopes:
                continue
            self.apis[name] = msgspec.structs.replace(api, scopes=kept)
            if name not in moved:
                event = self._event(EventType.RESOURCE_CHANGED, about=f"api.{name}", data={"fields": ["scopes"]})
                yield PutResource(resource=api.resource, scopes=kept, credentials=api.credentials, event=event)

    def _touched(self, api: Protected) -> bool:
        before = self.apis.get(api.resource.name)
        names = {scope.name for scope in (*api.scopes, *(before.scopes if before else ()))}
        keys: list[Key] = [("api", api.resource.name), *(("scope", name) for name in names)]
        return any(key in self.changes for key in keys)

    def _put_api(self, api: Protected) -> PutResource:
        name = api.resource.name
        before = self.apis.get(name)
        resource, scopes, credentials = api.resource, api.scopes, api.credentials
        if before is not None:
            resource = msgspec.structs.replace(resource, status=before.resource.status)
            scopes = self._and_what_stays(scopes, before.scopes, resource.identifier)
            credentials = _kept(credentials, before.credentials)
        event = self._event(
            EventType.RESOURCE_CREATED if before is None else EventType.RESOURCE_CHANGED,
            about=f"api.{name}",
            data=self._told(("api", name), *(("scope", scope.name) for scope in api.scopes)),
        )
        return PutResource(resource=resource, scopes=scopes, credentials=credentials, event=event)

    def _put_own(self) -> PutOwnScopes:
        own = self.change.desired.own_scopes
        scopes = self._and_what_stays(own, self.change.present.own_scopes, None)
        event = self._event(
            EventType.CONFIGURATION_APPLIED,
            about="scopes",
            data=self._told(*(("scope", scope.name) for scope in own)),
        )
        return PutOwnScopes(issuer_id=self.change.issuer_id, scopes=scopes, event=event)

    def _put_app(self, app: Registered) -> PutClient:
        client, credentials = app.client, app.credentials
        before = self.apps.get(client.client_id)
        if before is not None and before.client.status != "removed":
            was = before.client
            client = msgspec.structs.replace(client, status=was.status, created_at=was.created_at)
            credentials = _kept(credentials, before.credentials)
        event = self._event(
            EventType.CLIENT_CREATED
            if before is None or before.client.status == "removed"
            else EventType.CLIENT_CHANGED,
            client=client.client_id,
            data=self._told(("app", client.client_id)),
        )
        return PutClient(client=client, credentials=credentials, event=event)

    def _and_what_stays(
        self, scopes: tuple[Scope, ...], before: tuple[Scope, ...], resource: str | None
    ) -> tuple[Scope, ...]:
        """Scopes that the file no longer names stay unless they may go: taking one away narrows grants."""
        statuses = {scope.name: scope.status for scope in before}
        named = tuple(msgspec.structs.replace(scope, status=statuses.get(scope.name, scope.status)) for scope in scopes)
        going = {scope.name for scope in scopes} | {
            name for (what, name), one in self.changes.items() if what == "scope" and one.change == "gone"
        }
        others = (msgspec.structs.replace(scope, resource=resource) for scope in before if scope.name not in going)
        return (*named, *others)

    def _told(self, *keys: Key) -> dict[str, object]:
        """The words that say something else now, for the record: never what they say, it may be long."""
        changes = [self.changes[key] for key in keys if key in self.changes]
        return {"fields": sorted({field.name for one in changes for field in one.fields})}

    def _event(
        self, kind: EventType, *, client: str = "", about: str = "", data: dict[str, object] | None = None
    ) -> Event:
        return Event(
            issuer_id=self.change.issuer_id,
            type=kind,
            at=self.change.now,
            actor=self.change.actor,
            client=client,
            object=about,
            request_id=self.change.request_id,
            data=data or {},
        )


def _kept(credentials: tuple[Credential, ...], before: tuple[Credential, ...]) -> tuple[Credential, ...]:
    """The same credential keeps its id and its instants: it is not a new one because the file was read again."""
    known = {credential_fact(credential): credential for credential in before}
    return tuple(known.get(credential_fact(credential), credential) for credential in credentials)
