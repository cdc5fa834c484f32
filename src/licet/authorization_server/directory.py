"""What the operator configured, kept in memory while its generation stands: issuer, APIs, scopes, clients.

A command line's change raises the generation in the store; ``refresh`` sees it within a quarter of a second
(``upkeep/``) and forgets what it kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol

import msgspec

from licet.ambient import Instant
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
_ADDRESSES = ("https://", "http://")


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


class Documents(Protocol):
    """Clients that are named by the address of their metadata document."""

    def holds(self, client_id: str) -> bool:
        """Whether the document at *client_id* is known and good."""

    async def client(
        self, client_id: str, registered: Registered | None, at: Instant, *, introduces: bool, peer: str
    ) -> Registered | None: ...


class Directory:
    """Configuration as the endpoints see it."""

    documents: Documents | None = None
    """None: a client is not known by its document."""
    lets_in: Callable[[str], bool] | None = None
    """Whether a document at an address counts here; None: none does."""

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
        if found is not None and not self._counts(found.client):
            return None
        if found is not None and generation == self._generation:  # else it may be older than what was just forgotten
            if len(self._clients) >= _CLIENTS_KEPT:
                self._clients.clear()
            self._clients[client_id] = found
        return found

    def at_hand(self, client_id: str) -> Registered | None:
        """A client that is kept in memory and follows no document: what nearly every request asks for, at once."""
        kept = self._clients.get(client_id)
        return None if kept is None or kept.client.source == "cimd" else kept

    def _counts(self, client: Client) -> bool:
        """The operator may have closed the door to a document's host, or to all of them, since it was written down."""
        return client.source != "cimd" or (self.lets_in is not None and self.lets_in(client.client_id))

    async def named(
        self, client_id: str, at: Instant, *, introduces: bool = False, peer: str = ""
    ) -> Registered | None:
        """The client of this id as its own document has it now, where that is what it is named by.

        *introduces*: an unknown one is looked for, too; *peer* is the address that asks for it, where anybody may. Raises
        InvalidRequest where there is no good document, TooManyRequests or TemporarilyUnavailable.
        """
        found = await self.client(client_id)
        if self.documents is None or not client_id.startswith(_ADDRESSES):
            return found
        if found is not None and found.client.source != "cimd":
            return found
        return await self.documents.client(client_id, found, at, introduces=introduces, peer=peer)

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
        if client_id in self._clients or client_id.removeprefix("api.") in self.catalogue.by_name:
            return True
        return self.documents is not None and self.documents.holds(client_id)

    async def allows_origin(self, origin: str) -> bool:
        """Whether scripts of *origin* may read our answers: the origin of a browser app's redirect (rulings Q)."""
        origins = self._origins
        if origins is None:
            generation = self._generation
            apps = await self._store.clients.of_kind(self.issuer.issuer_id, "browser-app")
            origins = frozenset(_origins(app for app in apps if self._counts(app)))
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
