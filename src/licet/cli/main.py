"""``licet``: the words people type, each loaded only when it is asked for.

Other programs call licet, so ``--help`` imports no verb, no server and no client.
"""

from __future__ import annotations

import sys
from importlib import import_module

try:
    import click
except ImportError:  # the base install has no command line
    sys.exit("The licet command needs: pip install 'licet[cli]'  (or 'licet[server]' to run a server)")

from licet import __version__

VERBS: dict[str, tuple[str, str, str]] = {
    # verb    where                       group        in one line
    "dev":    ("licet.cli.dev:dev",       "Run",       "Start a server to try things with; needs nothing."),
    "try":    ("licet.cli.try_:try_",     "Run",       "Play one of the three flows against it: web, service, tv."),
    "init":   ("licet.cli.init:init",     "Run",       "Write a first licet.toml."),
    "serve":  ("licet.cli.serve:serve",   "Run",       "Run the server that licet.toml describes."),
    "doctor": ("licet.cli.doctor:doctor", "Run",       "Say what stands between licet.toml and a running server."),
    "user":   ("licet.cli.user:user",     "Operate",   "Add people and change their passwords."),
    "db":     ("licet.cli.db:db",         "Operate",   "Look after the store's schema."),
}  # fmt: skip
"""Every verb; ``licet --help`` is this table."""

FINE, FOUND, WRONG_CALL, INCOMPLETE = 0, 1, 2, 3
"""Exit codes (product §2)."""


class Lazy(click.Group):
    """A group that knows its verbs by name and loads one when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name][0].partition(":")
        try:
            command = getattr(import_module(module), attribute)
        except ModuleNotFoundError as missing:
            if missing.name is not None and missing.name.startswith("licet"):
                raise
            raise click.ClickException(
                f"licet {cmd_name} needs {missing.name}, which is not installed: pip install 'licet[server]'"
            ) from missing
        return command  # type: ignore[no-any-return]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        for group in dict.fromkeys(group for _, group, _ in VERBS.values()):
            with formatter.section(group):
                formatter.write_dl([(verb, line) for verb, (_, of, line) in VERBS.items() if of == group])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="licet %(version)s")
def main() -> None:
    """OAuth 2.1 and OpenID Connect, set up right.

    \b
    First steps:
      licet dev            a server with two people, three apps and an API, on this machine alone
      licet try web        a web shop signs somebody in
      licet init           your own licet.toml
      licet serve          your own server
    """
