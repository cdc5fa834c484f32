"""The comparison of ledger and tables, shown to find one planted fault of each kind."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import copyfile

import pytest

from prove.crash import ledger
from prove.crash.acts import Acts, Known
from prove.crash.checker import faults
from prove.crash.history import History
from prove.crash.line import Line
from prove.crash.operated import operated, signed_in
from prove.single_use.crowd import Request
from prove.single_use.served import Served

pytestmark = pytest.mark.timeout(600)

OPAQUE, JWT = "api.invoices", "api.orders"

PLANTED = {
    "a used code": "UPDATE codes SET consumed_at = NULL WHERE consumed_at IS NOT NULL",
    "an unused one": "UPDATE codes SET consumed_at = 1 WHERE consumed_at IS NULL",
    "a used device code": "UPDATE pending SET consumed_at = NULL WHERE consumed_at IS NOT NULL",
    "a code without its grant": "DELETE FROM grants WHERE grant_id = (SELECT grant_id FROM codes LIMIT 1)",
    "a grant that nothing gave": "DELETE FROM pending WHERE grant_id IS NOT NULL",
    "code.issued without a code": "DELETE FROM codes WHERE consumed_at IS NULL",
    "a redemption without a refresh token": "DELETE FROM families WHERE generation > 0",
    "a refresh token without a redemption": "UPDATE families SET grant_id = 7 WHERE generation > 0",
    "a generation": "UPDATE families SET generation = generation + 1 WHERE generation > 0",
    "a rotation without a predecessor": "UPDATE families SET previous_digest = NULL WHERE generation > 0",
    "an opaque token without its event": "UPDATE access_tokens SET jti = jti || 'x' WHERE grant_id IS NULL",
    "the event of an opaque token": "DELETE FROM access_tokens WHERE grant_id IS NULL",
    "an end of a grant": "UPDATE grants SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
    "feed or end of its family": "DELETE FROM revocations WHERE kind = 'grant'",
    "end of its family": "UPDATE families SET ended_at = NULL WHERE ended_at IS NOT NULL",
    "an end of a token": "UPDATE access_tokens SET revoked_at = NULL WHERE revoked_at IS NOT NULL",
    "an ending in the feed": "DELETE FROM revocations WHERE kind = 'jti'",
    "a device without its events": "UPDATE pending SET claimed_by = 'somebody' WHERE claimed_by IS NULL",
    "a yes on a page": "UPDATE transactions SET state = 'open' WHERE state = 'completed'",
    "a remembered consent": "UPDATE consents SET subject_id = 'somebody'",
    "a session without": "UPDATE sessions SET session_id = 'another'",
    "a used code whose challenge": "DELETE FROM replay WHERE kind = 'challenge'",
    "an assertion without": "DELETE FROM replay WHERE kind = 'assertion'",
    "the chain breaks": "UPDATE events SET body = replace(body, 'spa', 'spy') WHERE body LIKE '%spa%'",
    "chain breaks": "DELETE FROM events WHERE seq = 3",
}
"""What must be said → the fault that is planted for it."""


async def _each_act(served: Served, cookies: dict[str, str], history: History) -> None:
    """Everything once, and something of each kind that is not used up."""
    line, known = Line(served.port), Known()
    acts = Acts(served, history, known, line, cookies)
    for client in ("spa", "shop", "spa", "spa"):
        assert await acts.authorize(client, OPAQUE, prompt="consent") == "ok"
    first, second, third, _ = known.codes
    for code in (first, second, third):
        assert await acts.redeem(code) == "ok"
    rotated, kept, given_back = list(known.refresh)
    assert [await acts.refresh(token) for token in (rotated, kept)] == ["ok", "ok"]
    assert await acts.end(given_back) == "ok"
    assert [await acts.client_credentials(api) for api in (OPAQUE, JWT)] == ["ok", "ok"]
    opaque, jwt = list(known.access)[-2:]
    assert [await acts.revoke(opaque), await acts.revoke(jwt)] == ["ok", "ok"]
    assert await acts.client_credentials(OPAQUE) == "ok"
    assert [await acts.ask_device(), await acts.ask_device()] == ["ok", "ok"]
    assert await acts.approve(next(iter(known.devices))) == "ok"
    assert await acts.redeem_device(next(iter(known.devices))) == "ok"
    asked = served.assertion() | {"grant_type": "client_credentials", "scope": "invoices:read"}
    answer = await line(Request("/token", asked))
    assert answer is not None
    assert answer.status == 200
    await line.close()


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A store in which everything happened once, closed."""
    home = tmp_path_factory.mktemp("ledger")
    with operated(home / "home") as served:
        served.start()
        history = History(home / "history")
        asyncio.run(_each_act(served, signed_in(served), history))
        served.stop()
        assert faults(history.calls()) == []
        yield served.store


def test_a_right_store_is_accepted(used: Path) -> None:
    assert ledger.disagreements(used) == []


@pytest.mark.parametrize("said", PLANTED)
def test_a_planted_fault_is_found(used: Path, tmp_path: Path, said: str) -> None:
    copy = tmp_path / "licet.db"
    copyfile(used, copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        assert connection.execute(PLANTED[said]).rowcount > 0
    assert any(said in line for line in ledger.disagreements(copy)), ledger.disagreements(copy)


def test_every_comparison_has_a_planted_fault() -> None:
    assert {what for what in ledger.DIFFERENCES if not any(said in what for said in PLANTED)} == set()


def test_damage_is_found(used: Path, tmp_path: Path) -> None:
    """Bytes in the middle of the index of grants; the file opens, and reads well until somebody looks."""
    copy = tmp_path / "licet.db"
    copyfile(used, copy)
    with closing(sqlite3.connect(copy)) as connection:
        ((page,),) = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'grants_handle'").fetchall()
        ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    with copy.open("r+b") as file:
        file.seek(page * size - 40)
        file.write(b"\x5a" * 8)
    assert any(line.startswith("integrity_check") for line in ledger.disagreements(copy))
