"""Looking at a server from behind while it is attacked: what it gave out, and what it remembers of a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx2
import pytest

from licet.ambient import SystemEntropy
from licet.events import EventType
from licet.resource_owner import accounts
from licet.storage.ending import ending
from licet.storage.sqlite import SQLiteStore
from tests.visitor import verifier
from tests.world import CALLBACK, SECRET, World

SPA = "https://spa.example.com/"
_TABLES = ("access_tokens", "families", "codes", "grants", "consents")
_TOKENS = (EventType.TOKEN_ISSUED, EventType.TOKEN_REFRESHED)
"""A JWT has no row: only its event tells of it."""


def row(here: World, sql: str, *parameters: Any) -> tuple[Any, ...] | None:
    """One row of the store, as a dump would show it."""
    return cast("SQLiteStore", here.store)._reader.row(sql, parameters)


async def given(here: World) -> dict[str, int]:
    """How many things were given out so far that are worth something."""
    counts = {table: row(here, f"SELECT count(*) FROM {table}") for table in _TABLES}
    tail = await here.store.events.tail(1, 10_000)
    tokens = sum(chained.event.type in _TOKENS for chained in tail)
    return {table: count[0] for table, count in counts.items() if count} | {"tokens": tokens}


@asynccontextmanager
async def nothing_given(here: World) -> AsyncIterator[None]:
    """Within, nothing is given out."""
    before = await given(here)
    yield
    assert await given(here) == before


async def noted(here: World, response: httpx2.Response) -> str:
    """The error that is remembered of a refused request; it must be remembered, with what it breaks."""
    await here.store.flush()
    found = row(
        here, "SELECT error, requirement, detail FROM refusals WHERE request_id = ?", response.headers["x-request-id"]
    )
    assert found is not None, "the refusal left no trace"
    error, requirement, detail = found
    assert requirement
    assert SECRET not in detail
    return str(error)


def asked(**change: Any) -> dict[str, Any]:
    """The parameters of an honest authorization request of the shop, with *change*; None leaves one out."""
    parameters = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "state": "st",
        "code_challenge": verifier()[1],
        "code_challenge_method": "S256",
    } | change
    return {name: value for name, value in parameters.items() if value is not None}


def told(response: httpx2.Response, address: str = CALLBACK) -> dict[str, str]:
    """What the client at *address* is told by a redirect."""
    assert response.status_code == 303, response.text[:500]
    location = response.headers["location"]
    assert location.startswith(address + "?"), location
    return dict(parse_qsl(urlsplit(location).query, keep_blank_values=True))


async def disable(here: World, what: str) -> None:
    """End a thing behind the server's back, as a command line does: nobody tells the running server."""
    now, alice = here.clock.now(), here.subjects["alice"]

    def of(kind: Any, key: str, event: EventType) -> Any:
        about = {"client": key} if kind == "client" else {"subject": alice}
        if kind == "grant":
            about |= {"client": "shop"}
        return ending(
            1, kind, key, at=now, cause=what, event=event, actor="operator", about=key, request_id="command", **about
        )

    match what:
        case "person":
            assert await here.store.accounts.end(of("subject", alice, EventType.ACCOUNT_DISABLED), alice)
        case "password":
            person = await here.store.accounts.find(1, alice)
            assert person is not None
            newer = accounts.password(person.account, person.authenticators[0].secret, SystemEntropy(), now)
            await here.store.accounts.set_password(of("subject", alice, EventType.PASSWORD_CHANGED), newer)
        case "consent":
            await here.store.consents.withdraw(of("grant", "alice", EventType.CONSENT_WITHDRAWN), alice, "shop")
        case "session":
            found = row(here, "SELECT session_id FROM sessions WHERE status = 'active'")
            assert found is not None
            await here.store.sessions.end(of("session", found[0], EventType.SESSION_ENDED), found[0])
        case client:
            await here.store.clients.end(of("client", client, EventType.CLIENT_DISABLED), client)


def just_before(
    monkeypatch: pytest.MonkeyPatch, port: Any, verb: str, happens: Callable[[], Awaitable[None]]
) -> list[str]:
    """Let something happen once between judging and writing: right before *verb* of *port* is done."""
    real, done = getattr(port, verb), []

    async def overtaken(*arguments: Any, **named: Any) -> Any:
        if not done:
            done.append(verb)
            await happens()
        return await real(*arguments, **named)

    monkeypatch.setattr(port, verb, overtaken)
    return done
