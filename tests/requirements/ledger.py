"""Who enforces each requirement and who saw it: ``python -m tests.requirements.ledger > docs/compliance.md``.

A requirement is enforced where a refusal cites it, found in the source as a keyword argument ``per=NAME``, or it
says in ``by_construction`` why none needs to. It is witnessed by tests marked ``@pytest.mark.witness(NAME)``, or it
says in ``unseen`` why none can.
"""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from licet.requirements import CATALOGUE, Requirement, Role, Source, documents
from licet.requirements.model import Document

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).parents[2]
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")
DOCUMENTS = frozenset(name for name, value in vars(documents).items() if isinstance(value, Document))


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """A requirement named in a file, in a function."""

    name: str
    """The constant: ``PKCE_REQUIRED``."""
    file: str
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.function}" if self.function else self.file


class _Reader(ast.NodeVisitor):
    """Walks a file and remembers in which function it is."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.found: list[Mention] = []
        self._within: list[str] = []

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._enter(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._enter(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._enter(node)

    def _enter(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._within.append(node.name)
        self.generic_visit(node)
        self._within.pop()

    def mention(self, expression: ast.expr) -> None:
        """Remember every constant in *expression* but the documents that are called for a citation."""
        for name in _constants(expression):
            if name not in DOCUMENTS:
                self.found.append(Mention(name, self.file, ".".join(self._within)))


class _Sites(_Reader):
    def visit_Call(self, node: ast.Call) -> None:
        for keyword in node.keywords:
            if keyword.arg == "per":
                self.mention(keyword.value)
        self.generic_visit(node)


class _Witnesses(_Reader):
    def _enter(self, node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._within.append(node.name)
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.witness":
                for argument in mark.args:
                    self.mention(argument)
        self.generic_visit(node)
        self._within.pop()


def _constants(expression: ast.expr) -> Iterator[str]:
    for node in ast.walk(expression):
        if isinstance(node, ast.Name) and CONSTANT.fullmatch(node.id):
            yield node.id
        elif isinstance(node, ast.Attribute) and CONSTANT.fullmatch(node.attr):
            yield node.attr


def sites(source: str, file: str) -> list[Mention]:
    """Every requirement that *source* cites with ``per=``."""
    reader = _Sites(file)
    reader.visit(ast.parse(source))
    return reader.found


def witnesses(source: str, file: str) -> list[Mention]:
    """Every requirement that a test of *source* is marked as a witness of."""
    reader = _Witnesses(file)
    reader.visit(ast.parse(source))
    return reader.found


@dataclass(frozen=True, slots=True)
class Ledger:
    """What was found, by the constant's name."""

    sites: Mapping[str, tuple[Mention, ...]]
    witnesses: Mapping[str, tuple[Mention, ...]]

    def unknown(self, catalogue: Iterable[Requirement]) -> list[str]:
        """What is cited or witnessed and is no requirement."""
        known = {constant(requirement) for requirement in catalogue}
        found = [mention for table in (self.sites, self.witnesses) for ms in table.values() for mention in ms]
        return [
            f"{mention}: {mention.name} is no requirement" for mention in sorted(found) if mention.name not in known
        ]

    def debts(self, requirement: Requirement) -> list[str]:
        """What *requirement* still lacks. Only what binds the authorization server owes anything here."""
        if requirement.binds is not Role.AUTHORIZATION_SERVER:
            return []
        name = constant(requirement)
        debts = []
        if not (self.sites.get(name) or requirement.by_construction):
            debts.append(f"{requirement}: no refusal cites it, and it does not say why none needs to")
        if not (self.witnesses.get(name) or requirement.unseen):
            debts.append(f"{requirement}: no test witnesses it, and it does not say why none can")
        return debts


def constant(requirement: Requirement) -> str:
    """The name under which a requirement is imported."""
    return requirement.id.upper().replace("-", "_")


def read(root: Path = ROOT) -> Ledger:
    """Read the whole house."""
    return Ledger(
        sites=_by_name(m for source, file in _files(root, "src/licet") for m in sites(source, file)),
        witnesses=_by_name(m for source, file in _files(root, "tests") for m in witnesses(source, file)),
    )


def _files(root: Path, folder: str) -> Iterator[tuple[str, str]]:
    for path in sorted((root / folder).rglob("*.py")):
        if "node_modules" not in path.parts:
            yield path.read_text(encoding="utf-8"), path.relative_to(root / folder).as_posix()


def _by_name(mentions: Iterable[Mention]) -> dict[str, tuple[Mention, ...]]:
    table: defaultdict[str, list[Mention]] = defaultdict(list)
    for mention in mentions:
        if mention not in table[mention.name]:
            table[mention.name].append(mention)
    return {name: tuple(found) for name, found in table.items()}


def render(ledger: Ledger, catalogue: Iterable[Requirement] = CATALOGUE) -> str:
    """Write the compliance statement as Markdown. No line numbers: they rot."""
    return "\n".join(
        (
            "# Compliance statement",
            "",
            "What licet is held to, by whom, where it is enforced and which tests saw it hold. It is read off the",
            "source and as true as the last green build. Made by `python -m tests.requirements.ledger`.",
            "",
            "| requirement | sources | enforced | witnessed by |",
            "|---|---|---|---|",
            *(_line(requirement, ledger) for requirement in catalogue),
            "",
        )
    )


def _line(requirement: Requirement, ledger: Ledger) -> str:
    name = constant(requirement)
    binds = "" if requirement.binds is Role.AUTHORIZATION_SERVER else f" (binds the {requirement.binds.value})"
    cells = (
        f"**{requirement}**{' (may be waived)' * requirement.waivable}{binds}<br>{requirement.title}",
        "<br>".join(_source(source) for source in requirement.sources),
        _enforced(requirement, ledger.sites.get(name, ())),
        _listed(ledger.witnesses.get(name, ())) or requirement.unseen,
    )
    return f"| {' | '.join(cells)} |"


def _source(source: Source) -> str:
    note = f" ({source.note})" if source.note else ""
    return f"{source.level.value} [{source.citation}]({source.citation.url}){note}"


def _enforced(requirement: Requirement, found: tuple[Mention, ...]) -> str:
    construction = f"by construction: {requirement.by_construction}" if requirement.by_construction else ""
    return "<br>".join(filter(None, (_listed(found), construction)))


def _listed(found: tuple[Mention, ...]) -> str:
    return "<br>".join(f"`{mention}`" for mention in found)


if __name__ == "__main__":
    sys.stdout.write(render(read()))
