"""The refresh token grant (RFC 6749 §6, OAuth 2.1 §4.3; rulings F).

A family has one head. Its predecessor may come back for a moment, if the answer that named the head was lost
(``token/retry.py``). Any other superseded token that comes back from its own client ends the family and its grant:
somebody else has the other copy.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.client_authentication.model import AuthenticatedClient
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.settings import Lifetimes
from licet.authorization_server.token.authorization import Authorization, Rotating
from licet.authorization_server.token.refresh_value import Place, RefreshValue, read
from licet.authorization_server.token.retry import Retries
from licet.authorization_server.token.standing import authorization_of, stands
from licet.events import EventType
from licet.protocol import scope as scopes
from licet.protocol.errors import InvalidGrant, InvalidRequest, InvalidScope
from licet.requirements import (
    REFRESH_BOUND_TO_CLIENT,
    REFRESH_EXPIRES,
    REFRESH_REUSE_DETECTED,
    SCOPE_WITHIN_GRANT,
)
from licet.storage.ending import ending
from licet.storage.ports import Ending, Families, FoundFamily, RotateFamily
from licet.storage.records import Client, Family
from licet.storage.vault import Vault


def judge(family: Family, client: Client, now: Instant) -> None:
    """Decide whether *client* may use *family* at all. Pure; whether the token is its head comes after.

    Raises InvalidGrant: other client (nothing ends), ended, idle too long, too old.
    """
    if family.client_id != client.client_id:
        raise InvalidGrant("The refresh token was issued to another client", per=REFRESH_BOUND_TO_CLIENT)
    if family.ended_at is not None:
        raise InvalidGrant("The refresh token has ended", per=REFRESH_EXPIRES, detail=family.why)
    if min(family.idle_until, family.absolute_until) <= now:
        raise InvalidGrant("The refresh token has expired", per=REFRESH_EXPIRES)


def may_stand(place: Place, family: Family, now: Instant) -> bool:
    """Whether a token at *place* may still be used: as the head, or as a retry (rulings F). The store decides again."""
    if place.generation == family.generation:
        return True
    return family.successor_salt is not None and family.replay_until is not None and now < family.replay_until


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """Find the family, judge it, and say what its head buys."""

    families: Families
    directory: Directory
    vault: Vault
    lifetimes: Lifetimes
    retries: Retries
    grant_type: str = "refresh_token"

    async def redeem(self, incoming: Incoming, client: AuthenticatedClient) -> Authorization:
        value = self._read(incoming)
        found = await self._find(value)
        family, grant = found.family, found.standing.grant
        judge(family, client.client, incoming.at)
        place = value.place_in(self.vault, family)
        if place is None or not may_stand(place, family, incoming.at):
            raise await self._reused(found, incoming)
        stands(found.standing, family.issued_at, client.client, self.directory.issuer, incoming.at)
        return authorization_of(
            found.standing,
            client.client,
            self.directory.issuer,
            resources=incoming.form.every("resource"),
            narrowed=narrowed(incoming.form.get("scope"), grant.scope),
            consumes=RotateFamily(
                handle=family.handle,
                client_id=family.client_id,
                grant_id=family.grant_id,
                generation=place.generation,
                presented=place.digest,
                successor=None,  # issue.py mints one where the client's policy rotates
                origin=self._origin(place, family, client.client, incoming),
                idle_until=self._idle_until(family, incoming.at),
                purge_at=family.purge_at,
            ),
            rotating=Rotating(family=family, presented=value),
        )

    @staticmethod
    def _read(incoming: Incoming) -> RefreshValue:
        token = incoming.form.get("refresh_token")
        if token is None:
            raise InvalidRequest("refresh_token is missing", per=REFRESH_BOUND_TO_CLIENT)
        value = read(token)
        if value is None:
            raise InvalidGrant("The refresh token is not one of ours", per=REFRESH_BOUND_TO_CLIENT)
        return value

    async def _find(self, value: RefreshValue) -> FoundFamily:
        found = await self.families.find(self.directory.issuer.issuer_id, value.handle)
        if found is None:
            raise InvalidGrant("The refresh token is not one of ours", per=REFRESH_BOUND_TO_CLIENT)
        return found

    def _origin(self, place: Place, family: Family, client: Client, incoming: Incoming) -> bytes | None:
        """Where this comes from, for whom that is compared: a token that stays is repeated by whoever has it."""
        if not client.policy.rotate and place.generation == family.generation:
            return None
        return self.retries.origin(family.issuer_id, incoming)

    def _idle_until(self, family: Family, now: Instant) -> Instant:
        return min(family.absolute_until, Instant(now + self.lifetimes.refresh_idle_s * SECOND))

    async def _reused(self, found: FoundFamily, incoming: Incoming) -> InvalidGrant:
        grant = found.standing.grant
        await self.families.reused(
            reuse_ending(grant.issuer_id, grant.grant_id, grant.handle, found.family.client_id, incoming),
            found.family.handle,
        )
        return InvalidGrant(
            "The refresh token was used before: what it came from has ended", per=REFRESH_REUSE_DETECTED
        )


def narrowed(text: str | None, granted: tuple[str, ...]) -> tuple[str, ...] | None:
    """What a refresh asks of the grant: the same or less, never more (RFC 6749 §6)."""
    if text is None:
        return None
    wanted = scopes.parse(text)
    if not scopes.within(wanted, granted):
        raise InvalidScope("A refresh can only narrow the scope", per=SCOPE_WITHIN_GRANT)
    return wanted


def reuse_ending(issuer_id: int, grant_id: int, handle: str, client_id: str, incoming: Incoming) -> Ending:
    """The end that a reused refresh token brings (OAuth 2.1 §4.3.1)."""
    return ending(
        issuer_id,
        "grant",
        handle,
        at=incoming.at,
        cause="refresh token reused",
        event=EventType.REFRESH_REUSED,
        actor=f"client:{client_id}",
        client=client_id,
        grant=grant_id,
        request_id=incoming.request_id,
        outcome="refused",
        requirement=REFRESH_REUSE_DETECTED.id,
    )
