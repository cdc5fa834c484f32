"""``licet export``: the running state as a file that plans to nothing."""

from __future__ import annotations

import asyncio
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import click
import msgspec

from licet.cli.desk import Desk, desk
from licet.cli.main import FOUND, INCOMPLETE
from licet.cli.opening import CONFIG, fail
from licet.registration import applying, kubernetes
from licet.registration import export as exporting
from licet.registration.desired import SECRET, Configuration
from licet.registration.export import Around, Export
from licet.registration.manifest import NAME
from licet.registration.model import Manifest, Reference
from licet.registration.read_back import ReadBack
from licet.registration.references import Unresolved, resolver
from licet.registration.toml_text import as_json, document, tables

Format = Literal["toml", "json", "k8s"]

VERSION = 1
_NAMES = {"toml": NAME, "json": "licet.json", "k8s": "licet.yaml"}
_TAKEN_OVER = ("server", "lifetimes", "waiver")


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(["toml", "json", "k8s"]), default="toml", show_default=True,
              help="A licet.toml, its tables as JSON, or a ConfigMap with a Secret to fill in.")  # fmt: skip
@click.option("--only", multiple=True, metavar="app.ID", help="Only this app or api.NAME; may be given several times.")
@click.option("--all", "everything", is_flag=True, help="Show apps that registered themselves too, as comments.")
@click.option("--dir", "directory", type=click.Path(file_okay=False, path_type=Path),
              help="Write it there, under its usual name.")  # fmt: skip
@CONFIG
def export(
    file: Path | None, form: Format, only: tuple[str, ...], directory: Path | None, config: Path, *, everything: bool
) -> None:
    """Write down what the server runs, as a licet.toml that plans to nothing.

    Every app, API and scope that a file owns, with keys; secrets by the place where they are expected, never
    themselves. What an operator disabled is a comment. What no file can say is a comment too, and exit code 1.

    \b
    Examples:
      licet export                                   shows it
      licet export saved.toml                        never overwrites
      licet export --only app.shop --only api.orders
      licet export --all                             with apps that registered themselves
      licet export --format k8s --dir deploy
      licet export --format json | jq .configuration.app
    """
    if file is not None and directory is not None:
        raise click.UsageError("Say FILE or --dir, not both.")
    target = directory / _NAMES[form] if directory is not None else file
    if target is not None and os.path.lexists(target):
        fail(f"{target} is there already. Nothing was written.", FOUND)

    async def run() -> tuple[Export, tuple[str, ...]]:
        async with desk(config) as at:
            return await _made(at, config, target, frozenset(only), everything=everything)

    made, faults = asyncio.run(run())
    _give(_rendered(made, form), target)
    for name, reason in made.left_out:
        click.echo(f"{name} is not said as it is: {reason}", err=True)
    for fault in faults:
        click.echo(f"The file does not come to the same: {fault}", err=True)
    if made.left_out or faults:
        raise SystemExit(FOUND)


async def _made(
    at: Desk, config: Path, target: Path | None, only: frozenset[str], *, everything: bool
) -> tuple[Export, tuple[str, ...]]:
    """The export, and what reading it back says that it should not."""
    owned = await applying.stored(at.store, at.issuer_id)
    all_of_them = msgspec.structs.replace(owned, apps=await at.store.clients.every(at.issuer_id))
    around = _around(at, config, config.parent if target is None else target.parent)
    if only:
        _must_exist(only, all_of_them)
        return exporting.some(all_of_them, only, around), ()
    made = exporting.whole(all_of_them, around, everything=everything)
    return ReadBack(at.issuer_id, at.at.vault, at.at.entropy, at.now).check(made, owned)


def _must_exist(only: frozenset[str], stored: Configuration) -> None:
    apps = [one.client for one in stored.apps if one.client.status != "removed"]
    there = {f"app.{one.client_id}" for one in apps} | {f"api.{one.resource.name}" for one in stored.apis}
    if missing := sorted(only - there):
        fail(f"There is no {' and no '.join(missing)} here. Write app.ID or api.NAME.", FOUND)


def _around(at: Desk, config: Path, base: Path) -> Around:
    """What the store does not keep, from the file that it was opened by; paths are for a file in *base*."""
    manifest = at.at.manifest
    with config.open("rb") as file:
        raw: dict[str, Any] = tomllib.load(file)
    moved = None if base.resolve() == config.parent.resolve() else config.parent.absolute()
    tables_ = {name: raw[name] for name in _TAKEN_OVER if name in raw}
    if moved and "server" in tables_:
        tables_["server"] = _server_from(tables_["server"], moved)
    return Around(
        issuer=manifest.issuer,
        tables=tables_,
        because={app.client_id: app.because for app in manifest.apps},
        places=_places(at, manifest, base),
    )


def _server_from(server: Mapping[str, Any], directory: Path) -> dict[str, Any]:
    """``[server]`` with every path in it made absolute."""

    def absolute(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: absolute(name, one) for name, one in value.items()}
        if key in {"file", "certificate", "key", "ca_file"}:
            return str(directory / value)
        if key == "store":
            return f"sqlite:{directory / value.removeprefix('sqlite:')}"
        return value

    moved: dict[str, Any] = absolute("", dict(server))
    return moved


def _places(at: Desk, manifest: Manifest, base: Path) -> dict[bytes, dict[str, str]]:
    """Where each secret is that the file names and this process can read, by its digest."""
    found: dict[bytes, dict[str, str]] = {}
    resolve = resolver()
    named = [app.credentials for app in manifest.apps] + [api.credentials for api in manifest.apis]
    for reference in (one for credentials in named for one in credentials.secrets):
        with suppress(Unresolved):
            for digest in at.at.vault.digests(at.issuer_id, SECRET, resolve(reference)):
                found[digest] = _place(reference, base)
    return found


def _place(reference: Reference, base: Path) -> dict[str, str]:
    if reference.kind == "env":
        return {"env": reference.name}
    path, base = Path(reference.name), base.absolute()
    return {"file": str(path.relative_to(base) if path.is_relative_to(base) else path)}


def _rendered(made: Export, form: Format) -> str:
    if form == "toml":
        return document(made.blocks)
    if form == "k8s":
        return kubernetes.rendered(document(made.blocks), [*made.secrets.values(), *_master(made)])
    body = {
        "version": VERSION,
        "configuration": tables(made.blocks),
        "secrets": made.secrets,
        "left_out": [{"name": name, "reason": reason} for name, reason in made.left_out],
    }
    return as_json(body) + "\n"


def _master(made: Export) -> list[Mapping[str, str]]:
    reference = tables(made.blocks).get("server", {}).get("secrets")
    return [reference] if reference else []


def _give(text: str, target: Path | None) -> None:
    if target is None:
        click.echo(text, nl=False)
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        fail(f"{target} could not be written: {(error.strerror or 'error').lower()}.", INCOMPLETE)
    click.echo(f"Written: {target}", err=True)
