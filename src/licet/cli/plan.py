"""``licet plan``: what applying the file would do, before it is done."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import click

from licet.cli.main import FINE, FOUND, INCOMPLETE
from licet.cli.opening import fail, read
from licet.cli.plan_telling import markdown, text
from licet.cli.planning import planning
from licet.cli.servers import SERVER

FILE = click.argument(
    "file", type=click.Path(path_type=Path, dir_okay=False), default=Path("licet.toml"), required=False
)


@click.command()
@FILE
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Save the plan, to apply exactly that.")
@click.option("--check", is_flag=True, help="For CI: exit 1 if there is anything to do.")
@SERVER
@click.option(
    "--output", "-o", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True,
    help="For people, scripts or a pull request.",
)  # fmt: skip
def plan(file: Path, out: Path | None, server: str | None, output: str, *, check: bool) -> None:
    """Say what applying FILE (licet.toml) would do: to the configuration, to what is possible, to who is signed in.

    Nothing is changed. Where there is nothing to do, nothing is printed.

    \b
    Exit codes: 0 fine; 1 (with --check) something differs; 2 the file is wrong; 3 the store or the server could not
    be asked; 4 the server wants another token.

    \b
    Examples:
      licet plan
      licet plan --check
      licet plan --output markdown > plan.md
      licet plan --out friday.plan && licet apply --plan friday.plan
      licet plan --server https://id.example.com --check
    """
    told = asyncio.run(_told(file)) if server is None else _told_by(server, file)
    if out is not None:
        save(out, told)
    show(told, output)
    sys.exit(FOUND if check and told["changes"] else FINE)


async def _told(file: Path) -> dict[str, Any]:
    async with planning(read(file), create=False) as side_by_side:
        return (await side_by_side.plan()).told()


def _told_by(server: str, file: Path) -> dict[str, Any]:
    from licet.cli.remote import remote  # noqa: PLC0415  a client is loaded only where one is needed

    with remote(server, read(file)) as there:
        return there.plan()


def show(told: dict[str, Any], output: str) -> None:
    """The plan on stdout; that there is nothing to do on stderr, so that an empty plan is empty."""
    if output == "json":
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        said = (text if output == "text" else markdown)(told)
        click.echo(said, nl=bool(said))
    if not told["changes"]:
        click.echo("Nothing to do.", err=True)


def save(out: Path, told: dict[str, Any]) -> None:
    """Write the plan for ``licet apply --plan``; it holds no secret, but says much of what is served."""
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as saved:
            json.dump(told, saved, indent=2, ensure_ascii=False, sort_keys=True)
            saved.write("\n")
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}", INCOMPLETE)
