"""POST /device/report: somebody was asked about a device that is not theirs, and says so."""

from __future__ import annotations

from dataclasses import dataclass

from licet.authorization_server.apps import app_of
from licet.authorization_server.device_verification.waiting import Devices
from licet.authorization_server.exchange import Answer, Incoming, Page
from licet.authorization_server.views import DeviceDone
from licet.events import Event, EventType
from licet.resource_owner.guesses import network_of


@dataclass(frozen=True, slots=True)
class DeviceReportPage:
    """POST /device/report: "this was not me"."""

    devices: Devices

    async def __call__(self, incoming: Incoming) -> Answer:
        browser = self.devices.browser
        transaction = await browser.find(
            incoming, self.devices.issuer_id, incoming.form.get("transaction"), answered=True
        )
        browser.check_form(incoming, browser.csrf(transaction, "report"))
        pending, _, client = await self.devices.of(transaction, incoming.at)
        await self.devices.steps.granting.store.events.record(
            Event(
                issuer_id=pending.issuer_id,
                type=EventType.DEVICE_REPORTED,
                at=incoming.at,
                actor=f"subject:{pending.claimed_by}",
                subject=pending.claimed_by or "",
                client=client.client_id,
                txn=transaction.txn_id,
                request_id=incoming.request_id,
                data={"asked_from": network_of(pending.origin)},
            )
        )
        view = DeviceDone(app=app_of(client, None, development=False), login="", allowed=False, reported=True)
        return Page(view=view, cookies=(browser.done(transaction),))
