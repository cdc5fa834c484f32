"""After the server is up again: everything that clients hold is tried, and what they hear goes into the history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random

from prove.crash.acts import Acts


async def try_everything(acts: Acts, random: Random) -> None:
    """First look at every token; then bring everything again, in any order; then look once more."""
    await look(acts)
    known = acts.known
    tries: list[tuple[Callable[[str], Awaitable[str]], str]] = [(acts.redeem, code) for code in known.codes]
    tries += [(acts.redeem_device, device) for device in known.devices]
    tries += [(acts.refresh, token) for token in known.refresh]
    random.shuffle(tries)
    for again, thing in tries:
        await again(thing)
    await look(acts)


async def look(acts: Acts) -> None:
    """At every token, on every road."""
    for token, about in list(acts.known.access.items()):
        await acts.look(token)
        if about.person:
            await acts.look(token, at_userinfo=True)
