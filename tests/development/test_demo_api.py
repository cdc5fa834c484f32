"""The demo API gives everybody their own orders, and nobody anything without a token that says so."""

from __future__ import annotations

import pytest

from licet.ambient import SECOND, Instant
from licet.authorization_server.exchange import Incoming, Json
from licet.development.apps import ORDERS, READ, WRITE
from licet.development.demo_api import Orders
from licet.protocol.parameters import Parameters
from tests.resource_server.tokens import LOCAL, NOW_S, token


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


pytestmark = pytest.mark.anyio


def incoming(sub: str, *scope: str, item: str = "", method: str = "GET") -> Incoming:
    return Incoming(
        method=method,
        path=ORDERS,
        query=Parameters(),
        form=Parameters([("item", item)]),
        authorization=f"Bearer {token(subject=sub, scope=scope)}",
        at=Instant(NOW_S * SECOND),
    )


def items(answer: Json) -> list[str]:
    return [order.item for order in answer.body]


async def test_an_order_is_for_whoever_placed_it() -> None:
    orders = Orders(LOCAL)
    placed = await orders.place(incoming("alice", WRITE, item="a kettle", method="POST"))
    assert (placed.status, placed.body.item, placed.body.by) == (201, "a kettle", "alice")
    assert items(await orders.listed(incoming("alice", READ)))[-1] == "a kettle"
    assert "a kettle" not in items(await orders.listed(incoming("bob", READ)))


@pytest.mark.parametrize(("method", "scope"), [("GET", WRITE), ("POST", READ), ("GET", "api"), ("POST", "api.write2")])
async def test_another_scope_is_refused_with_what_is_needed(method: str, scope: str) -> None:
    orders = Orders(LOCAL)
    asked = incoming("alice", scope, method=method)
    answer = await (orders.listed(asked) if method == "GET" else orders.place(asked))
    assert answer.status == 403
    needed = READ if method == "GET" else WRITE
    assert f'scope="{needed}"' in dict(answer.headers)["WWW-Authenticate"]


async def test_orders_do_not_grow_for_ever() -> None:
    orders = Orders(LOCAL)
    for number in range(120):
        await orders.place(incoming("alice", WRITE, item=str(number), method="POST"))
    kept = items(await orders.listed(incoming("alice", READ)))
    assert (len(kept), kept[-1]) == (100, "119")
