"""Vouching anew, under the first master key, for what lives as long as people and apps do.

Everything else dies within its own time, and is vouched for under the line of the master secret that its digest needs too.
"""

from __future__ import annotations

from typing import Any

from licet.storage.sqlite.codec import VOUCH, Vouched
from licet.storage.sqlite.people import AUTHENTICATORS
from licet.storage.sqlite.registration import CREDENTIALS
from licet.storage.sqlite.subjects import SUBJECTS
from licet.storage.sqlite.transaction import Row, Tx
from licet.storage.sqlite.writer import Work, Writer
from licet.storage.vouching import Vouching

AT_A_TIME = 500
"""Rows in one transaction: others write in between."""

LIVE_LONG: tuple[tuple[Vouched[Any], tuple[str, ...]], ...] = (
    (AUTHENTICATORS, ("issuer_id", "subject_id", "authenticator_id")),
    (CREDENTIALS, ("issuer_id", "owner_kind", "owner", "credential_id")),
    (SUBJECTS, ("issuer_id", "sector", "subject_id")),
)
"""Tables and their keys."""


async def vouch_anew(writer: Writer, vouching: Vouching) -> int:
    """Walk the tables in the order of their keys; how many rows were vouched for under another master key."""
    count = 0
    for table, key in LIVE_LONG:
        last: Row | None = None
        while True:
            done, last = await writer.submit(_batch(table, key, last, vouching))
            count += done
            if last is None:
                break
    return count


def _batch(
    table: Vouched[Any], key: tuple[str, ...], after: Row | None, vouching: Vouching
) -> Work[tuple[int, Row | None]]:
    names, places = ", ".join(key), ", ".join("?" * len(key))
    behind = "" if after is None else f"WHERE ({names}) > ({places})"
    find = f"SELECT {table.columns} FROM {table.table} {behind} ORDER BY {names} LIMIT {AT_A_TIME}"  # noqa: S608
    change = f"UPDATE {table.table} SET vouch = ? WHERE ({names}) = ({places})"  # noqa: S608
    at = [table.fields.index(name) for name in key]
    vouched = table.fields.index(VOUCH)

    def work(tx: Tx) -> tuple[int, Row | None]:
        rows = tx.rows(find, after or ())
        older = [row for row in rows if not vouching.newest(row[vouched] or b"")]
        anew = [
            (table.vouch(record, vouching), *(row[place] for place in at))
            for row in older
            if (record := table.read(row, vouching)) is not None  # what nobody vouched for, nobody vouches for now
        ]
        tx.many(change, anew)
        last = tuple(rows[-1][place] for place in at) if len(rows) == AT_A_TIME else None
        return len(anew), last

    return work
