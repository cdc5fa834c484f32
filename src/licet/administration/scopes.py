"""Scopes, one by one: what an app may ask for at an API, in the words that people read."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from licet.administration import apis, models, refusals, versions
from licet.administration.apps import owned
from licet.administration.office import Call, Office
from licet.authorization_server.directory import OPENID_SCOPES
from licet.authorization_server.exchange import Answer, Empty, Json
from licet.events import EventType
from licet.registration import over_the_wire
from licet.registration.mistakes import ManifestErrors
from licet.registration.reserved_scopes import ADMINISTRATION
from licet.registration.scopes import OWN
from licet.storage.ports import Protected, PutResource
from licet.storage.records import Scope

_CREATED = 201


def shown(scope: Scope, api: Protected | None) -> models.Scope:
    """A scope, as it is shown."""
    return models.Scope(
        name=scope.name,
        api=api.resource.name if api else None,
        source=api.resource.source if api else "licet",
        status=scope.status,
        says=scope.words,
        sensitive=scope.sensitive,
    )


async def every(office: Office, call: Call) -> Answer:
    """List scopes, by their names: the issuer's own and those of every API."""
    after, limit = call.page()
    found = [one for name, one in sorted((await _all(office)).items()) if name > after]
    following = found[limit - 1].name if len(found) > limit else None
    return Json(body=models.Page(items=found[:limit], next=following))


async def one(office: Office, call: Call) -> Answer:
    """Show a scope."""
    call.only()
    it = await _known(office, call.names[0])
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def put(office: Office, call: Call) -> Answer:
    """Give an API a scope, or other words to one that it has. One that was ended comes back."""
    call.only()
    (name,) = call.names
    before = (await _all(office)).get(name)
    versions.new_or_unchanged(call.incoming, before)
    said, _ = call.body(models.ScopeDescription)

    async def judged() -> PutResource:
        before = (await _all(office)).get(name)
        versions.new_or_unchanged(call.incoming, before)
        if before is not None and before.api is None:
            raise owned(office, f"the words of {name}")
        api = await apis.found(office, said.api)
        if api is None or (before is not None and before.api != said.api):
            raise refusals.clash(f"{name} belongs to one API for good, and that must be there first")
        apis.changeable(office, api)
        scope = _judged(name, said, api)
        others = tuple(one for one in api.scopes if one.name != name)
        return _put(office, call, api, (*others, scope))

    await office.change(call, f"scope {name}", judged)
    it = await _known(office, name)
    return Json(body=it, status=200 if before else _CREATED, headers=(("ETag", versions.etag(it)),))


async def end(office: Office, call: Call) -> Answer:
    """End a scope: nobody gets it any more, and tokens that have it lose it."""
    call.only()
    (name,) = call.names

    async def judged() -> PutResource:
        before = await _known(office, name)
        versions.unchanged(call.incoming, before)
        if before.api is None:
            raise owned(office, f"the words of {name}")
        api = await apis.known(office, before.api)
        apis.changeable(office, api)
        scopes = tuple(
            msgspec.structs.replace(one, status="disabled") if one.name == name else one for one in api.scopes
        )
        return _put(office, call, api, scopes)

    await office.change(call, f"scope {name}", judged)
    return Empty(status=204)


async def _all(office: Office) -> dict[str, models.Scope]:
    own = {name: Scope(issuer_id=office.issuer_id, name=name, resource=None, words=OPENID_SCOPES[name]) for name in OWN}
    own |= {scope.name: scope for scope in await office.store.resources.own_scopes(office.issuer_id)}
    reserved = (
        Scope(issuer_id=office.issuer_id, name=name, resource=None, words=words, sensitive=True)
        for name, words in ADMINISTRATION.items()
    )
    found = {scope.name: shown(scope, None) for scope in (*own.values(), *reserved)}
    return found | {scope.name: shown(scope, api) for api, scope in _of(await _apis(office))}


async def _apis(office: Office) -> tuple[Protected, ...]:
    return await office.store.resources.every(office.issuer_id)


def _of(every: Iterable[Protected]) -> Iterable[tuple[Protected, Scope]]:
    return ((api, scope) for api in every for scope in api.scopes)


async def _known(office: Office, name: str) -> models.Scope:
    found = (await _all(office)).get(name)
    if found is None:
        raise refusals.no_such_object()
    return found


def _judged(name: str, said: models.ScopeDescription, api: Protected) -> Scope:
    """By the rules of the file, as if it stood there beside nothing else of its API."""
    words = {"audience": api.resource.identifier, "scopes": {name: {"says": said.says, "sensitive": said.sensitive}}}
    try:
        (scope,) = over_the_wire.api(said.api, words).scopes
    except ManifestErrors as errors:
        raise refusals.mistaken(errors) from errors
    return Scope(
        issuer_id=api.resource.issuer_id,
        name=scope.name,
        resource=api.resource.identifier,
        words=scope.says,
        sensitive=scope.sensitive,
    )


def _put(office: Office, call: Call, api: Protected, scopes: tuple[Scope, ...]) -> PutResource:
    event = office.event(
        call, EventType.RESOURCE_CHANGED, object=f"api.{api.resource.name}", data={"fields": ["scopes"]}
    )
    return PutResource(resource=api.resource, scopes=scopes, credentials=api.credentials, event=event)
