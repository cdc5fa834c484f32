"""How people are called in each sector."""

from __future__ import annotations

from licet.storage.records import PairwiseSubject
from licet.storage.sqlite.codec import Codec
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx

SUBJECTS = Codec(PairwiseSubject, "pairwise_subjects")

FIND_SUBJECT = "SELECT sub FROM pairwise_subjects WHERE issuer_id = ? AND sector = ? AND subject_id = ?"
SETTLE = f"{SUBJECTS.insert} ON CONFLICT (issuer_id, sector, subject_id) DO NOTHING"


class SQLitePairwiseSubjects(Room):
    """``ports.PairwiseSubjects``."""

    async def find(self, issuer_id: int, sector: str, subject_id: str) -> str | None:
        row = self._read.row(FIND_SUBJECT, (issuer_id, sector, subject_id))
        return None if row is None else str(row[0])

    async def settle(self, subject: PairwiseSubject) -> str:
        row = SUBJECTS.encode(subject)

        def work(tx: Tx) -> str:
            tx.run(SETTLE, row)
            return str(tx.rows(FIND_SUBJECT, (subject.issuer_id, subject.sector, subject.subject_id))[0][0])

        return await self._write.submit(work)
