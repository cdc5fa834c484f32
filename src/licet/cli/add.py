"""``licet add``: one more app or API in licet.toml, judged before it is written, every other byte as it was."""

from __future__ import annotations

import difflib
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from licet.cli import advising
from licet.cli.main import FOUND, INCOMPLETE, WRONG_CALL
from licet.cli.opening import CONFIG, fail, read
from licet.cli.telling import OUTPUT, as_json
from licet.registration import editing, piece
from licet.registration.advise import Advice
from licet.registration.advise import advise as advice_for
from licet.registration.decisions import Contradiction
from licet.registration.documents import PARTS
from licet.registration.kinds import KINDS, Kind
from licet.registration.mistakes import ManifestErrors
from licet.registration.questions import TYPICAL


@click.group()
def add() -> None:
    """Write an app or an API into licet.toml; comments, order and everything else stay as they are.

    Says what follows from what it is. A mistake is shown before anything is written, and then nothing is.

    \b
    Examples:
      licet add api orders --audience https://orders.example.com --scope "orders:read=See your orders"
      licet add web-app shop --url https://shop.example.com --callback /callback --may openid --may orders:read
      licet add service nightly --may orders:read --secret-env NIGHTLY_SECRET
      licet add tv lounge-tv --name "Lounge TV" --may orders:read --to living-room.toml
    """


_TO = click.option("--to", "part", metavar="FILE", help=f"Write into {PARTS}/FILE instead; it is made where missing.")
_DRY = click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")


@add.command()
@click.argument("name")
@click.option("--audience", required=True, metavar="URI", help="The aud of its tokens: its own address.")
@click.option("--scope", "scopes", multiple=True, metavar="NAME=WORDS", help="A scope, in the words people read.")
@click.option("--sensitive", multiple=True, metavar="NAME", help="One of these scopes that is asked for each time.")
@_TO
@_DRY
@OUTPUT
@CONFIG
def api(
    *,
    name: str,
    audience: str,
    scopes: tuple[str, ...],
    sensitive: tuple[str, ...],
    part: str | None,
    dry_run: bool,
    output: str,
    config: Path,
) -> None:
    """Something that is protected.

    \b
    Examples:
      licet add api orders --audience https://orders.example.com --scope "orders:read=See your orders"
      licet add api pay --audience https://pay.example.com --scope "pay=Send money from your account" --sensitive pay
    """
    said = dict(_scope(one) for one in scopes)
    if foreign := set(sensitive) - set(said):
        message = f"{', '.join(sorted(foreign))} is none of its scopes: name them with --scope"
        raise click.BadParameter(message, param_hint="--sensitive")
    manifest = read(config)
    _must_be_new("api", name, {one.name: one.place for one in manifest.apis})
    text = piece.api(
        piece.Api(name=name, audience=audience, scopes=tuple(said.items()), sensitive=frozenset(sensitive))
    )
    edit = _edited(config, part, text, "api")
    lines = [f"{name} is an API → its tokens say aud = {audience}"]
    lines += [f"    {scope}  {words}" for scope, words in said.items()]
    _finish(edit, lines, {"is": "api", "id": name}, dry_run=dry_run, output=output, config=config)


def _app(kind: Kind) -> click.Command:
    """``licet add KIND``."""
    options = [
        click.Argument(["client_id"], metavar="ID"),
        click.Option(["--name"], metavar="TEXT", help="What people read."),
        click.Option(["--url"], metavar="URL", help="Where it lives."),
        click.Option(["--callback", "callbacks"], multiple=True, metavar="URL", help="Where answers arrive."),
        click.Option(["--may"], multiple=True, metavar="SCOPE", help="A scope that it may ask for; again for another."),
        click.Option(["--because"], metavar="TEXT", help="Why it is one: for legacy alone."),
        click.Option(["--owner"], metavar="WHO", help="Who answers for it."),
        click.Option(["--secret-env"], metavar="NAME", help="The variable that its secret is in."),
        click.Option(["--secret-file"], metavar="PATH", help="The file that its secret is in."),
        click.Option(["--key-file"], metavar="PATH", help="Its public key (PEM)."),
        click.Option(["--key-url"], metavar="URL", help="Where it publishes its keys."),
        click.Option(["--regulated"], is_flag=True, help="Money, health, anything supervised."),
        click.Option(["--third-party"], is_flag=True, help="It is somebody else's."),
    ]
    command = click.Command(
        kind.name,
        callback=lambda **given: _add_app(kind, **given),
        params=list(options),
        short_help=kind.because,
        help=f"{kind.because[0].upper()}{kind.because[1:]}.\n\n\b\nExample:\n  {_EXAMPLES.get(kind.name) or _like(kind)}",
    )
    return CONFIG(OUTPUT(_DRY(_TO(command))))


_EXAMPLES = {
    "service": "licet add service nightly --may orders:read --secret-env NIGHTLY_SECRET",
    "mobile-app": "licet add mobile-app phone --callback com.example.app:/callback --may openid",
    "legacy": 'licet add legacy portal --because "replaced in spring" --callback https://portal.example.com/cb --may openid',
}


def _like(kind: Kind) -> str:
    where = " --url https://shop.example.com --callback /callback" if kind.application_type == "web" else ""
    where = " --callback http://127.0.0.1/callback" if kind.redirects and not where and not kind.callbacks else where
    return f"licet add {kind.name} my-{kind.name}{where} --may openid --may orders:read"


def _add_app(
    kind: Kind,
    *,
    client_id: str,
    may: tuple[str, ...],
    regulated: bool,
    third_party: bool,
    part: str | None,
    dry_run: bool,
    output: str,
    config: Path,
    secret_env: str | None,
    secret_file: str | None,
    key_file: str | None,
    key_url: str | None,
    **words: Any,
) -> None:
    proof, reference = _reference({"env": secret_env, "file": secret_file}, {"file": key_file, "jwks_url": key_url})
    found = _advice(kind, proof, regulated=regulated, third_party=third_party)
    manifest = read(config)
    _must_be_new("app", client_id, {one.client_id: one.place for one in manifest.apps})
    if not may and not kind.for_people:
        known = ", ".join(scope.name for api in manifest.apis for scope in api.scopes) or "none yet: licet add api"
        message = f"Say what it may ask for: --may SCOPE. Scopes of APIs here: {known}"
        raise click.UsageError(message)
    names = piece.Names(client_id=client_id, may=may or ("openid",), reference=reference, **words)
    edit = _edited(config, part, piece.app(found.app, names), "app")
    _finish(
        edit,
        advising.added(found, names),
        {"is": kind.name, "id": client_id},
        dry_run=dry_run,
        output=output,
        config=config,
    )


def _advice(kind: Kind, proof: Any, *, regulated: bool, third_party: bool) -> Advice:
    typical = TYPICAL[kind.name]
    said = replace(
        typical,
        regulated=regulated,
        party="third" if third_party else typical.party,
        secret=typical.secret or proof is not None,
        runs="server" if proof is not None and kind.proof == "optional" else typical.runs,
    )
    found = advice_for(said, named=kind.name, prefers=proof)
    if isinstance(found, Contradiction):
        fail(advising.contradiction(found, json=False), FOUND)
    return found


def _reference(secrets: dict[str, str | None], keys: dict[str, str | None]) -> tuple[str | None, str | None]:
    """What it proves itself with, and the table that names it; nothing where nothing was said."""
    given = [(proof, word, at) for proof, by in (("secret", secrets), ("key", keys)) for word, at in by.items() if at]
    if len(given) > 1:
        raise click.UsageError("Name one secret or one key; the other of two is written by hand while one is rotated")
    if not given:
        return None, None
    proof, word, at = given[0]
    return proof, f"{{ {word} = {piece.quoted(at)} }}"


def _scope(given: str) -> tuple[str, str]:
    name, separator, words = given.partition("=")
    if not separator or not name.strip() or not words.strip():
        message = f'{given!r} says no words: write "orders:read=See your orders"'
        raise click.BadParameter(message, param_hint="--scope")
    return name.strip(), words.strip()


def _must_be_new(group: str, name: str, there: dict[str, Any]) -> None:
    if (place := there.get(name)) is not None:
        fail(f"There is an {group} {name} already: {place.file}:{place.line}. Nothing was written.", FOUND)


def _edited(config: Path, part: str | None, text: str, group: str) -> editing.Edit:
    target = config if part is None else _part(config, part)
    try:
        return editing.edited(config, target, text, group)
    except ManifestErrors as errors:
        fail(f"Nothing was written, because it would be wrong:\n\n{errors}", WRONG_CALL)
    except ValueError as error:
        fail(f"Nothing was written: {error} in {target}. Say --to FILE, or write it as [{group}.ID]", FOUND)
    except OSError as error:
        fail(f"{target} cannot be read: {(error.strerror or 'error').lower()}", INCOMPLETE)


def _part(config: Path, part: str) -> Path:
    name = part.removeprefix(f"{PARTS}/")
    if Path(name).name != name or not name.endswith(".toml") or name.startswith("."):
        message = f"{part!r} is no file of {PARTS}: write a name such as living-room.toml"
        raise click.BadParameter(message, param_hint="--to")
    return config.parent / PARTS / name


def _finish(
    edit: editing.Edit, lines: list[str], told: dict[str, Any], *, dry_run: bool, output: str, config: Path
) -> None:
    name = str(edit.path.relative_to(config.parent)) if edit.path != config else config.name
    if not dry_run:
        try:
            editing.write(edit)
        except OSError as error:
            fail(f"{edit.path} was not written: {(error.strerror or 'error').lower()}", INCOMPLETE)
    if output == "json":
        click.echo(as_json({"added": told | {"file": name, "written": not dry_run}, "says": lines}))
        return
    if dry_run:
        before, after = (text.splitlines(keepends=True) for text in (edit.before, edit.after))
        click.echo("".join(difflib.unified_diff(before, after, name, name)), nl=False)
        sys.exit(0)
    click.echo("\n".join(f"  {line}" for line in [*lines, f"written to {name} (comments kept)"]))


for _kind in KINDS:
    add.add_command(_app(_kind))
