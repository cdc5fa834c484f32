"""``licet init``: asks three things, writes a configuration that works, and says what comes next."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from licet.ambient import SystemEntropy
from licet.cli.main import FOUND, INCOMPLETE
from licet.registration import init as beginnings
from licet.registration.init import Answers, Beginning, File
from licet.registration.kinds import BY_NAME, KINDS
from licet.registration.manifest import NAME, read
from licet.registration.mistakes import ManifestErrors


class Refused(click.ClickException):
    """There is something in the way."""

    exit_code = FOUND


class Incomplete(click.ClickException):
    """It could not be written."""

    exit_code = INCOMPLETE


@click.command()
@click.option("--address", metavar="URL", help="Where people and apps reach the server, as in https://id.example.com.")
@click.option("--store", type=click.Choice(["sqlite", "postgresql"]), help="What remembers: sqlite; postgresql comes.")
@click.option(
    "--app",
    "kind",
    type=click.Choice(tuple(BY_NAME)),
    metavar="KIND",
    help=f"What the first app is: {', '.join(BY_NAME)}.",
)
@click.option("--app-id", default="", metavar="ID", help="Its client_id; named after its kind by default.")
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to write; here by default.",
)
@click.option("--yes", is_flag=True, help=f"Ask nothing: {beginnings.LOCAL}, sqlite and web-app where not said.")
@click.option("--output", type=click.Choice(["text", "json"]), default="text", help="For people or for scripts.")
def init(
    *, address: str | None, store: str | None, kind: str | None, app_id: str, directory: Path, yes: bool, output: str
) -> None:
    """Write a first licet.toml, its master key and a place for its store.

    Asks for the public address, the store and the kind of the first app. Never overwrites anything.

    \b
    Examples:
      licet init
      licet init --address id.example.com --app web-app
      licet init --app service --app-id nightly-report --yes
      licet init --dir /etc/licet --address id.example.com --app tv --output json
    """
    if store == "postgresql":
        raise click.BadParameter("postgresql is not there yet; sqlite serves one machine well", param_hint="--store")
    _refuse_existing(directory, [NAME, beginnings.MASTER_KEY])
    if not yes and None in {address, kind}:
        _must_be_answerable()
    asked = Answers(
        issuer=_address(address, ask=not yes),
        kind=BY_NAME[_chosen_kind(kind, store, ask=not yes)],
        app_id=app_id,
    )
    beginning = beginnings.begin(asked, SystemEntropy())
    _check(beginning)
    written = _write(directory, beginning.files)
    click.echo(_as_json(written, beginning) if output == "json" else _as_text(directory, written, beginning))


def _must_be_answerable() -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("Nobody is here to answer: give --address and --app, or --yes for the defaults.")


def _address(given: str | None, *, ask: bool) -> str:
    if given is None and ask:
        return str(click.prompt("Public address of the server", default=beginnings.LOCAL, value_proc=_acceptable))
    return _acceptable(given or beginnings.LOCAL)


def _acceptable(answer: str) -> str:
    issuer = beginnings.address(answer)
    if reason := beginnings.unacceptable(issuer):
        message = f"{issuer} {reason}"
        raise click.BadParameter(message, param_hint="--address")
    return issuer


def _chosen_kind(given: str | None, store: str | None, *, ask: bool) -> str:
    if given is not None or not ask:
        return given or "web-app"
    if store is None:
        click.prompt("What remembers (postgresql comes later)", type=click.Choice(["sqlite"]), default="sqlite")
    width = max(map(len, BY_NAME))
    click.echo("The first app is a …")
    for kind in KINDS:
        click.echo(f"  {kind.name:<{width}}  {kind.because}")
    return str(click.prompt("Kind", type=click.Choice(tuple(BY_NAME)), default="web-app", show_choices=False))


def _check(beginning: Beginning) -> None:
    """Read what is about to be written with the real reader: nobody should begin with a file that is refused."""
    with TemporaryDirectory(prefix="licet-init-") as name:
        path = Path(name) / NAME
        path.write_text(beginning.files[-1].text, encoding="utf-8")
        try:
            read(path)
        except ManifestErrors as errors:
            raise click.UsageError(str(errors)) from None


def _refuse_existing(directory: Path, paths: Iterable[str]) -> None:
    there = [path for path in paths if os.path.lexists(directory / path)]
    if there:
        message = f"Already in {directory.absolute()}: {', '.join(there)}. Nothing was written."
        raise Refused(message)


def _write(directory: Path, files: Iterable[File]) -> list[str]:
    """Write all files, or none: what was written before a failure is taken away again."""
    files = list(files)
    _refuse_existing(directory, [file.path for file in files if not file.optional])
    written: list[str] = []
    try:
        for file in files:
            path = directory / file.path
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700 if file.path != NAME else 0o755)
            if _create(path, file):
                written.append(file.path)
    except OSError as error:
        for name in written:
            with suppress(OSError):
                (directory / name).unlink()
        message = f"{error.filename} could not be written: {(error.strerror or 'error').lower()}. Nothing was kept."
        raise Incomplete(message) from None
    return written


def _create(path: Path, file: File) -> bool:
    """Create *path* with its mode from the first byte on; False where an optional file was there."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, file.mode)
    except FileExistsError:
        if file.optional:
            return False
        raise
    with os.fdopen(handle, "w", encoding="utf-8") as opened:
        opened.write(file.text)
    return True


def _as_text(directory: Path, written: list[str], beginning: Beginning) -> str:
    lines = [f"Written in {directory.absolute()}:"]
    lines += [f"  {path}" for path in written if not path.endswith(".gitignore")]
    lines += ["", *beginning.notes, "", "Next:"]
    lines += [f"  {command}" for command in _commands(directory, beginning)]
    return "\n".join(lines)


def _as_json(written: list[str], beginning: Beginning) -> str:
    return json.dumps({"version": 1, "written": written, "next": list(beginning.commands)}, indent=2)


def _commands(directory: Path, beginning: Beginning) -> list[str]:
    here = directory.absolute() == Path.cwd()
    return list(beginning.commands) if here else [f"cd {directory}", *beginning.commands]
