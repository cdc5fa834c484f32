"""``licet explain``: what a reference on an error page means, a requirement, or a rule."""

from __future__ import annotations

import asyncio
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from licet import rules
from licet.cli import telling
from licet.cli.desk import desk
from licet.cli.main import FOUND
from licet.cli.opening import CONFIG, fail
from licet.cli.telling import OUTPUT, Told
from licet.requirements import CATALOGUE, Requirement
from licet.rules import Rule
from licet.storage.records import Refused
from licet.storage.terms import REFUSALS_KEPT

_BY_ID = {one.id: one for one in CATALOGUE}
_RULES = {one.id.upper(): one for one in rules.RULES}
_BY_SLUG = {one.slug: one for one in rules.RULES}


@click.command()
@click.argument("name", metavar="REFERENCE|REQUIREMENT|RULE")
@OUTPUT
@CONFIG
def explain(config: Path, name: str, output: str) -> None:
    """Say what a refusal was about, what a requirement demands, or what a rule finds wrong.

    REFERENCE stands on the error page and in the log, like K7F2-9QXM. REQUIREMENT is an id of docs/compliance.md, RULE
    one of docs/rules.md.

    \b
    Examples:
      licet explain K7F2-9QXM
      licet explain pkce-required
      licet explain LA-021
    """
    broken = _RULES.get(name.upper()) or _BY_SLUG.get(name)
    if broken is not None:
        telling.shown("rule", rule(broken), {}, output)
        return
    demanded = _BY_ID.get(name)
    if demanded is not None:
        telling.shown("requirement", requirement(demanded), {}, output)
        return

    async def run() -> None:
        async with desk(config) as at:
            refused = await at.store.refusals.find(at.issuer_id, name.strip().upper())
            if refused is None:
                fail(_unknown(name), FOUND)
            told = refusal(refused)
            broken = _BY_ID.get(refused.requirement)
            if broken is None:
                telling.shown("refusal", told, {}, output)
                return
            told |= {f"requirement_{key}": value for key, value in requirement(broken).items() if key != "id"}
            telling.shown("refusal", told, {}, output)

    asyncio.run(run())


def rule(one: Rule[Any]) -> Told:
    """A rule as plain data."""
    return {
        "id": one.id,
        "name": one.slug,
        "title": one.title,
        "severity": one.severity.value,
        "sources": [str(cite) for cite in one.cites],
        "why": one.why,
        "fix": one.remedy,
        "url": one.cites[0].url,
    }


def requirement(one: Requirement) -> Told:
    """A requirement as plain data."""
    return {
        "id": one.id,
        "title": one.title,
        "binds": one.binds.value,
        "sources": [f"{source.citation} ({source.level.value})" for source in one.sources],
        "threat": one.threat,
        "remedy": one.remedy,
        "waivable": one.waivable,
        "url": one.url,
    }


def refusal(one: Refused) -> Told:
    """A refusal as plain data; what a secret may hide in was masked when it was written."""
    return {
        "reference": one.reference,
        "at": telling.when(one.at),
        "endpoint": one.endpoint,
        "client": one.client_id,
        "error": one.error,
        "description": one.description,
        "detail": one.detail,
        "requirement": one.requirement,
        "request_id": one.request_id,
    }


def _unknown(name: str) -> str:
    near = get_close_matches(name, (*_BY_ID, *_BY_SLUG, *rules.BY_ID), 1)
    return f"There is no refusal, no requirement and no rule {name!r}." + (
        f" Did you mean: licet explain {near[0]}" if near else f" The last {REFUSALS_KEPT:,} refusals are kept."
    )
