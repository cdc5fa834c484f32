"""What is to be said elsewhere."""

from __future__ import annotations

from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import Event
from licet.storage.memory.world import Room
from licet.storage.records import Notice


class MemoryOutbox(Room):
    """``ports.Outbox``."""

    async def claim(
        self, issuer_id: int, at: Instant, until: Instant, *, limit: int, busy: frozenset[str]
    ) -> tuple[Notice, ...]:
        due = [
            one
            for one in self._world.outbox.values()
            if one.issuer_id == issuer_id and one.done_at is None and one.next_at <= at and one.target not in busy
        ]
        oldest: dict[str, Notice] = {}
        for one in sorted(due, key=lambda one: one.next_at):
            oldest.setdefault(one.target, one)
        claimed = [replace(one, attempts=one.attempts + 1, next_at=until) for one in list(oldest.values())[:limit]]
        for one in claimed:
            self._world.outbox[_key(one)] = one
        return tuple(claimed)

    async def settle(self, notice: Notice, event: Event | None) -> bool:
        before = self._world.outbox.get(_key(notice))
        if before is None or before.attempts != notice.attempts or before.done_at is not None:
            return False
        self._world.outbox[_key(notice)] = replace(
            before, next_at=notice.next_at, done_at=notice.done_at, outcome=notice.outcome, reason=notice.reason
        )
        if event is not None:
            self._world.record(event)
        return True

    async def about(self, issuer_id: int, kind: str, about: str) -> tuple[Notice, ...]:
        found = [
            one
            for one in self._world.outbox.values()
            if (one.issuer_id, one.kind, one.about) == (issuer_id, kind, about)
        ]
        return tuple(sorted(found, key=lambda one: one.target))


def _key(notice: Notice) -> tuple[int, str, str, str]:
    return notice.issuer_id, notice.kind, notice.about, notice.target
