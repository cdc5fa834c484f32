"""Who is signed in in one browser: several people may be, and one of them acts (product: /login/choose).

The session cookie says who acts, a second one keeps the others' values. A choice moves values between the two and makes
none; whoever has neither cookie is nobody. Only who asked for it stays beside somebody who signs in: a browser that
changes hands does not keep the one who left it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from licet.authorization_server.admission import Admitted, admit_session
from licet.authorization_server.browser import CookieNames
from licet.authorization_server.directory import Directory
from licet.authorization_server.exchange import Incoming, SetCookie
from licet.resource_owner.sessions import BrowserSessions
from licet.storage.ports import SignedIn

MOST = 5
"""People who are signed in in one browser at once; the one who was there longest makes room."""
_BETWEEN = "."
"""Not a letter of a session's value."""


class Present(msgspec.Struct, frozen=True, gc=False):
    """Somebody who is signed in, and the value that says so."""

    value: str
    signed_in: SignedIn

    @property
    def subject_id(self) -> str:
        return self.signed_in.account.subject_id


class Seat(msgspec.Struct, frozen=True, gc=False):
    """Where somebody sits who signs in now."""

    before: SignedIn | None
    """Whose session they go on with, if it is theirs, or whose place they take."""
    beside: tuple[str, ...] = ()
    """The values of those who stay."""


@dataclass(frozen=True, slots=True)
class Company:
    """The people of a browser."""

    sessions: BrowserSessions
    names: CookieNames
    directory: Directory

    async def acting(self, incoming: Incoming) -> Present | None:
        """Who acts, if the gate lets them pass."""
        return await self._present(incoming.cookies.get(self.names.session), incoming)

    async def others(self, incoming: Incoming) -> tuple[Present, ...]:
        """Who else is signed in; each person once, and not the one who acts. No cookie, no question to the store."""
        kept = incoming.cookies.get(self.names.others)
        if not kept:
            return ()
        acting = await self.acting(incoming)
        return tuple((await self._kept(kept, incoming, acting)).values())

    async def everyone(self, incoming: Incoming) -> tuple[Present, ...]:
        """Who is signed in, first the one who acts."""
        acting = await self.acting(incoming)
        others = await self._kept(incoming.cookies.get(self.names.others, ""), incoming, acting)
        return (*((acting,) if acting else ()), *others.values())

    async def _kept(self, kept: str, incoming: Incoming, acting: Present | None) -> dict[str, Present]:
        found: dict[str, Present] = {}
        for value in kept.split(_BETWEEN)[: MOST - 1]:
            one = await self._present(value, incoming)
            if one is not None and (acting is None or one.subject_id != acting.subject_id):
                found.setdefault(one.subject_id, one)
        return found

    async def _present(self, value: str | None, incoming: Incoming) -> Present | None:
        issuer = self.directory.issuer
        found = await self.sessions.find(issuer.issuer_id, value)
        if value is None or found is None or not isinstance(admit_session(found, issuer, incoming.at), Admitted):
            return None
        return Present(value, found)

    async def seat(self, subject_id: str, incoming: Incoming, *, asked: bool) -> Seat:
        """Where *subject_id* sits. Beside the others where there are several already, or *asked* to; else in the place
        of whoever was here."""
        value = incoming.cookies.get(self.names.session)
        before = await self.sessions.find(self.directory.issuer.issuer_id, value)
        others = await self.others(incoming)
        values = tuple(one.value for one in others)
        if before is None or before.account.subject_id == subject_id:
            acting = None
        else:
            acting = await self.acting(incoming)
        own = next((one for one in others if one.subject_id == subject_id), None)
        if own is not None:
            rest = tuple(v for v in values if v != own.value)
            return Seat(own.signed_in, (acting.value, *rest) if acting else rest)
        if acting is None or not (asked or others):
            return Seat(before, values)
        if len(values) < MOST - 1:
            return Seat(None, (acting.value, *values))
        return Seat(others[-1].signed_in, (acting.value, *values[:-1]))

    def cookies(self, acting: str, others: Iterable[str], incoming: Incoming) -> tuple[SetCookie, ...]:
        """The two cookies, as they are from now on; an empty one is taken away, where it came."""
        both = ((self.names.session, acting), (self.names.others, _BETWEEN.join(others)))
        return tuple(SetCookie(name, value) for name, value in both if value or name in incoming.cookies)

    def after(self, stay: Iterable[Present], incoming: Incoming) -> tuple[SetCookie, ...]:
        """The two cookies after somebody left. Whoever acted goes on acting if they *stay*; nobody takes their place."""
        acting = incoming.cookies.get(self.names.session)
        left = [one.value for one in stay]
        return self.cookies(acting if acting in left else "", (v for v in left if v != acting), incoming)
