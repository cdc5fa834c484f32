"""GET and POST /device/confirm: who asks, from where, for what; then the answers, the refusal first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from licet.authorization_server.apps import app_of, sentences
from licet.authorization_server.device_verification.waiting import Devices
from licet.authorization_server.exchange import Answer, Incoming, Page
from licet.authorization_server.granting import no_room
from licet.authorization_server.views import DeviceConfirm, DeviceDone
from licet.events import Event, EventType
from licet.protocol import user_code as codes
from licet.protocol.errors import InvalidRequest
from licet.requirements import (
    DEVICE_CODE_EXPIRES,
    DEVICE_CODE_KNOWN,
    DEVICE_ONE_CLAIMANT,
    FORM_FROM_OUR_PAGE,
)
from licet.resource_owner.guesses import network_of
from licet.storage.ports import Full, SignedIn
from licet.storage.records import Client, Pending, Transaction


@dataclass(frozen=True, slots=True)
class DeviceConfirmPage:
    """GET and POST /device/confirm: who asks, from where, for what; then the answers, the refusal first."""

    devices: Devices

    async def __call__(self, incoming: Incoming) -> Answer:
        browser = self.devices.browser
        source = incoming.form if incoming.method == "POST" else incoming.query
        transaction = await browser.find(incoming, self.devices.issuer_id, source.get("transaction"))
        if transaction.source != "device":
            raise InvalidRequest("This page is for connecting a device", per=DEVICE_CODE_KNOWN)
        here = await self.devices.steps.who(incoming)
        if here is None:
            return self.devices.steps.go("/login", transaction)
        pending, request, client = await self.devices.standing(transaction, incoming.at)
        await self._claim(pending, here, incoming, transaction.txn_id)
        csrf = browser.csrf(transaction, here.account.subject_id, self._shown(pending, client))
        asks_tail = request.prefilled and network_of(pending.origin) != network_of(incoming.peer)
        if incoming.method == "GET":
            return self._page(transaction, pending, client, here, incoming, csrf, asks_tail=asks_tail)
        browser.check_form(incoming, csrf)
        match incoming.form.get("decision"):
            case "allow":
                if asks_tail and not self._tail_right(pending, incoming):
                    return self._page(transaction, pending, client, here, incoming, csrf, asks_tail=True, failed=True)
                return await self._decide(transaction, pending, client, here, incoming, "approved")
            case "deny":
                return await self._decide(transaction, pending, client, here, incoming, "denied")
            case "switch":
                await self._release(pending, here)
                return self.devices.steps.switch(transaction, incoming)
            case _:
                raise InvalidRequest("decision is allow, deny or switch", per=FORM_FROM_OUR_PAGE)

    def _shown(self, pending: Pending, client: Client) -> bytes:
        """What somebody says yes to; see the consent page."""
        words = sentences(pending.scope, self.devices.steps.granting.directory.catalogue)
        return msgspec.json.encode((client.metadata_digest.hex(), pending.scope, words))

    async def _release(self, pending: Pending, here: SignedIn) -> None:
        """They want to be somebody else here: what they claimed is that person's to claim."""
        devices = self.devices.steps.granting.store.devices
        await devices.release(pending.issuer_id, pending.device_digest, here.account.subject_id)

    async def _claim(self, pending: Pending, here: SignedIn, incoming: Incoming, txn: str) -> None:
        """From now on only this person decides (RFC 8628 §5.4)."""
        if pending.expires_at <= incoming.at:
            raise InvalidRequest("The code has expired; start again on the device", per=DEVICE_CODE_EXPIRES)
        event = self._event(EventType.DEVICE_CLAIMED, pending, here, incoming, txn)
        claimed = await self.devices.steps.granting.store.devices.claim(
            pending.issuer_id, pending.device_digest, here.account.subject_id, incoming.at, event
        )
        if not claimed:
            if pending.claimed_by not in (None, here.account.subject_id):
                # One code before two people: it was sent round, or somebody looks over a shoulder.
                contested = self._event(EventType.DEVICE_CONTESTED, pending, here, incoming, txn)
                await self.devices.steps.granting.store.events.record(contested)
            raise InvalidRequest(
                "This code was entered by somebody else, or was answered already", per=DEVICE_ONE_CLAIMANT
            )

    def _code(self, pending: Pending) -> str:
        return self.devices.steps.granting.vault.open("user-code", pending.sealed_code, pending.device_digest).decode()

    def _tail_right(self, pending: Pending, incoming: Incoming) -> bool:
        typed = (incoming.form.get("code_tail") or "").strip().upper()
        return self.devices.steps.granting.vault.same(typed, self._code(pending)[-2:])

    def _page(
        self,
        transaction: Transaction,
        pending: Pending,
        client: Client,
        here: SignedIn,
        incoming: Incoming,
        csrf: str,
        *,
        asks_tail: bool,
        failed: bool = False,
    ) -> Page:
        granting = self.devices.steps.granting
        stays = client.policy.refresh == "offline" and "refresh_token" in client.metadata.grant_types
        view = DeviceConfirm(
            app=app_of(client, None, development=False),
            login=here.account.login,
            user_code=codes.display(self._code(pending)),
            transaction=transaction.txn_id,
            csrf=csrf,
            sentences=sentences(pending.scope, granting.directory.catalogue),
            stays_s=granting.lifetimes.refresh_idle_s if stays or "offline_access" in pending.scope else None,
            asked_from=pending.origin,
            same_network=network_of(pending.origin) == network_of(incoming.peer),
            asked_at=pending.created_at,
            now=incoming.at,
            tail_asked=asks_tail,
            failed=failed,
        )
        return Page(view=view)

    async def _decide(
        self,
        transaction: Transaction,
        pending: Pending,
        client: Client,
        here: SignedIn,
        incoming: Incoming,
        decision: Literal["approved", "denied"],
    ) -> Answer:
        granting, browser = self.devices.steps.granting, self.devices.browser
        allowed = decision == "approved"
        sub = await granting.subjects.sub_of(here.account, client)
        grant = (
            granting.grant(here, client, sub, pending.scope, pending.resources, incoming.at, origin="device")
            if allowed
            else None
        )
        kind = EventType.DEVICE_APPROVED if allowed else EventType.DEVICE_DENIED
        event = self._event(kind, pending, here, incoming, transaction.txn_id)
        adopts = granting.adopted(client, incoming.at, incoming.request_id) if allowed else None
        try:
            decided = await granting.store.devices.decide(
                pending.issuer_id,
                pending.device_digest,
                here.account.subject_id,
                incoming.at,
                grant,
                (event,),
                adopts=adopts,
            )
        except Full:
            raise no_room() from None
        if not decided:
            raise InvalidRequest("The code has expired or was answered already", per=DEVICE_CODE_EXPIRES)
        if adopts is not None:
            granting.directory.forget(adopts.client)
        view = DeviceDone(
            app=app_of(client, None, development=False),
            login=here.account.login,
            allowed=allowed,
            report_transaction="" if allowed else transaction.txn_id,
            csrf="" if allowed else browser.csrf(transaction, "report"),
        )
        return Page(view=view, cookies=(browser.done(transaction),) if allowed else ())

    def _event(self, kind: EventType, pending: Pending, here: SignedIn, incoming: Incoming, txn: str) -> Event:
        return Event(
            issuer_id=pending.issuer_id,
            type=kind,
            at=incoming.at,
            actor=f"subject:{here.account.subject_id}",
            subject=here.account.subject_id,
            client=pending.client_id,
            txn=txn,
            request_id=incoming.request_id,
            data={"scope": pending.scope, "same_network": network_of(pending.origin) == network_of(incoming.peer)},
        )
