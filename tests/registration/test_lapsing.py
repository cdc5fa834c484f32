"""People who agreed are asked again where what they agreed to is another thing now; the plan says how often."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from licet.storage.contract import samples as a
from licet.storage.records import ConsentItem
from licet.storage.sqlite import SQLiteStore
from tests.registration.conftest import TOP, Reads
from tests.registration.test_desired import APPS
from tests.registration.test_plan import applied, opened, planned

pytestmark = pytest.mark.anyio

ORDERS = "https://orders.example.com"
REMEMBERING = APPS.replace('consent = "trusted"', 'consent = "remember"')
READ = '"orders:read" = "See your orders"'
SALES = f'[api.sales]\naudience = "https://sales.example.com"\nscopes = {{ {READ} }}\n'
LAPSED = ["1 decision no longer covers orders:read"]
ASKED = ["1 person will be asked again"]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path, reads: Reads) -> AsyncIterator[SQLiteStore]:
    """Anna let the shop see her orders, for good."""
    store = await opened(tmp_path / "licet.db")
    await applied(store, reads(TOP + REMEMBERING))
    shop = await store.clients.find(1, "shop")
    assert shop is not None
    grant = a.grant(store, client_id="shop", subject_id="anna", scope=("orders:read",))
    consent = a.consent(
        client_id="shop",
        subject_id="anna",
        items=(ConsentItem("orders:read", ORDERS),),
        client_metadata_digest=shop.client.metadata_digest,
    )
    assert await store.transactions.conclude(a.conclusion(grant, a.code(grant), consent=consent))
    yield store
    await store.close()


async def said(store: SQLiteStore, reads: Reads, text: str) -> dict[str, list[str]]:
    told = (await planned(store, reads(text))).told()
    return {one["name"]: [effect["said"] for effect in one["effects"]] for one in told["changes"] if one["effects"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (TOP.replace(f"{READ}, ", "") + SALES + REMEMBERING, {"orders:read": LAPSED}),
        (TOP.replace(ORDERS, "https://o.example.com") + REMEMBERING, {"orders": LAPSED}),
        (
            TOP.replace(READ, '"orders:read" = { says = "See your orders", sensitive = true }') + REMEMBERING,
            {"orders:read": LAPSED},
        ),
        (TOP + REMEMBERING.replace('"remember"', '"always"'), {"shop": ASKED}),
        (TOP.replace("See your orders", "See orders") + REMEMBERING, {}),
        (TOP.replace("[api.orders]", "[api.sales]") + REMEMBERING, {}),
        (TOP + APPS, {}),
    ],
    ids=["moved", "audience", "sensitive", "always", "other words", "the API's other name", "trusted"],
)
async def test_what_was_agreed_to(store: SQLiteStore, reads: Reads, text: str, expected: dict[str, list[str]]) -> None:
    assert await said(store, reads, text) == expected


async def test_an_app_that_is_another_itself_is_counted_once(store: SQLiteStore, reads: Reads) -> None:
    text = TOP.replace(ORDERS, "https://o.example.com") + REMEMBERING.replace(
        'consent = "remember"', 'consent = "remember"\nname = "New"'
    )
    assert await said(store, reads, text) == {"shop": ASKED}
