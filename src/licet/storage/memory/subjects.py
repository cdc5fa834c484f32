"""How people are called in each sector."""

from __future__ import annotations

from licet.storage.memory.world import Room
from licet.storage.records import PairwiseSubject


class MemoryPairwiseSubjects(Room):
    """``ports.PairwiseSubjects``."""

    async def find(self, issuer_id: int, sector: str, subject_id: str) -> str | None:
        return self._world.pairwise.get((issuer_id, sector, subject_id))

    async def settle(self, subject: PairwiseSubject) -> str:
        key = (subject.issuer_id, subject.sector, subject.subject_id)
        return self._world.pairwise.setdefault(key, subject.sub)
