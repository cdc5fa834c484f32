"""Secrets of apps and APIs: a second one is made before the first one goes, so that nobody stands outside meanwhile."""

from __future__ import annotations

from typing import Final, Literal

from licet.administration import apis, apps, models, refusals, versions
from licet.administration.office import Call, Office
from licet.authorization_server.exchange import Answer, Empty, Json
from licet.events import EventType
from licet.protocol import secret_token
from licet.registration.desired import SECRET
from licet.storage.ports import PutClient, PutResource
from licet.storage.records import Credential

_LIVE: Final = 2
_CREATED = 201


async def make_for_app(office: Office, call: Call) -> Answer:
    """Make a secret for an app. It is shown this once; one that it had stays good until it is taken away."""
    call.only()
    (client_id,) = call.names
    secret, credential = _made(office, call, "client", client_id)

    async def judged() -> PutClient:
        return await _app(office, call, client_id, adds=credential)

    await office.change(call, f"app {client_id}", judged)
    return _told(secret, credential)


async def drop_of_app(office: Office, call: Call) -> Answer:
    """Take a secret of an app away: nobody proves anything with it any more."""
    call.only()
    client_id, credential_id = call.names

    async def judged() -> PutClient:
        return await _app(office, call, client_id, drops=credential_id)

    await office.change(call, f"app {client_id}", judged)
    return Empty(status=204)


async def make_for_api(office: Office, call: Call) -> Answer:
    """Make a secret for an API, with which it introspects. It is shown this once."""
    call.only()
    (name,) = call.names
    secret, credential = _made(office, call, "resource", name)

    async def judged() -> PutResource:
        return await _api(office, call, name, adds=credential)

    await office.change(call, f"api {name}", judged)
    return _told(secret, credential)


async def drop_of_api(office: Office, call: Call) -> Answer:
    """Take a secret of an API away."""
    call.only()
    name, credential_id = call.names

    async def judged() -> PutResource:
        return await _api(office, call, name, drops=credential_id)

    await office.change(call, f"api {name}", judged)
    return Empty(status=204)


async def _app(
    office: Office, call: Call, client_id: str, *, adds: Credential | None = None, drops: str = ""
) -> PutClient:
    app = await apps.known(office, client_id)
    if drops:
        _holds(app.credentials, drops)
    versions.unchanged(call.incoming, apps.shown(app))
    apps.changeable(office, app)
    call.caller.reach(app.client.metadata.scope)
    if app.client.metadata.token_endpoint_auth_method not in apps.SECRET_METHODS:
        raise refusals.clash(f"{client_id} proves itself with no secret: that follows from what it is")
    event = office.event(call, EventType.CLIENT_CHANGED, client=client_id, data={"fields": ["credentials"]})
    return PutClient(client=app.client, credentials=_changed(app.credentials, adds, drops), event=event)


async def _api(
    office: Office, call: Call, name: str, *, adds: Credential | None = None, drops: str = ""
) -> PutResource:
    api = await apis.known(office, name)
    if drops:
        _holds(api.credentials, drops)
    versions.unchanged(call.incoming, apis.shown(api))
    apis.changeable(office, api)
    if any(one.kind != "secret" for one in api.credentials):
        raise refusals.clash(f"{name} proves itself with a key: take that out of its words first")
    event = office.event(call, EventType.RESOURCE_CHANGED, object=f"api.{name}", data={"fields": ["credentials"]})
    credentials = _changed(api.credentials, adds, drops)
    return PutResource(resource=api.resource, scopes=api.scopes, credentials=credentials, event=event)


def _holds(held: tuple[Credential, ...], credential_id: str) -> None:
    """A key is no secret: it is taken away by other words."""
    if not any(one.credential_id == credential_id and one.kind == "secret" for one in held):
        raise refusals.no_such_object()


def _changed(held: tuple[Credential, ...], adds: Credential | None, drops: str) -> tuple[Credential, ...]:
    if adds is None:
        return tuple(one for one in held if one.credential_id != drops)
    if len(held) >= _LIVE:
        raise refusals.clash("Two secrets are good already: take the old one away first")
    return (*held, adds)


def _made(office: Office, call: Call, owner_kind: Literal["client", "resource"], owner: str) -> tuple[str, Credential]:
    secret = secret_token.make("cs", office.entropy.bytes(secret_token.RANDOM_BYTES))
    credential = Credential(
        issuer_id=office.issuer_id,
        owner_kind=owner_kind,
        owner=owner,
        credential_id=office.entropy.bytes(16).hex(),
        kind="secret",
        digest=office.vault.digest(office.issuer_id, SECRET, secret),
        created_at=call.at,
    )
    return secret, credential


def _told(secret: str, credential: Credential) -> Json:
    body = models.NewSecret(id=credential.credential_id, secret=secret, created_at=models.when(credential.created_at))
    return Json(body=body, status=_CREATED)
