"""``licet advise``: how an app should sign in, from what it is, with every reason; asks on a terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from licet.cli import advising
from licet.cli.asking import ask
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG
from licet.registration import init as beginnings
from licet.registration import manifest as manifests
from licet.registration import piece, snippets
from licet.registration.advise import Advice, with_answers
from licet.registration.advise import advise as advice_for
from licet.registration.advise import of as about_one
from licet.registration.decisions import Contradiction
from licet.registration.kinds import BY_NAME
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import Manifest
from licet.registration.questions import QUESTIONS, RUNS


@click.command()
@click.option("--is", "named", type=click.Choice(tuple(BY_NAME)), metavar="KIND", help=f"{', '.join(BY_NAME)}.")
@click.option("--runs", type=click.Choice(RUNS), help="Where it runs.")
@click.option("--user/--no-user", default=None, help="Whether it acts for a person who signs in.")
@click.option("--browser/--no-browser", default=None, help="Whether the person has a browser there.")
@click.option("--typing/--constrained", default=None, help="Whether typing there is no pain.")
@click.option("--secret/--no-secret", default=None, help="Whether it can keep a secret.")
@click.option("--agent", "agent", flag_value="agent", default=None, help="It decides by itself what to do.")
@click.option("--mcp", "agent", flag_value="mcp-client", help="So it does, and speaks MCP.")
@click.option("--no-agent", "agent", flag_value="no", help="It does what people do with it.")
@click.option("--third-party", "party", flag_value="third", default=None, help="It is somebody else's.")
@click.option("--own", "party", flag_value="own", help="It is yours.")
@click.option("--regulated/--no-regulated", default=None, help="Money, health, anything supervised.")
@click.option("--proof", type=click.Choice(["secret", "key"]), help="What it proves itself with, where it can.")
@click.option("--id", "client_id", metavar="ID", help="Its client_id; named after its kind by default.")
@click.option("--callback", "callbacks", multiple=True, metavar="URL", help="Where answers arrive.")
@click.option("--may", multiple=True, metavar="SCOPE", help="A scope that it may ask for; again for another.")
@click.option("--issuer", metavar="URL", help="The server; by default the one of licet.toml, or of licet dev.")
@click.option("--stack", type=click.Choice(snippets.STACKS), help="Print the client's code, and nothing else.")
@click.option("--output", "-o", type=click.Choice(["text", "json"]), default="text", help="For people or for scripts.")
@click.option("--json", "as_json", is_flag=True, help="The same as --output json.")
@CONFIG
def advise(
    *,
    named: str | None,
    proof: Any,
    client_id: str | None,
    callbacks: tuple[str, ...],
    may: tuple[str, ...],
    issuer: str | None,
    stack: str | None,
    output: str,
    as_json: bool,
    config: Path,
    **answers: Any,
) -> None:
    """Say how an app should sign in, why, what was rejected, and what remains a risk.

    Says what to write into licet.toml (licet add writes it), and prints the client's code with --stack. Without
    answers it asks, one question at a time, on a terminal.

    \b
    Examples:
      licet advise
      licet advise --is web-app
      licet advise --is service --stack curl > job.sh
      licet advise --id lounge-tv --stack python-requests > tv.py     # an app that licet.toml has
      licet advise --runs computer --user --browser --typing --no-secret --json
    """
    as_json = as_json or output == "json"
    manifest = _manifest(config)
    said = {name: value for name, value in answers.items() if value is not None}
    there = _there(manifest, client_id, named) if not said and proof is None else None
    found, names = there or (_advice(named, said, proof), None)
    if isinstance(found, Contradiction):
        click.echo(advising.contradiction(found, json=as_json), err=not as_json)
        sys.exit(FOUND)
    names = _names(names or piece.guessed(found.app, client_id or f"my-{found.app.kind.name}"), callbacks, may)
    app = advising.client(found, names, _issuer(issuer, manifest), manifest.apis if manifest else ())
    if as_json:
        click.echo(advising.as_json(found, names, app, (stack,) if stack else snippets.STACKS))
    elif stack is not None:
        _print_code(snippets.snippet(stack, found.app, app))
    else:
        click.echo(advising.as_text(found, names, app, there=there is not None))


def _manifest(config: Path) -> Manifest | None:
    """The configuration, where there is one that can be read: advice needs none."""
    try:
        return manifests.read(config)
    except ManifestErrors:
        return None


def _there(manifest: Manifest | None, client_id: str | None, named: str | None) -> tuple[Advice, piece.Names] | None:
    """The app of that id in the file, if it is what it is said to be."""
    apps = manifest.apps if manifest else ()
    app = next((one for one in apps if one.client_id == client_id and named in {None, one.kind.name}), None)
    return None if app is None else about_one(app)


def _advice(named: str | None, said: dict[str, Any], proof: Any) -> Advice | Contradiction:
    known = with_answers(named, said)
    if known is None:
        if not sys.stdin.isatty():
            missing = [one for one in QUESTIONS if one.name not in said][:5]
            raise click.UsageError(
                "Nobody is here to answer: give --is KIND, or "
                + ", ".join("|".join(one.flags) for one in missing if one.name in _NEEDED)
            )
        known = with_answers(None, ask(said))
        assert known is not None
    return advice_for(known, named=named, prefers=proof)


_NEEDED = {"runs", "user", "browser", "typing", "secret"}


def _names(names: piece.Names, callbacks: tuple[str, ...], may: tuple[str, ...]) -> piece.Names:
    """What was said goes before what was guessed."""
    names = replace(names, callbacks=callbacks, url=None) if callbacks else names
    return replace(names, may=may) if may else names


def _issuer(given: str | None, manifest: Manifest | None) -> str:
    """What was given, what the configuration says, or where ``licet dev`` is."""
    if given is None:
        return manifest.issuer if manifest else beginnings.LOCAL
    if reason := beginnings.unacceptable(issuer := beginnings.address(given)):
        message = f"{issuer} {reason}"
        raise click.BadParameter(message, param_hint="--issuer")
    return issuer


def _print_code(code: snippets.Snippet | snippets.NotPrinted) -> None:
    if isinstance(code, snippets.NotPrinted):
        click.echo(f"No code: {code.why}.", err=True)
        sys.exit(FOUND)
    click.echo(f"Needs: {code.needs}", err=True)
    click.echo(code.text, nl=False)
