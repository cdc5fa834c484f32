"""The demo API: somebody's orders, guarded as any API should be. It trusts tokens, not the server it happens to live in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count

import msgspec

from licet.ambient import SECOND
from licet.authorization_server.exchange import Incoming, Json
from licet.authorization_server.presented import Lookup
from licet.authorization_server.web.routes import Kind, Route
from licet.development.apps import ORDERS, READ, WRITE
from licet.protocol.access_token import AccessClaims
from licet.resource_server.admit import Admitted, Challenged, Validator, admit
from licet.resource_server.local import Local

_GOODS = ("tea", "bread", "apples")
_MOST = 100
"""Orders that are kept for one person: nobody's disk fills up."""
_REALM = "demo"


class Order(msgspec.Struct, frozen=True):
    """Something somebody ordered."""

    id: int
    item: str
    by: str
    """The ``sub`` it belongs to; an API knows people by nothing else (ASVS 10.3.3)."""


@dataclass(frozen=True, slots=True)
class Orders:
    """GET lists the orders of whoever the token is about, POST places one."""

    validator: Validator
    _placed: dict[str, list[Order]] = field(default_factory=dict)
    _ids: Iterator[int] = field(default_factory=lambda: count(101))

    async def listed(self, incoming: Incoming) -> Json:
        """GET: needs api.read."""
        who = self._admit(incoming, READ)
        if isinstance(who, Challenged):
            return _refused(who)
        return Json(body=self._of(who.claims))

    async def place(self, incoming: Incoming) -> Json:
        """POST: needs api.write."""
        who = self._admit(incoming, WRITE)
        if isinstance(who, Challenged):
            return _refused(who)
        orders = self._of(who.claims)
        order = Order(next(self._ids), (incoming.form.get("item") or _GOODS[0])[:100], who.claims.sub)
        orders.append(order)
        del orders[:-_MOST]
        return Json(body=order, status=201)

    def _admit(self, incoming: Incoming, needs: str) -> Admitted | Challenged:
        return admit(incoming.authorization, (needs,), self.validator, incoming.at // SECOND, _REALM)

    def _of(self, claims: AccessClaims) -> list[Order]:
        """What somebody has; everybody begins with the same three things."""
        sub = claims.sub
        return self._placed.setdefault(sub, [Order(next(self._ids), item, sub) for item in _GOODS])


def _refused(challenged: Challenged) -> Json:
    return Json(
        body=challenged.body,
        status=challenged.status,
        headers=(("WWW-Authenticate", challenged.www_authenticate),),
    )


def routes(lookup: Lookup) -> tuple[Route, ...]:
    """The API's rows of the table; it takes the public keys of its neighbour's ring, and nothing else from it."""
    issuer = lookup.directory.issuer.url
    orders = Orders(Local(f"{issuer}{ORDERS}", {issuer: lookup.ring.verifying("access_token")}))
    return (
        Route(ORDERS, ("GET",), orders.listed, Kind.API, browsers=True),
        Route(ORDERS, ("POST",), orders.place, Kind.API, browsers=True),
    )
