"""``licet schema``: the JSON Schema of ``licet.toml``, for editors."""

from __future__ import annotations

import json

import click

from licet.registration import schema as schemas


@click.command()
@click.option("--conf-d", "part", is_flag=True, help="Of a file in conf.d, which has no issuer and no server.")
def schema(*, part: bool) -> None:
    r"""Print the JSON Schema (2020-12) of licet.toml.

    Editors that know TOML complete, explain and check by it: put the line
    "#:schema ./licet.schema.json" at the top of licet.toml, as licet init does.

    \b
    Examples:
      licet schema > licet.schema.json
      licet schema --conf-d > conf.d/part.schema.json
    """
    click.echo(json.dumps(schemas.schema(part=part), indent=2, ensure_ascii=False))
