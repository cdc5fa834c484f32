"""Opening and closing, as the ASGI server announces them."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from licet.authorization_server.web.asgi import Receive, Send

Step = Callable[[], Awaitable[None]]

_log = logging.getLogger("licet.lifespan")


async def lifespan(receive: Receive, send: Send, startup: Step | None, shutdown: Step | None) -> None:
    """Run *startup* and *shutdown* when told to. The server is told of a failure; its reason goes to the log."""
    steps = {"lifespan.startup": startup, "lifespan.shutdown": shutdown}
    while True:
        kind = (await receive())["type"]
        step = steps.get(kind)
        try:
            if step is not None:
                await step()
        except Exception:  # noqa: BLE001 - logged, and told to the server
            _log.exception("%s failed", kind)
            await send({"type": f"{kind}.failed", "message": ""})
            return
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return
