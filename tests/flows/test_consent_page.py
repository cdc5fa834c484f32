"""What the consent page says is true: what is new, what was allowed before, and whether it is asked again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

from licet.events import Event, EventType
from licet.storage.records import Resource, Scope
from tests.visitor import Form, Visitor
from tests.world import ORDERS, World

pytestmark = pytest.mark.anyio

AWAY, NEW, BEFORE = "Go on while you are away", "New this time", "You allowed this before"
REMEMBERED, EACH_TIME = "we ask again only when", "We ask you each time"


@dataclass
class Reader(Visitor):
    """Somebody who reads what they are asked."""

    read: list[str] = field(default_factory=list)

    async def fill(self, page: Form, response: httpx2.Response) -> httpx2.Response:
        if page.title.startswith("Consent"):
            self.read.append(response.text)
        return await super().fill(page, response)

    async def asked(self, **parameters: Any) -> str:
        """The one page of consent that a request leads to; allowed."""
        self.read.clear()
        await self.authorize(**parameters)
        (page,) = self.read
        return page


async def test_going_on_while_away_is_new_once(here: World) -> None:
    """The right to go on alone stands under "new" when only it is new, and under "before" when something else is."""
    async with here.visitor() as http:
        alice = Reader(http)
        assert AWAY not in await alice.asked(scope="openid orders.read")
        page = await alice.asked(scope="openid orders.read offline_access")
        assert page.index(NEW) < page.index(AWAY) < page.index(BEFORE) < page.index("Use orders.read")
        page = await alice.asked(scope="openid orders.read orders.write offline_access")
        assert page.index(NEW) < page.index("Use orders.write") < page.index(BEFORE) < page.index(AWAY)


async def test_what_is_sensitive_is_not_promised_to_be_remembered(here: World) -> None:
    """It is asked for each time, and the page says so (rulings C)."""
    words = tuple(
        Scope(issuer_id=1, name=name, resource=ORDERS, words=f"Use {name}", sensitive=name == "orders.write")
        for name in ("orders.read", "orders.write")
    )
    resource = Resource(issuer_id=1, identifier=ORDERS, name="orders", token_format="jwt")
    changed = Event(
        issuer_id=1, type=EventType.RESOURCE_CHANGED, at=here.clock.now(), actor="operator", object="api.orders"
    )
    await here.store.resources.put(resource, words, (), changed)
    await here.server.upkeep.directory.refresh()
    async with here.visitor() as http:
        alice = Reader(http)
        page = await alice.asked(scope="openid orders.read")
        assert REMEMBERED in page
        assert EACH_TIME not in page
        for _ in range(2):
            page = await alice.asked(scope="openid orders.read orders.write")
            assert EACH_TIME in page
            assert REMEMBERED not in page
