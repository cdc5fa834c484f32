"""``licet registration``: the tokens that let clients register themselves (RFC 7591 §3)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import click

from licet.ambient import SECOND, Instant
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, Opened, fail, opened, read
from licet.cli.registered import clients, disable, enable, unregistered
from licet.events import Event, EventType
from licet.protocol import secret_token
from licet.storage.records import InitialToken, RegistrationPolicy

Run = Callable[[Opened], Awaitable[str]]

_KIND = "ia"
_NAMED_BY = 12
"""Hexadecimal digits by which a token is named; the token itself is shown once."""
_DAY_S = 24 * 3600
_GRANTS = {
    "code": "authorization_code",
    "refresh": "refresh_token",
    "device": "urn:ietf:params:oauth:grant-type:device_code",
    "service": "client_credentials",
}


@click.group()
def registration() -> None:
    """Let clients in that nobody registers by hand: make tokens for it, look through clients, disable them.

    \b
    Examples:
      licet registration add --may "openid profile" --uses 20 --days 7 --note "partner team"
      licet registration list
      licet registration revoke 3f9a0c11d2e4
      licet registration clients
      licet registration disable https://agent.example.com/client.json
    """


registration.add_command(clients)
registration.add_command(disable)
registration.add_command(enable)


@registration.command()
@click.option("--may", default="openid", show_default=True, help="What its clients may ask for, at most.")
@click.option("--uses", type=click.IntRange(1, 100_000), default=1, show_default=True, help="How many may register.")
@click.option("--days", type=click.IntRange(1, 365), default=7, show_default=True, help="How long it is good.")
@click.option("--profile", type=click.Choice(["strict", "oidc-core"]), default="strict", show_default=True,
              help="oidc-core: for older OpenID Connect clients without PKCE.")  # fmt: skip
@click.option("--grant", "grants", type=click.Choice(list(_GRANTS)), multiple=True, default=("code", "refresh"),
              show_default=True, help="How they may get tokens.")  # fmt: skip
@click.option("--note", default="", help="Whom it is for.")
@CONFIG
def add(may: str, uses: int, days: int, profile: str, grants: tuple[str, ...], note: str, config: Path) -> None:
    """Make a token; it is printed once.

    \b
    Example:
      licet registration add --may "openid email" --uses 5
    """
    policy = RegistrationPolicy(
        profile="" if profile == "strict" else profile,
        scope=tuple(dict.fromkeys(may.split())),
        grant_types=tuple(_GRANTS[grant] for grant in grants),
    )

    async def run(at: Opened) -> str:
        token, now = secret_token.make(_KIND, at.entropy.bytes(secret_token.RANDOM_BYTES)), at.clock.now()
        made = InitialToken(
            issuer_id=at.issuer.issuer_id,
            digest=at.vault.digest(at.issuer.issuer_id, _KIND, token),
            note=note[:200],
            policy=policy,
            uses_left=uses,
            created_at=now,
            expires_at=Instant(now + days * _DAY_S * SECOND),
        )
        await at.store.registrations.create_token(made, _event(at, EventType.INITIAL_TOKEN_CREATED, made, now))
        return token

    click.echo(_with(config, run, create=True))


@registration.command(name="list")
@CONFIG
def list_(config: Path) -> None:
    """List the tokens there are, by name; none of them is shown again. Clients: licet registration clients.

    \b
    Example:
      licet registration list
    """

    async def run(at: Opened) -> str:
        tokens = await at.store.registrations.tokens(at.issuer.issuer_id)
        lines = [_line(token) for token in tokens] or ["There are no tokens."]
        if many := await unregistered(at):
            lines.append(f"{many} clients came without you: licet registration clients")
        return "\n".join(lines)

    click.echo(_with(config, run))


@registration.command()
@click.argument("name")
@CONFIG
def revoke(name: str, config: Path) -> None:
    """Take the token called NAME back. Clients that registered with it stay.

    \b
    Example:
      licet registration revoke 3f9a0c11d2e4
    """

    async def run(at: Opened) -> str:
        issuer_id, now = at.issuer.issuer_id, at.clock.now()
        found = [one for one in await at.store.registrations.tokens(issuer_id) if _name(one) == name]
        for token in found:
            event = _event(at, EventType.INITIAL_TOKEN_REVOKED, token, now)
            await at.store.registrations.revoke_token(issuer_id, token.digest, event)
        return f"Took {name} back." if found else ""

    said = _with(config, run)
    if not said:
        fail(f"There is no token called {name!r} here.", FOUND)
    click.echo(said)


def _with(config: Path, run: Run, *, create: bool = False) -> str:
    """Open the store, do it, close the store."""
    manifest = read(config)
    section = manifest.server.registration
    if section is None or not section.registers:
        fail("Registration is off: write [server.registration] into the configuration first.", FOUND)

    async def done() -> str:
        at = await opened(manifest, lock=False, create=create)
        try:
            return await run(at)
        finally:
            await at.store.close()

    return asyncio.run(done())


def _name(token: InitialToken) -> str:
    """The end of its digest: enough to tell tokens apart, nothing to find one by."""
    return token.digest.hex()[-_NAMED_BY:]


def _line(token: InitialToken) -> str:
    until = datetime.fromtimestamp(token.expires_at // SECOND, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return (
        f"{_name(token)}  {token.uses_left} left until {until}  {' '.join(token.policy.scope)}  {token.note}".rstrip()
    )


def _event(opened: Opened, kind: EventType, token: InitialToken, at: Instant) -> Event:
    return Event(
        issuer_id=token.issuer_id,
        type=kind,
        at=at,
        actor="operator",
        object=_name(token),
        request_id=opened.request_id,
    )
