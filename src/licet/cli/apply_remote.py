"""``licet apply --server``: the same, at a running server, which computes the plan and does it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from licet.ambient import SystemEntropy
from licet.cli import new_secrets
from licet.cli.apply import as_saved, say
from licet.cli.desk import confirm
from licet.cli.main import FOUND, INCOMPLETE
from licet.cli.opening import fail, read
from licet.cli.plan import show
from licet.cli.plan_telling import text
from licet.cli.remote import Drifted, Remote, remote
from licet.client.transport import Unreachable
from licet.registration.desired import Missing
from licet.registration.key_places import owned, secret_key
from licet.registration.model import Manifest


def apply_at(
    server: str,
    file: Path,
    saved: Path | None,
    out_secrets: Path | None,
    output: str,
    *,
    allow_delete: bool,
    yes: bool,
) -> None:
    """Show the server's plan, ask, and have exactly that done."""
    manifest = read(file)
    with remote(server, manifest) as there:
        told = there.plan()
        if saved is not None:
            as_saved(saved, told)
        if not told["changes"]:
            show(told, output)
            return
        if output == "text" or not yes:
            click.echo(text(told), err=output == "json")
        confirm("Apply this?", yes=yes)
        say(_done(there, told, manifest, out_secrets, allow_delete=allow_delete), output)


def _done(
    there: Remote, told: dict[str, Any], manifest: Manifest, out_secrets: Path | None, *, allow_delete: bool
) -> dict[str, Any]:
    """Make the secrets that the plan names, here, and have it done; what was made goes again where it was not."""
    missing = _missing(told, manifest)
    new = new_secrets.make(missing, SystemEntropy(), out_secrets)
    made = {secret_key(one.reference): new.made[one.reference] for one in missing}
    try:
        done = there.apply(told["fingerprint"], made, allow_delete=allow_delete)
    except Drifted as drifted:
        new.take_back()
        fail(
            f"Something else is there than was planned; nothing was done. Now it would be:\n{text(drifted.plan)}", FOUND
        )
    except Unreachable as reason:  # it may have been done: whoever throws these secrets away may lock an app out
        new.show()
        fail(f"{reason}. It may have been done: new secrets were kept. Look at: licet plan --server …", INCOMPLETE)
    except BaseException:
        new.take_back()
        raise
    new.show()
    return done


def _missing(told: dict[str, Any], manifest: Manifest) -> list[Missing]:
    """The references of the file that the plan wants secrets for."""
    named = {(one["of"], one["kind"], one["name"]) for one in told["secrets_to_make"]}
    return [one for one in owned(manifest) if (one.who, one.reference.kind, one.reference.name) in named]
