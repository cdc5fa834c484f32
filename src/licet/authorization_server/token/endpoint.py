"""POST /token: authenticate, find the grant, redeem, bind, issue (OAuth 2.1 §3.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming, Json
from licet.authorization_server.token.binding import bind
from licet.authorization_server.token.grants.model import GrantType
from licet.authorization_server.token.issue import Issue
from licet.protocol.errors import InvalidRequest, UnauthorizedClient, UnsupportedGrantType
from licet.requirements import GRANT_TYPE_ALLOWED, GRANT_TYPE_KNOWN
from licet.storage.ports import Registrations
from licet.storage.records import Client

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """The Token Endpoint."""

    authentication: ClientAuthentication
    grants: Mapping[str, GrantType]
    registrations: Registrations
    directory: Directory
    issue: Issue

    async def __call__(self, incoming: Incoming) -> Json:
        incoming.form.refuse_repeated()
        grant = self._grant(incoming)
        client = await self.authentication.client(incoming)
        allowed(client.client, grant.grant_type)
        authorization = bind(await grant.redeem(incoming, client), incoming)
        issued = Json(body=await self.issue(authorization, incoming))
        if client.client.expires_at is not None:
            await self._stays(client.client, incoming)
        return issued

    async def _stays(self, client: Client, incoming: Incoming) -> None:
        """A client that nobody registered by hand goes unless it is used, and now it was."""
        if client.source == "cimd":
            await self._stays_longer(client, incoming)
        elif await self.registrations.used(client.issuer_id, client.client_id, incoming.at):
            self.directory.forget(client)

    async def _stays_longer(self, client: Client, incoming: Incoming) -> None:
        """One that its document can bring back stays as long as its refresh tokens may; written once a day."""
        longest_s = self.issue.lifetimes.refresh_absolute_s + 2 * _DAY_S
        until = Instant(incoming.at + longest_s * SECOND)
        if client.expires_at is not None and until - client.expires_at < _DAY_S * SECOND:
            return
        if await self.registrations.extend(client.issuer_id, client.client_id, incoming.at, until):
            self.directory.forget(client)

    def _grant(self, incoming: Incoming) -> GrantType:
        name = incoming.form.get("grant_type")
        if name is None:
            raise InvalidRequest("grant_type is missing", per=GRANT_TYPE_KNOWN)
        grant = self.grants.get(name)
        if grant is None:
            raise UnsupportedGrantType("This server does not have that grant_type", per=GRANT_TYPE_KNOWN)
        return grant


def allowed(client: Client, grant_type: str) -> None:
    """Raise UnauthorizedClient unless *client* registered for *grant_type* (RFC 6749 §5.2)."""
    if grant_type not in client.metadata.grant_types:
        raise UnauthorizedClient("This client may not use that grant_type", per=GRANT_TYPE_ALLOWED)
