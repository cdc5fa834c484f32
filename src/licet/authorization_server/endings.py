"""POST /endings: what ended, told to the APIs it concerns (rulings J).

A JWT is good at an API until it expires, unless the API hears that it ended. Each API asks from where it left off, and
waits a moment if there is nothing; whatever ends meanwhile is answered at once. It hears of its own tokens only.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from licet.ambient import SECOND
from licet.authorization_server.client_authentication import ClientAuthentication
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming, Json
from licet.protocol.errors import InvalidClient, InvalidRequest
from licet.requirements import ENDINGS_BY_AUDIENCE
from licet.storage.ports import Revocations
from licet.storage.records import Revocation

LONGEST_WAIT_S = 5
"""Also how long an answer that is waited for can hold up a server that stops."""
MOST_LINES = 1_000
MOST_WAITING = 256
"""APIs that wait at once; whoever comes beyond that is answered at once, and asks again in a moment."""
_TOLD = frozenset({"jti", "grant", "client", "key", "all"})
"""What tokens carry. Sessions and people end with a line for each of their grants."""
_DIGITS = 18


@dataclass(slots=True)
class Bell:
    """Wakes those who wait when something ended, whoever ended it: this process or a command."""

    revocations: Revocations
    directory: Directory
    _latest: int = 0
    _rung: asyncio.Event = field(default_factory=asyncio.Event)
    _waiting: int = 0

    async def look(self) -> None:
        """Costs one small read, and nothing where nobody waits; upkeep calls it four times a second."""
        if not self._waiting:
            return
        latest = await self.revocations.latest(self.directory.issuer.issuer_id)
        if latest != self._latest:
            self._latest, rung, self._rung = latest, self._rung, asyncio.Event()
            rung.set()

    async def wait(self, seconds: float) -> None:
        """Until something ended, or *seconds* are over, or too many wait already."""
        if self._waiting >= MOST_WAITING or seconds <= 0:
            return
        self._waiting += 1
        rung = self._rung
        try:
            async with asyncio.timeout(seconds):
                await rung.wait()
        except TimeoutError:
            pass
        finally:
            self._waiting -= 1


@dataclass(frozen=True, slots=True)
class EndingsFeed:
    """The feed of endings."""

    authentication: ClientAuthentication
    directory: Directory
    revocations: Revocations
    bell: Bell

    async def __call__(self, incoming: Incoming) -> Json:
        incoming.form.refuse_repeated()
        caller = await self.authentication.principal(incoming)
        if caller.api is None:
            raise InvalidClient("Only an API follows the feed", per=ENDINGS_BY_AUDIENCE)
        since, wait_s = _number(incoming, "since", None), _number(incoming, "wait", LONGEST_WAIT_S)
        answer = await self._heard(since, caller.api)
        if not answer["endings"] and answer["next"] == since:
            await self.bell.wait(wait_s)
            answer = await self._heard(since, caller.api)
        return Json(body=answer)

    async def _heard(self, since: int, api: str) -> dict[str, Any]:
        """The lines after *since* that concern *api*; from the first one where *since* was never reached: an older store
        was put back, and may have given its numbers to other endings."""
        issuer_id = self.directory.issuer.issuer_id
        again = since > await self.revocations.latest(issuer_id)
        lines = await self.revocations.since(issuer_id, 0 if again else since, MOST_LINES)
        return {
            "endings": [_told(line) for line in lines if line.kind in _TOLD and (line.aud is None or api in line.aud)],
            "next": lines[-1].seq if lines else 0 if again else since,
            "more": len(lines) == MOST_LINES,
            "again": again,
        }


def _told(line: Revocation) -> dict[str, Any]:
    """A grant, a key or a single token is over for good; of a client or the issuer, what was issued until then is."""
    told: dict[str, Any] = {"kind": line.kind, "key": line.key}
    if line.kind in {"client", "all"}:
        told["issued_until"] = line.at // SECOND
    return told


def _number(incoming: Incoming, name: str, most: int | None) -> int:
    text = incoming.form.get(name) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise InvalidRequest(f"{name} is a number", per=ENDINGS_BY_AUDIENCE)
    return int(text) if most is None else min(int(text), most)
