"""``licet token``: whether a token is alive, and why not; asked of the same gate that the server asks."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from licet.ambient import SECOND
from licet.authorization_server.keys import Ring
from licet.authorization_server.presented import FoundAccess, FoundRefresh, Lookup
from licet.cli import telling
from licet.cli.desk import Desk, desk
from licet.cli.grant import COLUMNS
from licet.cli.main import FINE, FOUND
from licet.cli.opening import CONFIG
from licet.cli.telling import OUTPUT, Told
from licet.protocol import access_token
from licet.protocol.errors import InvalidToken
from licet.storage.ports import Standing

LONGEST = 16_384
"""More characters than any token has."""


@click.group()
def token() -> None:
    """Say whether a token is alive, and if not, why.

    \b
    Examples:
      licet token show < token.txt
      pbpaste | licet token show --output json
    """


@token.command()
@OUTPUT
@CONFIG
def show(config: Path, output: str) -> None:
    """Read an access or refresh token from standard input and say all that hangs on it.

    Never give a token as an argument: everybody on a machine sees its command lines. Exit 0: alive. 1: dead or unknown.
    """
    if sys.stdin.isatty():
        click.echo("Paste the token and press Enter; it is not shown.", err=True)
    given = click.prompt("", hide_input=True, prompt_suffix="") if sys.stdin.isatty() else sys.stdin.read(LONGEST)

    async def run() -> bool:
        async with desk(config) as at:
            return await _show(at, given.strip(), output)

    sys.exit(FINE if asyncio.run(run()) else FOUND)


async def _show(at: Desk, given: str, output: str) -> bool:
    ring = Ring(at.at.vault, workers=1)
    try:
        await ring.load(at.store, at.issuer_id)
        lookup = Lookup(at.store, at.directory, ring, at.at.vault)
        access = await lookup.access_token(given, at.now)
        refresh = None if access is not None else await lookup.refresh_token(given, at.now)
        if access is not None:
            told, standing = _access(access), access.standing
        elif refresh is not None:
            told, standing = _refresh(refresh), refresh.standing
        else:
            told, standing = _unknown(at, ring, given), None
    finally:
        ring.close()
    telling.shown("token", told, {"grant": (await _grant(at, standing), COLUMNS)}, output)
    return bool(told["alive"])


def _access(found: FoundAccess) -> Told:
    return {
        "kind": "access token (JWT)" if found.digest is None else "access token (opaque)",
        "alive": not found.dead,
        "why": found.dead or "",
        "jti": found.jti,
        "client": found.client_id,
        "sub": found.sub,
        "aud": list(found.aud),
        "scope": list(found.scope),
        "issued_at": telling.when(found.issued_at),
        "expires_at": telling.when(found.expires_at),
    }


def _refresh(found: FoundRefresh) -> Told:
    family = found.family
    return {
        "kind": "refresh token",
        "alive": not found.dead,
        "client": family.client_id,
        **{
            name: value
            for name, value in telling.family(family, found.dead or "").items()
            if name not in ("alive", "why")
        },
        "why": found.dead or "",
        "because": family.why,
    }


def _unknown(at: Desk, ring: Ring, given: str) -> Told:
    """Why *given* is no token of ours, as far as that can be said."""
    why = "not a token of this server, or gone from the store after its end"
    if given.count(".") == 2:  # noqa: PLR2004  header, claims, signature (RFC 7515 §3.1)
        try:
            access_token.check(
                given,
                ring.verifying("access_token"),
                issuer=at.directory.issuer.url,
                audience=None,
                now_s=at.now // SECOND,
            )
        except InvalidToken as refusal:
            why = refusal.detail or refusal.description
    return {"kind": "unknown", "alive": False, "why": why}


async def _grant(at: Desk, standing: Standing | None) -> list[Told]:
    return [] if standing is None else [telling.grant(standing, await at.why_grant(standing))]
