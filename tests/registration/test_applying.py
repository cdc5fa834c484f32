"""A configuration gets into a store whole, what changed gets there later, and nothing is ever taken away."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from licet.ambient import Instant
from licet.events import Event, EventType
from licet.protocol.client_metadata import ClientMetadata
from licet.registration import applying
from licet.registration.desired import Configuration
from licet.registration.differences import compare
from licet.storage.ports import Ending
from licet.storage.records import Client, Issuer, Revocation
from licet.storage.sqlite import SQLiteStore
from licet.storage.sqlite.registration import CLIENTS
from tests.registration.conftest import TOP, Reads
from tests.registration.test_desired import APPS, STRONG, made
from tests.vouching import VOUCHING

pytestmark = pytest.mark.anyio

TEXT = TOP + APPS
DIGEST = b"\x01" * 32


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SQLiteStore]:
    opened = SQLiteStore.open(tmp_path / "licet.db", VOUCHING)
    event = Event(issuer_id=1, type=EventType.ISSUER_CREATED, at=Instant(1))
    await opened.issuers.create(Issuer(issuer_id=1, url="https://id.example.com"), event)
    yield opened
    await opened.close()


async def filled(store: SQLiteStore, desired: Configuration) -> Configuration:
    await brought(store, desired)
    return await applying.stored(store, 1)


async def brought(store: SQLiteStore, desired: Configuration, now: int = 10, *, deletes: bool = False) -> list[str]:
    """What is done to bring *store* to *desired*."""
    change = applying.Change(
        issuer_id=1, desired=desired, present=await applying.stored(store, 1), digest=DIGEST, now=Instant(now),
        deletes=deletes,
    )  # fmt: skip
    done = await applying.apply(store, change)
    assert done is not None
    return [str(one) for one in done]


async def applied(store: SQLiteStore, desired: Configuration, now: int = 20) -> list[str]:
    return await brought(store, desired, now)


async def test_an_empty_store_is_filled_with_everything(store: SQLiteStore, reads: Reads) -> None:
    desired = made(reads(TEXT))
    assert (await applying.stored(store, 1)).empty
    assert len(await brought(store, desired)) == 6
    present = await applying.stored(store, 1)
    assert compare(desired, present) == ()


async def test_the_record_tells_what_was_put(store: SQLiteStore, reads: Reads) -> None:
    await filled(store, made(reads(TEXT)))
    events = [chained.event for chained in await store.events.tail(1, 100)]
    assert [(event.type, event.client or event.object) for event in events[1:]] == [
        (EventType.RESOURCE_CREATED, "api.orders"),
        (EventType.CONFIGURATION_APPLIED, "scopes"),
        (EventType.CLIENT_CREATED, "shop"),
        (EventType.CLIENT_CREATED, "job"),
        (EventType.CONFIGURATION_APPLIED, ""),
    ]
    assert events[-1].data == {"manifest": DIGEST.hex(), "changes": 6}
    assert await store.events.verify() is None


async def test_the_same_again_writes_nothing(store: SQLiteStore, reads: Reads) -> None:
    await filled(store, made(reads(TEXT)))
    generation = await store.issuers.generation(1)
    assert await applied(store, made(reads(TEXT), now=20)) == []
    assert await store.issuers.generation(1) == generation


async def test_what_changed_is_updated_and_what_is_gone_stays(store: SQLiteStore, reads: Reads) -> None:
    """Deleting ends people's grants: that takes more than a missing line."""
    await filled(store, made(reads(TEXT)))
    part = TEXT[: TEXT.index("[app.job]")].replace('consent = "trusted"', "")
    part = part.replace(', "orders:write" = "Change your orders"', "").replace("See your orders", "See orders")
    assert await applied(store, made(reads(part))) == [
        "~ scope orders:read  says: See your orders → See orders",
        "~ app shop  consent: trusted → remember",
    ]
    present = await applying.stored(store, 1)
    assert [app.client.client_id for app in present.apps] == ["job", "shop"]
    assert {scope.name: scope.words for scope in present.apis[0].scopes} == {
        "orders:read": "See orders",
        "orders:write": "Change your orders",
    }


async def test_a_credential_that_stays_is_the_same_one(store: SQLiteStore, reads: Reads) -> None:
    before = {one.digest: one for app in (await filled(store, made(reads(TEXT)))).apps for one in app.credentials}
    rotated = TEXT.replace('[{ env = "A" }, { env = "B" }]', '[{ env = "B" }, { env = "C" }]')
    environment = {**STRONG, "C": "45c48cce2e2d7fbdea1afc51c7c6ad26"}
    assert await applied(store, made(reads(rotated), environment=environment)) == [
        "~ app shop  credentials: 1 added, 1 dropped"
    ]
    registered = await store.clients.find(1, "shop")
    assert registered is not None
    stayed = [one for one in registered.credentials if one.digest in before]
    assert stayed == [before[stayed[0].digest]]
    assert len(registered.credentials) == 2


async def test_what_an_operator_disabled_stays_disabled(store: SQLiteStore, reads: Reads) -> None:
    """And what was dead before stays dead."""
    await filled(store, made(reads(TEXT)))
    ending = Ending(
        issuer_id=1,
        at=Instant(15),
        reason="operator",
        revocation=Revocation(
            issuer_id=1, kind="client", key="shop", at=Instant(15), cause="operator", purge_at=Instant(99)
        ),
        event=Event(issuer_id=1, type=EventType.CLIENT_DISABLED, at=Instant(15), client="shop"),
    )
    assert await store.clients.end(ending, "shop")
    await applied(store, made(reads(TEXT.replace("token_lifetime = 120", "token_lifetime = 60")), now=20))
    registered = await store.clients.find(1, "shop")
    assert registered is not None
    client = registered.client
    assert (client.status, client.epoch, client.created_at) == ("disabled", 15, 1)
    assert client.policy.access_token_lifetime_s == 60


async def test_scopes_may_change_places(store: SQLiteStore, reads: Reads) -> None:
    """A scope belongs to one API at a time, also while it moves."""
    two = (
        'issuer = "https://id.example.com"\n[api.a]\naudience = "urn:a:x"\nscopes = {{ {0} = "x", one = "1" }}\n'
        '[api.b]\naudience = "urn:b:x"\nscopes = {{ {1} = "y" }}\n'
    )
    await filled(store, made(reads(two.format("left", "right"))))
    desired = made(reads(two.format("right", "left")))
    assert len(await applied(store, desired)) == 2
    assert compare(desired, await applying.stored(store, 1)) == ()


async def test_a_start_does_not_read_who_registered_itself(store: SQLiteStore) -> None:
    """A hundred thousand of them cost the comparison with the file nothing."""
    made = Client(
        issuer_id=1,
        client_id="x",
        source="dcr",
        kind="web-app",
        metadata=ClientMetadata(redirect_uris=("https://a.example.com/",), client_name="x" * 40),
        metadata_digest=bytes(32),
    )
    row, at = list(CLIENTS.encode(made)), CLIENTS.fields.index("client_id")
    rows = [[*row[:at], f"c{n:06}", *row[at + 1 :]] for n in range(100_000)]
    filed = msgspec.structs.replace(made, client_id="filed", source="file")
    await store._writer.submit(lambda tx: tx.many(CLIENTS.insert, [*rows, CLIENTS.encode(filed)]))
    begun = time.monotonic()
    found = await applying.stored(store, 1)
    assert time.monotonic() - begun < 0.25
    assert [app.client.client_id for app in found.apps] == ["filed"]
