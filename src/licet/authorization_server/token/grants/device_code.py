"""The device code grant at the token endpoint (RFC 8628 §3.4, §3.5)."""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import Instant
from licet.authorization_server.client_authentication.model import AuthenticatedClient
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.token.authorization import Authorization
from licet.authorization_server.token.standing import authorization_of, stands
from licet.protocol import secret_token
from licet.protocol.errors import (
    AccessDenied,
    AuthorizationPending,
    ExpiredToken,
    InvalidGrant,
    InvalidRequest,
    SlowDown,
)
from licet.requirements import (
    DEVICE_CODE_BOUND_TO_CLIENT,
    DEVICE_CODE_EXPIRES,
    DEVICE_CODE_KNOWN,
    DEVICE_CODE_SINGLE_USE,
    DEVICE_DENIED,
)
from licet.storage.ports import ConsumeDevice, Devices
from licet.storage.records import Client, Pending
from licet.storage.vault import Vault

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


def judge(pending: Pending, client: Client, now: Instant) -> None:
    """Decide what a poll may hear, before its pace is looked at (RFC 8628 §3.5). Pure.

    Raises InvalidGrant for another client's or a used code, AccessDenied, ExpiredToken.
    """
    if pending.client_id != client.client_id:
        raise InvalidGrant("The device code was issued to another client", per=DEVICE_CODE_BOUND_TO_CLIENT)
    if pending.state == "consumed":
        raise InvalidGrant("The device code was used before", per=DEVICE_CODE_SINGLE_USE)
    if pending.state == "denied":
        raise AccessDenied("The person said no", per=DEVICE_DENIED)
    if pending.expires_at <= now:
        raise ExpiredToken("The device code has expired; ask for a new one", per=DEVICE_CODE_EXPIRES)


@dataclass(frozen=True, slots=True)
class DeviceCode:
    """Find the request, judge it, and hand over what the person approved."""

    devices: Devices
    directory: Directory
    vault: Vault
    grant_type: str = DEVICE_CODE

    async def redeem(self, incoming: Incoming, client: AuthenticatedClient) -> Authorization:
        pending = await self._find(incoming)
        judge(pending, client.client, incoming.at)
        if pending.state != "approved" or pending.grant_id is None:
            await self._pace(pending, client.client, incoming.at)
            raise AuthorizationPending
        standing = await self.devices.standing(pending.issuer_id, pending.grant_id)
        if standing is None:
            raise InvalidGrant("What was allowed has ended", per=DEVICE_CODE_KNOWN)
        stands(standing, standing.grant.issued_at, client.client, self.directory.issuer, incoming.at)
        return authorization_of(
            standing,
            client.client,
            self.directory.issuer,
            resources=incoming.form.every("resource"),
            consumes=ConsumeDevice(
                device_digest=pending.device_digest, client_id=pending.client_id, grant_id=pending.grant_id
            ),
        )

    async def _find(self, incoming: Incoming) -> Pending:
        device_code = incoming.form.get("device_code")
        if device_code is None:
            raise InvalidRequest("device_code is missing", per=DEVICE_CODE_KNOWN)
        issuer_id = self.directory.issuer.issuer_id
        if secret_token.well_formed("dc", device_code):
            for digest in self.vault.digests(issuer_id, "device-code", device_code):
                pending = await self.devices.find(issuer_id, digest)
                if pending is not None:
                    return pending
        raise InvalidGrant("The device code is not one of ours", per=DEVICE_CODE_KNOWN)

    async def _pace(self, pending: Pending, client: Client, now: Instant) -> None:
        """An approved code is handed over at any pace; waiting must keep the interval, which then stays longer."""
        if not await self.devices.poll(pending.issuer_id, pending.device_digest, client.client_id, now):
            raise SlowDown
