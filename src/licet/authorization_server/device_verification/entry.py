"""GET and POST /device: one big field, and how often somebody may be wrong in it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass

from licet.ambient import SECOND
from licet.authorization_server.authorization.response import Way
from licet.authorization_server.device_verification.waiting import DeviceRequest, Devices, encode
from licet.authorization_server.exchange import Answer, Incoming, Page, SetCookie
from licet.authorization_server.settings import Throttles
from licet.authorization_server.views import DeviceEntry
from licet.resource_owner.guesses import Bucket, Guesses, network_of, proportioned


@dataclass(frozen=True, slots=True)
class UserCodeGuesses:
    """Counts wrong user codes, by network and in all (RFC 8628 §5.1). Who signed in here before has a bucket of their own:
    strangers who empty the others do not lock them out (rulings V)."""

    guesses: Guesses
    limits: Throttles

    def buckets(self, peer: str, known: str) -> tuple[Bucket, ...]:
        """Where a guess from the address *peer* is taken from; *known* is what ``Browser.known`` says of its browser."""
        limits = self.limits
        sizes: tuple[tuple[bytes, int], ...] = (
            (b"user-code\x00" + network_of(peer).encode(), limits.user_code_per_person),
            (b"user-code", limits.user_code_everywhere),
        )
        if known:
            person = known.split(".", 1)[0]
            sizes = ((b"user-code known\x00" + person.encode(), limits.user_code_per_person),)
        return proportioned(sizes, narrow=limits.user_code_per_person, refill_s=limits.user_code_refill_s)


@dataclass(frozen=True, slots=True)
class DeviceEntryPage:
    """GET and POST /device: one big field."""

    devices: Devices
    counted: UserCodeGuesses

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
        known = self.devices.browser.known(self.devices.issuer_id, incoming)
        buckets = self.counted.buckets(incoming.peer, known)
        until = await self.counted.guesses.take(self.devices.issuer_id, buckets, incoming.at)
        if until is not None:
            return await self._page(incoming, throttled_s=max(1, -(-(until - incoming.at) // SECOND)))
        pending = await self.devices.by_code(text, incoming.at)
        if pending is None:
            return await self._page(incoming, failed=True, typed=text)
        await self.counted.guesses.give_back(self.devices.issuer_id, buckets)
        request = encode(DeviceRequest(pending.device_digest.hex(), prefilled))
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
        if throttled_s is None:
            return Page(view=view, cookies=cookies)
        return Page(view=view, status=429, headers=(("Retry-After", str(throttled_s)),), cookies=cookies)
