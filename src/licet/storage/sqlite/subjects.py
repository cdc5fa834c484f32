"""How people are called in each sector."""

from __future__ import annotations

from licet.storage.ports import Unavailable
from licet.storage.records import PairwiseSubject
from licet.storage.sqlite.codec import Vouched
from licet.storage.sqlite.room import Room
from licet.storage.sqlite.transaction import Tx

SUBJECTS = Vouched(PairwiseSubject, "pairwise_subjects", lives_on=())

FIND_SUBJECT = f"""
    SELECT {SUBJECTS.columns} FROM pairwise_subjects WHERE issuer_id = ? AND sector = ? AND subject_id = ?
"""  # noqa: S608
SETTLE = f"{SUBJECTS.insert} ON CONFLICT (issuer_id, sector, subject_id) DO NOTHING"


class SQLitePairwiseSubjects(Room):
    """``ports.PairwiseSubjects``."""

    async def find(self, issuer_id: int, sector: str, subject_id: str) -> str | None:
        row = self._read.row(FIND_SUBJECT, (issuer_id, sector, subject_id))
        found = None if row is None else SUBJECTS.read(row, self._vouching)
        return None if found is None else found.sub

    async def settle(self, subject: PairwiseSubject) -> str:
        row = SUBJECTS.write(subject, self._vouching)

        def work(tx: Tx) -> str:
            tx.run(SETTLE, row)
            key = (subject.issuer_id, subject.sector, subject.subject_id)
            (found,) = SUBJECTS.each(tx.rows(FIND_SUBJECT, key), self._vouching) or (None,)
            if found is None:
                raise Unavailable("how a person is called in a sector is not as it was written")
            return found.sub

        return await self._write.submit(work)
