"""Finding what stands behind a token that somebody presents, whatever its form, and asking the gate about it.

Introspection, userinfo and revocation share it, so that a token cannot be dead on one road and alive on another.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server.admission import Dead, Presented, admit
from licet.authorization_server.directory import Directory
from licet.authorization_server.keys import Ring
from licet.authorization_server.token import refresh_value
from licet.protocol import access_token, secret_token
from licet.protocol.errors import InvalidToken
from licet.storage.ports import FoundToken, Standing, Store
from licet.storage.records import Family
from licet.storage.vault import Vault

_JWS_DOTS = 2


class FoundAccess(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An access token of ours, opaque or JWT, and whether it is dead."""

    jti: str
    digest: bytes | None
    """None for a JWT."""
    client_id: str
    sub: str
    aud: tuple[str, ...]
    scope: tuple[str, ...]
    """Only what still exists and is still the client's: a scope that is taken away narrows tokens too (rulings D)."""
    cnf: dict[str, str] | None
    issued_at: Instant
    expires_at: Instant
    standing: Standing | None
    dead: str | None


class FoundRefresh(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A refresh token's family, whether the token is its head, and whether it is dead."""

    family: Family
    standing: Standing
    head: bool
    dead: str | None


@dataclass(frozen=True, slots=True)
class Lookup:
    """Looks a token up."""

    store: Store
    directory: Directory
    ring: Ring
    vault: Vault

    async def access_token(self, token: str, now: Instant) -> FoundAccess | None:
        """The access token *token*, or None if it is not one of ours."""
        if secret_token.well_formed("at", token):
            return await self._opaque(token, now)
        return await self._jwt(token, now) if token.count(".") == _JWS_DOTS else None

    async def refresh_token(self, token: str, now: Instant) -> FoundRefresh | None:
        """The refresh token *token*, or None if it is not one of ours."""
        value = refresh_value.read(token)
        if value is None:
            return None
        found = await self.store.families.find(self.directory.issuer.issuer_id, value.handle)
        if found is None:
            return None
        family = found.family
        head = value.digest_of(self.vault, family) is not None
        presented = Presented(
            issued_at=family.issued_at,
            expires_at=min(family.idle_until, family.absolute_until),
            revoked_at=family.ended_at,
        )
        dead = await self._dead(presented, found.standing, family.client_id, now)
        return FoundRefresh(
            family=family, standing=found.standing, head=head, dead=dead if dead or head else "superseded"
        )

    async def _opaque(self, token: str, now: Instant) -> FoundAccess | None:
        issuer_id = self.directory.issuer.issuer_id
        for digest in self.vault.digests(issuer_id, "access-token", token):
            found = await self.store.access_tokens.find(issuer_id, digest)
            if found is not None:
                return await self._found(found, now)
        return None

    async def _found(self, found: FoundToken, now: Instant) -> FoundAccess:
        row = found.token
        presented = Presented(issued_at=row.issued_at, expires_at=row.expires_at, revoked_at=row.revoked_at)
        orphan = row.grant_id is not None and found.standing is None
        access = FoundAccess(
            jti=row.jti,
            digest=row.digest,
            client_id=row.client_id,
            sub=row.sub,
            aud=row.aud,
            scope=row.scope,
            cnf=row.cnf,
            issued_at=row.issued_at,
            expires_at=row.expires_at,
            standing=found.standing,
            dead="grant gone" if orphan else await self._dead(presented, found.standing, row.client_id, now),
        )
        return await self._left(access)

    async def _jwt(self, token: str, now: Instant) -> FoundAccess | None:
        """A valid signature is never enough: its grant, client and jti are asked too (house §3)."""
        issuer = self.directory.issuer
        try:
            claims = access_token.check(
                token, self.ring.verifying("access_token"), issuer=issuer.url, audience=None, now_s=now // SECOND
            )
        except InvalidToken:
            return None
        issued_at, expires_at = Instant(claims.iat * SECOND), Instant(claims.exp * SECOND)
        standing = None
        if claims.grant_id is not None:
            standing = await self.store.grants.find_by_handle(issuer.issuer_id, claims.grant_id)
        revoked_at = await self.store.revocations.ended(issuer.issuer_id, "jti", claims.jti)
        presented = Presented(issued_at=issued_at, expires_at=expires_at, revoked_at=revoked_at)
        orphan = claims.grant_id is not None and standing is None
        access = FoundAccess(
            jti=claims.jti,
            digest=None,
            client_id=claims.client_id,
            sub=claims.sub,
            aud=claims.aud,
            scope=claims.scope,
            cnf=claims.cnf,
            issued_at=issued_at,
            expires_at=expires_at,
            standing=standing,
            dead="grant gone" if orphan else await self._dead(presented, standing, claims.client_id, now),
        )
        return await self._left(access)

    async def _left(self, found: FoundAccess) -> FoundAccess:
        """*found* with what is left of its scope; dead where that is nothing, or nobody it is for is left."""
        catalogue, registered = self.directory.catalogue, await self.directory.client(found.client_id)
        own = registered.client.metadata.scope if registered else ()
        scope = tuple(name for name in found.scope if name in own and name in catalogue.scopes)
        somewhere = any(api == catalogue.userinfo or api in catalogue.by_identifier for api in found.aud)
        gone = "" if scope and somewhere else "scope or API gone"
        return msgspec.structs.replace(found, scope=scope, dead=found.dead or gone or None)

    async def _dead(self, presented: Presented, standing: Standing | None, client_id: str, now: Instant) -> str | None:
        registered = await self.directory.client(client_id)
        client = registered.client if registered else None
        admitted = admit(presented, standing, client, self.directory.issuer, now)
        return admitted.reason if isinstance(admitted, Dead) else None
