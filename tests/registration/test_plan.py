"""A plan says all that applying does, and applying does what was planned or nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import Event, EventType
from licet.registration import applying, manifest, plan
from licet.registration.applying import Change
from licet.registration.authority import powers
from licet.registration.desired import Configuration, Missing, records
from licet.registration.differences import digest
from licet.registration.facts import judged
from licet.registration.references import resolver
from licet.registration.unread import settled
from licet.storage.contract import samples as a
from licet.storage.ports import Store
from licet.storage.records import Issuer
from licet.storage.sqlite import SQLiteStore
from tests.registration.conftest import TOP, Reads
from tests.registration.random_files import SECRETS, configurations
from tests.registration.test_desired import APPS, ENTROPY, STRONG, VAULT
from tests.vouching import VOUCHING

pytestmark = pytest.mark.anyio

NOW = Instant(10)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def opened(path: Path) -> SQLiteStore:
    store = SQLiteStore.open(path, VOUCHING)
    event = Event(issuer_id=1, type=EventType.ISSUER_CREATED, at=Instant(1))
    await store.issuers.create(Issuer(issuer_id=1, url="https://id.example.com"), event)
    return store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    store = await opened(tmp_path / "licet.db")
    yield store
    await store.close()


async def desired(
    store: Store, read: manifest.Manifest, environment: dict[str, str]
) -> tuple[Configuration, Configuration, Any]:
    """What is wanted, what is there, and what could not be read."""
    present = await applying.stored(store, 1)
    missing: list[Missing] = []
    wanted = records(
        read, 1, VAULT, entropy=ENTROPY, now=NOW, resolve_secret=resolver(environment), known=present.digests,
        missing=missing,
    )  # fmt: skip
    return (*settled(wanted, missing, present)[:1], present, settled(wanted, missing, present)[1])


async def planned(store: Store, read: manifest.Manifest, environment: dict[str, str] = STRONG) -> plan.Plan:
    wanted, present, unread = await desired(store, read, environment)
    return await plan.make(
        store, 1, desired=wanted, present=present, unread=unread, now=NOW, judge=lambda after: judged(after, NOW)
    )


async def applied(
    store: Store, read: manifest.Manifest, environment: dict[str, str] = STRONG, *, deletes: bool = True, now: int = 20
) -> bool:
    wanted, present, _ = await desired(store, read, environment)
    change = Change(issuer_id=1, desired=wanted, present=present, digest=read.digest, now=Instant(now), deletes=deletes)
    return await applying.apply(store, change) is not None


def told(one: plan.Plan) -> str:
    return json.dumps(one.told(), sort_keys=True)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(before=configurations(), after=configurations())
def test_what_was_planned_is_what_is_there_afterwards(before: str, after: str) -> None:
    """For any two configurations: once the plan from one to the other was applied, the plan is empty, byte for byte; and
    what is possible is what the file says, no more and no less."""

    async def story(directory: Path) -> None:
        store = await opened(directory / "licet.db")
        try:
            (directory / "licet.toml").write_text(before)
            assert await applied(store, manifest.read(directory / "licet.toml"), SECRETS)
            (directory / "licet.toml").write_text(after)
            read = manifest.read(directory / "licet.toml")
            first, second = await planned(store, read, SECRETS), await planned(store, read, SECRETS)
            assert told(first) == told(second), "the same plan twice"
            assert first.empty == (first.world == first.wanted)
            assert await applied(store, read, SECRETS)
            wanted, present, _ = await desired(store, read, SECRETS)
            assert powers(present) == powers(wanted)
            left = await planned(store, read, SECRETS)
            assert left.empty
            assert (left.world, left.wanted) == (first.wanted, first.wanted)
            assert left.shift.gained == left.shift.lost == ()
            assert left.told()["changes"] == left.told()["becomes_possible"] == []
        finally:
            await store.close()

    with TemporaryDirectory() as directory:
        asyncio.run(story(Path(directory)))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(texts=st.lists(configurations(), min_size=3, max_size=3))
def test_two_at_once_never_mix(texts: list[str]) -> None:
    """Both were judged against the same store: the first is done whole, the other not at all."""

    async def story(directory: Path) -> None:
        store = await opened(directory / "licet.db")
        beside = SQLiteStore.open(directory / "licet.db", VOUCHING, lock=False)
        path = directory / "licet.toml"
        try:
            path.write_text(texts[0])
            await applied(store, manifest.read(path), SECRETS)
            reads, changes = [], []
            for text in texts[1:]:
                path.write_text(text)
                reads.append(manifest.read(path))
                wanted, present, _ = await desired(store, reads[-1], SECRETS)
                changes.append(
                    Change(issuer_id=1, desired=wanted, present=present, digest=b"", now=Instant(30), deletes=True)
                )
            done = await asyncio.gather(applying.apply(store, changes[0]), applying.apply(beside, changes[1]))
            there = digest(await applying.stored(store, 1))
            if None in done:
                assert there == digest(changes[done.index(None) - 1].desired)
            else:  # one of them had nothing to do
                assert () in done
                assert there in {digest(change.desired) for change in changes}
        finally:
            await beside.close()
            await store.close()

    with TemporaryDirectory() as directory:
        asyncio.run(story(Path(directory)))


async def test_a_first_plan_names_everything_and_lets_it_happen(store: SQLiteStore, reads: Reads) -> None:
    first = await planned(store, reads(TOP + APPS))
    assert [str(one) for one in first.changes] == [
        "+ api orders", "+ scope orders:read", "+ scope orders:write", "+ scope profile", "+ app shop", "+ app job",
    ]  # fmt: skip
    assert "app.shop may be answered at https://shop.example.com/cb" in first.told()["becomes_possible"]
    assert "app.shop gets openid without a question" in first.told()["becomes_possible"]
    assert "app.job may use client credentials: it acts for itself" in first.told()["becomes_possible"]
    assert first.told()["no_longer_possible"] == []
    assert first.added["job"] == "service · client credentials · may orders:read"


async def test_what_a_change_does_to_whom_is_counted(store: SQLiteStore, reads: Reads) -> None:
    await applied(store, reads(TOP + APPS))
    for n, (who, scope) in enumerate((("anna", ("orders:read",)), ("berta", ("openid",)), ("berta", ("orders:read",)))):
        grant = a.grant(store, client_id="shop", subject_id=who, scope=scope, handle=f"h{n}")
        consent = a.consent(client_id="shop", subject_id=who)
        assert await store.transactions.conclude(a.conclusion(grant, a.code(grant, f"c{n}"), consent=consent))
    narrower = TOP + APPS.replace('may = ["openid", "orders:read"]', 'may = ["openid"]').replace("online", "none")
    (change,) = (await planned(store, reads(narrower))).told()["changes"]
    assert change["fields"] == [
        {"name": "may", "said": "may: - orders:read", "before": ["openid", "orders:read"], "after": ["openid"]}
    ]
    assert [one["said"] for one in change["effects"]] == [
        "2 people will be asked again",
        "2 live grants lose orders:read",
    ]
    gone = TOP + APPS[: APPS.index("[app.shop]")] + APPS[APPS.index("[app.job]") :]
    (change,) = (await planned(store, reads(gone))).told()["changes"]
    assert [one["said"] for one in change["effects"]] == ["3 live grants end"]
    nothing_left = (await planned(store, reads('issuer = "https://id.example.com"\n'))).told()
    effects = {
        (one["what"], one["name"]): [effect["said"] for effect in one["effects"]] for one in nothing_left["changes"]
    }
    assert effects["api", "orders"] == ["2 live grants lose orders:read"]
    assert effects["app", "job"] == []


async def test_refresh_taken_away_is_said(store: SQLiteStore, reads: Reads) -> None:
    text = TOP + APPS.replace('consent = "trusted"', 'consent = "trusted"\nrefresh = "offline"')
    await applied(store, reads(text))
    await a.concluded(store, client_id="shop")
    never = await planned(store, reads(text.replace('refresh = "offline"', 'refresh = "none"')))
    assert [str(one) for one in never.effects["app", "shop"]] == ["1 live grant can no longer be renewed"]


async def test_what_an_operator_disabled_stays_so_and_is_no_power(store: SQLiteStore, reads: Reads) -> None:
    read = reads(TOP + APPS)
    await applied(store, read)
    before = await planned(store, read)
    assert await store.clients.end(a.ending("client", "shop"), "shop")
    after = await planned(store, read)
    assert after.empty
    assert after.shift.gained == ()
    assert after.world != before.world, "who planned before plans anew"


async def test_apps_that_came_in_another_way_are_left_alone(store: SQLiteStore, reads: Reads) -> None:
    await store.clients.put(a.client("elsewhere", source="dcr"), (), a.event())
    first = await planned(store, reads(TOP + APPS))
    assert first.unmanaged == 1
    await applied(store, reads(TOP + APPS))
    await applied(store, reads(TOP))
    left = {one.client.client_id: one.client.status for one in await store.clients.every(1)}
    assert left == {"elsewhere": "active", "shop": "removed", "job": "removed"}


async def test_what_was_deleted_comes_back_new_and_revives_nothing(store: SQLiteStore, reads: Reads) -> None:
    await applied(store, reads(TOP + APPS))
    grant, _ = await a.concluded(store, client_id="shop", issued_at=Instant(15))
    await applied(store, reads(TOP), now=20)
    assert await applied(store, reads(TOP + APPS), now=30)
    shop = await store.clients.find(1, "shop")
    assert shop is not None
    assert (shop.client.status, len(shop.credentials)) == ("active", 2)
    assert shop.client.epoch >= grant.issued_at
    kinds = [chained.event.type for chained in await store.events.tail(1, 100)]
    assert kinds.count(EventType.CLIENT_REMOVED) == 2
    assert kinds.count(EventType.CLIENT_CREATED) == 4
    assert await store.revocations.ended(1, "client", "shop") == Instant(20)


async def test_without_leave_nothing_goes(store: SQLiteStore, reads: Reads) -> None:
    await applied(store, reads(TOP + APPS))
    less = reads('issuer = "https://id.example.com"\n')
    assert await applied(store, less, deletes=False)
    assert {change.change for change in (await planned(store, less)).changes} == {"gone"}


async def test_an_api_may_take_the_place_of_another(store: SQLiteStore, reads: Reads) -> None:
    """The same audience and scopes under a new name: what goes makes room first."""
    await applied(store, reads(TOP))
    assert await applied(store, reads(TOP.replace("[api.orders]", "[api.sales]")))
    (api,) = await store.resources.every(1)
    assert (api.resource.name, [scope.name for scope in api.scopes]) == ("sales", ["orders:read", "orders:write"])


async def test_a_scope_that_goes_is_gone(store: SQLiteStore, reads: Reads) -> None:
    await applied(store, reads(TOP + APPS))
    less = TOP.replace(', "orders:write" = "Change your orders"', "") + APPS.replace('profile = "See your name"', "")
    assert [str(one) for one in (await planned(store, reads(less))).changes] == [
        "- scope orders:write", "- scope profile"
    ]  # fmt: skip
    assert await applied(store, reads(less))
    (api,) = await store.resources.every(1)
    assert [scope.name for scope in api.scopes] == ["orders:read"]
    assert await store.resources.own_scopes(1) == ()


async def test_secrets_that_cannot_be_read_here_stay_as_they_are(store: SQLiteStore, reads: Reads) -> None:
    read = reads(TOP + APPS)
    first = await planned(store, read, {"A": STRONG["A"]})
    assert first.told()["secrets_to_make"] == [{"of": "app.shop", "kind": "env", "name": "B"}]
    await applied(store, read)
    for environment in ({}, {"B": STRONG["B"]}):
        elsewhere = await planned(store, read, environment)
        assert elsewhere.empty
        assert {one["of"] for one in elsewhere.told()["secrets_kept"]} == {"app.shop"}
    said = told(await planned(store, read))
    assert not any(secret in said for secret in STRONG.values())


@pytest.mark.parametrize(
    "edit",
    [
        lambda present: replace(present, apps=present.apps[:-1]),
        lambda present: replace(present, apis=()),
        lambda present: replace(present, own_scopes=()),
    ],
)
async def test_nothing_is_done_where_the_store_is_another(
    store: SQLiteStore, reads: Reads, edit: Callable[[Configuration], Configuration]
) -> None:
    await applied(store, reads(TOP + APPS))
    wanted, present, _ = await desired(store, reads(TOP), STRONG)
    change = Change(issuer_id=1, desired=wanted, present=edit(present), digest=b"", now=NOW, deletes=True)
    assert change.differences
    generation = await store.issuers.generation(1)
    assert await applying.apply(store, change) is None
    assert await store.issuers.generation(1) == generation


async def test_the_rules_judge_what_there_is_afterwards(store: SQLiteStore, reads: Reads) -> None:
    read = reads(TOP + APPS)
    first = await planned(store, read)
    found = {(one["rule"], one["subject"]) for one in first.told()["findings"]}
    assert {("LA-041", "app.shop"), ("LA-052", "app.shop"), ("LA-063", "app.job")} <= found
    assert first.findings[0].severity.value == "high", "the worst first"
    await applied(store, read)
    assert (await planned(store, read)).findings == first.findings
