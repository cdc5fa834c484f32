"""POST /revoke: a client gives a token back (RFC 7009).

A refresh token takes its grant with it, and every token that came of it; an access token goes alone. What is not
the caller's, or nobody's, is answered 200 all the same and nothing happens.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.exchange import Empty, Incoming
from licet.authorization_server.presented import FoundAccess, FoundRefresh, Lookup
from licet.events import Event, EventType
from licet.protocol.errors import InvalidRequest
from licet.requirements import REVOCATION_BY_OWNER
from licet.storage.ports import Ending
from licet.storage.records import Revocation

_FEED_KEEPS_S = 24 * 3600


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
            if refresh.family.client_id == client.client_id and refresh.head:
                await self._grant(refresh, incoming)
            return Empty()
        access = await self.lookup.access_token(token, incoming.at)
        if access is not None and access.client_id == client.client_id and access.dead is None:
            await self._access(access, incoming)
        return Empty()

    async def _grant(self, found: FoundRefresh, incoming: Incoming) -> None:
        grant = found.standing.grant
        ending = Ending(
            issuer_id=grant.issuer_id,
            at=incoming.at,
            reason="revoked by the client",
            revocation=Revocation(
                issuer_id=grant.issuer_id, kind="grant", key=grant.handle, at=incoming.at,
                cause="revoked by the client", purge_at=Instant(incoming.at + _FEED_KEEPS_S * SECOND),
            ),
            event=Event(
                issuer_id=grant.issuer_id, type=EventType.GRANT_ENDED, at=incoming.at,
                actor=f"client:{grant.client_id}", subject=grant.subject_id, client=grant.client_id,
                grant=grant.grant_id, request_id=incoming.request_id, reason="revoked by the client",
            ),
        )
        await self.lookup.store.grants.end(ending, grant.grant_id)

    async def _access(self, found: FoundAccess, incoming: Incoming) -> None:
        issuer_id = self.lookup.directory.issuer.issuer_id
        ending = Ending(
            issuer_id=issuer_id,
            at=incoming.at,
            reason="revoked by the client",
            revocation=Revocation(
                issuer_id=issuer_id, kind="jti", key=found.jti, at=incoming.at, cause="revoked by the client",
                purge_at=found.expires_at,
            ),
            event=Event(
                issuer_id=issuer_id, type=EventType.TOKEN_REVOKED, at=incoming.at,
                actor=f"client:{found.client_id}", client=found.client_id, object=found.jti,
                grant=found.standing.grant.grant_id if found.standing else None, request_id=incoming.request_id,
                reason="revoked by the client",
            ),
        )
        tokens = self.lookup.store.access_tokens
        await (tokens.revoke_jwt(ending) if found.digest is None else tokens.revoke(ending, found.digest))
