"""No page of a listing reads or sorts more than it shows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from licet.storage.schema import fresh
from licet.storage.sqlite import listing


def test_every_page_walks_an_index_in_its_order(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "made.db", isolation_level=None)
    fresh.prepare(connection, tmp_path / "made.db", create=True)
    texts = {name: text for name, text in vars(listing).items() if name.isupper() and "SELECT" in str(text)}
    assert len(texts) >= 9
    for name, text in texts.items():
        if name.startswith("_"):
            continue
        bound = 4 if "?4" in text else 3 if "?3" in text else text.count("?")
        steps = [row[-1] for row in connection.execute("EXPLAIN QUERY PLAN " + text, (None,) * bound).fetchall()]
        assert not [step for step in steps if "TEMP B-TREE" in step or step.startswith("SCAN")], (name, steps)
    connection.close()
