"""What is to be said elsewhere: written with its cause, taken up by one at a time, settled by whoever took it."""

from __future__ import annotations

from asyncio import gather
from typing import Any

import pytest
from msgspec.structs import replace

from licet.ambient import Instant
from licet.events import Event, EventType
from licet.protocol.client_metadata import ClientMetadata
from licet.storage.contract import samples as a
from licet.storage.contract.samples import AT, ISSUER, after
from licet.storage.ports import Store
from licet.storage.records import Notice
from licet.storage.terms import NOTICE_KEPT

TOLD = ClientMetadata(backchannel_logout_uri="https://app.example/logout")

KEPT_UNTIL = Instant(AT + NOTICE_KEPT)


async def _client(store: Store, client_id: str, **changes: Any) -> None:
    await store.clients.put(a.client(client_id, **{"metadata": TOLD} | changes), (), a.event())


async def _visit(store: Store, session_id: str = "s1", *clients: str) -> None:
    """Anna is signed in, and these clients got an ID token."""
    await store.accounts.create(a.account(), ("anna",), a.password(), a.event())
    assert await store.sessions.begin(a.session(session_id), "p1", None, None, a.event())
    for client_id in clients:
        await _client(store, client_id)
        await _granted(store, session_id, client_id)


async def _granted(store: Store, session_id: str, client_id: str, **changes: Any) -> None:
    name = f"{session_id} {client_id} {len(changes)}"
    said = {"scope": ("openid", "read"), "sid": f"sid {client_id}", "access": "online"} | changes
    await a.concluded(store, name, session_id=session_id, client_id=client_id, **said)


async def _end(store: Store, session_id: str = "s1") -> None:
    assert await store.sessions.end(a.ending("session", session_id), session_id)


async def _told(store: Store, session_id: str = "s1") -> list[str]:
    return [notice.target for notice in await store.outbox.about(ISSUER, "logout", session_id)]


async def _claim(store: Store, at_s: int, *, limit: int = 9, busy: tuple[str, ...] = ()) -> tuple[Notice, ...]:
    return await store.outbox.claim(ISSUER, after(at_s), after(at_s + 30), limit=limit, busy=frozenset(busy))


class Outbox:
    """``outbox``, and the endings that fill it."""

    async def test_the_end_of_a_session_is_written_down_for_each_client(self, store: Store) -> None:
        """Once for each, whatever it was granted; with what the grant says, and nothing sent yet."""
        await _visit(store, "s1", "b", "a")
        await _granted(store, "s1", "a", access="offline", nonce="again")
        await _end(store)
        assert await store.outbox.about(ISSUER, "logout", "s1") == tuple(
            Notice(
                issuer_id=ISSUER,
                kind="logout",
                about="s1",
                target=client_id,
                payload={"sub": a.grant(store).sub, "sid": f"sid {client_id}"},
                next_at=AT,
                created_at=AT,
                purge_at=KEPT_UNTIL,
            )
            for client_id in ("a", "b")
        )
        assert await store.outbox.about(2, "logout", "s1") == ()

    async def test_who_is_not_told(self, store: Store) -> None:
        """Who did not ask for it, got no ID token, belongs to another session, or is switched off."""
        await _visit(store, "s1", "told", "disabled")
        await _client(store, "silent", metadata=ClientMetadata())
        for client_id in ("plain", "elsewhere"):
            await _client(store, client_id)
        await _granted(store, "s1", "silent")
        await _granted(store, "s1", "plain", scope=("read", "openid2"))
        await store.sessions.begin(a.session("s2"), "p1", None, None, a.event())
        await _granted(store, "s2", "elsewhere")
        await store.clients.end(a.ending("client", "disabled"), "disabled")
        await _end(store)
        assert await _told(store) == ["told"]
        assert await _told(store, "s2") == []

    @pytest.mark.parametrize("road", ["logout", "replaced", "password", "disabled", "everywhere", "everything"])
    async def test_every_road_on_which_a_session_ends(self, store: Store, road: str) -> None:
        """In the transaction of the ending; a second ending says nothing again."""
        await store.issuers.create(a.issuer(), a.event())
        await _visit(store, "s1", "app")
        subject, session = a.ending("subject", "anna"), a.ending("session", "s1")
        match road:
            case "logout":
                await _end(store)
            case "replaced":
                assert await store.sessions.begin(a.session("new"), "p1", session, None, a.event())
            case "password":
                assert await store.accounts.set_password(subject, a.password())
            case "disabled":
                assert await store.accounts.end(subject, "anna")
            case "everywhere":
                assert await store.accounts.end_everything(subject, "anna")
            case _:
                assert await store.issuers.end_everything(a.ending("all", "all"))
        assert await _told(store) == ["app"]
        claimed = await _claim(store, 0)
        assert await store.outbox.settle(replace(claimed[0], done_at=after(1), outcome="sent"), None)
        await store.sessions.end(session, "s1")
        await store.accounts.end(subject, "anna")
        assert await _claim(store, 100) == ()
        assert await _told(store) == ["app"]

    async def test_one_at_a_time_takes_it_up(self, store: Store) -> None:
        """However many ask at once; and again only when whoever took it up must be gone."""
        await _visit(store, "s1", "app")
        await _end(store)
        claims = await gather(*(_claim(store, 0) for _ in range(20)))
        (claimed,) = [one for claim in claims for one in claim]
        assert (claimed.attempts, claimed.next_at) == (1, after(30))
        assert await _claim(store, 29) == ()
        (again,) = await _claim(store, 30)
        assert again.attempts == 2

    async def test_a_claim_is_one_for_each_target_that_is_not_busy(self, store: Store) -> None:
        """A dead client's notices stand in nobody's way; the oldest come first, *limit* at most."""
        await _visit(store, "s1", "a", "b", "c")
        await store.sessions.begin(a.session("s2"), "p1", None, None, a.event())
        await _granted(store, "s2", "a")
        await _end(store)
        await _end(store, "s2")
        assert sorted(one.target for one in await _claim(store, 0, limit=2, busy=("b",))) == ["a", "c"]
        assert sorted(one.target for one in await _claim(store, 0, busy=("b",))) == ["a"]
        assert sorted(one.target for one in await _claim(store, 0)) == ["b"]
        assert await _claim(store, 0) == ()

    async def test_only_who_holds_the_claim_settles(self, store: Store) -> None:
        """An attempt that came back too late changes nothing; the event is recorded with what it tells of."""
        await _visit(store, "s1", "app")
        await _end(store)
        (late,) = await _claim(store, 0)
        (held,) = await _claim(store, 30)
        event = Event(issuer_id=ISSUER, type=EventType.LOGOUT_SENT, at=after(31), actor="licet")
        assert not await store.outbox.settle(replace(late, done_at=after(31), outcome="sent"), event)
        assert await store.outbox.settle(replace(held, next_at=after(40), reason="status 500"), None)
        assert await _claim(store, 39) == ()
        (held,) = await _claim(store, 40)
        assert (held.attempts, held.reason) == (3, "status 500")
        done = replace(held, done_at=after(41), outcome="sent", reason="")
        assert await store.outbox.settle(done, event)
        assert not await store.outbox.settle(done, event)
        assert await a.recorded(store, EventType.LOGOUT_SENT) == 1
        assert await store.outbox.about(ISSUER, "logout", "s1") == (done,)
        assert await _claim(store, 9_999) == ()

    async def test_what_was_said_is_forgotten_in_the_end(self, store: Store) -> None:
        await _visit(store, "s1", "app")
        await _end(store)
        await store.purge(Instant(KEPT_UNTIL - 1), 1000)
        assert await _told(store) == ["app"]
        await store.purge(KEPT_UNTIL, 1000)
        assert await _told(store) == []
