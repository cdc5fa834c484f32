"""GET and POST /userinfo: what a person let a client know of them (OpenID Connect Core §5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from licet.ambient import SECOND, Instant
from licet.authorization_server.exchange import Incoming, Json, Jwt
from licet.authorization_server.keys import Ring
from licet.authorization_server.presented import FoundAccess, Lookup
from licet.protocol.client_metadata import ClientMetadata
from licet.protocol.errors import InsufficientScope, InvalidRequest, InvalidToken
from licet.requirements import BEARER_HEADER_ONLY, TOKEN_ACCEPTED_ONLY_VALID, USERINFO_NEEDS_OPENID
from licet.resource_owner.claims import askable, released


@dataclass(frozen=True, slots=True)
class UserInfo:
    """The UserInfo Endpoint: plain JSON, or signed for whoever registered so (OpenID Connect Core §5.3.2)."""

    lookup: Lookup
    ring: Ring

    async def __call__(self, incoming: Incoming) -> Json | Jwt:
        incoming.form.refuse_repeated()
        found = await self.lookup.access_token(_bearer(incoming), incoming.at)
        if found is None or found.dead is not None or self.lookup.directory.catalogue.userinfo not in found.aud:
            raise InvalidToken(
                "The access token is not good here",
                per=TOKEN_ACCEPTED_ONLY_VALID,
                detail=found.dead or "other audience" if found else "unknown",
            )
        if found.cnf is not None:
            raise InvalidToken("This access token is bound to a key", per=TOKEN_ACCEPTED_ONLY_VALID)
        if found.standing is None or "openid" not in found.scope:
            raise InsufficientScope("userinfo needs the scope openid", per=USERINFO_NEEDS_OPENID)
        registered = await self.lookup.directory.client(found.client_id)
        metadata = registered.client.metadata if registered else ClientMetadata()
        claims, alg = await self._claims(found, metadata.scope), metadata.userinfo_signed_response_alg
        return Json(body=claims) if alg is None else await self._signed(claims, alg, found, incoming.at)

    async def _claims(self, found: FoundAccess, may: tuple[str, ...]) -> dict[str, Any]:
        """What the token's scope opens, and what was asked for by name and the client *may* still have."""
        assert found.standing is not None
        grant = found.standing.grant
        person = await self.lookup.store.accounts.find(grant.issuer_id, grant.subject_id)
        asked = (grant.claims_request or {}).get("userinfo", ())
        profile = person.account.profile if person else {}
        return {"sub": grant.sub, **released(profile, found.scope, askable(asked, may))}

    async def _signed(self, claims: dict[str, Any], alg: str, found: FoundAccess, now: Instant) -> Jwt:
        """Signed for this client alone. It has no ``exp`` and so passes nowhere for an ID token."""
        key = self.ring.signing("id_token", alg)
        said = {"iss": self.lookup.directory.issuer.url, "aud": found.client_id, "iat": now // SECOND, **claims}
        return Jwt(body=await self.ring.sign(key, partial(key.sign_jwt, "JWT", said), sheddable=True))


def _bearer(incoming: Incoming) -> str:
    """The token in the header, or in the body of a POST; never in the address (OAuth 2.1 §5.1, RFC 6750 §2)."""
    in_body = incoming.form.get("access_token")
    if incoming.authorization is None:
        if in_body is None:
            raise InvalidToken("An access token is needed", per=BEARER_HEADER_ONLY)
        return in_body
    if in_body is not None:
        raise InvalidRequest("One access token per request, in one place", per=BEARER_HEADER_ONLY)
    scheme, _, token = incoming.authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or " " in token:
        raise InvalidToken("The Authorization header is not a Bearer token", per=BEARER_HEADER_ONLY)
    return token
