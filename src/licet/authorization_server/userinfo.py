"""GET and POST /userinfo: what a person let a client know of them (OpenID Connect Core §5.3)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.exchange import Incoming, Json
from licet.authorization_server.presented import FoundAccess, Lookup
from licet.protocol.errors import InsufficientScope, InvalidRequest, InvalidToken
from licet.requirements import BEARER_HEADER_ONLY, TOKEN_ACCEPTED_ONLY_VALID, USERINFO_NEEDS_OPENID
from licet.resource_owner.claims import released


@dataclass(frozen=True, slots=True)
class UserInfo:
    """The UserInfo Endpoint."""

    lookup: Lookup

    async def __call__(self, incoming: Incoming) -> Json:
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
        return Json(body=await self._claims(found))

    async def _claims(self, found: FoundAccess) -> dict[str, object]:
        assert found.standing is not None
        grant = found.standing.grant
        person = await self.lookup.store.accounts.find(grant.issuer_id, grant.subject_id)
        profile = person.account.profile if person else {}
        return {"sub": grant.sub, **released(profile, found.scope)}


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
