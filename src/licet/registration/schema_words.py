"""The few shapes that a value of ``licet.toml`` has, as JSON Schema: what ``table.py`` reads."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "pattern": r"\S", "maxLength": 2000}
DURATION: Schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^[1-9][0-9]{0,8}[smhd]$"}]}


def ref(name: str) -> Schema:
    """One of the shared definitions."""
    return {"$ref": f"#/$defs/{name}"}


def described(description: str, of: Schema) -> Schema:
    """What an editor shows where the pointer rests."""
    return {"description": description, **of}


def text(description: str, **more: object) -> Schema:
    """A text of one line."""
    return described(description, ref("text")) | more


def texts(description: str) -> Schema:
    """One text, or a list."""
    return {"description": description, "anyOf": [ref("text"), {"type": "array", "items": ref("text")}]}


def flag(description: str) -> Schema:
    """Yes or no."""
    return {"type": "boolean", "description": description}


def choice(description: str, options: Iterable[str]) -> Schema:
    """One word of a list."""
    return {"enum": list(options), "description": description}


def integer(description: str, least: int, most: int) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": least, "maximum": most, "description": description}


def duration(description: str, least: int, most: int) -> Schema:
    """Seconds within bounds, or a number with its unit, which only the reader measures."""
    return described(f'{description} Seconds, {least} to {most}, or as in "10m".', ref("duration")) | {
        "minimum": least,
        "maximum": most,
    }


def a_table(description: str, properties: Schema, *required: str) -> Schema:
    """A table with these keys and no other."""
    table: Schema = {
        "type": "object",
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }
    return table | {"required": list(required)} if required else table


def names(of: Schema) -> Schema:
    """A table whose keys are names that somebody chose."""
    return {"type": "object", "additionalProperties": of}
