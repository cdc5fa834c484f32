"""The demo apps, one for each flow, and the API they call."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import msgspec

from licet.ambient import Instant
from licet.protocol.client_metadata import ClientMetadata
from licet.registration.kinds import BY_NAME
from licet.storage.records import Client, ClientPolicy, Resource, Scope

WEB, SERVICE, TV = "demo-web", "demo-service", "demo-tv"
API = "demo"
API_CLIENT = f"api.{API}"
"""As which the API introspects."""

ORDERS = "/demo/orders"
"""Where the API is, below the issuer; its address is its audience too."""

READ, WRITE = "api.read", "api.write"
SCOPES = {READ: "See your orders", WRITE: "Create and cancel orders for you"}

REDIRECT_URI = "http://127.0.0.1/callback"
"""Any port of 127.0.0.1 will do (RFC 8252 §7.3): nobody knows yet where the shop will listen."""


_canonical = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """A demo app, as it is registered."""

    client_id: str
    kind: str
    metadata: ClientMetadata


APPS = (
    App(
        client_id=WEB,
        kind="browser-app",
        metadata=ClientMetadata(
            client_name="Corner Shop",
            redirect_uris=(REDIRECT_URI,),
            token_endpoint_auth_method="none",  # noqa: S106  the name of a method
            grant_types=BY_NAME["browser-app"].grant_types,
            # Of a browser app on its developer's machine nobody knows the port, as of a native one.
            application_type="native",
            scope=("openid", "profile", "email", "address", "phone", "offline_access", READ, WRITE),
        ),
    ),
    App(
        client_id=SERVICE,
        kind="service",
        metadata=ClientMetadata(
            client_name="Nightly job",
            token_endpoint_auth_method="client_secret",  # noqa: S106  the name of a method
            grant_types=BY_NAME["service"].grant_types,
            response_types=(),
            scope=(READ,),
        ),
    ),
    App(
        client_id=TV,
        kind="tv",
        metadata=ClientMetadata(
            client_name="Lounge TV",
            token_endpoint_auth_method="none",  # noqa: S106  the name of a method
            grant_types=BY_NAME["tv"].grant_types,
            response_types=(),
            application_type="native",
            scope=("openid", "profile", "email", "offline_access", READ),
        ),
    ),
)


def client(app: App, issuer_id: int, at: Instant) -> Client:
    """The record of a demo app."""
    kind = BY_NAME[app.kind]
    return Client(
        issuer_id=issuer_id,
        client_id=app.client_id,
        source="dev",
        kind=app.kind,
        metadata=app.metadata,
        metadata_digest=sha256(_canonical(app.metadata)).digest(),
        policy=ClientPolicy(
            rotate=kind.rotates(public=app.metadata.public), refresh=kind.refresh, consent=kind.consent
        ),
        created_at=at,
    )


def api(issuer_id: int, issuer_url: str) -> tuple[Resource, tuple[Scope, ...]]:
    """The records of the demo API behind the issuer at *issuer_url*."""
    identifier = f"{issuer_url}{ORDERS}"
    resource = Resource(issuer_id=issuer_id, identifier=identifier, name=API, source="dev")
    scopes = tuple(
        Scope(issuer_id=issuer_id, name=name, resource=identifier, words=words) for name, words in SCOPES.items()
    )
    return resource, scopes
