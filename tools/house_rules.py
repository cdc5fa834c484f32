"""Rules that only this house has: ``python tools/house_rules.py`` prints what breaks them and exits 1.

Each rule reads one file's syntax tree. What import-linter can say is said in ``.importlinter`` instead.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeGuard

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Source:
    """One file of the house."""

    path: PurePosixPath
    """Below ``src/licet``: ``protocol/pkce.py``."""
    tree: ast.Module
    refusals: frozenset[str] = frozenset()
    """The classes that are refusals, read from ``protocol/errors.py``."""

    def within(self, *rooms: str) -> bool:
        """Whether the file is one of *rooms*, or in one."""
        return any(self.path.is_relative_to(room) for room in rooms)


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """A rule that is broken, and where."""

    path: PurePosixPath
    line: int
    message: str

    def __str__(self) -> str:
        return f"src/licet/{self.path}:{self.line}: {self.message}"


OUTWARD = (
    "aiohttp",
    "asyncio.open_connection",
    "ftplib",
    "http.client",
    "httpx",
    "httpx2",
    "niquests",
    "pycurl",
    "requests",
    "smtplib",
    "socket.create_connection",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc.client",
)
"""What speaks to somebody else."""

Breach = tuple[int, str]
Rule = Callable[[Source], Iterator[Breach]]


def one_clock_one_dice(source: Source) -> Iterator[Breach]:
    """Time and chance are arguments: only ``ambient.py`` reads them, so a test holds both."""
    if source.within("ambient.py"):
        return
    for line, module in _imports(source.tree):
        if _is(module, "time", "secrets", "random", "uuid", "os.urandom", "os.getrandom"):
            yield line, f"{module} is read in ambient.py only: take a Clock or an Entropy"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if name in {"os.urandom", "os.getrandom"} or (
                node.attr in {"now", "utcnow", "today"}
                and name.rpartition(".")[0].rpartition(".")[2] in {"datetime", "date"}
            ):
                yield node.lineno, f"{name} is read in ambient.py only: take a Clock or an Entropy"


def refusals_cite(source: Source) -> Iterator[Breach]:
    """Every refusal says by which requirement or section it is one."""
    local, modules = _refusals_of(source)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            named = any(keyword.arg in {"per", None} for keyword in node.keywords)
            if _names_refusal(node.func, local, modules) and not named:
                yield node.lineno, f"{ast.unparse(node.func)} without per="
        elif isinstance(node, ast.Raise) and node.exc is not None and _names_refusal(node.exc, local, modules):
            yield node.lineno, f"{ast.unparse(node.exc)} without per="


def the_law_is_data(source: Source) -> Iterator[Breach]:
    """The law knows nobody: it imports itself, and what data is written with."""
    if not source.within("requirements"):
        return
    written_with = ("__future__", "collections", "dataclasses", "datetime", "enum", "types", "typing")
    for line, module in _imports(source.tree):
        if not _is(module, "licet.requirements", *written_with):
            yield line, f"{module} is imported by the law, which is data only"


def the_web_speaks_incoming_and_answer(source: Source) -> Iterator[Breach]:
    """Bytes become an Incoming, an Answer becomes bytes: the kernel needs to know nothing else of the server."""
    if not source.within("authorization_server/web"):
        return
    known = ("exchange", "views", "web")
    for line, module in _imports(source.tree):
        if _is(module, "licet.authorization_server") and not _is(
            module, *(f"licet.authorization_server.{name}" for name in known)
        ):
            yield line, f"{module} is imported by web/, which knows Incoming, Answer and views only"


def nothing_is_called_utils(source: Source) -> Iterator[Breach]:
    """A function without a room has a noun missing."""
    for part in source.path.with_suffix("").parts:
        if part in {"util", "utils", "helper", "helpers", "common", "misc"}:
            yield 1, f"nothing is called {part}: which noun is missing?"


def one_gate(source: Source) -> Iterator[Breach]:
    """Only the gate looks at endings; handing one to the gate is not looking."""
    if source.within("authorization_server/admission.py", "storage"):
        return
    handed = {
        id(keyword.value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Presented"
        for keyword in node.keywords
    }
    for node in ast.walk(source.tree):
        if _reads_an_ending(node) and id(node) not in handed:
            yield node.lineno, f"{ast.unparse(node)} is read by authorization_server/admission.py only: ask admit()"


def _reads_an_ending(node: ast.AST) -> TypeGuard[ast.expr]:
    """``x.revoked_at``, or the same by its name: ``getattr(x, "revoked_at")``."""
    endings = {"revoked_at", "epoch"}
    if isinstance(node, ast.Attribute):
        return isinstance(node.ctx, ast.Load) and node.attr in endings
    return (
        isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] in {"getattr", "attrgetter"}
        and any(isinstance(argument, ast.Constant) and argument.value in endings for argument in node.args)
    )


def one_way_out(source: Source) -> Iterator[Breach]:
    """Requests leave through ``egress.py``, where SSRF ends, or by the client library."""
    if source.within("egress.py", "client"):
        return
    for line, module in _imports(source.tree):
        if _is(module, *OUTWARD):
            yield line, f"{module} is used in egress.py and client/ only"
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Attribute) and node.attr in {"create_connection", "open_connection", "sock_connect"}:
            yield node.lineno, f"{ast.unparse(node)} is used in egress.py and client/ only"


def who_may_print(source: Source) -> Iterator[Breach]:
    """A server and a library log; only what a person called from a terminal prints."""
    if source.within("cli", "development"):
        return
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node.lineno, "print() in cli/ and development/ only"


def every_file_says_what_it_is(source: Source) -> Iterator[Breach]:
    """The first line of a file is its place in the house."""
    if ast.get_docstring(source.tree) is None:
        yield 1, "no docstring: say what this file is for"


RULES: tuple[Rule, ...] = (
    one_clock_one_dice,
    refusals_cite,
    the_law_is_data,
    the_web_speaks_incoming_and_answer,
    nothing_is_called_utils,
    one_gate,
    one_way_out,
    who_may_print,
    every_file_says_what_it_is,
)


def _imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every imported name with its line: ``import a.b`` gives a.b, ``from a import b`` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"


def _is(name: str, *modules: str) -> bool:
    """Whether *name* is one of *modules* or inside one."""
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def refusals(errors: str) -> frozenset[str]:
    """Read the names of ``Refusal`` and all that descend from it out of the text of ``protocol/errors.py``."""
    found = {"Refusal"}
    for node in ast.parse(errors).body:
        if isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id in found for base in node.bases
        ):
            found.add(node.name)
    return frozenset(found)


def _refusals_of(source: Source) -> tuple[set[str], set[str]]:
    """Under which names this file knows refusals, and the module of them."""
    local: set[str] = set(source.refusals) if source.within("protocol/errors.py") else set()
    modules: set[str] = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module == "licet.protocol.errors":
            local |= {alias.asname or alias.name for alias in node.names if alias.name in source.refusals}
        elif isinstance(node, ast.ImportFrom) and node.module == "licet.protocol":
            modules |= {alias.asname or alias.name for alias in node.names if alias.name == "errors"}
    return local, modules


def _names_refusal(expression: ast.expr, local: set[str], modules: set[str]) -> bool:
    if isinstance(expression, ast.Name):
        return expression.id in local
    return isinstance(expression, ast.Attribute) and ast.unparse(expression.value) in modules


def check(text: str, path: str, errors: str = "") -> list[Finding]:
    """Judge one file by every rule."""
    source = Source(PurePosixPath(path), ast.parse(text), refusals(errors))
    return [Finding(source.path, line, message) for rule in RULES for line, message in rule(source)]


def check_house(root: Path = ROOT) -> list[Finding]:
    """Judge every file below ``src/licet``."""
    house = root / "src" / "licet"
    errors = (house / "protocol" / "errors.py").read_text(encoding="utf-8")
    findings = []
    for path in house.rglob("*.py"):
        findings += check(path.read_text(encoding="utf-8"), path.relative_to(house).as_posix(), errors)
    return sorted(findings)


def main() -> int:
    """Print every finding; 1 if there is any."""
    findings = check_house()
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
