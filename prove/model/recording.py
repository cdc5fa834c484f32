"""Random crowds before a real server in this process, and what they saw: several requests at a time, each of them any."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import httpx2

from licet.events import EventType
from licet.storage.ending import ending
from prove.model.history import Call, History
from tests.flows.test_refresh import SPA, tokens
from tests.visitor import Visitor
from tests.world import World

READER = {"client_id": "reader", "redirect_uri": "http://127.0.0.1/callback"}
CLIENTS = (SPA, READER)
"""Public both: their refresh tokens rotate."""

_REFUSED = {(400, "invalid_grant"), (401, "invalid_client")}
_AT_ONCE = 4


async def families(here: World, dice: Random, rounds: int) -> History:
    """Refreshes by head, by what came before it and by the wrong client, and tokens given back."""
    history = History("family")
    values: list[list[str]] = [[(await tokens(here, client))["refresh_token"]] for client in CLIENTS]

    async def one() -> None:
        of = dice.randrange(2)
        by = of if dice.random() < 0.85 else 1 - of
        newest = len(values[of]) - 1
        value = newest if dice.random() < 0.9 else dice.randint(0, newest)
        verb = "refresh" if dice.random() < 0.95 else "revoke"
        form = {"client_id": CLIENTS[by]["client_id"]}
        token = values[of][value]
        number = history.begins(Call(verb, of, by, value))
        if verb == "revoke":
            answer = await _post(here, dice, "/revoke", form | {"token": token})
            history.ends(number, "given_back", answer.headers["x-request-id"])
            return
        answer = await _post(here, dice, "/token", form | {"grant_type": "refresh_token", "refresh_token": token})
        heard = _heard(answer)
        if heard == "ok" and _given(values[of], answer.json()["refresh_token"]) != value + 1:
            heard = "forked"  # which the model never says
        history.ends(number, heard, answer.headers["x-request-id"])

    return await _crowds(here, dice, history, rounds, one)


async def codes(here: World, dice: Random, rounds: int) -> History:
    """Codes redeemed rightly, with another verifier and by another client, and a client switched off meanwhile."""
    history = History("code")
    issued = []
    for client in CLIENTS:
        async with here.visitor() as http:
            issued.append(await Visitor(http).authorize(**client, scope="openid offline_access"))

    async def one() -> None:
        of = dice.randrange(2)
        if dice.random() < 0.06 and not any(call.verb == "switch_off" and call.of == of for call in history.calls):
            number = history.begins(Call("switch_off", of, of, 0))
            client_id = CLIENTS[of]["client_id"]
            end = ending(
                1,
                "client",
                client_id,
                at=here.clock.now(),
                cause="switched off",
                event=EventType.CLIENT_DISABLED,
                actor="operator",
                client=client_id,
                request_id=f"switched off {of}",
            )
            assert await here.store.clients.end(end, client_id)
            history.ends(number, "ok", f"switched off {of}")
            return
        by = of if dice.random() < 0.85 else 1 - of
        verb = dice.choice(("use", "guess", "guess"))
        form = {
            "client_id": CLIENTS[by]["client_id"],
            "grant_type": "authorization_code",
            "code": issued[of].parameters["code"],
            "code_verifier": issued[of].code_verifier if verb == "use" else "x" * 43,
        }
        number = history.begins(Call(verb, of, by, 0))
        answer = await _post(here, dice, "/token", form)
        history.ends(number, _heard(answer), answer.headers["x-request-id"])

    return await _crowds(here, dice, history, rounds, one)


async def _crowds(
    here: World, dice: Random, history: History, rounds: int, one: Callable[[], Awaitable[None]]
) -> History:
    for _ in range(rounds):
        await asyncio.gather(*(one() for _ in range(dice.randint(1, _AT_ONCE))))
        await here.server.upkeep.directory.refresh()
    history.events = await _chain(here, history)
    return history


async def _post(here: World, dice: Random, path: str, form: dict[str, str]) -> httpx2.Response:
    for _ in range(dice.randrange(3)):
        await asyncio.sleep(0)  # so that not everybody reads before anybody writes
    async with here.visitor() as http:
        answer: httpx2.Response = await http.post(path, data=form)
    return answer


def _given(values: list[str], token: str) -> int:
    """The number of the token that was given: a known one again, or the next."""
    if token not in values:
        values.append(token)
    return values.index(token)


def _heard(answer: httpx2.Response) -> str:
    if answer.is_success:
        return "ok"
    assert (answer.status_code, answer.json()["error"]) in _REFUSED, answer.text
    return "refused"


async def _chain(here: World, history: History) -> list[tuple[str, int]]:
    """What the calls left in the chain of events, in its order."""
    by: dict[Any, int] = {call.request_id: number for number, call in enumerate(history.calls)}
    tail = await here.store.events.tail(1, 10_000)
    chain = []
    for event in (chained.event for chained in tail):
        if event.request_id in by:
            chain.append((event.type.value.replace(".", "_"), by[event.request_id]))
    return chain
