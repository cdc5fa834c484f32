"""``licet try``: a real client plays one of the three flows against ``licet dev``, and tells what goes over the wire."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from licet.cli.main import FINE, FOUND, INCOMPLETE

if TYPE_CHECKING:
    from licet.development.play import Play

_DIRECTORY = click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(".licet"),
    show_default=True,
    help="Where licet dev keeps everything.",
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document, for scripts; nobody is asked.")
_SHOW = click.option("--show-tokens", is_flag=True, help="Do not shorten tokens and secrets.")


@click.group()
def try_() -> None:
    """Play a flow against a running licet dev, and see each request and answer.

    Secrets are shortened, tokens are opened up. Each ends with a call to the demo API that is allowed, and one
    that is refused, with the reason. Exit 0: as it should be. 1: refused. 3: not completed.

    \b
    Examples:
      licet try web
      licet try tv --json
    """


@try_.command()
@_JSON
@_SHOW
@_DIRECTORY
def web(*, as_json: bool, show_tokens: bool, directory: Path) -> None:
    """A web shop signs alice in (authorization code + PKCE).

    Opens a browser. Without a display or a terminal, or with --json, it plays the browser itself and says so.

    \b
    Examples:
      licet try web
      licet try web --json | jq .tokens.id_token.claims
    """
    from licet.development.try_web import web as flow  # noqa: PLC0415 - --help must not load a client

    _try("web", flow, directory, as_json=as_json, show_tokens=show_tokens, needs_display=True)


@try_.command()
@_JSON
@_SHOW
@_DIRECTORY
def service(*, as_json: bool, show_tokens: bool, directory: Path) -> None:
    """A nightly job calls the demo API (client credentials).

    \b
    Examples:
      licet try service
      licet try service --json
    """
    from licet.development.try_service import service as flow  # noqa: PLC0415 - --help must not load a client

    _try("service", flow, directory, as_json=as_json, show_tokens=show_tokens, needs_display=False)


@try_.command()
@_JSON
@_SHOW
@_DIRECTORY
def tv(*, as_json: bool, show_tokens: bool, directory: Path) -> None:
    """A TV shows a code and a QR (device flow).

    Waits until you have entered the code on a page of the server. Without a terminal, or with --json, it plays
    that person too and says so.

    \b
    Examples:
      licet try tv
      licet try tv --json
    """
    from licet.development.try_tv import tv as flow  # noqa: PLC0415 - --help must not load a client

    _try("tv", flow, directory, as_json=as_json, show_tokens=show_tokens, needs_display=False)


def _try(
    name: str, flow: Callable[[Play], None], directory: Path, *, as_json: bool, show_tokens: bool, needs_display: bool
) -> None:
    """Play *flow*, tell it, and exit with what became of it."""
    from licet.ambient import SystemClock, SystemEntropy  # noqa: PLC0415 - --help must not load a client
    from licet.client.transport import Transport  # noqa: PLC0415
    from licet.development import description  # noqa: PLC0415
    from licet.development.place import Place  # noqa: PLC0415
    from licet.development.play import Play  # noqa: PLC0415
    from licet.development.story import Story  # noqa: PLC0415

    alone = as_json or not sys.stdout.isatty() or (needs_display and not _display())
    told: dict[str, Any] = {"version": 1, "flow": name, "completed": False}
    try:
        dev = description.read(Place(directory))
    except description.NotRunning as reason:
        _end(told, str(reason), INCOMPLETE, as_json=as_json)
    told["issuer"] = dev.issuer
    story = Story(_nowhere if as_json else click.echo, show_tokens=show_tokens)
    with Transport(story.watch) as transport:
        play = Play(
            dev=dev, story=story, transport=transport, entropy=SystemEntropy(), clock=SystemClock(), alone=alone
        )
        problem, code = _played(flow, play)
    told |= {"completed": code == FINE, "steps": story.steps, "tokens": story.tokens, **play.found}
    _end(told, problem, code, as_json=as_json)


def _played(flow: Callable[[Play], None], play: Play) -> tuple[str, int]:
    """What went wrong, or an empty string, and the exit code."""
    from licet.client.authorization_code import ForeignAnswer  # noqa: PLC0415 - --help must not load a client
    from licet.client.device import NobodyDecided  # noqa: PLC0415
    from licet.client.discovery import Untrusted  # noqa: PLC0415
    from licet.client.token_request import RefusedError  # noqa: PLC0415
    from licet.client.transport import Unreachable, Unsafe  # noqa: PLC0415
    from licet.development.play import Unexpected  # noqa: PLC0415
    from licet.development.visitor import Stuck  # noqa: PLC0415
    from licet.protocol.jose import InvalidJWT  # noqa: PLC0415

    try:
        flow(play)
    except (RefusedError, Unexpected, ForeignAnswer, Untrusted) as refused:
        return f"Refused: {refused}", FOUND
    except InvalidJWT as invalid:
        return f"Refused: the ID token {invalid.reason}", FOUND
    except Unreachable as unreachable:
        return f"{unreachable}\nIs licet dev still running? Start it again: licet dev", INCOMPLETE
    except (NobodyDecided, Stuck, TimeoutError, Unsafe) as stopped:
        return f"Not completed: {stopped}", INCOMPLETE
    return "", FINE


def _end(told: dict[str, Any], problem: str, code: int, *, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(json.dumps({**told, "problem": problem} if problem else told, indent=2))
    if problem:
        click.echo(problem, err=True)
    elif not as_json:
        click.echo("\nDone: one call was allowed, one was refused.")
    sys.exit(code)


def _display() -> bool:
    """Whether a browser could show itself."""
    return sys.platform in {"darwin", "win32"} or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _nowhere(_line: str) -> None:
    """A script reads the document alone."""
