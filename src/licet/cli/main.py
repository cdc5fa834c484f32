"""``licet``: the words people type, each loaded only when it is called.

Other programs call licet, so ``--help`` imports nothing at all: no verb, no server, no client, no click.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

from licet import __version__

VERBS: dict[str, tuple[str, str, str]] = {
    # verb    where                       group        in one line
    "dev":    ("licet.cli.dev:dev",       "Run",       "Start a server to try things with; needs nothing."),
    "try":    ("licet.cli.try_:try_",     "Run",       "Play one of the three flows against it: web, service, tv."),
    "init":   ("licet.cli.init:init",     "Run",       "Write a first licet.toml."),
    "schema": ("licet.cli.schema:schema", "Run",       "Print the JSON Schema of licet.toml, for editors."),
    "serve":  ("licet.cli.serve:serve",   "Run",       "Run the server that licet.toml describes."),
    "doctor": ("licet.cli.doctor:doctor", "Run",       "Say what stands between licet.toml and a running server."),
    "advise": ("licet.cli.advise:advise", "Configure", "Say how an app should sign in, and why; print its code."),
    "add":    ("licet.cli.add:add",       "Configure", "Write an app or an API into licet.toml."),
    "plan":   ("licet.cli.plan:plan",     "Configure", "Say what applying licet.toml would do, before it is done."),
    "apply":  ("licet.cli.apply:apply",   "Configure", "Bring the store to licet.toml, as it was planned."),
    "export": ("licet.cli.export:export", "Configure", "Write down what runs, as a file that plans to nothing."),
    "import": ("licet.cli.import_:import_", "Configure", "Come from Keycloak, django-oauth-toolkit or Hydra."),
    "user":   ("licet.cli.user:user",     "Operate",   "Add people, look at them, end what is theirs."),
    "session": ("licet.cli.session:session", "Operate", "Look through browser sessions and end them."),
    "grant":  ("licet.cli.grant:grant",   "Operate",   "Look through what people allowed apps, and end it."),
    "token":  ("licet.cli.token:token",   "Operate",   "Say whether a token is alive, and if not, why."),
    "registration": ("licet.cli.registration:registration", "Operate", "Let clients register themselves."),
    "keys":   ("licet.cli.keys:keys",     "Operate",   "Look at the signing keys, rotate them, revoke one."),
    "event":  ("licet.cli.event:event",   "Operate",   "Read the record of events, and check its chain."),
    "explain": ("licet.cli.explain:explain", "Operate", "Say what a refusal was about, a requirement demands, a rule finds."),
    "db":     ("licet.cli.db:db",         "Operate",   "Look after the store's schema."),
}  # fmt: skip
"""Every verb; ``licet --help`` is this table."""

FINE, FOUND, WRONG_CALL, INCOMPLETE, SIGN_IN_NEEDED = 0, 1, 2, 3, 4
"""Exit codes (product §2)."""

_HELP = """\
Usage: licet VERB [OPTIONS]

  OAuth 2.1 and OpenID Connect, set up right.

  First steps:
    licet dev            a server with two people, three apps and an API, on this machine alone
    licet try web        a web shop signs somebody in
    licet init           your own licet.toml
    licet serve          your own server
"""


def main(arguments: list[str] | None = None) -> NoReturn:
    """Find the verb and hand over; exits with its code."""
    given = sys.argv[1:] if arguments is None else arguments
    first = given[0] if given else "--help"
    if first in {"-h", "--help", "help"}:
        _say(help_text())
        sys.exit(FINE)
    if first == "--version":
        _say(f"licet {__version__}")
        sys.exit(FINE)
    if first not in VERBS:
        sys.exit(_unknown(first))
    _command(first).main(args=given[1:], prog_name=f"licet {first}")
    sys.exit(FINE)


def help_text() -> str:
    """What ``licet --help`` says."""
    lines = [_HELP]
    for group in dict.fromkeys(group for _, group, _ in VERBS.values()):
        lines.append(f"{group}:")
        lines += [f"  {verb:13}{line}" for verb, (_, of, line) in VERBS.items() if of == group]
        lines.append("")
    lines.append("licet VERB --help says more, with examples.  licet --version says which one this is.")
    return "\n".join(lines)


def _command(verb: str) -> Any:
    """The click command behind *verb*, or the line to run where its part is not installed."""
    from importlib import import_module  # noqa: PLC0415  --help needs no machinery

    module, _, attribute = VERBS[verb][0].partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] == "licet":
            raise
        extra = "cli" if missing.name == "click" else "server"
        _say(
            f"licet {verb} needs {missing.name}, which is not installed. Run: pip install 'licet[{extra}]'", error=True
        )
        sys.exit(INCOMPLETE)


def _unknown(word: str) -> int:
    from difflib import get_close_matches  # noqa: PLC0415  --help needs no machinery

    near = get_close_matches(word, VERBS, 1)
    _say(
        f"licet has no verb {word!r}." + (f" Did you mean: licet {near[0]}" if near else "") + "\nTry: licet --help",
        error=True,
    )
    return WRONG_CALL


def _say(text: str, *, error: bool = False) -> None:
    sys.stdout.flush()
    (sys.stderr if error else sys.stdout).write(text + "\n")
