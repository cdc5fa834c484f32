"""A change of the configuration: all of it or nothing, and only where everything is as it was judged."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from licet.events import EventType
from licet.storage.contract import samples as a
from licet.storage.contract.samples import ISSUER, after
from licet.storage.ports import (
    Configured,
    Configuring,
    Conflict,
    PutClient,
    PutOwnScopes,
    PutResource,
    RemoveClient,
    RemoveResource,
    Store,
    Unknown,
)


class ConfiguringAll:
    """``Store.configure``."""

    async def test_a_configuration_is_put_whole_or_not_at_all(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        notes = PutResource(resource=a.resource(), scopes=(a.scope("read"),), credentials=(), event=a.event())
        app = PutClient(client=a.client(), credentials=(a.credential("app"),), event=a.event())
        own = PutOwnScopes(issuer_id=ISSUER, scopes=(a.scope("openid", None),), event=a.event())
        taken = PutResource(
            resource=a.resource("other", identifier="https://notes.example"), scopes=(), credentials=(), event=a.event()
        )
        nothing = Configured()
        with pytest.raises(Conflict):
            await store.configure(_change(nothing, puts=(notes, app, own, taken)))
        assert await store.clients.every(ISSUER) == ()
        assert await store.resources.every(ISSUER) == ()
        assert await store.resources.own_scopes(ISSUER) == ()
        assert await store.issuers.generation(ISSUER) == 0
        assert len(await store.events.tail(ISSUER, 99)) == 1
        assert await store.configure(_change(nothing, puts=(notes, app, own)))
        assert [one.client for one in await store.clients.every(ISSUER)] == [app.client]
        assert [one.resource for one in await store.resources.every(ISSUER)] == [notes.resource]
        assert await store.resources.own_scopes(ISSUER) == own.scopes
        assert await store.issuers.generation(ISSUER) > 0
        assert [link.event.type for link in await store.events.tail(ISSUER, 1)] == [EventType.CONFIGURATION_APPLIED]
        assert len(await store.events.tail(ISSUER, 99)) == 5

    async def test_a_configuration_is_changed_only_where_it_is_as_it_was_judged(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        await store.resources.put(
            a.resource(), (a.scope("read"),), (a.credential("notes", owner_kind="resource"),), a.event()
        )
        await store.resources.put_own_scopes(ISSUER, (a.scope("openid", None),), a.event())
        await store.clients.put(a.client(), (a.credential("app"),), a.event())
        await store.clients.put(a.client("elsewhere", source="api"), (), a.event())
        seen = await _configured(store)
        app = PutClient(client=a.client(owner="berta"), credentials=(), event=a.event())
        for other in (
            replace(seen, apps=()),
            replace(seen, apis=()),
            replace(seen, own_scopes=()),
            replace(seen, apps=(replace(seen.apps[0], credentials=()),)),
            replace(seen, apis=(replace(seen.apis[0], credentials=()),)),
        ):
            assert not await store.configure(_change(other, puts=(app,)))
        assert await _configured(store) == seen
        await store.clients.put(a.client("elsewhere", source="api", owner="x"), (), a.event())  # none of its business
        assert await store.configure(_change(seen, puts=(app,)))
        assert not await store.configure(_change(seen, puts=(app,))), "it is another one now"

    async def test_a_configuration_is_changed_only_in_the_generation_it_was_judged_in(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        one, two = (PutClient(client=a.client(name), credentials=(), event=a.event()) for name in ("one", "two"))
        judged = await store.issuers.generation(ISSUER)
        assert await store.configure(_change(None, puts=(one,), generation=judged))
        recorded = len(await store.events.tail(ISSUER, 99))
        assert not await store.configure(_change(None, puts=(two,), generation=judged))
        assert not await store.configure(_change(Configured(), puts=(two,), generation=judged + 1))
        assert [found.client for found in await store.clients.every(ISSUER)] == [one.client]
        assert len(await store.events.tail(ISSUER, 99)) == recorded

    async def test_nobody_takes_over_what_came_in_another_way(self, store: Store) -> None:
        await store.issuers.create(a.issuer(), a.event())
        await store.clients.put(a.client(source="dcr"), (a.credential("app"),), a.event())
        mine = PutClient(client=a.client(), credentials=(), event=a.event())
        with pytest.raises(Conflict, match="another way"):
            await store.configure(_change(Configured(), puts=(mine,)))
        found = await store.clients.find(ISSUER, "app")
        assert found is not None
        assert (found.client.source, len(found.credentials)) == ("dcr", 1)

    async def test_what_was_removed_comes_back_with_nothing(self, store: Store) -> None:
        """An app's row stays as a tombstone; an API goes, and what it had may be put elsewhere in the same breath."""
        await store.issuers.create(a.issuer(), a.event())
        await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
        await store.resources.put(
            a.resource(), (a.scope("read"),), (a.credential("notes", owner_kind="resource"),), a.event()
        )
        await store.clients.put(a.client(), (a.credential("app"),), a.event())
        grant, family = await a.refreshable(store)
        gone = (
            RemoveClient(client_id="app", ending=a.ending("client", "app", after(5))),
            RemoveResource(name="notes", event=a.event(EventType.RESOURCE_REMOVED, object="api.notes")),
        )
        elsewhere = PutResource(
            resource=a.resource("mail", identifier="https://notes.example"),
            scopes=(a.scope("read"),), credentials=(), event=a.event(),
        )  # fmt: skip
        assert await store.configure(_change(await _configured(store), removals=gone, puts=(elsewhere,)))
        (tombstone,) = await store.clients.every(ISSUER)
        assert (tombstone.client.status, tombstone.client.epoch, tombstone.credentials) == ("removed", after(5), ())
        assert [one.resource.name for one in await store.resources.every(ISSUER)] == ["mail"]
        assert await store.revocations.ended(ISSUER, "client", "app") == after(5)
        assert await a.recorded(store, EventType.RESOURCE_REMOVED) == 1
        assert await store.issue(a.issuance(a.rotate(family, 0), at=after(6))) == Unknown()
        assert await store.configure(_change(await _configured(store), removals=gone[:1])), (
            "a second time it is nothing"
        )
        assert (await store.clients.every(ISSUER))[0].client.epoch == after(5)
        back = PutClient(client=a.client(), credentials=(), event=a.event())
        assert await store.configure(_change(await _configured(store), puts=(back,)))
        assert await store.issue(a.issuance(a.rotate(family, 0), at=after(7))) == Unknown(), "it is as dead as it was"
        assert grant.grant_id == family.grant_id


async def _configured(store: Store) -> Configured:
    return Configured(
        apps=await store.clients.of_source(ISSUER, "file"),
        apis=await store.resources.every(ISSUER),
        own_scopes=await store.resources.own_scopes(ISSUER),
    )


def _change(expected: Configured | None, **changes: Any) -> Configuring:
    return Configuring(issuer_id=ISSUER, expected=expected, event=a.event(EventType.CONFIGURATION_APPLIED), **changes)
