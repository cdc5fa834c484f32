"""A module, from a fresh server to its verdict."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import httpx2

from tests.conformance import back_channel, basic, config, logout, third_party
from tests.conformance.plans import REFUSED_BY_DESIGN, Manner, Plan
from tests.conformance.suite import MODULES, suite
from tests.conformance.verdict import PASSED, Refused, Skipped, Verdict

ROOMS: Final = (basic, config, third_party, logout, back_channel)
"""Imported so that their modules are known."""

Tamper = Callable[[httpx2.Response], Awaitable[None]]
"""Changes an answer of the server's before anybody sees it."""


async def outcome(plan: Plan, name: str, manner: Manner, tamper: Tamper | None = None) -> Verdict:
    """Play a module at a server of its own. What the server did wrong is raised."""
    async with suite(plan, manner, {"response": [tamper] if tamper else []}) as here:
        try:
            return await MODULES[name](here) or PASSED
        except Skipped as skipped:
            return Verdict("skipped", str(skipped))
        except Refused as refused:
            for (of, word), said in REFUSED_BY_DESIGN.items():
                if of == manner.name and word in refused.description:
                    return Verdict("refused", said)
            raise
