"""Edits of a configuration, as somebody makes them: a word, a line, a table; or another file altogether."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.registration.random_files import CALLBACKS, SCOPES, configurations

Draw = Callable[[st.SearchStrategy[Any]], Any]

_WORDS = (
    *(("callback", f'"{one}"', f'"{other}"') for one in CALLBACKS for other in CALLBACKS if one != other),
    *(("may", f'"{one}"', f'"{other}"') for one in SCOPES for other in SCOPES if one != other),
    *(("may", f', "{one}"', "") for one in (*SCOPES, "email")),
    *(("consent", f'"{one}"', f'"{other}"') for one in ("trusted", "always") for other in ("remember", "trusted")),
    *(("refresh", f'"{one}"', f'"{other}"') for one in ("online", "offline", "none") for other in ("online", "none")),
    *(("secret", f'"{one}"', f'"{other}"') for one in "ABC" for other in "ABC" if one != other),
    *((scope, one, other) for scope in SCOPES for one, other in (("true", "false"), ("false", "true"))),
    ("token", '"jwt"', '"opaque"'),
    ("audience", '"urn:one:x"', '"urn:other:x"'),
    ("profile", '"oidc-core"', None),
)
"""In a line that begins so, this becomes that; None: the line goes."""


@dataclass(frozen=True)
class Edit:
    """A file before and after."""

    before: str
    after: str


@st.composite
def edits(draw: Draw) -> Edit:
    """Mostly one or two words, in as many places as they apply to; sometimes everything."""
    before = draw(configurations())
    if draw(st.integers(0, 3)) == 0:
        return Edit(before, draw(configurations()))
    after = before
    for _ in range(draw(st.integers(1, 2))):
        possible = sorted({changed for word in _WORDS if (changed := _changed(after, *word)) != after})
        possible += [
            left for table in re.findall(r"^\[app\.\w+\]$", after, re.MULTILINE) if (left := _cut(after, table))
        ]
        after = draw(st.sampled_from(possible)) if possible else draw(configurations())
    return Edit(before, after)


def _changed(text: str, begins: str, old: str, new: str | None) -> str:
    lines = []
    for line in text.split("\n"):
        if not (line.startswith(f"{begins} =") and old in line):
            lines.append(line)
        elif new is not None:
            lines.append(line.replace(old, new) if new not in line or not new else line)
    return "\n".join(lines)


def _cut(text: str, table: str) -> str:
    """*text* without *table*."""
    return re.sub(rf"^{re.escape(table)}\n(?:[^\[\n].*\n?)*", "", text, flags=re.MULTILINE)
