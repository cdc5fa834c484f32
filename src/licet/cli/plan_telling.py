"""A plan as people read it: on a terminal, and in a pull request. What it says comes from ``Plan.told`` alone, so that a plan
that a server made reads the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

import click

Told = Mapping[str, Any]

_SIGNS = {"added": "+", "changed": "~", "gone": "-"}
_COLOURS = {"added": "green", "changed": "yellow", "gone": "red"}
_VERBS = {"added": "to add", "changed": "to change", "gone": "to delete"}
_WIDTH = 24
_SHORT = 8


def text(told: Told) -> str:
    """For a terminal; nothing where there is nothing to do. Colours are dropped where nobody sees them (click)."""
    if not told["changes"]:
        return ""
    lines = [line for change in told["changes"] for line in _change(change)]
    lines += _block("Becomes possible", told["becomes_possible"], "green")
    lines += _block("No longer possible", told["no_longer_possible"], "red")
    lines += _secrets(told)
    lines += ["", _sum(told)]
    return "\n".join([*lines, *_findings(told["findings"])])


def _change(change: Told) -> Iterable[str]:
    """A line for the thing, one more for each word that says something else, and what that does to whom."""
    sign = click.style(_SIGNS[change["change"]], fg=_COLOURS[change["change"]])
    name = f"{change['what']} {change['name']}".ljust(_WIDTH)
    effects = [effect["said"] for effect in change["effects"]]
    if change["change"] == "gone":
        why = ["owned by this file, no longer in it", *effects]
        yield f"  {sign} {name} {' · '.join(why)}   needs --allow-delete"
        return
    fields = [field["said"] for field in change["fields"]]
    first = change["summary"] or (fields[0] if fields else "")
    yield f"  {sign} {name} {first}".rstrip()
    for said in fields if change["summary"] else fields[1:]:
        yield f"    {'':{_WIDTH}} {said}"
    for effect in effects:
        yield f"    {'':{_WIDTH}} {click.style(effect, bold=True)}"


def _block(title: str, lines: list[str], colour: str) -> list[str]:
    return ["", f"  {title}:", *(f"    {click.style(line, fg=colour)}" for line in lines)] if lines else []


def _secrets(told: Told) -> list[str]:
    lines = [
        f"{one['of']} gets a new secret: {_place(one)} holds none yet, and apply makes one"
        for one in told["secrets_to_make"]
    ]
    lines += [
        f"{one['of']} keeps the secrets it has: {_place(one)} cannot be read here" for one in told["secrets_kept"]
    ]
    return ["", *(f"  {line}" for line in lines)] if lines else []


def _place(one: Told) -> str:
    return f"the variable {one['name']}" if one["kind"] == "env" else str(one["name"])


def _sum(told: Told) -> str:
    return f"  Plan: {_counted(told)} · {_unmanaged(told)} · server state {told['world'][:_SHORT]}…"


def _counted(told: Told) -> str:
    counts = Counter(change["change"] for change in told["changes"])
    return ", ".join(f"{counts[kind]} {verb}" for kind, verb in _VERBS.items())


def _unmanaged(told: Told) -> str:
    count = told["unmanaged"]
    return f"{count} unmanaged app{'' if count == 1 else 's'} left alone"


def _findings(findings: list[Told]) -> list[str]:
    if not findings:
        return ["  The rules find nothing wrong with the result."]
    shown = [one for one in findings if one["severity"] != "low"]
    lines = [f"  {one['severity']:9}{one['rule']}  {one['subject']}: {one['message']}" for one in shown]
    low = len(findings) - len(shown)
    more = (
        [f"  The rules have {low} small thing{'' if low == 1 else 's'} to say; --output json lists them."]
        if low
        else []
    )
    return [*lines, *(["  More about one: licet explain RULE"] if lines else []), *more]


def markdown(told: Told) -> str:
    """For a pull request: a table, and what it lets happen folded below it."""
    if not told["changes"]:
        return ""
    rows = [
        f"| {_SIGNS[change['change']]} | {change['what']} `{_cell(change['name'])}` | {_cells(_words(change))} |"
        f" {_cells([effect['said'] for effect in change['effects']])} |"
        for change in told["changes"]
    ]
    parts = [
        f"### licet plan: {_counted(told)}",
        "\n".join(["| | | says now | does to what is alive |", "|---|---|---|---|", *rows]),
        *_folded("Becomes possible", told["becomes_possible"]),
        *_folded("No longer possible", told["no_longer_possible"]),
        *_folded("The rules say", [f"{one['severity']} {one['rule']} {one['message']}" for one in told["findings"]]),
        *("\n".join(f"* {line.strip()}" for line in _secrets(told)[1:]),),
        f"{_unmanaged(told)} · fingerprint `{told['fingerprint'][:16]}`",
    ]
    return "\n\n".join(part for part in parts if part)


def _words(change: Told) -> list[str]:
    if change["change"] == "gone":
        return ["no longer in the file; goes only with --allow-delete"]
    return [*([change["summary"]] if change["summary"] else []), *(field["said"] for field in change["fields"])]


def _folded(title: str, lines: list[str]) -> list[str]:
    if not lines:
        return []
    said = "\n".join(f"* {_cell(line)}" for line in lines)
    return [f"<details><summary>{title} ({len(lines)})</summary>\n\n{said}\n\n</details>"]


def _cells(lines: list[str]) -> str:
    return "<br>".join(map(_cell, lines))


def _cell(said: str) -> str:
    """What the configuration says, and nothing that a page would obey."""
    for letter in "&<>":
        said = said.replace(letter, f"&#{ord(letter)};")
    return "".join(f"\\{letter}" if letter in "|`*_[]\\" else letter for letter in said)
