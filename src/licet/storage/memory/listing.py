"""What operators look through, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from licet.events import Chained
from licet.storage.memory.registration import MemoryClients
from licet.storage.memory.world import Room
from licet.storage.ports import Registered, SignedIn, Standing
from licet.storage.records import Account, Consent, Family, Grant, Session


class MemoryListing(Room):
    """``ports.Listing``."""

    async def clients(self, issuer_id: int, after: str, limit: int) -> tuple[Registered, ...]:
        mine = (one for one in self._world.clients.values() if one.issuer_id == issuer_id and one.status != "removed")
        ids = sorted(one.client_id for one in mine if one.client_id > after)
        found = [await MemoryClients(self._world).find(issuer_id, client_id) for client_id in ids[:limit]]
        return tuple(one for one in found if one is not None)

    async def people(self, issuer_id: int, after: str, limit: int) -> tuple[tuple[str, Account], ...]:
        known = sorted(
            (name, self._world.accounts[issuer, subject_id])
            for (issuer, name), subject_id in self._world.identifiers.items()
            if issuer == issuer_id and name > after
        )
        return tuple(known[:limit])

    async def sessions(self, issuer_id: int, subject_id: str | None, after: str, limit: int) -> tuple[SignedIn, ...]:
        newest = [s for s in reversed(self._world.sessions.values()) if s.issuer_id == issuer_id]
        if after:
            ids = [session.session_id for session in newest]
            newest = newest[ids.index(after) + 1 :] if after in ids else []
        mine = [session for session in newest if subject_id in (None, session.subject_id)]
        return tuple(map(self._signed_in, mine[:limit]))

    async def session(self, issuer_id: int, session_id: str) -> SignedIn | None:
        session = self._world.sessions.get((issuer_id, session_id))
        return None if session is None else self._signed_in(session)

    def _signed_in(self, session: Session) -> SignedIn:
        return SignedIn(session=session, account=self._world.accounts[session.issuer_id, session.subject_id])

    async def grants(
        self, issuer_id: int, subject_id: str | None, after: Grant | None, limit: int
    ) -> tuple[Standing, ...]:
        if subject_id is None:
            return self._page((g for g in self._all(issuer_id) if after is None or g.grant_id < after.grant_id), limit)
        mine = sorted((g for g in self._all(issuer_id) if g.subject_id == subject_id), key=_place, reverse=True)
        return self._page((g for g in mine if after is None or _place(g) < _place(after)), limit)

    async def grants_in(self, issuer_id: int, session_id: str, after: Grant | None, limit: int) -> tuple[Standing, ...]:
        inside = (g for g in self._all(issuer_id) if g.session_id == session_id)
        return self._page((g for g in inside if after is None or g.grant_id < after.grant_id), limit)

    def _all(self, issuer_id: int) -> list[Grant]:
        """Newest first."""
        mine = (grant for grant in self._world.grants.values() if grant.issuer_id == issuer_id)
        return sorted(mine, key=lambda grant: grant.grant_id, reverse=True)

    def _page(self, grants: Iterable[Grant], limit: int) -> tuple[Standing, ...]:
        found = (self._world.standing(grant.issuer_id, grant.grant_id) for grant in islice(grants, limit))
        return tuple(standing for standing in found if standing is not None)

    async def families(self, issuer_id: int, grant_id: int, limit: int) -> tuple[Family, ...]:
        mine = [f for f in self._world.families.values() if (f.issuer_id, f.grant_id) == (issuer_id, grant_id)]
        return tuple(mine[:limit])

    async def consents(self, issuer_id: int, subject_id: str, after: str, limit: int) -> tuple[Consent, ...]:
        mine = [c for c in self._world.consents.values() if (c.issuer_id, c.subject_id) == (issuer_id, subject_id)]
        return tuple(sorted((c for c in mine if c.client_id > after), key=lambda c: c.client_id)[:limit])

    async def events(self, issuer_id: int, before: tuple[int, int] | None, limit: int) -> tuple[Chained, ...]:
        newest = (link for link in reversed(self._world.chain) if link.event.issuer_id == issuer_id)
        earlier = (link for link in newest if before is None or (link.node, link.seq) < before)
        return tuple(islice(earlier, limit))


def _place(grant: Grant) -> tuple[str, int]:
    return grant.client_id, grant.grant_id
