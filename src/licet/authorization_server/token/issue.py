"""The only place where tokens are minted (house §7): audience, lifetime, rotation and storage, for every grant alike.

Everything is made in memory, then handed to the store in one ``Issuance``; no token leaves before the commit
that consumed what bought it.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from licet.ambient import SECOND, Entropy, Instant
from licet.authorization_server.admission import not_before
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.keys import Ring
from licet.authorization_server.settings import Lifetimes
from licet.authorization_server.token import refresh_value
from licet.authorization_server.token.audience import Target, target
from licet.authorization_server.token.authorization import Authorization, Rotating
from licet.authorization_server.token.record import record, replay_record, revocation_of
from licet.authorization_server.token.refresh_value import DIGESTED_AS
from licet.authorization_server.token.retry import Retries
from licet.protocol import access_token, id_token, secret_token
from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidClient, InvalidGrant, InvalidScope, InvalidTarget
from licet.requirements import (
    CLIENT_KNOWN,
    CODE_SINGLE_USE,
    DEVICE_CODE_SINGLE_USE,
    REFRESH_REUSE_DETECTED,
    Requirement,
)
from licet.resource_owner.claims import askable, released
from licet.storage.ports import (
    AlreadyRedeemed,
    ConsumeCode,
    ConsumeDevice,
    Issuance,
    Redeemed,
    Replayed,
    RotateFamily,
    Store,
)
from licet.storage.records import AccessToken, Family
from licet.storage.vault import Unsealable, Vault

_USED: dict[type, Requirement] = {
    ConsumeCode: CODE_SINGLE_USE,
    ConsumeDevice: DEVICE_CODE_SINGLE_USE,
    RotateFamily: REFRESH_REUSE_DETECTED,
}


class Times(msgspec.Struct, frozen=True, gc=False):
    """When a token begins and ends."""

    issued_at: Instant
    expires_at: Instant

    @property
    def issued_s(self) -> int:
        return self.issued_at // SECOND

    @property
    def expires_s(self) -> int:
        return self.expires_at // SECOND


class Minted(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An access token, and its row if it is opaque."""

    value: str
    row: AccessToken | None
    jti: str


class Refreshing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What becomes of refresh tokens: a new family, a rotation, or neither."""

    value: str | None = None
    family: Family | None = None
    rotation: RotateFamily | None = None


@dataclass(frozen=True, slots=True)
class Issue:
    """Turns an authorization into tokens."""

    store: Store
    directory: Directory
    ring: Ring
    vault: Vault
    entropy: Entropy
    lifetimes: Lifetimes
    retries: Retries

    async def __call__(self, authorization: Authorization, incoming: Incoming) -> dict[str, Any]:
        """Mint, store, and answer with the token response (RFC 6749 §5.1); raises InvalidGrant, InvalidTarget,
        InvalidScope."""
        wanted = authorization.scope if authorization.narrowed is None else authorization.narrowed
        scope = tuple(name for name in authorization.scope if name in wanted)
        aim = target(
            self.directory.catalogue,
            scope,
            authorization.resources,
            several=InvalidScope if authorization.standing is None else InvalidTarget,
        )
        times = self._times(authorization, aim, incoming.at)
        minted = await self._access_token(authorization, aim, times)
        refreshing = self._refreshing(authorization, incoming.at)
        id_jwt = await self._id_token(authorization, minted.value, times) if "openid" in scope else None
        outcome = await self._store(authorization, aim, minted, refreshing, incoming)
        refresh = refreshing.value if isinstance(outcome, Redeemed) else self._again(authorization, outcome)
        return _response(aim, times, minted.value, refresh, id_jwt, incoming.at)

    def _times(self, authorization: Authorization, aim: Target, now: Instant) -> Times:
        """Later than the last ending, to the second that a JWT counts in; never beyond the grant (I4)."""
        ended = not_before(authorization.standing, authorization.client, authorization.issuer)
        issued = now if now // SECOND > ended // SECOND else Instant((ended // SECOND + 1) * SECOND)
        lifetime_s = (
            authorization.client.policy.access_token_lifetime_s
            or (aim.resource.lifetime_s if aim.resource else None)
            or self.lifetimes.access_token_s
        )
        expires = Instant(issued + lifetime_s * SECOND)
        return Times(issued, expires if authorization.expires_at is None else min(expires, authorization.expires_at))

    async def _access_token(self, authorization: Authorization, aim: Target, times: Times) -> Minted:
        jti = urlsafe_b64encode(self.entropy.bytes(18)).decode()
        if aim.resource is None or aim.resource.token_format == "opaque":
            return self._opaque(authorization, aim, times, jti)
        key = self.ring.signing("access_token", aim.resource.alg)
        standing = authorization.standing
        make = partial(
            access_token.make,
            key,
            issuer=authorization.issuer.url,
            subject=authorization.sub,
            audience=aim.aud,
            client_id=authorization.client.client_id,
            scope=aim.scope,
            jti=jti,
            issued_at_s=times.issued_s,
            expires_at_s=times.expires_s,
            grant_handle=standing.grant.handle if standing else None,
            sid=authorization.sid,
            auth_time_s=None if authorization.auth_time is None else authorization.auth_time // SECOND,
            acr=authorization.acr,
            amr=authorization.amr,
            cnf=authorization.cnf,
        )
        # What a person allowed is bounded by people, and spent here: only who could ask for ever is turned away.
        value = await self.ring.sign(key, make, sheddable=authorization.consumes is None)
        return Minted(value=value, row=None, jti=jti)

    def _opaque(self, authorization: Authorization, aim: Target, times: Times, jti: str) -> Minted:
        value = secret_token.drawn("at", self.entropy.bytes(secret_token.DRAWN_FROM_BYTES))
        issuer_id = authorization.issuer.issuer_id
        row = AccessToken(
            issuer_id=issuer_id,
            digest=self.vault.digest(issuer_id, "access-token", value),
            jti=jti,
            grant_id=authorization.standing.grant.grant_id if authorization.standing else None,
            client_id=authorization.client.client_id,
            sub=authorization.sub,
            aud=aim.aud,
            scope=aim.scope,
            cnf=authorization.cnf,
            issued_at=times.issued_at,
            expires_at=times.expires_at,
        )
        return Minted(value=value, row=row, jti=jti)

    def _refreshing(self, authorization: Authorization, now: Instant) -> Refreshing:
        if authorization.rotating is not None and isinstance(authorization.consumes, RotateFamily):
            return self._rotated(authorization, authorization.rotating, authorization.consumes, now)
        if "refresh" not in authorization.wants or authorization.standing is None:
            return Refreshing()
        grant = authorization.standing.grant
        handle = self.entropy.bytes(refresh_value.HANDLE_BYTES)
        value = refresh_value.make(self.entropy, handle)
        family = Family(
            issuer_id=grant.issuer_id,
            handle=handle,
            grant_id=grant.grant_id,
            client_id=grant.client_id,
            cnf=authorization.cnf,
            current_digest=self.vault.digest(grant.issuer_id, DIGESTED_AS, value),
            idle_until=min(grant.expires_at, Instant(now + self.lifetimes.refresh_idle_s * SECOND)),
            absolute_until=grant.expires_at,
            issued_at=now,
            purge_at=grant.expires_at,
        )
        return Refreshing(value=value, family=family)

    def _rotated(
        self, authorization: Authorization, rotating: Rotating, rotation: RotateFamily, now: Instant
    ) -> Refreshing:
        """Rotate or not is the client's policy (rulings F): a confidential client's token stays as it is."""
        family = rotating.family
        retry = rotation.generation < family.generation
        if retry or not authorization.client.policy.rotate:
            return Refreshing(rotation=rotation)
        until = self.retries.until(family, now)
        if until is None:
            value, salt = refresh_value.make(self.entropy, family.handle), None
        else:
            value, salt = self.retries.successor(family, rotating.presented, until)
        successor = msgspec.structs.replace(
            rotation,
            successor=self.vault.digest(family.issuer_id, DIGESTED_AS, value),
            salt=salt,
            replay_until=until,
        )
        return Refreshing(value=value, rotation=successor)

    def _again(self, authorization: Authorization, replayed: Replayed) -> str:
        """The refresh token that was given before and never arrived (rulings F)."""
        if authorization.rotating is None:
            raise TypeError("only a refresh is repeated")
        rotating = authorization.rotating
        try:
            return self.retries.again(rotating.family, rotating.presented, replayed)
        except Unsealable as unsealable:
            raise InvalidGrant("It is no longer good", per=REFRESH_REUSE_DETECTED, detail=str(unsealable)) from None

    async def _id_token(self, authorization: Authorization, access: str, times: Times) -> str:
        key = self.ring.signing("id_token", authorization.client.metadata.id_token_signed_response_alg)
        person = await self._person(authorization)
        make = partial(
            id_token.make,
            key,
            issuer=authorization.issuer.url,
            subject=authorization.sub,
            client_id=authorization.client.client_id,
            issued_at_s=times.issued_s,
            expires_at_s=times.issued_s + self.lifetimes.id_token_s,
            auth_time_s=None if authorization.auth_time is None else authorization.auth_time // SECOND,
            nonce=authorization.nonce,
            acr=authorization.acr,
            amr=authorization.amr,
            sid=authorization.sid,
            access_token=access,
            person=person,
        )
        return await self.ring.sign(key, make)

    async def _person(self, authorization: Authorization) -> dict[str, Any]:
        """The claims that were asked for in the ID token by name (OpenID Connect Core §5.5), read only then."""
        asked = (authorization.claims_request or {}).get("id_token", ())
        names = askable(asked, authorization.client.metadata.scope)
        if not names or authorization.standing is None:
            return {}
        grant = authorization.standing.grant
        found = await self.store.accounts.find(grant.issuer_id, grant.subject_id)
        return released(found.account.profile, (), names) if found else {}

    async def _store(
        self, authorization: Authorization, aim: Target, minted: Minted, refreshing: Refreshing, incoming: Incoming
    ) -> Redeemed | Replayed:
        event = record(authorization, aim, minted.jti, incoming)
        outcome = await self.store.issue(
            Issuance(
                issuer_id=authorization.issuer.issuer_id,
                at=incoming.at,
                client_id=authorization.client.client_id,
                consumes=refreshing.rotation or authorization.consumes,
                access_token=minted.row,
                family=refreshing.family,
                event=event,
                replayed=replay_record(authorization, incoming) if authorization.consumes else event,
                revocation=revocation_of(authorization, incoming.at),
            )
        )
        if isinstance(outcome, Redeemed | Replayed):
            return outcome
        if authorization.consumes is None:
            raise InvalidClient("This client is switched off", per=CLIENT_KNOWN)
        used = _USED[type(authorization.consumes)]
        if isinstance(outcome, AlreadyRedeemed):
            raise InvalidGrant("It was used before", per=used, detail="replayed")
        raise InvalidGrant("It is no longer good", per=used, detail="lost to another request, or ended meanwhile")


def _response(
    aim: Target, times: Times, access: str, refresh: str | None, id_jwt: str | None, now: Instant
) -> dict[str, Any]:
    body: dict[str, Any] = {
        "access_token": access,
        "token_type": "Bearer",
        "expires_in": max(1, times.expires_s - now // SECOND),
        "scope": scopes.format(aim.scope),
    }
    if refresh is not None:
        body["refresh_token"] = refresh
    if id_jwt is not None:
        body["id_token"] = id_jwt
    return body
