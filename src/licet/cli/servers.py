"""``--server URL`` of the verbs that can ask a running server, and the variables that say who asks."""

from __future__ import annotations

import click

from licet.cli.administering import TOKEN

CLIENT, SECRET = "LICET_ADMIN_CLIENT", "LICET_ADMIN_SECRET"
SERVER = click.option(
    "--server",
    metavar="URL",
    help=f"The running server of this issuer, by its admin API. The token is {TOKEN}, or {CLIENT} with {SECRET}.",
)
