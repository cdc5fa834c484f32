"""Clients that nobody registered by hand: listed, disabled and let in again under ``licet registration``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import click
from msgspec.structs import replace

from licet.ambient import Instant
from licet.authorization_server.admission import client_usable
from licet.cli import telling
from licet.cli.desk import LOOKED_AT_MOST, STRIDE, Desk, confirm, desk
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, Opened, fail
from licet.cli.telling import OUTPUT, YES, Told
from licet.events import Event, EventType
from licet.protocol import redirect_uri as redirects
from licet.protocol.client_id_url import host_of
from licet.storage.ports import Registered
from licet.storage.records import Client

SOURCES = ("dcr", "cimd")
COLUMNS = ("id", "source", "host", "status", "last_used_at", "until")
_TOKENS = frozenset({EventType.TOKEN_ISSUED, EventType.TOKEN_REFRESHED})


@click.command()
@OUTPUT
@CONFIG
def clients(config: Path, output: str) -> None:
    """List the clients that registered themselves (dcr) or are known by their metadata document (cimd).

    LAST_USED_AT is when one last got a token, as far as the newest 20,000 lines of the record tell. UNTIL is when it
    is forgotten if nobody uses it.

    \b
    Examples:
      licet registration clients
      licet registration clients --output json
    """

    async def run() -> None:
        async with desk(config) as at:
            used = await _last_used(at)
            found = [one.client for source in SOURCES for one in await at.store.clients.of_source(at.issuer_id, source)]
            telling.listed("clients", [_told(client, used, at.now) for client in found], COLUMNS, None, output)

    asyncio.run(run())


@click.command()
@click.argument("client_id", metavar="CLIENT")
@YES
@OUTPUT
@CONFIG
def disable(config: Path, client_id: str, output: str, *, yes: bool) -> None:
    """Disable CLIENT: everything it was ever given ends, and its document does not bring it back.

    \b
    Example:
      licet registration disable https://agent.example.com/client.json --yes
    """

    async def run() -> None:
        async with desk(config) as at:
            client = (await _one(at, client_id)).client
            confirm(f"Disable {client.client_id} and end everything it was given?", yes=yes)
            about = {"client": client.client_id}
            ends = at.ending("client", client.client_id, EventType.CLIENT_DISABLED, "disabled by operator", **about)
            if not await at.store.clients.end(ends, client.client_id):
                fail(f"{client.client_id} is disabled already.", FOUND)
            await _show("disabled", at, client_id, output)

    asyncio.run(run())


@click.command()
@click.argument("client_id", metavar="CLIENT")
@OUTPUT
@CONFIG
def enable(config: Path, client_id: str, output: str) -> None:
    """Let CLIENT in again. What had ended stays ended: people are asked anew.

    \b
    Example:
      licet registration enable https://agent.example.com/client.json
    """

    async def run() -> None:
        async with desk(config) as at:
            one = await _one(at, client_id)
            if one.client.status == "active":
                fail(f"{client_id} is not disabled.", FOUND)
            event = Event(
                issuer_id=at.issuer_id,
                type=EventType.CLIENT_CHANGED,
                at=at.now,
                actor="operator",
                client=client_id,
                reason="enabled by operator",
                request_id=at.request_id,
            )
            active = replace(one.client, status="active", expires_at=None)
            await at.store.clients.put(active, one.credentials, event)
            await _show("enabled", at, client_id, output)

    asyncio.run(run())


async def unregistered(at: Opened) -> int:
    """How many clients there are that nobody registered by hand."""
    return sum([len(await at.store.clients.of_source(at.issuer.issuer_id, source)) for source in SOURCES])


async def _one(at: Desk, client_id: str) -> Registered:
    found = await at.store.clients.find(at.issuer_id, client_id)
    if found is None:
        fix = f' Refuse its host: refuse_hosts = ["{host}"].' if (host := host_of(client_id)) else ""
        return fail(f"There is no client {client_id!r} here.{fix}", FOUND)
    if found.client.source not in SOURCES:
        return fail(f"{client_id} was registered by the operator: change it there.", FOUND)
    return found


async def _show(name: str, at: Desk, client_id: str, output: str) -> None:
    client = (await _one(at, client_id)).client
    telling.shown(name, _told(client, {}, at.now), {}, output)


async def _last_used(at: Desk) -> Mapping[str, Instant]:
    used: dict[str, Instant] = {}
    before: tuple[int, int] | None = None
    for _ in range(LOOKED_AT_MOST // STRIDE):
        page = await at.store.listing.events(at.issuer_id, before, STRIDE)
        for one in page:
            if one.event.type in _TOKENS:
                used.setdefault(one.event.client, one.event.at)
        if len(page) < STRIDE:
            break
        before = (page[-1].node, page[-1].seq)
    return used


def _told(client: Client, used: Mapping[str, Instant], now: Instant) -> Told:
    uris = client.metadata.redirect_uris
    return {
        "id": client.client_id,
        "source": client.source,
        "host": host_of(client.client_id) or (redirects.display_host(uris[0]) if uris else ""),
        "name": client.metadata.client_name,
        "redirect_uris": list(uris),
        "scope": list(client.metadata.scope),
        "status": client.status,
        "usable": client_usable(client, now),
        "created_at": telling.when(client.created_at),
        "last_used_at": telling.when(used.get(client.client_id)),
        "until": telling.when(client.expires_at),
    }
