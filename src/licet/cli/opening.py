"""From ``licet.toml`` to an opened store: what ``serve``, ``user`` and ``doctor`` begin with."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import click

from licet.ambient import SystemClock, SystemEntropy
from licet.authorization_server import keys
from licet.cli.main import FOUND, INCOMPLETE, WRONG_CALL
from licet.events import Event, EventType
from licet.registration import manifest as manifests
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import Manifest
from licet.registration.references import resolver
from licet.storage import open_store
from licet.storage.ports import Store, Unavailable
from licet.storage.records import Issuer
from licet.storage.vault import MasterKeys, Vault
from licet.storage.vouching import Vouching

CONFIG = click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("licet.toml"),
    show_default=True,
    help="The configuration.",
)
ISSUER_ID = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A store that belongs to a configuration."""

    store: Store
    issuer: Issuer
    vault: Vault
    clock: SystemClock
    entropy: SystemEntropy
    manifest: Manifest
    request_id: str
    """Of this command or start: in every event that it causes."""


def read(config: Path) -> Manifest:
    """The configuration, or all its mistakes at once and exit 2."""
    if not config.exists():
        fail(f"There is no {config} here. Make one with: licet init", WRONG_CALL)
    try:
        return manifests.read(config)
    except ManifestErrors as errors:
        fail(str(errors), WRONG_CALL)


def vault_of(manifest: Manifest, entropy: SystemEntropy) -> Vault:
    """The vault under the master secret that *manifest* names; exits with the reason where there is none."""
    if manifest.server.secrets is None:
        fail("[server] secrets is missing; licet doctor says more", FOUND)
    return Vault(MasterKeys.parse(resolver()(manifest.server.secrets)), entropy)


async def opened(manifest: Manifest, *, lock: bool, create: bool) -> Opened:
    """Open the store of *manifest*; an empty one gets its issuer and keys. Exits with the reason where it cannot."""
    entropy, clock = SystemEntropy(), SystemClock()
    vault = vault_of(manifest, entropy)
    store = await _open(manifest.server.store, vault.vouching(), lock=lock, create=create)
    clock.not_before(await store.latest())
    issuer, request_id = await store.issuers.only(), entropy.bytes(8).hex()
    if issuer is None:
        issuer = Issuer(issuer_id=ISSUER_ID, url=manifest.issuer)
        now = clock.now()
        event = Event(
            issuer_id=ISSUER_ID,
            type=EventType.ISSUER_CREATED,
            at=now,
            actor="operator",
            object=issuer.url,
            request_id=request_id,
        )
        await store.issuers.create(issuer, event)
    problem = _foreign(issuer, manifest)
    if problem:
        await store.close()
        fail(problem, FOUND)
    if not await store.keys.every(issuer.issuer_id):  # new, or whoever made the issuer was killed before the keys
        await keys.create(store, vault, entropy, issuer.issuer_id, clock.now())
    return Opened(
        store=store, issuer=issuer, vault=vault, clock=clock, entropy=entropy, manifest=manifest, request_id=request_id
    )


async def _open(path: Path, vouching: Vouching, *, lock: bool, create: bool) -> Store:
    from licet.storage.schema.fresh import SchemaNewer, SchemaOlder  # noqa: PLC0415  --help must not load a backend
    from licet.storage.sqlite import StoreBusy, StoreMissing  # noqa: PLC0415

    try:
        return await open_store(f"sqlite:{path}", vouching, lock=lock, create=create)
    except (StoreBusy, StoreMissing, SchemaOlder, SchemaNewer, Unavailable) as reason:
        fail(str(reason), INCOMPLETE)


def _foreign(issuer: Issuer, manifest: Manifest) -> str:
    """Why this store is not this configuration's, or an empty string."""
    if issuer.development:
        return (
            f"{manifest.server.store} is a development store: its secrets were written to a file. "
            "Start a store of its own for serve, with another [server] store."
        )
    if issuer.url != manifest.issuer:
        return (
            f"{manifest.server.store} belongs to the issuer {issuer.url}, not to {manifest.issuer}. "
            "Every token names its issuer, so it cannot change: put the old one back, or start a new store."
        )
    return ""


def fail(message: str, code: int) -> NoReturn:
    """Say why on stderr and stop."""
    click.echo(message, err=True)
    sys.exit(code)
