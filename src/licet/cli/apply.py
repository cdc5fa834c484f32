"""``licet apply``: bring the store to the file, as it was planned."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import click

from licet.cli import new_secrets
from licet.cli.desk import confirm
from licet.cli.main import FINE, FOUND, WRONG_CALL
from licet.cli.opening import fail, read
from licet.cli.plan import FILE, show
from licet.cli.plan_telling import text
from licet.cli.planning import Planning, planning
from licet.cli.servers import SERVER
from licet.registration import applying
from licet.registration.differences import Difference
from licet.registration.plan import VERSION, Plan
from licet.storage.ports import Conflict

_DONE = {"added": "added", "changed": "changed", "gone": "deleted"}


@click.command()
@FILE
@click.option(
    "--plan", "saved", type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Do what was saved with licet plan --out, or nothing.",
)  # fmt: skip
@click.option("--allow-delete", is_flag=True, help="Delete what the file no longer names; what hangs on it ends.")
@click.option(
    "--out-secrets", type=click.Path(path_type=Path, dir_okay=False),
    help="Write new secrets there, as NAME=value lines, readable by you alone.",
)  # fmt: skip
@click.option("--yes", is_flag=True, help="Do not ask.")
@SERVER
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", show_default=True)
def apply(
    file: Path,
    saved: Path | None,
    out_secrets: Path | None,
    server: str | None,
    output: str,
    *,
    allow_delete: bool,
    yes: bool,
) -> None:
    """Bring the store to FILE (licet.toml), all at once or not at all. A running server honours it within a second.

    \b
    Exit codes: 0 done, or nothing to do; 1 not done, because something else is there than was planned;
    2 the file or the call is wrong; 3 the store could not be written, or the server not asked; 4 the server wants
    another token.

    \b
    Examples:
      licet apply
      licet apply --yes --allow-delete
      licet apply --plan friday.plan --yes
      licet apply --out-secrets secrets.env
      licet apply --server https://id.example.com --yes
    """
    if server is not None:
        from licet.cli.apply_remote import apply_at  # noqa: PLC0415  a client is loaded only where one is needed

        apply_at(server, file, saved, out_secrets, output, allow_delete=allow_delete, yes=yes)
        sys.exit(FINE)
    asyncio.run(_apply(file, saved, out_secrets, output, allow_delete=allow_delete, yes=yes))
    sys.exit(FINE)


async def _apply(
    file: Path, saved: Path | None, out_secrets: Path | None, output: str, *, allow_delete: bool, yes: bool
) -> None:
    async with planning(read(file), create=True) as side_by_side:
        plan = await side_by_side.plan()
        told = plan.told()
        if saved is not None:
            as_saved(saved, told)
        if plan.empty:
            show(told, output)
            return
        if output == "text" or not yes:
            click.echo(text(told), err=output == "json")
        confirm("Apply this?", yes=yes)
        done = await _do(side_by_side, plan, out_secrets, allow_delete=allow_delete)
    _say(told, done, output)


async def _do(
    side_by_side: Planning, plan: Plan, out_secrets: Path | None, *, allow_delete: bool
) -> tuple[Difference, ...]:
    """All of it, or exit 1 and nothing: the world is compared again in the transaction that changes it."""
    new = new_secrets.make(plan.unread.to_make, side_by_side.at.entropy, out_secrets)
    try:
        done = await applying.apply(side_by_side.at.store, side_by_side.change(new.made, deletes=allow_delete))
    except Conflict as conflict:
        new.take_back()
        fail(
            f"Something that is there stands in the way ({conflict}); nothing was done. Where the file no longer names it, "
            "say --allow-delete.",
            FOUND,
        )
    except BaseException:
        new.take_back()
        raise
    if done is None:
        new.take_back()
        fail("Somebody else changed the store since it was read; nothing was done. Look at: licet plan", FOUND)
    new.show()
    return done


def as_saved(saved: Path, told: dict[str, Any]) -> None:
    """Exit 1 unless the file and the store are as they were when the plan was saved; 2 if it is none."""
    try:
        plan = json.loads(saved.read_text(encoding="utf-8"))
        version, world, wanted = plan["version"], plan["world"], plan["wanted"]
    except (OSError, ValueError, KeyError, TypeError):
        fail(f"{saved} is not a plan. Make one with: licet plan --out {saved}", WRONG_CALL)
    if version != VERSION:
        fail(f"{saved} was made by another licet. Make it anew with: licet plan --out {saved}", WRONG_CALL)
    moved = [
        what
        for what, is_so in (
            ("the store holds something else", world == told["world"]),
            ("the file says something else", wanted == told["wanted"]),
        )
        if not is_so
    ]
    if moved:
        drift = text(told)
        fail(
            f"{' and '.join(moved)} than when {saved} was made; nothing was done."
            + (f" What there is to do now:\n{drift}" if drift else " There is nothing to do now."),
            FOUND,
        )


def _say(told: dict[str, Any], done: tuple[Difference, ...], output: str) -> None:
    counts: Counter[str] = Counter(one.change for one in done)
    skipped = sum(change["change"] == "gone" for change in told["changes"]) - counts["gone"]
    said = {word: counts[kind] for kind, word in _DONE.items()}
    say({"version": VERSION, "plan": told, "skipped_deletions": skipped, "done": said}, output)


def say(result: dict[str, Any], output: str) -> None:
    """What was done, wherever it was done."""
    if output == "json":
        click.echo(json.dumps(result, indent=2))
        return
    skipped = result["skipped_deletions"]
    said = ", ".join(f"{count} {word}" for word, count in result["done"].items() if count) or "nothing"
    left = f"; {skipped} deletion{'' if skipped == 1 else 's'} skipped (use --allow-delete)" if skipped else ""
    click.echo(f"  ✓ {said}{left}")
