"""``licet doctor``: what stands between ``licet.toml`` and a running server, each with its fix."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from licet.ambient import SystemClock
from licet.cli import waived
from licet.cli.main import FINE, FOUND
from licet.cli.opening import CONFIG, read
from licet.cli.preflight import Trouble, troubles


@click.command()
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="For scripts.")
def doctor(config: Path, *, as_json: bool) -> None:
    """Say what stands between licet.toml and a running server.

    Exit 0: nothing. 1: something. 2: the file itself is wrong.

    \b
    Examples:
      licet doctor
      licet doctor --config /etc/licet/licet.toml --json
    """
    manifest = read(config)
    found = (*troubles(manifest), *waived.notices(manifest, waived.day(SystemClock().now())))
    if as_json:
        click.echo(json.dumps({"version": 1, "troubles": [_as_dict(one) for one in found]}, indent=2))
    else:
        for one in found:
            click.echo(told(one))
        refused = any(one.level == "refused" for one in found)
        click.echo(f"{len(found)} found." if refused else "Nothing stands in the way: licet serve")
    sys.exit(FOUND if any(one.level == "refused" for one in found) else FINE)


def told(trouble: Trouble) -> str:
    """A trouble in three lines."""
    return f"{trouble.level:8} {trouble.what}\n   why   {trouble.why}\n   fix   {trouble.fix}\n"


def _as_dict(trouble: Trouble) -> dict[str, str]:
    return {"level": trouble.level, "what": trouble.what, "why": trouble.why, "fix": trouble.fix}
