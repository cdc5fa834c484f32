"""What people and apps hold, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from licet.ambient import Instant
from licet.storage.memory.world import Room
from licet.storage.ports import Held


class MemoryHoldings(Room):
    """``ports.Holdings``."""

    async def of(self, issuer_id: int, client_ids: Sequence[str] | None, at: Instant) -> dict[str, Held]:
        held = {}
        everyone = {client_id for issuer, client_id in self._world.clients if issuer == issuer_id}
        for client in sorted(everyone if client_ids is None else set(client_ids)):
            grants = [
                grant
                for grant in self._world.grants.values()
                if (grant.issuer_id, grant.client_id) == (issuer_id, client)
                and grant.revoked_at is None
                and grant.expires_at > at
            ]
            remembered = [
                consent
                for consent in self._world.consents.values()
                if (consent.issuer_id, consent.client_id) == (issuer_id, client)
                and consent.revoked_at is None
                and consent.expires_at > at
            ]
            if grants or remembered:
                held[client] = Held(
                    grants=len(grants),
                    people=len({grant.subject_id for grant in grants}),
                    remembered=len(remembered),
                    by_scope=dict(Counter(scope for grant in grants for scope in grant.scope)),
                    remembered_of=dict(
                        Counter(scope for consent in remembered for scope in {item.scope for item in consent.items})
                    ),
                )
        return held

    async def elsewhere(self, issuer_id: int, source: str) -> int:
        clients = (client for client in self._world.clients.values() if client.issuer_id == issuer_id)
        return sum(client.source != source and client.status == "active" for client in clients)
