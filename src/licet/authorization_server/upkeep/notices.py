"""Says elsewhere what the outbox holds: logout tokens, to clients that asked for them (OpenID Connect Back-Channel Logout).

A token is made when it is sent, so that a late one is as fresh as the first. Whoever takes a notice up holds it for a
while; if this process dies, another attempt is due when that is over. One visit a client at a time: a dead one holds up
nobody else.
"""

from __future__ import annotations

import asyncio
import logging
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field

from msgspec.structs import replace

from licet.ambient import SECOND, Clock, Entropy, Instant
from licet.authorization_server.admission import client_usable
from licet.authorization_server.directory import Directory
from licet.authorization_server.keys import Ring
from licet.egress import Egress, Unreachable
from licet.events import Event, EventType
from licet.protocol import logout_token
from licet.storage.ports import Outbox, Unavailable
from licet.storage.records import Client, Notice

_LOG = logging.getLogger("licet.notices")

AT_ONCE = 4
"""Visits under way: half of what may go out at all, so that slow clients do not keep keys from being fetched."""
HELD_S = 30
"""How long a notice is held by whoever took it up: several times what a visit may take."""
AGAIN_AFTER_S = (1, 5, 30, 120, 600, 1800, 3600)
"""Seconds from one attempt to the next; after the last of them it has failed."""
_EVENTS = {"sent": EventType.LOGOUT_SENT, "failed": EventType.LOGOUT_FAILED}


@dataclass(slots=True)
class Notices:
    """Takes notices up and visits whom they are for."""

    outbox: Outbox
    directory: Directory
    ring: Ring
    egress: Egress
    clock: Clock
    entropy: Entropy
    _under_way: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def say(self) -> None:
        """Take up what is due, as long as there is room for another visit and something to say."""
        while room := AT_ONCE - len(self._under_way):
            at = self.clock.now()
            claimed = await self.outbox.claim(
                self.directory.issuer.issuer_id,
                at,
                Instant(at + HELD_S * SECOND),
                limit=room,
                busy=frozenset(self._under_way),
            )
            if not claimed:
                return
            for notice in claimed:
                self._under_way[notice.target] = asyncio.create_task(self._visit(notice))
            await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)

    async def stop(self) -> None:
        """Break off; what is not settled is taken up again by whoever runs next."""
        tasks = tuple(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _visit(self, notice: Notice) -> None:
        try:
            await self._settle(notice, await self._said(notice))
        except Unavailable:
            _LOG.warning("store unavailable; a notice will be sent again")
        except Exception:  # noqa: BLE001  whatever it was, the others must be told
            _LOG.exception("a notice to %s failed; it will be sent again", notice.target)
        finally:
            del self._under_way[notice.target]

    async def _said(self, notice: Notice) -> Notice:
        """*notice*, after an attempt. Where to is looked up now: a client may have moved, or be switched off."""
        now = self.clock.now()
        if notice.attempts > len(AGAIN_AFTER_S) + 1:
            return replace(notice, done_at=now, outcome="failed", reason="no attempt came to its end")
        found = await self.directory.client(notice.target)
        if (
            found is None
            or not client_usable(found.client, now)
            or found.client.metadata.backchannel_logout_uri is None
        ):
            return replace(notice, done_at=now, outcome="failed", reason="the client does not want to be told any more")
        try:
            token = await self._token(notice, found.client, now)
            status = await self.egress.post_form(found.client.metadata.backchannel_logout_uri, {"logout_token": token})
        except Unreachable as unreachable:
            return self._again(notice, unreachable.reason)
        if not 200 <= status < 300:  # noqa: PLR2004  HTTP's own words
            return self._again(notice, f"status {status}")
        return replace(notice, done_at=self.clock.now(), outcome="sent", reason=f"status {status}")

    async def _token(self, notice: Notice, client: Client, now: Instant) -> str:
        key = self.ring.signing("id_token", client.metadata.id_token_signed_response_alg)
        jti = urlsafe_b64encode(self.entropy.bytes(18)).decode()
        issuer, issued_at_s = self.directory.issuer.url, now // SECOND
        return await self.ring.sign(
            key,
            lambda: logout_token.make(
                key, issuer=issuer, client_id=client.client_id, issued_at_s=issued_at_s, jti=jti, **notice.payload
            ),
        )

    def _again(self, notice: Notice, reason: str) -> Notice:
        now = self.clock.now()
        if notice.attempts > len(AGAIN_AFTER_S):
            return replace(notice, done_at=now, outcome="failed", reason=reason)
        return replace(notice, next_at=Instant(now + AGAIN_AFTER_S[notice.attempts - 1] * SECOND), reason=reason)

    async def _settle(self, notice: Notice, said: Notice) -> None:
        event = None
        if said.done_at is not None:
            event = Event(
                issuer_id=notice.issuer_id,
                type=_EVENTS[said.outcome],
                at=said.done_at,
                actor="licet",
                client=notice.target,
                object=notice.about,
                outcome="done" if said.outcome == "sent" else "refused",
                reason=said.reason,
                data={"attempts": notice.attempts},
            )
        if said.outcome != "sent":
            _LOG.warning(
                "%s was not told that a session ended (attempt %d): %s", notice.target, notice.attempts, said.reason
            )
        await self.outbox.settle(said, event)
