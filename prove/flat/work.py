"""The work that is measured: the same few requests, many times, and the processor time that they took."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import httpx2

from licet.authorization_server.web.message import Message
from tests.visitor import Visitor
from tests.world import CALLBACK, SECRET, World

AT_ONCE = 16
_FORM = (b"content-type", b"application/x-www-form-urlencoded")
Once = Callable[[], Awaitable[None]]


async def ask(here: World, path: str, form: dict[str, str]) -> dict[str, Any]:
    """One request straight to the kernel, as the listener makes it."""
    message = Message(body=urlencode(form).encode())
    lines = [(b"host", b"id.example.com"), _FORM, (b"content-length", b"%d" % len(message.body))]
    kernel = here.server.app
    reply = await kernel.answer(kernel.hear("POST", path, b"", lines, "192.0.2.1"), message.read)
    assert reply.status == 200, reply.body
    return dict(httpx2.Response(200, content=reply.body).json()) if reply.body else {}


@dataclass
class Workload:
    """What is done again and again in one world."""

    name: str
    once: Once

    async def cost_us(self, times: int) -> float:
        """Microseconds of processor time for one, of all threads of this process."""
        left = times

        async def worker() -> None:
            nonlocal left
            while left > 0:
                left -= 1
                await self.once()

        gc.collect()
        began = time.process_time()
        await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
        return (time.process_time() - began) / times * 1e6


async def workloads(here: World) -> tuple[Workload, ...]:
    """Issuing, introspection, refresh with rotation, and the whole of a code's life."""
    service = {"client_id": "billing", "client_secret": SECRET}

    async def issue() -> None:
        await ask(here, "/token", {"grant_type": "client_credentials", "scope": "invoices.read"} | service)

    form = {"grant_type": "client_credentials", "scope": "invoices.read"} | service
    known = (await ask(here, "/token", form))["access_token"]

    async def introspect() -> None:
        body = await ask(here, "/introspect", {"token": known, "client_id": "api.invoices", "client_secret": SECRET})
        assert body["active"] is True

    families = [await _refresh_token(here) for _ in range(AT_ONCE)]

    async def refresh() -> None:
        token = families.pop()
        body = await ask(here, "/token", {"grant_type": "refresh_token", "refresh_token": token, "client_id": "spa"})
        families.append(body["refresh_token"])

    return Workload("issue", issue), Workload("introspect", introspect), Workload("refresh", refresh)


async def _refresh_token(here: World) -> str:
    async with here.visitor() as http:
        answered = await Visitor(http).authorize(
            client_id="spa", redirect_uri="https://spa.example.com/", scope="openid offline_access"
        )
        code = {"grant_type": "authorization_code", "code": answered.parameters["code"], "client_id": "spa"}
        verified = {"redirect_uri": "https://spa.example.com/", "code_verifier": answered.code_verifier}
        return str((await http.post("/token", data=code | verified)).json()["refresh_token"])


async def code_life(here: World) -> Workload:
    """Authorize in a live session, redeem: the writes that touch the most tables."""
    http = here.visitor()
    visitor = Visitor(http)
    await visitor.authorize(scope="openid")

    async def once() -> None:
        answered = await visitor.authorize(scope="openid")
        form = {
            "grant_type": "authorization_code",
            "code": answered.parameters["code"],
            "redirect_uri": CALLBACK,
            "code_verifier": answered.code_verifier,
            "client_id": "shop",
            "client_secret": SECRET,
        }
        await ask(here, "/token", form)

    return Workload("code", once)
