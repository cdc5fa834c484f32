"""``licet import``: what another server exports, as a licet.toml, with the findings of what it brings."""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from licet.cli import telling
from licet.cli.main import FOUND, INCOMPLETE, WRONG_CALL
from licet.cli.opening import fail
from licet.protocol import issuer as issuers
from licet.registration import manifest as manifests
from licet.registration.addresses import is_loopback
from licet.registration.documents import FILE_LENGTH, PARTS
from licet.registration.importers import PRODUCTS
from licet.registration.importers.becoming import Became, Imported, become
from licet.registration.importers.findings import Found, findings, in_groups, noted
from licet.registration.importers.foreign import Realm
from licet.registration.importers.node import LARGEST, Unreadable, parse
from licet.registration.importers.proof import Secret
from licet.registration.manifest import NAME
from licet.registration.mistakes import ManifestErrors, Mistake, dotted
from licet.registration.settling import Gone, settle
from licet.registration.toml_text import Block, as_json, document

ISSUER = "https://id.example.com"
COLUMNS = ("name", "is", "carried", "notes")


@click.command(name="import")
@click.argument("product", type=click.Choice(sorted(PRODUCTS)))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--into", type=click.Path(dir_okay=False, path_type=Path),
              help="Write it there: a licet.toml, or a part in conf.d. Never overwrites.")  # fmt: skip
@click.option("--issuer", help="The address of the server it is for.")
@click.option("--out-secrets", "out_secrets", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the secrets that can come along there: an environment file, mode 0600.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only say what would become of it, and what is wrong with it.")
@telling.OUTPUT
def import_(
    product: str,
    file: Path,
    into: Path | None,
    issuer: str | None,
    out_secrets: Path | None,
    output: str,
    *,
    dry_run: bool,
) -> None:
    """Make a licet.toml of what PRODUCT exports into FILE, and say what is insecure in it.

    What each client became, what could not come along and why stands in the file as comments. Addresses with
    wildcards are never carried: the form to fill in is there. Secrets are never written into it.

    \b
    Where FILE comes from:
      keycloak               kc.sh export --realm shop --file shop.json
      django-oauth-toolkit   manage.py dumpdata oauth2_provider.application
      hydra                  hydra list oauth2-clients --format json

    \b
    Examples:
      licet import keycloak shop.json --dry-run
      licet import keycloak shop.json --into licet.toml --issuer https://id.example.com --out-secrets secrets.env
      licet import hydra clients.json --into conf.d/hydra.toml
      licet import django-oauth-toolkit apps.json --dry-run --output json

    Exit code 1: something was found or is a comment. 2: FILE is not what PRODUCT exports.
    """
    if dry_run and (into or out_secrets):
        raise click.UsageError("--dry-run writes nothing: leave --into and --out-secrets out.")
    for target in (into, out_secrets):
        if target is not None and os.path.lexists(target):
            fail(f"{target} is there already. Nothing was written.", FOUND)
    address = _acceptable(issuer)
    realm = _read(product, file)
    part = into is not None and into.parent.name == PARTS
    imported, mistakes = _settled(become(realm, address, guessed=issuer is None, part=part), address, part=part)
    if mistakes:
        fail("What comes of it would not be read:\n" + "\n".join(map(str, mistakes)), INCOMPLETE)
    found = findings(realm)
    text = document(noted(imported.blocks, found))
    if len(text.encode()) > FILE_LENGTH:  # they are told here all the same
        text = document(imported.blocks)
    written = _write(text, imported.secrets, into, out_secrets)
    if output == "json":
        _tell_scripts(imported, found, realm, None if into else text, written)
    else:
        _tell_people(imported, found, text if into is None and not dry_run else "", written, out_secrets)
    if found or not all(one.carried for one in imported.became):
        raise SystemExit(FOUND)


def _acceptable(issuer: str | None) -> str:
    address = issuer or ISSUER
    if reason := issuers.acceptable(address, development=is_loopback(address)):
        message = f"{address} {reason}"
        raise click.BadParameter(message, param_hint="--issuer")
    return address


def _read(product: str, file: Path) -> Realm:
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except OSError as error:
        fail(f"{file} cannot be read: {(error.strerror or 'error').lower()}.", WRONG_CALL)
    if len(content) > LARGEST:
        fail(f"{file} is larger than {LARGEST} bytes: export the clients without people.", WRONG_CALL)
    name, read = PRODUCTS[product]
    export, realm = None, None
    mistakes: tuple[str, ...] = ()
    try:
        export = parse(content)
        realm = read(export)
    except Unreadable as reason:
        mistakes = reason.mistakes
    lines = dict.fromkeys((*mistakes, *(export.mistakes if export else ())))
    if realm is None or lines:
        fail(f"{file} is not what {name} exports:\n" + "\n".join(f"  {line}" for line in lines), WRONG_CALL)
    return realm


def _settled(imported: Imported, issuer: str, *, part: bool) -> tuple[Imported, Sequence[Mistake]]:
    """*imported* such that the reader takes it; in a part the main file is not there, so one is put beside it."""

    def refused(text: str) -> Sequence[Mistake]:
        with TemporaryDirectory(prefix="licet-import-") as name:
            path = Path(name) / NAME
            path.write_text(f'issuer = "{issuer}"\n{text}' if part else text, encoding="utf-8")
            try:
                manifests.read(path)
            except ManifestErrors as errors:
                return errors.mistakes
        return ()

    blocks, gone = settle(imported.blocks, refused)
    became = tuple(_settled_one(one, blocks, gone) for one in imported.became)
    return replace(imported, blocks=blocks, became=became), refused(document(blocks))


def _settled_one(one: Became, blocks: Sequence[Block], gone: Gone) -> Became:
    reasons = gone.get(dotted((one.what, one.name)), [])
    off = any(block.path[:2] == (one.what, one.name) and block.off for block in blocks)
    return replace(one, carried=one.carried and not off, notes=(*one.notes, *reasons))


def _write(text: str, secrets: Sequence[Secret], into: Path | None, out_secrets: Path | None) -> list[str]:
    """Write what was asked for: the secrets first, with their mode from the first byte on."""
    written = []
    try:
        if out_secrets is not None:
            handle = os.open(out_secrets, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"{one.env}={shlex.quote(one.value)}\n" for one in secrets if one.value))
            written.append(str(out_secrets))
        if into is not None:
            into.parent.mkdir(parents=True, exist_ok=True)
            with into.open("x", encoding="utf-8") as file:
                file.write(text)
            written.append(str(into))
    except OSError as error:
        fail(f"{error.filename} could not be written: {(error.strerror or 'error').lower()}.", INCOMPLETE)
    return written


def _tell_scripts(
    imported: Imported, found: Sequence[Found], realm: Realm, text: str | None, written: list[str]
) -> None:
    body = {
        "version": telling.VERSION,
        "product": realm.product,
        "realm": realm.name,
        "became": [
            {"what": b.what, "name": b.name, "where": b.where, "is": b.kind, "carried": b.carried, "notes": b.notes}
            for b in imported.became
        ],
        "findings": [one.told() for one in found],
        "secrets": [
            {"of": one.owner, "env": one.env, "carried": bool(one.value), "reason": one.trouble, "rule": one.rule}
            for one in imported.secrets
        ],
        "notes": imported.notes,
        "written": written,
        "toml": text,
    }
    click.echo(as_json(body))


def _tell_people(
    imported: Imported, found: Sequence[Found], text: str, written: list[str], out_secrets: Path | None
) -> None:
    """The file on stdout where it goes nowhere else; then what is told goes to stderr, out of its way."""
    if text:
        click.echo(text, nl=False)
    aside = bool(text)
    rows = [
        {"name": f"{b.what}.{b.name}", "is": b.kind or None, "carried": b.carried, "notes": len(b.notes)}
        for b in imported.became
    ]
    click.echo(telling.table(rows, COLUMNS) if rows else "There is no client in it.", err=aside)
    for note in imported.notes:
        click.echo(f"note  {note}", err=aside)
    if found:
        click.echo(in_groups(found), err=aside)
    carried = [one for one in imported.secrets if one.value]
    if carried and out_secrets is None:
        count = f"{len(carried)} secret{'' if len(carried) == 1 else 's'}"
        click.echo(f"\n{count} can come along: --out-secrets FILE writes them.", err=aside)
    if written:
        click.echo(f"\nWritten: {', '.join(written)}. Next: licet doctor", err=aside)
