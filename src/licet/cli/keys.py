"""``licet keys``: the keys that sign. A running server follows within a second."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar

import click

from licet.authorization_server.key_rotation import KeyRotation, Outpaced
from licet.authorization_server.key_schedule import revoked
from licet.authorization_server.keys import PURPOSES
from licet.authorization_server.settings import Settings
from licet.cli.desk import confirm
from licet.cli.main import FOUND, INCOMPLETE
from licet.cli.opening import CONFIG, Opened, fail, opened, read
from licet.cli.telling import OUTPUT, VERSION, YES, when
from licet.storage.records import Key
from licet.storage.vault import Unsealable

R = TypeVar("R")

_TIMES = ("publish_at", "active_at", "retire_at", "destroy_at", "hints_until")


@click.group()
def keys() -> None:
    """Look at the signing keys, rotate them, revoke one that leaked.

    \b
    Examples:
      licet keys list
      licet keys rotate
      licet keys revoke 3f9a… --reason "laptop stolen"
    """


@keys.command("list")
@OUTPUT
@CONFIG
def list_(output: str, config: Path) -> None:
    """Show every key: what it signs, in which state it is, and what comes next.

    \b
    Examples:
      licet keys list
      licet keys list --output json
    """

    async def run(at: Opened) -> tuple[Key, ...]:
        return await at.store.keys.every(at.issuer.issuer_id)

    _show(_with_store(config, run), output)


@keys.command()
@click.option("--purpose", type=click.Choice(sorted({purpose for purpose, _ in PURPOSES})), help="Only these keys.")
@click.option("--alg", type=click.Choice(sorted({alg for _, alg in PURPOSES})), help="Only keys of this algorithm.")
@click.option("--now", "at_once", is_flag=True, help="Sign with the new key at once: nobody can know it beforehand.")
@YES
@OUTPUT
@CONFIG
def rotate(purpose: str | None, alg: str | None, output: str, config: Path, *, at_once: bool, yes: bool) -> None:
    """Publish successors of the keys that sign; they sign a day later, when everybody knows them.

    The old keys stay published until the last token that they signed is over.

    \b
    Examples:
      licet keys rotate
      licet keys rotate --purpose access_token --alg ES256
      licet keys rotate --now --yes
    """
    which = [one for one in PURPOSES if purpose in (None, one[0]) and alg in (None, one[1])]
    if at_once:
        confirm("Some APIs may not know the new key for as long as they keep our keys. Sign with it at once?", yes=yes)

    async def run(at: Opened) -> tuple[Key, ...]:
        return await _rotation(at).rotate(which, at_once=at_once)

    _show(_with_store(config, run), output)


@keys.command()
@click.argument("kid")
@click.option("--reason", required=True, help="What happened; it is recorded, and APIs that follow the feed see it.")
@YES
@CONFIG
def revoke(kid: str, reason: str, config: Path, *, yes: bool) -> None:
    """Believe nothing any more that the key KID ever signed. Its private half is erased; if it signed, another one does.

    \b
    Example:
      licet keys revoke 3f9a12 --reason "laptop stolen"
    """
    if not reason.strip():
        raise click.UsageError("Say in --reason what happened: the record and APIs tell it.")
    confirm(f"Every token that {kid} signed is refused from now on. Revoke it?", yes=yes)

    async def run(at: Opened) -> bool:
        return await _rotation(at).revoke(kid, reason)

    if not _with_store(config, run):
        fail(f"There is no key {kid!r} to revoke. Look at: licet keys list", FOUND)
    click.echo(f"{kid} is revoked.")


@keys.command()
@CONFIG
def reseal(config: Path) -> None:
    """Seal the private keys under the first master key, after a line was put before the others; and vouch under it for
    passwords, credentials and what people are called, so that the old line can go.

    \b
    Example:
      licet keys reseal
    """

    async def run(at: Opened) -> tuple[int, int]:
        return await _rotation(at).reseal(), await at.store.vouch_anew()

    sealed, vouched = _with_store(config, run)
    click.echo(f"{sealed} sealed anew under the first master key, {vouched} vouched for.")


def _with_store(config: Path, do: Callable[[Opened], Awaitable[R]]) -> R:
    manifest = read(config)

    async def run() -> R:
        at = await opened(manifest, lock=False, create=False)
        try:
            return await do(at)
        except Outpaced:
            fail("Somebody else turned these keys just now; nothing was done. Look at: licet keys list", INCOMPLETE)
        except Unsealable as reason:
            fail(f"Nothing was done: no line of [server] secrets opens {reason}", INCOMPLETE)
        finally:
            await at.store.close()

    return asyncio.run(run())


def _rotation(at: Opened) -> KeyRotation:
    return KeyRotation(
        store=at.store,
        vault=at.vault,
        entropy=at.entropy,
        clock=at.clock,
        issuer_id=at.issuer.issuer_id,
        lives=Settings().keys,
        request_id=at.request_id,
    )


def _show(found: Iterable[Key], output: str) -> None:
    if output == "json":
        click.echo(json.dumps({"version": VERSION, "keys": [_row(key) for key in found]}, indent=2))
        return
    click.echo(f"{'KID':20}{'PURPOSE':14}{'ALG':7}{'STATE':11}NEXT")
    for key in found:
        click.echo(f"{key.kid:20}{key.purpose:14}{key.alg:7}{_state(key):11}{_next(key)}")


def _row(key: Key) -> dict[str, Any]:
    times = {name: when(getattr(key, name)) for name in _TIMES}
    return {"kid": key.kid, "purpose": key.purpose, "alg": key.alg, "state": _state(key), **times}


def _state(key: Key) -> str:
    return "revoked" if revoked(key) else key.state


def _next(key: Key) -> str:
    """What becomes of a key, and when."""
    said, at = {
        "pending": ("signs from", key.active_at),
        "active": ("signs since", key.active_at),
        "retiring": ("published until", key.retire_at),
        "retired": ("private key until", key.destroy_at),
        "destroyed": ("hints until", key.hints_until),
    }[key.state]
    return "" if at is None else f"{said} {when(at)}"
