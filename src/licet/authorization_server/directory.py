"""What the operator configured, kept in memory while its generation stands: issuer, APIs, scopes, clients.

A command line's change raises the generation in the store; ``refresh`` sees it within a quarter of a second
(``upkeep/``) and forgets what it kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from licet.authorization_server.reserved import administration as reserved_api
from licet.protocol import redirect_uri
from licet.storage.ports import Protected, Registered, Store
from licet.storage.records import Client, Issuer, Scope

OPENID_SCOPES = {
    "openid": "Know that it is you",
    "profile": "See your name and profile",
    "email": "See your email address",
    "address": "See your postal address",
    "phone": "See your phone number",
    "offline_access": "Go on while you are away",
}
"""The issuer's own scopes (OpenID Connect Core §5.4, §11), in people's words unless the operator finds better."""

_CLIENTS_KEPT = 10_000


class Catalogue(msgspec.Struct, frozen=True, gc=False):
    """The APIs behind this issuer and every scope there is."""

    userinfo: str
    """The issuer's own resource: what a token is for when it names nothing but OpenID scopes (rulings B)."""
    by_identifier: dict[str, Protected]
    by_name: dict[str, Protected]
    scopes: dict[str, Scope]

    def api_of(self, scope: str) -> str | None:
        """The identifier of the API a scope belongs to; None for the issuer's own."""
        return self.scopes[scope].resource


def _origins(apps: Iterable[Client]) -> Iterator[str]:
    for app in apps:
        yield from (origin for uri in app.metadata.redirect_uris if (origin := redirect_uri.origin(uri)))


def _without_port(origin: str) -> str:
    """In development a loopback app may listen on any port, as its redirect may (rulings G)."""
    host, _, port = origin.rpartition(":")
    return host if port.isdigit() and host in ("http://127.0.0.1", "http://localhost", "http://[::1]") else origin


class Directory:
    """Configuration as the endpoints see it."""

    def __init__(self, store: Store, issuer: Issuer, *, administration: bool = False) -> None:
        self._store = store
        self._administration = administration
        self.issuer = issuer
        self.catalogue = Catalogue(f"{issuer.url}/userinfo", {}, {}, {})
        self._clients: dict[str, Registered] = {}
        self._origins: frozenset[str] | None = None
        self._generation = -1

    async def refresh(self) -> None:
        """Read anew what changed since the last time; costs one small read where nothing did."""
        generation = await self._store.issuers.generation(self.issuer.issuer_id)
        if generation == self._generation:
            return
        issuer = await self._store.issuers.only()
        if issuer is not None:
            self.issuer = issuer
        self.catalogue = await self._read_catalogue()
        self._clients.clear()
        self._origins = None
        self._generation = generation

    async def client(self, client_id: str) -> Registered | None:
        """The client of this id, or None (RFC 6749 §2.2)."""
        kept = self._clients.get(client_id)
        if kept is not None:
            return kept
        generation = self._generation
        found = await self._store.clients.find(self.issuer.issuer_id, client_id)
        if found is not None and generation == self._generation:  # else it may be older than what was just forgotten
            if len(self._clients) >= _CLIENTS_KEPT:
                self._clients.clear()
            self._clients[client_id] = found
        return found

    def forget(self, *versions: Client) -> None:
        """Look for this client anew: it changed itself, from one of *versions* to another, and nothing else did."""
        for client in versions:
            self._clients.pop(client.client_id, None)
            if client.kind == "browser-app":
                self._origins = None

    async def client_of_nobody(self) -> None:
        """Look for a client that is not there, as a stranger's id is looked for: who is kept in memory is refused as late
        as who is nowhere."""
        await self._store.clients.find(self.issuer.issuer_id, "")

    def knows(self, client_id: str) -> bool:
        """Whether *client_id* is a client's that was asked for lately, or an API's. What somebody claims may be anything,
        a secret in the wrong field too, so nothing else is written down."""
        return client_id in self._clients or client_id.removeprefix("api.") in self.catalogue.by_name

    async def allows_origin(self, origin: str) -> bool:
        """Whether scripts of *origin* may read our answers: the origin of a browser app's redirect (rulings Q)."""
        origins = self._origins
        if origins is None:
            generation = self._generation
            origins = frozenset(_origins(await self._store.clients.of_kind(self.issuer.issuer_id, "browser-app")))
            if generation == self._generation:
                self._origins = origins
        return origin in origins or (self.issuer.development and _without_port(origin) in origins)

    async def _read_catalogue(self) -> Catalogue:
        issuer_id = self.issuer.issuer_id
        apis = [api for api in await self._store.resources.every(issuer_id) if api.resource.status == "active"]
        scopes = {
            name: Scope(issuer_id=issuer_id, name=name, resource=None, words=words)
            for name, words in OPENID_SCOPES.items()
        }
        scopes |= {scope.name: scope for scope in await self._store.resources.own_scopes(issuer_id)}
        scopes |= {scope.name: scope for api in apis for scope in api.scopes if scope.status == "active"}
        reserved = (reserved_api(self.issuer),) if self._administration else ()
        scopes |= {scope.name: scope for api in reserved for scope in api.scopes}
        return Catalogue(
            userinfo=f"{self.issuer.url}/userinfo",
            by_identifier={api.resource.identifier: api for api in (*apis, *reserved)},
            by_name={api.resource.name: api for api in apis},
            scopes=scopes,
        )
