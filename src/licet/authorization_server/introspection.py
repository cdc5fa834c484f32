"""POST /introspect: what a token is, told only to those it concerns (RFC 7662; rulings E).

An API sees tokens for itself and only its own scopes; a confidential client its own tokens. To anyone else, and
of anything dead, the answer is the same: inactive. Who asks for it gets the answer signed (RFC 9701).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from licet.ambient import SECOND
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.client_authentication.model import Candidate
from licet.authorization_server.exchange import Incoming, Json, Jwt
from licet.authorization_server.keys import Ring
from licet.authorization_server.presented import FoundAccess, FoundRefresh, Lookup
from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidClient, InvalidRequest
from licet.requirements import INTROSPECTION_AUTHENTICATED, INTROSPECTION_BY_AUDIENCE

SIGNED = "application/token-introspection+jwt"
_INACTIVE: dict[str, Any] = {"active": False}


@dataclass(frozen=True, slots=True)
class Introspection:
    """The Introspection Endpoint."""

    authentication: ClientAuthentication
    lookup: Lookup
    ring: Ring

    async def __call__(self, incoming: Incoming) -> Json | Jwt:
        incoming.form.refuse_repeated()
        caller = await self.authentication.principal(incoming)
        if caller.methods == {"none"}:
            raise InvalidClient("A public client cannot introspect", per=INTROSPECTION_AUTHENTICATED)
        token = incoming.form.get("token")
        if token is None:
            raise InvalidRequest("token is missing", per=INTROSPECTION_BY_AUDIENCE)
        body = await self._describe(token, caller, incoming)
        if SIGNED in incoming.accept.lower():
            return await self._signed(body, caller, incoming)
        return Json(body=body)

    async def _signed(self, body: dict[str, Any], caller: Candidate, incoming: Incoming) -> Jwt:
        """For the caller alone, and no token: no ``sub``, no ``exp``, a type of its own (RFC 9701 §5)."""
        issuer, catalogue = self.lookup.directory.issuer.url, self.lookup.directory.catalogue
        if caller.api is not None:
            aud, alg = caller.api, catalogue.by_identifier[caller.api].resource.alg
        else:
            aud = caller.id
            alg = (caller.client and caller.client.metadata.introspection_signed_response_alg) or "RS256"
        key = self.ring.signing("introspection", alg)
        said = {"iss": issuer, "aud": aud, "iat": incoming.at // SECOND, "token_introspection": body}
        signed = await self.ring.sign(key, partial(key.sign_jwt, "token-introspection+jwt", said), sheddable=True)
        return Jwt(body=signed, media_type=SIGNED)

    async def _describe(self, token: str, caller: Candidate, incoming: Incoming) -> dict[str, Any]:
        access = await self.lookup.access_token(token, incoming.at)
        if access is not None:
            return self._access(access, caller) if access.dead is None else _INACTIVE
        refresh = await self.lookup.refresh_token(token, incoming.at)
        if refresh is not None and refresh.dead is None and caller.client is not None:
            return _refresh(refresh, caller, self.lookup.directory.issuer.url)
        return _INACTIVE

    def _access(self, found: FoundAccess, caller: Candidate) -> dict[str, Any]:
        if caller.api is not None:
            if caller.api not in found.aud:
                return _INACTIVE
            catalogue = self.lookup.directory.catalogue
            own = tuple(name for name in found.scope if catalogue.api_of(name) == caller.api)
            if not own:
                return _INACTIVE
        elif found.client_id == caller.id:
            own = found.scope
        else:
            return _INACTIVE
        return _access_body(found, own, self.lookup.directory.issuer.url)


def _access_body(found: FoundAccess, scope: tuple[str, ...], issuer: str) -> dict[str, Any]:
    body: dict[str, Any] = {
        "active": True,
        "iss": issuer,
        "sub": found.sub,
        "client_id": found.client_id,
        "aud": found.aud[0] if len(found.aud) == 1 else found.aud,
        "scope": scopes.format(scope),
        "token_type": "Bearer",
        "exp": found.expires_at // SECOND,
        "iat": found.issued_at // SECOND,
        "jti": found.jti,
    }
    if found.cnf:
        body["cnf"] = found.cnf
    if found.standing is not None:
        grant = found.standing.grant
        body["grant_id"] = grant.handle
        if grant.sid:
            body["sid"] = grant.sid
        if grant.auth_time is not None:
            body["auth_time"] = grant.auth_time // SECOND
        if grant.acr:
            body["acr"] = grant.acr
    return body


def _refresh(found: FoundRefresh, caller: Candidate, issuer: str) -> dict[str, Any]:
    family, grant = found.family, found.standing.grant
    if family.client_id != caller.id:
        return _INACTIVE
    return {
        "active": True,
        "iss": issuer,
        "sub": grant.sub,
        "client_id": family.client_id,
        "scope": scopes.format(grant.scope),
        "token_type": "refresh_token",
        "exp": min(family.idle_until, family.absolute_until) // SECOND,
        "iat": family.issued_at // SECOND,
        "grant_id": grant.handle,
    }
