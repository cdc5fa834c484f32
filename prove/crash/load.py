"""A mixed load: many clients at once, all kinds of acts, now and then one of them twice."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator, Mapping
from random import Random

from prove.crash.acts import SCOPES, Acts, Known
from prove.crash.history import LOST, History
from prove.crash.line import Line
from prove.single_use.served import Served

LANES = 8
_WEIGHTS: Mapping[str, int] = {
    "authorize": 6,
    "consent": 2,
    "redeem": 8,
    "refresh": 8,
    "client_credentials": 6,
    "ask_device": 3,
    "approve": 3,
    "redeem_device": 3,
    "revoke": 2,
    "end": 1,
    "look": 4,
}
_RECENT = 12
"""How far back somebody reaches; others have the same in hand."""
_HONEST = 0.85
"""How often somebody brings what was not brought before, if there is any."""


async def load(
    served: Served, history: History, known: Known, cookies: dict[str, str], seed: int, acts: int
) -> list[Line]:
    """Up to *acts* acts in all, until they are done or the server is gone; the connections are left open."""
    lines = [Line(served.port, seed % 250) for _ in range(LANES)]
    left = iter(range(acts))
    await asyncio.gather(
        *(
            _lane(Acts(served, history, known, line, cookies), Random(f"{seed} {n}"), left)
            for n, line in enumerate(lines)
        )
    )
    return lines


async def _lane(acts: Acts, random: Random, left: Iterator[int]) -> None:
    for _ in left:
        if await act(acts, random) == LOST:
            return


async def act(acts: Acts, random: Random) -> str:
    """One act that is possible now."""
    known = acts.known
    what = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
    client, api = random.choice(("shop", "spa", "spa")), random.choice(list(SCOPES))
    if things := _presented(known).get(what):
        thing = _one(things, random, known.tried)
        if what == "look":
            return await acts.look(thing, at_userinfo=known.access[thing].person and random.random() < 0.5)
        return str(await getattr(acts, what)(thing))
    if what == "ask_device":
        return await acts.ask_device()
    if what == "client_credentials":
        return await acts.client_credentials(api)
    return await acts.authorize(client, api, **({"prompt": "consent"} if what == "consent" else {}))


def _presented(known: Known) -> dict[str, Collection[str]]:
    """Acts that present something → what there is to present."""
    return {
        "redeem": known.codes,
        "refresh": known.refresh,
        "approve": sorted(known.devices.keys() - known.entered),
        "redeem_device": known.devices,
        "revoke": known.access,
        "end": known.refresh,
        "look": known.access,
    }


def _one(things: Collection[str], random: Random, tried: set[str]) -> str:
    """One of the newest, mostly one that nobody has tried yet."""
    newest = list(things)[-_RECENT:]
    untried = [thing for thing in newest if thing not in tried]
    return random.choice(untried if untried and random.random() < _HONEST else newest)
