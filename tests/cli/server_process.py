"""A server in a process of its own, for ``test_serving.py``: a kernel with a fast, a slow and a stubborn endpoint.

Run as ``python server_process.py HOST PORT [drain_s] [certificate key] [--fails]``; says what happens on stdout.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from licet.ambient import SystemClock, SystemEntropy
from licet.authorization_server.exchange import Document, Incoming, Json
from licet.authorization_server.web.addresses import hosts
from licet.authorization_server.web.assets import Assets
from licet.authorization_server.web.kernel import Kernel
from licet.authorization_server.web.limits import Limits, Patience
from licet.authorization_server.web.pages import Pages
from licet.authorization_server.web.routes import Kind, Route
from licet.cli import serving

QUICK = Patience(head_s=0.5, stalled_s=0.5, keep_alive_s=2.0, connections=20)
LIMITS = Limits(body_bytes=100_000, body_s=0.5, request_s=3.0)


def say(words: str) -> None:
    print(words, flush=True)


async def fast(incoming: Incoming) -> Json:
    return Json(body={"form": dict(incoming.form), "peer": incoming.peer})


async def slow(_incoming: Incoming) -> Json:
    say("slow began")
    await asyncio.sleep(1.0)
    return Json(body={"slow": "done"})


async def stubborn(_incoming: Incoming) -> Json:
    say("stubborn began")
    await asyncio.sleep(60)
    return Json(body={})


async def large(_incoming: Incoming) -> Document:
    return Document(body=b"x" * 5_000_000, max_age_s=1)


async def build(origin: str) -> Kernel:
    async def startup() -> None:
        if "--fails" in sys.argv:
            raise OSError("no store here")

    async def shutdown() -> None:
        say("store closed")

    routes = (
        Route("/fast", ("GET", "POST"), fast, Kind.API),
        Route("/slow", ("GET",), slow, Kind.API),
        Route("/stubborn", ("GET",), stubborn, Kind.API),
        Route("/large", ("GET",), large, Kind.DOCUMENT),
    )
    return Kernel(
        routes, hosts=hosts(origin), https=origin.startswith("https"), pages=Pages(origin, "", development=True),
        assets=Assets(), clock=SystemClock(), entropy=SystemEntropy(), on_refusal=lambda *_: None,
        limits=LIMITS, startup=startup, shutdown=shutdown,
    )  # fmt: skip


def main() -> int:
    host, port, *rest = [word for word in sys.argv[1:] if not word.startswith("--")]
    options: dict[str, Any] = {"drain_s": int(rest[0]) if rest else 5}
    if len(rest) > 1:
        options["certificate"] = serving.Certificate(rest[1], rest[2])
    try:
        return serving.run(
            build, host=host, port=int(port), patience=QUICK, on_ready=lambda origin: say(f"ready {origin}"), **options
        )
    except serving.CannotListenError as error:
        say(str(error))
        return 3


if __name__ == "__main__":
    sys.exit(main())
