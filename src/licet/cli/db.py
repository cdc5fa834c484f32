"""``licet db``: the store's schema."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from licet.ambient import SystemEntropy
from licet.cli.main import FINE, FOUND, INCOMPLETE
from licet.cli.opening import CONFIG, fail, read, vault_of
from licet.storage.ports import Unavailable


@click.group()
def db() -> None:
    """Look after the store's schema.

    \b
    Examples:
      licet db status
      licet db upgrade
    """


@db.command()
@CONFIG
def status(config: Path) -> None:
    """Say whether the store has today's schema. Exit 0: it has. 1: it is older or newer."""
    from licet.storage.schema import upgrade as schema  # noqa: PLC0415  loads a migration tool
    from licet.storage.sqlite import StoreMissing  # noqa: PLC0415

    store = read(config).server.store
    try:
        at = schema.status(store)
    except (StoreMissing, Unavailable) as reason:
        fail(str(reason), INCOMPLETE)
    click.echo(f"{store}: revision {at.revision or 'none'}; lacks {', '.join(at.pending) or 'nothing'}")
    sys.exit(FINE if at.current else FOUND)


@db.command()
@CONFIG
def upgrade(config: Path) -> None:
    """Bring the store to today's schema. Stop the server first; keep a copy of the file."""
    from licet.storage.schema import upgrade as schema  # noqa: PLC0415  loads a migration tool
    from licet.storage.schema.fresh import SchemaNewer  # noqa: PLC0415
    from licet.storage.sqlite import StoreBusy, StoreMissing  # noqa: PLC0415

    manifest = read(config)
    store = manifest.server.store
    try:
        before = schema.upgrade(store, vault_of(manifest, SystemEntropy()).vouching())
    except (StoreBusy, StoreMissing, SchemaNewer, Unavailable) as reason:
        fail(str(reason), INCOMPLETE)
    click.echo(f"{store}: {', '.join(before.pending) or 'nothing'} applied; revision {schema.HEAD}")
