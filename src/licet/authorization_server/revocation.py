"""POST /revoke: a client gives a token back (RFC 7009).

A refresh token takes its grant with it, and every token that came of it; an access token goes alone. What is not
the caller's, or nobody's, is answered 200 all the same and nothing happens.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.exchange import Empty, Incoming
from licet.authorization_server.presented import FoundAccess, FoundRefresh, Lookup
from licet.events import EventType
from licet.protocol.errors import InvalidRequest
from licet.requirements import REVOCATION_BY_OWNER
from licet.storage.ending import ending

_CAUSE = "revoked by the client"


@dataclass(frozen=True, slots=True)
class RevocationEndpoint:
    """The Revocation Endpoint."""

    authentication: ClientAuthentication
    lookup: Lookup

    async def __call__(self, incoming: Incoming) -> Empty:
        incoming.form.refuse_repeated()
        client = (await self.authentication.client(incoming)).client
        token = incoming.form.get("token")
        if token is None:
            raise InvalidRequest("token is missing", per=REVOCATION_BY_OWNER)
        refresh = await self.lookup.refresh_token(token, incoming.at)
        if refresh is not None:
            # Superseded or not: who lost the answer to a refresh has only the old one to give back.
            if refresh.family.client_id == client.client_id:
                await self._grant(refresh, incoming)
            return Empty()
        access = await self.lookup.access_token(token, incoming.at)
        if access is not None and access.client_id == client.client_id:
            await self._access(access, incoming)
        return Empty()

    async def _grant(self, found: FoundRefresh, incoming: Incoming) -> None:
        grant = found.standing.grant
        given_back = ending(
            grant.issuer_id,
            "grant",
            grant.handle,
            at=incoming.at,
            cause=_CAUSE,
            event=EventType.GRANT_ENDED,
            actor=f"client:{grant.client_id}",
            subject=grant.subject_id,
            client=grant.client_id,
            grant=grant.grant_id,
            request_id=incoming.request_id,
        )
        await self.lookup.store.grants.end(given_back, grant.grant_id)

    async def _access(self, found: FoundAccess, incoming: Incoming) -> None:
        grant = found.standing.grant if found.standing else None
        given_back = ending(
            self.lookup.directory.issuer.issuer_id,
            "jti",
            found.jti,
            at=incoming.at,
            cause=_CAUSE,
            event=EventType.TOKEN_REVOKED,
            actor=f"client:{found.client_id}",
            subject=grant.subject_id if grant else "",
            client=found.client_id,
            about=found.jti,
            grant=grant.grant_id if grant else None,
            request_id=incoming.request_id,
            until=found.expires_at,
            aud=found.aud,
        )
        tokens = self.lookup.store.access_tokens
        await (tokens.revoke_jwt(given_back) if found.digest is None else tokens.revoke(given_back, found.digest))
