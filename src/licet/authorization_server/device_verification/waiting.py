"""The request of a device that waits: found by the code somebody typed, or by their transaction."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from licet.ambient import Instant
from licet.authorization_server import scopes
from licet.authorization_server.admission import client_usable
from licet.authorization_server.apps import app_of
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.exchange import Answer, Incoming
from licet.authorization_server.views import App
from licet.protocol import user_code as codes
from licet.protocol.errors import InvalidRequest
from licet.requirements import (
    CLIENT_KNOWN,
    DEVICE_CODE_KNOWN,
)
from licet.storage.ports import SignedIn
from licet.storage.records import Client, Pending, Transaction


class DeviceRequest(msgspec.Struct, frozen=True, gc=False):
    """What a transaction of this kind holds."""

    device_digest: str
    prefilled: bool
    """The code came in the address, so the person may never have seen it on a screen."""


encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DeviceRequest).decode


@dataclass(frozen=True, slots=True)
class Devices:
    """What the device pages share: finding the request behind a code or a transaction."""

    steps: Steps
    browser: Browser

    @property
    def issuer_id(self) -> int:
        return self.steps.granting.directory.issuer.issuer_id

    async def by_code(self, text: str, now: Instant) -> Pending | None:
        """The live request that shows this code, however it was typed."""
        code = codes.normalise(text)
        if code is None:
            return None
        for digest in self.steps.granting.vault.digests(self.issuer_id, "user-code", code):
            pending = await self.steps.granting.store.devices.find_by_user_code(self.issuer_id, digest)
            if pending is not None and pending.expires_at > now and pending.state in ("open", "claimed"):
                return pending
        return None

    async def of(self, transaction: Transaction, now: Instant) -> tuple[Pending, DeviceRequest, Client]:
        """The request a transaction is about; raises InvalidRequest where it is gone."""
        request = _decode(transaction.request)
        pending = await self.steps.granting.store.devices.find(self.issuer_id, bytes.fromhex(request.device_digest))
        registered = await self.steps.granting.directory.named(transaction.client_id, now, introduces=True)
        if pending is None or registered is None:
            raise InvalidRequest("The device's request is gone; start again on the device", per=DEVICE_CODE_KNOWN)
        return pending, request, registered.client

    async def standing(self, transaction: Transaction, now: Instant) -> tuple[Pending, DeviceRequest, Client]:
        """The request a transaction is about, as far as it still stands: client or scopes may have gone meanwhile."""
        pending, request, client = await self.of(transaction, now)
        if not client_usable(client, now):
            raise InvalidRequest("The app is not known here any more", per=CLIENT_KNOWN)
        scope = scopes.left(pending.scope, client, self.steps.granting.directory.catalogue)
        return msgspec.structs.replace(pending, scope=scope), request, client

    async def resume(
        self, transaction: Transaction, incoming: Incoming, signed_in: SignedIn | None, way: Way
    ) -> Answer:
        """Sign in first, then confirm."""
        here = signed_in or await self.steps.who(incoming)
        return self.steps.go("/login" if here is None else "/device/confirm", transaction, way.cookies)

    async def app(self, transaction: Transaction, now: Instant) -> tuple[App, str]:
        _, _, client = await self.standing(transaction, now)
        return app_of(client, None, development=False), ""
