"""The security findings of what an export brings, by the rules that our own apps are judged by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from licet.registration.importers.facts import of_apis, of_client, of_realm
from licet.registration.importers.foreign import ForeignClient, Realm
from licet.registration.mistakes import shown_line
from licet.registration.toml_text import Block
from licet.requirements.documents import RFC_9700
from licet.rules import Finding, Rule, Severity, judge_estate, judge_policy, judge_registration

_OF_AN_APP = 2
"""Names in the path of ``[app.ID]``; its ``expert`` has one more."""


def _everything(client: ForeignClient) -> Iterator[str]:
    if client.everything:
        yield "its tokens carried every role of its person, asked for or not (full scope)"


FULL_SCOPE: Rule[ForeignClient] = Rule(
    id="LA-064f",
    slug="scope-everything",
    title="A client's tokens carry whatever the person may do",
    severity=Severity.MEDIUM,
    cites=(RFC_9700("2.3"),),
    why="A token that is stolen, or an app that is taken over, may do all of it.",
    remedy="Name in may what it needs: here it gets nothing else.",
    judge=_everything,
)
"""Only where people come from: no word of ours says this."""


@dataclass(frozen=True, slots=True)
class Found:
    """A finding, and its place in the export."""

    finding: Finding
    where: str

    @property
    def rule(self) -> Rule[Any]:
        """What is broken."""
        return self.finding.rule

    @property
    def message(self) -> str:
        """In one line."""
        return shown_line(self.finding.message)

    def told(self) -> dict[str, Any]:
        """As scripts are told."""
        rule = self.rule
        return {
            "rule": rule.id,
            "slug": rule.slug,
            "severity": rule.severity.value,
            "subject": self.finding.subject,
            "message": self.message,
            "where": self.where,
            "clauses": [str(one) for one in rule.cites],
            "why": rule.why,
            "remedy": rule.remedy,
        }


def findings(realm: Realm) -> tuple[Found, ...]:
    """Everything that was insecure, the worst first; clients that were disabled hurt nobody."""
    clients = [client for client in realm.clients if client.enabled]
    places = {f"api.{api.name}": api.where for api in realm.apis}
    places |= {f"app.{client.client_id}": client.where for client in clients}
    facts = [*(of_client(client, realm) for client in clients), *of_apis(realm)]
    found = [one for fact in facts for one in judge_registration(fact)]
    found += [one for client in clients for one in FULL_SCOPE.findings(f"app.{client.client_id}", client)]
    found += [*judge_estate(facts), *judge_policy(of_realm(realm))]
    found.sort(key=lambda one: (one.severity.rank, one.rule.id, one.subject))
    return tuple(Found(one, places.get(one.subject, "$")) for one in found)


def noted(blocks: Iterable[Block], found: Iterable[Found]) -> tuple[Block, ...]:
    """*blocks* with what was found of an app or an API above it."""
    said: dict[str, list[str]] = {}
    for one in found:
        rule = one.rule
        line = f"was {rule.severity.value}, {rule.id} ({rule.cites[0]}): {one.message}"
        said.setdefault(one.finding.subject, []).append(line)
    return tuple(
        replace(block, above=(*block.above, *said.get(".".join(block.path), ())))
        if len(block.path) == _OF_AN_APP
        else block
        for block in blocks
    )


def in_groups(found: Iterable[Found]) -> str:
    """For people: each rule once, with all that break it."""
    groups: dict[str, list[Found]] = {}
    for one in found:
        groups.setdefault(one.rule.id, []).append(one)
    lines = []
    for ones in groups.values():
        rule, subjects = ones[0].rule, [shown_line(one.finding.subject) for one in ones]
        lines += ["", f"{rule.severity.value}  {rule.id}  {rule.title}  ({'; '.join(map(str, rule.cites))})"]
        lines += [f"    {rule.remedy}"]
        width = max(map(len, subjects))
        lines += [f"    {of:<{width}}  {one.message}  ({one.where})" for of, one in zip(subjects, ones, strict=True)]
    return "\n".join(lines)
