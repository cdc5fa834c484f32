"""Apps: what asks for tokens. One is described by the words of the file, and held to its rules."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from licet.administration import models, refusals, versions, words
from licet.administration.office import Call, Office
from licet.authorization_server.exchange import Answer, Empty, Json
from licet.events import EventType
from licet.registration import over_the_wire, server_section
from licet.registration.app_section import Surroundings
from licet.registration.desired import records
from licet.registration.differences import credential_fact
from licet.registration.kinds import BY_NAME
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import Credentials, DesiredApi, DesiredApp, Manifest, Reference
from licet.registration.scopes import OWN
from licet.storage.ports import PutClient, Registered, RemoveClient
from licet.storage.records import Credential

SECRET_METHODS = frozenset({"client_secret", "client_secret_basic", "client_secret_post"})
SOURCES = {
    "dcr": "registered itself and looks after itself (RFC 7592)",
    "cimd": "is described by a document of its own",
    "import": "was imported",
    "dev": "is the development server's",
}
_SECRET_TO_COME = {"env": "LATER"}
"""Stands for a secret where one will be made: an app without any proves nothing until then."""
_CREATED = 201


def shown(app: Registered) -> models.App:
    """An app, as it is shown."""
    client = app.client
    return models.App(
        id=client.client_id,
        source=client.source,
        status=client.status,
        created_at=models.when(client.created_at),
        expires_at=models.maybe(client.expires_at),
        credentials=words.credentials(app.credentials),
        words=words.of_app(app),
    )


async def every(office: Office, call: Call) -> Answer:
    """List apps, by their ids."""
    after, limit = call.page()
    read = await office.store.listing.clients(office.issuer_id, after, limit + 1)
    following = read[limit - 1].client.client_id if len(read) > limit else None
    return Json(body=models.Page(items=[shown(one) for one in read[:limit]], next=following))


async def one(office: Office, call: Call) -> Answer:
    """Show an app."""
    call.only()
    it = shown(await known(office, call.names[0]))
    return Json(body=it, headers=(("ETag", versions.etag(it)),))


async def put(office: Office, call: Call) -> Answer:
    """Make an app, or replace what it is. What it proves itself with as a secret stays, or is made afterwards."""
    call.only()
    (client_id,) = call.names
    before = await found(office, client_id)
    versions.new_or_unchanged(call.incoming, None if before is None else shown(before))
    _, document = call.body(models.AppWords)

    async def judged() -> PutClient:
        before = await found(office, client_id)
        versions.new_or_unchanged(call.incoming, None if before is None else shown(before))
        if before is not None:
            changeable(office, before)
        app = _judged(office, client_id, document)
        call.caller.reach((*app.metadata.scope, *(before.client.metadata.scope if before else ())))
        made = _recorded(office, app, before, call)
        kind = EventType.CLIENT_CHANGED if before else EventType.CLIENT_CREATED
        return PutClient(
            client=made.client,
            credentials=made.credentials,
            event=office.event(call, kind, client=client_id, data={"fields": sorted(document)}),
        )

    await office.change(call, f"app {client_id}", judged)
    it = shown(await known(office, client_id))
    return Json(body=it, status=200 if before else _CREATED, headers=(("ETag", versions.etag(it)),))


async def end(office: Office, call: Call) -> Answer:
    """Remove an app: it gets nothing more, all that it had ends, and people's decisions about it are forgotten."""
    call.only()
    (client_id,) = call.names

    async def judged() -> RemoveClient:
        app = await known(office, client_id)
        versions.unchanged(call.incoming, shown(app))
        if app.client.source == "file":
            raise owned(office, f"the app {client_id}")
        call.caller.reach(app.client.metadata.scope)
        ends = office.ending(
            call, "client", client_id, EventType.CLIENT_REMOVED, "removed by operator", client=client_id
        )
        return RemoveClient(client_id=client_id, ending=ends)

    await office.change(call, f"app {client_id}", judged)
    return Empty(status=204)


async def found(office: Office, client_id: str) -> Registered | None:
    """The app of this id; None where there is none (any more)."""
    app = await office.store.clients.find(office.issuer_id, client_id)
    return None if app is None or app.client.status == "removed" else app


async def known(office: Office, client_id: str) -> Registered:
    """The app of this id. Raises NoSuchObject."""
    app = await found(office, client_id)
    if app is None:
        raise refusals.no_such_object()
    return app


def changeable(office: Office, app: Registered) -> None:
    """Refuse to change what somebody else looks after."""
    source, client_id = app.client.source, app.client.client_id
    if source == "file":
        raise owned(office, f"the app {client_id}")
    if source != "api":
        raise refusals.clash(f"{client_id} {SOURCES[source]}: it is not changed here, it can only be ended")


def owned(office: Office, what: str) -> refusals.Clash:
    """A file looks after *what*."""
    return refusals.clash(f"{office.file} owns {what}: change it there, and apply it")


def _judged(office: Office, client_id: str, document: dict[str, object]) -> DesiredApp:
    """What *document* comes to by the rules of the file. Raises Mistaken."""
    kind, given = BY_NAME.get(str(document["is"])), dict(document)
    secretive = given.get("auth") in ("basic", "post") or (kind is not None and kind.proof == "required")
    if secretive and "key" not in given:
        given["secret"] = _SECRET_TO_COME
    around = Surroundings(
        scopes=frozenset(office.directory.catalogue.scopes) - frozenset(OWN),
        development=office.directory.issuer.development or office.directory.issuer.url.startswith("http:"),
        administration=True,
    )
    try:
        app = over_the_wire.app(client_id, given, around)
    except ManifestErrors as errors:
        raise refusals.mistaken(errors) from errors
    return replace(app, credentials=Credentials(keys=app.credentials.keys))


def _recorded(office: Office, app: DesiredApp, before: Registered | None, call: Call) -> Registered:
    """The records of an app; a credential that it had keeps its id and its instants."""
    (made,) = records(
        nothing_but(office, apps=(app,)),
        office.issuer_id,
        office.vault,
        entropy=office.entropy,
        now=call.at,
        resolve_secret=_none,
    ).apps
    created_at = before.client.created_at if before else call.at
    client = msgspec.structs.replace(made.client, source="api", created_at=created_at)
    held = before.credentials if before else ()
    secrets = tuple(one for one in held if one.kind == "secret")
    keeps = secrets if client.metadata.token_endpoint_auth_method in SECRET_METHODS else ()
    return Registered(client=client, credentials=(*kept(made.credentials, held), *keeps))


def kept(made: tuple[Credential, ...], before: tuple[Credential, ...]) -> tuple[Credential, ...]:
    """The same credential stays the same."""
    known = {credential_fact(one): one for one in before}
    return tuple(known.get(credential_fact(one), one) for one in made)


def nothing_but(office: Office, *, apps: tuple[DesiredApp, ...] = (), apis: tuple[DesiredApi, ...] = ()) -> Manifest:
    """A configuration of these alone."""
    return Manifest(
        issuer=office.directory.issuer.url,
        server=server_section.default(Path()),
        lifetimes=(),
        apis=apis,
        apps=apps,
        scopes=(),
        path=over_the_wire.NOWHERE,
        digest=b"",
    )


def _none(reference: Reference) -> str:
    raise AssertionError(reference.name)  # nothing that is put here refers to a secret
