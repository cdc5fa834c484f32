"""A pushed request: run by any browser in time, answered by one (RFC 9126; rulings A)."""

from __future__ import annotations

from asyncio import gather

import pytest

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Conclusion, Store


class Pushed:
    """``open`` with a pushed request, ``conclude`` and ``deny``."""

    async def test_of_many_runs_of_a_pushed_request_one_is_answered(self, store: Store) -> None:
        await _pushed(store)
        for n in range(20):
            assert await store.transactions.open(a.transaction(f"run{n}"), "pushed")
        outcomes = await gather(*(store.transactions.conclude(_answer(store, f"run{n}")) for n in range(20)))
        assert outcomes.count(True) == 1
        assert await a.recorded(store, EventType.CODE_ISSUED) == 1
        found = [await store.transactions.find(ISSUER, f"run{n}") for n in range(20)]
        assert [one.state for one in found if one is not None].count("completed") == 1
        pushed = await store.transactions.find(ISSUER, "pushed")
        assert pushed is not None
        assert pushed.state == "completed"

    async def test_a_pushed_request_without_a_run_is_answered_once(self, store: Store) -> None:
        await _pushed(store)
        outcomes = await gather(*(store.transactions.conclude(_answer(store, None, n)) for n in range(20)))
        assert outcomes.count(True) == 1

    async def test_a_run_that_is_over_leaves_the_pushed_request_open(self, store: Store) -> None:
        """All or nothing: the pushed one is not completed by an answer that was none."""
        await _pushed(store)
        assert await store.transactions.open(a.transaction("run"), "pushed")
        assert await store.transactions.deny(ISSUER, "run", AT, a.event(EventType.CONSENT_DENIED))
        assert not await store.transactions.conclude(_answer(store, "run"))
        pushed = await store.transactions.find(ISSUER, "pushed")
        assert pushed is not None
        assert pushed.state == "open"

    async def test_a_no_closes_both_or_none(self, store: Store) -> None:
        await _pushed(store)
        for name in ("run", "other"):
            assert await store.transactions.open(a.transaction(name), "pushed")
        denied = a.event(EventType.CONSENT_DENIED)
        assert await store.transactions.deny(ISSUER, "run", AT, denied, "pushed")
        assert not await store.transactions.deny(ISSUER, "other", AT, denied, "pushed")
        assert not await store.transactions.conclude(_answer(store, "other"))
        assert await a.recorded(store, EventType.CONSENT_DENIED) == 1

    @pytest.mark.parametrize("late_s", [0, 1])
    async def test_no_run_begins_when_its_time_is_over(self, store: Store, late_s: int) -> None:
        await _pushed(store)
        late = a.transaction("late", created_at=after(60 + late_s), expires_at=after(900))
        assert not await store.transactions.open(late, "pushed")
        assert await store.transactions.find(ISSUER, "late") is None
        assert not await store.transactions.open(a.transaction("stray"), "nowhere")

    async def test_no_run_begins_of_what_was_not_pushed(self, store: Store) -> None:
        assert await store.transactions.open(a.transaction("plain"))
        assert not await store.transactions.open(a.transaction("run"), "plain")

    async def test_a_pushed_request_stays_as_long_as_its_runs(self, store: Store) -> None:
        await _pushed(store)
        assert await store.transactions.open(a.transaction("run", expires_at=after(600)), "pushed")
        await store.purge(after(300), 100)
        assert await store.transactions.conclude(_answer(store, "run", at=after(300)))

    async def test_a_pushed_request_that_nobody_came_for_is_purged(self, store: Store) -> None:
        await _pushed(store)
        assert await store.purge(after(60), 100) == 1
        assert await store.transactions.find(ISSUER, "pushed") is None


async def _pushed(store: Store) -> None:
    pushed = a.transaction("pushed", source="par", browser_digest=None, expires_at=after(60))
    assert await store.transactions.open(pushed)


def _answer(store: Store, txn_id: str | None, n: int = 0, **changes: object) -> Conclusion:
    allowed = a.grant(store)
    return a.conclusion(allowed, a.code(allowed, f"{txn_id}{n}"), txn_id=txn_id, pushed_id="pushed", **changes)
