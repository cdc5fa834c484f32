"""APIs: what is protected. One is described by the words of the file, with its scopes."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from licet.administration import models, refusals, versions, words
from licet.administration.apps import kept, nothing_but, owned
from licet.administration.office import Call, Office
from licet.authorization_server.exchange import Answer, Empty, Json
from licet.events import EventType
from licet.registration import over_the_wire
from licet.registration.desired import records
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import DesiredApi, Reference
from licet.storage.ports import Protected, PutResource, RemoveResource

_CREATED = 201


def shown(api: Protected) -> models.Api:
    """An API, as it is shown."""
    return models.Api(
        name=api.resource.name,
        source=api.resource.source,
        status=api.resource.status,
        credentials=words.credentials(api.credentials),
        words=words.of_api(api),
    )


async def every(office: Office, call: Call) -> Answer:
    """List APIs, by their names."""
    after, limit = call.page()
    found = [api for api in await office.store.resources.every(office.issuer_id) if api.resource.name > after]
    following = found[limit - 1].resource.name if len(found) > limit else None
    return Json(body=models.Page(items=[shown(api) for api in found[:limit]], next=following))


async def one(office: Office, call: Call) -> Answer:
    """Show an API."""
    call.only()
    it = shown(await known(office, call.names[0]))
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def put(office: Office, call: Call) -> Answer:
    """Make an API, or replace what it is; a scope that is not named any more ends."""
    call.only()
    (name,) = call.names
    before = await found(office, name)
    versions.new_or_unchanged(call.incoming, None if before is None else shown(before))
    _, document = call.body(models.ApiWords)

    async def judged() -> PutResource:
        before = await found(office, name)
        versions.new_or_unchanged(call.incoming, None if before is None else shown(before))
        if before is not None:
            changeable(office, before)
        try:
            api = over_the_wire.api(name, document)
        except ManifestErrors as errors:
            raise refusals.mistaken(errors) from errors
        if api.audience in _own(office):
            raise refusals.clash(f"{api.audience} is the server's own")
        return _recorded(office, api, before, call)

    await office.change(call, f"api {name}", judged)
    it = shown(await known(office, name))
    return Json(body=it, status=200 if before else _CREATED, headers=(("ETag", versions.etag(it)),))


async def end(office: Office, call: Call) -> Answer:
    """Remove an API with its scopes: there are no more tokens for it, and those that there are say nothing any more."""
    call.only()
    (name,) = call.names

    async def judged() -> RemoveResource:
        before = await known(office, name)
        versions.unchanged(call.incoming, shown(before))
        changeable(office, before)
        return RemoveResource(name=name, event=office.event(call, EventType.RESOURCE_REMOVED, object=f"api.{name}"))

    await office.change(call, f"api {name}", judged)
    return Empty(status=204)


async def found(office: Office, name: str) -> Protected | None:
    """The API of this name, ended or not; None where there never was one."""
    every = await office.store.resources.every(office.issuer_id)
    return next((api for api in every if api.resource.name == name), None)


async def known(office: Office, name: str) -> Protected:
    """The API of this name. Raises NoSuchObject."""
    api = await found(office, name)
    if api is None:
        raise refusals.no_such_object()
    return api


def changeable(office: Office, api: Protected) -> None:
    """Refuse to change what a file looks after."""
    if api.resource.source != "api":
        raise owned(office, f"the API {api.resource.name}")


def _own(office: Office) -> Iterable[str]:
    issuer = office.directory.issuer.url
    return issuer, f"{issuer}/userinfo", f"{issuer}/admin"


def _recorded(office: Office, api: DesiredApi, before: Protected | None, call: Call) -> PutResource:
    (made,) = records(
        nothing_but(office, apis=(api,)),
        office.issuer_id,
        office.vault,
        entropy=office.entropy,
        now=call.at,
        resolve_secret=_none,
    ).apis
    held = before.credentials if before else ()
    named = {scope.name for scope in made.scopes}
    ended = (
        msgspec.structs.replace(scope, resource=api.audience, status="disabled")
        for scope in (before.scopes if before else ())
        if scope.name not in named
    )
    secrets = () if made.credentials else tuple(one for one in held if one.kind == "secret")
    kind = EventType.RESOURCE_CHANGED if before else EventType.RESOURCE_CREATED
    return PutResource(
        resource=msgspec.structs.replace(made.resource, source="api"),
        scopes=(*made.scopes, *ended),
        credentials=(*kept(made.credentials, held), *secrets),
        event=office.event(call, kind, object=f"api.{api.name}", data={"fields": sorted(named)}),
    )


def _none(reference: Reference) -> str:
    raise AssertionError(reference.name)  # nothing that is put here refers to a secret
