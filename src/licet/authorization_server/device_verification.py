"""The device pages: a person enters the code that a device shows, sees who asks for what, and decides
(RFC 8628 §3.3, §5.4; rulings X).

Entering a code claims it: nobody else can decide afterwards. A code that came in a link is never enough by itself.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from typing import Literal

import msgspec

from licet.ambient import SECOND, Instant
from licet.authorization_server import scopes
from licet.authorization_server.admission import client_usable
from licet.authorization_server.apps import app_of, sentences
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.authorization.steps import Steps
from licet.authorization_server.browser import Browser
from licet.authorization_server.exchange import Answer, Incoming, Page, SetCookie
from licet.authorization_server.settings import Settings
from licet.authorization_server.views import App, DeviceConfirm, DeviceDone, DeviceEntry
from licet.events import Event, EventType
from licet.protocol import user_code as codes
from licet.protocol.errors import InvalidRequest
from licet.requirements import (
    CLIENT_KNOWN,
    DEVICE_CODE_EXPIRES,
    DEVICE_CODE_KNOWN,
    DEVICE_ONE_CLAIMANT,
    FORM_FROM_OUR_PAGE,
)
from licet.resource_owner.sign_in import network_of
from licet.storage.ports import SignedIn
from licet.storage.records import Client, Pending, Transaction


class DeviceRequest(msgspec.Struct, frozen=True, gc=False):
    """What a transaction of this kind holds."""

    device_digest: str
    prefilled: bool
    """The code came in the address, so the person may never have seen it on a screen."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(DeviceRequest).decode


@dataclass(frozen=True, slots=True)
class UserCodeGuesses:
    """Counts wrong user codes, by network and in all (RFC 8628 §5.1)."""

    steps: Steps
    settings: Settings

    async def allowed(self, incoming: Incoming) -> Instant | None:
        """None if there is room for one more guess, which is then taken; else when there will be."""
        throttles, issuer_id = self.steps.granting.store.throttles, self._issuer_id
        for index, (key, size) in enumerate(self._buckets(incoming)):
            cost = self._cost(size)
            until = await throttles.spend(issuer_id, key, incoming.at, cost, cost * size)
            if until is not None:
                for paid, width in self._buckets(incoming)[:index]:
                    await throttles.refund(issuer_id, paid, self._cost(width))
                return until
        return None

    async def right(self, incoming: Incoming) -> None:
        """The guess was right: only failures count."""
        for key, size in self._buckets(incoming):
            await self.steps.granting.store.throttles.refund(self._issuer_id, key, self._cost(size))

    def _buckets(self, incoming: Incoming) -> tuple[tuple[bytes, int], ...]:
        limits = self.settings.throttles
        return (
            (b"user-code\x00" + network_of(incoming.peer).encode(), limits.user_code_per_person),
            (b"user-code", limits.user_code_everywhere),
        )

    def _cost(self, size: int) -> int:
        limits = self.settings.throttles
        return limits.user_code_refill_s * SECOND * limits.user_code_per_person // size

    @property
    def _issuer_id(self) -> int:
        return self.steps.granting.directory.issuer.issuer_id


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

    async def of(self, transaction: Transaction) -> tuple[Pending, DeviceRequest, Client]:
        """The request a transaction is about; raises InvalidRequest where it is gone."""
        request = _decode(transaction.request)
        pending = await self.steps.granting.store.devices.find(self.issuer_id, bytes.fromhex(request.device_digest))
        registered = await self.steps.granting.directory.client(transaction.client_id)
        if pending is None or registered is None:
            raise InvalidRequest("The device's request is gone; start again on the device", per=DEVICE_CODE_KNOWN)
        return pending, request, registered.client

    async def standing(self, transaction: Transaction, now: Instant) -> tuple[Pending, DeviceRequest, Client]:
        """The request a transaction is about, as far as it still stands: client or scopes may have gone meanwhile."""
        pending, request, client = await self.of(transaction)
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


@dataclass(frozen=True, slots=True)
class DeviceEntryPage:
    """GET and POST /device: one big field."""

    devices: Devices
    guesses: UserCodeGuesses

    async def __call__(self, incoming: Incoming) -> Answer:
        if incoming.method == "GET":
            prefilled = incoming.query.get("user_code")
            # A code never stays in the address: it moves into a transaction, or is dropped.
            return await (self._entered(prefilled, incoming, prefilled=True) if prefilled else self._page(incoming))
        browser = self.devices.browser
        binding = incoming.cookies.get(browser.cookies.device, "")
        browser.check_form(incoming, browser.lone_csrf(self.devices.issuer_id, binding) if binding else "")
        return await self._entered(incoming.form.get("user_code") or "", incoming, prefilled=False)

    async def _entered(self, text: str, incoming: Incoming, *, prefilled: bool) -> Answer:
        until = await self.guesses.allowed(incoming)
        if until is not None:
            return await self._page(incoming, throttled_s=max(1, -(-(until - incoming.at) // SECOND)))
        pending = await self.devices.by_code(text, incoming.at)
        if pending is None:
            return await self._page(incoming, failed=True, typed=text)
        await self.guesses.right(incoming)
        request = _encode(DeviceRequest(pending.device_digest.hex(), prefilled))
        transaction, cookie = await self.devices.browser.open(
            pending.issuer_id, pending.client_id, request, "device", incoming.at
        )
        return await self.devices.resume(transaction, incoming, None, Way(cookies=(cookie,)))

    async def _page(
        self, incoming: Incoming, *, failed: bool = False, typed: str = "", throttled_s: int | None = None
    ) -> Page:
        browser = self.devices.browser
        binding = incoming.cookies.get(browser.cookies.device)
        cookies: tuple[SetCookie, ...] = ()
        if binding is None:
            binding = urlsafe_b64encode(browser.entropy.bytes(24)).decode()
            cookies = (SetCookie(browser.cookies.device, binding, browser.transaction_s),)
        view = DeviceEntry(
            csrf=browser.lone_csrf(self.devices.issuer_id, binding),
            user_code=typed[:24],
            failed=failed,
            throttled_s=throttled_s,
        )
        return Page(view=view, status=429 if throttled_s else 200, cookies=cookies)


@dataclass(frozen=True, slots=True)
class DeviceConfirmPage:
    """GET and POST /device/confirm: who asks, from where, for what; then the answers, the refusal first."""

    devices: Devices
    settings: Settings

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
        await self._claim(pending, here, incoming)
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
                return self.devices.steps.go("/login", transaction)
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

    async def _claim(self, pending: Pending, here: SignedIn, incoming: Incoming) -> None:
        """From now on only this person decides (RFC 8628 §5.4)."""
        if pending.expires_at <= incoming.at:
            raise InvalidRequest("The code has expired; start again on the device", per=DEVICE_CODE_EXPIRES)
        event = self._event(EventType.DEVICE_CLAIMED, pending, here, incoming, "")
        claimed = await self.devices.steps.granting.store.devices.claim(
            pending.issuer_id, pending.device_digest, here.account.subject_id, incoming.at, event
        )
        if not claimed:
            if pending.claimed_by not in (None, here.account.subject_id):
                # One code before two people: it was sent round, or somebody looks over a shoulder.
                contested = self._event(EventType.DEVICE_CONTESTED, pending, here, incoming, "")
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
        grant = (
            granting.grant(here, client, pending.scope, pending.resources, incoming.at, origin="device")
            if allowed
            else None
        )
        kind = EventType.DEVICE_APPROVED if allowed else EventType.DEVICE_DENIED
        event = self._event(kind, pending, here, incoming, transaction.txn_id)
        decided = await granting.store.devices.decide(
            pending.issuer_id, pending.device_digest, here.account.subject_id, incoming.at, grant, (event,)
        )
        if not decided:
            raise InvalidRequest("The code has expired or was answered already", per=DEVICE_CODE_EXPIRES)
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
        pending, _, client = await self.devices.of(transaction)
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
