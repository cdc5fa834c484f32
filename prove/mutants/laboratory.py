"""Where a bad patch is tried: a copy of the server, patched, under the tests that are there, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import copytree
from typing import NamedTuple

from prove.mutants.model import Mutant

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "licet"
_PATIENCE_S = 1200


class NotThereError(Exception):
    """The text that a row changes is not in its file as often as the row says: the row is out of date."""


class Ended(NamedTuple):
    """How a run of tests ended."""

    exit: int
    failed: tuple[str, ...]
    passed: tuple[str, ...]
    errors: tuple[str, ...]
    """Collection, set-up and tear-down."""
    said: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a mutant."""

    killed: bool
    why: str


def check(mutant: Mutant, source: Path = SOURCE) -> str:
    """The file as the mutant leaves it; raises NotThereError."""
    text = (source / mutant.file).read_text()
    if text.count(mutant.old) != mutant.times:
        raise NotThereError(f"{mutant.name}: {mutant.file} has the text {text.count(mutant.old)} times")
    return text.replace(mutant.old, mutant.new)


def copy(place: Path, mutant: Mutant | None = None) -> Path:
    """A copy of the server below *place*, patched; where it must be looked for before the installed one."""
    copytree(SOURCE, place / "licet")
    if mutant is not None:
        (place / "licet" / mutant.file).write_text(check(mutant))
    return place


def run(source: Path, nodes: tuple[str, ...]) -> Ended:
    """Run tests against the copy at *source*."""
    report = source / "report.json"
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(source), str(ROOT)]),
        "MUTANT_SOURCE": str(source),
        "MUTANT_REPORT": str(report),
    }
    for ours in ("PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER"):
        environment.pop(ours, None)
    arguments = ["-q", "-p", "no:cacheprovider", "-p", "prove.mutants.which", "--tb=short"]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, *(f"tests/{node}" for node in nodes)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_S,
        check=False,
    )
    said = ended.stdout[-4000:] + ended.stderr[-2000:]
    if not report.exists():
        return Ended(ended.returncode, (), (), ("no report",), said)
    told = json.loads(report.read_text())
    return Ended(ended.returncode, tuple(told["failed"]), tuple(told["passed"]), tuple(told["errors"]), said)


def judge(mutant: Mutant, ended: Ended) -> Verdict:
    """Killed is: every killer has a test that ran and failed, and honest use still passed."""
    if ended.exit != 1 or any("no report" in error or ", setup:" in error for error in ended.errors):
        return Verdict(killed=False, why=f"the tests did not run and fail, exit {ended.exit}:\n{ended.said}")
    for node in mutant.lives:
        if not _among(node, ended.passed) or _among(node, ended.failed):
            return Verdict(killed=False, why=f"honest use does not work either: {node}\n{ended.said}")
    asleep = [node for node in mutant.killers if not _among(node, ended.failed)]
    if asleep:
        return Verdict(killed=False, why=f"{mutant.against}\nnobody noticed in {', '.join(asleep)}\n{ended.said}")
    return Verdict(killed=True, why=", ".join(ended.failed))


def _among(node: str, ended: tuple[str, ...]) -> bool:
    name = f"tests/{node}"
    return any(one == name or one.startswith((f"{name}[", f"{name}::")) for one in ended)
