"""A configuration for Kubernetes: a ConfigMap that holds ``licet.toml``, and the names of the Secret beside it. Pure.

YAML of two shapes only, literal blocks and texts in double quotes, both of which are safe for visible characters.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

CONFIG_NAME, SECRET_NAME = "licet-config", "licet-secrets"
_INDENT = "    "
_KEPT = "# Names only: fill in the values here, and keep this file out of version control."


def rendered(toml: str, places: Iterable[Mapping[str, str]]) -> str:
    """Two YAML documents: *toml* as a ConfigMap, and a Secret with every variable that *places* name, still empty."""
    places = list(places)
    variables = sorted({place["env"] for place in places if "env" in place})
    files = sorted({place["file"] for place in places if "file" in place})
    return "---\n".join(filter(None, (_config_map(toml), _secret(variables, files))))


def _config_map(toml: str) -> str:
    lines = "".join((f"{_INDENT}{line}" if line else "") + "\n" for line in toml.rstrip("\n").split("\n"))
    return f"{_head('ConfigMap', CONFIG_NAME)}data:\n  licet.toml: |\n{lines}"


def _secret(variables: list[str], files: list[str]) -> str:
    if not variables and not files:
        return ""
    notes = "".join(f"# Also read, from a file that must be mounted: {_text(file)}\n" for file in files)
    data = "".join(f'  {_text(name)}: ""\n' for name in variables) or "  {}\n"
    return f"{_KEPT}\n{notes}{_head('Secret', SECRET_NAME)}type: Opaque\nstringData:\n{data}"


def _head(kind: str, name: str) -> str:
    return f"apiVersion: v1\nkind: {kind}\nmetadata:\n  name: {name}\n"


def _text(words: str) -> str:
    return json.dumps(words)
