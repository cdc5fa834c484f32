"""POST /device_authorization: a device asks for a code to show (RFC 8628 §3.1, §3.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from licet.ambient import SECOND, Entropy, Instant
from licet.authorization_server import scopes
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming, Json
from licet.authorization_server.settings import Lifetimes
from licet.authorization_server.token.audience import known
from licet.authorization_server.token.endpoint import allowed
from licet.authorization_server.token.grants.device_code import DEVICE_CODE
from licet.events import Event, EventType
from licet.protocol import resource as resources
from licet.protocol import secret_token, user_code
from licet.protocol.errors import TemporarilyUnavailable
from licet.requirements import USER_CODE_UNGUESSABLE
from licet.storage.ports import Devices
from licet.storage.records import Client, Pending
from licet.storage.vault import Vault

_TRIES = 5
"""How often another user code is drawn where a live request has the same one; two in 25 billion are."""


@dataclass(frozen=True, slots=True)
class DeviceAuthorization:
    """The Device Authorization Endpoint."""

    authentication: ClientAuthentication
    directory: Directory
    devices: Devices
    vault: Vault
    entropy: Entropy
    lifetimes: Lifetimes

    async def __call__(self, incoming: Incoming) -> Json:
        incoming.form.refuse_repeated()
        client = (await self.authentication.client(incoming, introduces=True)).client
        allowed(client, DEVICE_CODE)
        pending = self._pending(client, incoming)
        device_code = secret_token.make("dc", self.entropy.bytes(32))
        digest = self.vault.digest(pending.issuer_id, "device-code", device_code)
        for _ in range(_TRIES):
            code = user_code.make(self.entropy.bytes(64))
            stored = msgspec.structs.replace(
                pending,
                device_digest=digest,
                user_code_digest=self.vault.digest(pending.issuer_id, "user-code", code),
                sealed_code=self.vault.seal("user-code", code.encode(), digest),
            )
            if await self.devices.open(stored, _event(stored, incoming)):
                return Json(body=self._response(device_code, user_code.display(code)))
        raise TemporarilyUnavailable("No free user code was found; try again", per=USER_CODE_UNGUESSABLE)

    def _pending(self, client: Client, incoming: Incoming) -> Pending:
        catalogue = self.directory.catalogue
        scope = scopes.of_a_person(incoming.form.get("scope"), client, catalogue)
        named = tuple(dict.fromkeys(incoming.form.every("resource")))
        for identifier in named:
            resources.check(identifier)
            if identifier != catalogue.userinfo:
                known(catalogue, identifier)
        return Pending(
            issuer_id=self.directory.issuer.issuer_id,
            device_digest=b"",
            user_code_digest=b"",
            sealed_code=b"",
            client_id=client.client_id,
            scope=scope,
            resources=named,
            interval_s=self.lifetimes.device_interval_s,
            next_poll_at=incoming.at,
            origin=incoming.peer,
            created_at=incoming.at,
            expires_at=Instant(incoming.at + self.lifetimes.device_code_s * SECOND),
        )

    def _response(self, device_code: str, shown: str) -> dict[str, Any]:
        page = f"{self.directory.issuer.url}/device"
        return {
            "device_code": device_code,
            "user_code": shown,
            "verification_uri": page,
            "verification_uri_complete": f"{page}?user_code={shown}",
            "expires_in": self.lifetimes.device_code_s,
            "interval": self.lifetimes.device_interval_s,
        }


def _event(pending: Pending, incoming: Incoming) -> Event:
    return Event(
        issuer_id=pending.issuer_id,
        type=EventType.DEVICE_ASKED,
        at=incoming.at,
        actor=f"client:{pending.client_id}",
        client=pending.client_id,
        request_id=incoming.request_id,
        data={"scope": pending.scope},
    )
