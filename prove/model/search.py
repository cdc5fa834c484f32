"""Runs spin over a model: every state, or the way to the first one that must not be."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import which

MODELS = Path(__file__).parent / "models"
MISSING = None if which("spin") and which("gcc") else "Debian's spin and gcc are not here: the model cannot be searched"

_DEEPEST = 1_000_000
_MEGABYTES = 4000
_PATIENCE_S = 1200
_FIGURES = {
    "errors": re.compile(r"errors: (\d+)"),
    "states": re.compile(r"(\d+) states, stored"),
    "depth": re.compile(r"depth reached (\d+)"),
}


@dataclass(frozen=True)
class Search:
    """What a search found."""

    states: int
    depth: int
    errors: int
    exhausted: bool
    """Nothing was cut short: neither depth, memory nor the list of states."""
    unreached: tuple[str, ...]
    """Statements that no state leads to, but for the ends of loops without an end."""
    violated: str
    """The assertion that does not hold, as spin says it."""
    way: str = field(repr=False)
    """The steps to it, with the values of all variables at the end: the counterexample."""

    @property
    def holds(self) -> bool:
        return self.exhausted and not self.errors


def text(model: str) -> str:
    return (MODELS / f"{model}.pml").read_text()


def search(
    source: str, place: Path, settings: Mapping[str, int] | None = None, *, stuck: bool = False, shortest: bool = False
) -> Search:
    """Every state of the model *source*. That a process can get *stuck* is an error unless it is expected; *shortest*
    looks for the shortest way to an error, in breadth.
    """
    place.mkdir(parents=True, exist_ok=True)
    (place / "model.pml").write_text(source)
    defines = [f"-D{name}={value}" for name, value in (settings or {}).items()]
    _run(place, "spin", *defines, "-a", "model.pml")
    how = ("-DBFS",) if shortest else ("-DCOLLAPSE",)
    _run(
        place,
        "gcc",
        "-O0" if stuck else "-O1",
        "-w",
        "-DSAFETY",
        "-DNOFAIR",
        f"-DMEMLIM={_MEGABYTES}",
        *how,
        "-o",
        "pan",
        "pan.c",
    )
    options = [*(["-E", "-w16"] if stuck else []), *([] if shortest else [f"-m{_DEEPEST}"])]
    said = _run(place, "./pan", *options, check=False)
    found = {name: int(pattern.search(said)[1]) if pattern.search(said) else -1 for name, pattern in _FIGURES.items()}
    violated = re.search(r"pan:\d+: (.*?) \(at depth", said)
    way = _run(place, "spin", *defines, "-t", "-p", "-g", "model.pml", check=False) if found["errors"] > 0 else ""
    cut = re.search(
        r"max search depth too small|out of memory|memory limit|Search not completed|truncated|error:", said
    )
    return Search(
        states=found["states"],
        depth=found["depth"],
        errors=found["errors"],
        exhausted=found["errors"] == 0 and cut is None and "Full statespace search" in said,
        unreached=tuple(re.findall(r'^\tmodel\.pml:\d+, state \d+, "((?!-end-).*)"$', said, re.MULTILINE)),
        violated=violated[1] if violated else "",
        way=way,
    )


def _run(place: Path, *command: str, check: bool = True) -> str:
    done = subprocess.run(
        command, cwd=place, capture_output=True, text=True, timeout=_PATIENCE_S, check=False, errors="replace"
    )
    said = done.stdout + done.stderr
    assert not check or done.returncode == 0, f"{command[0]} failed:\n{said[-3000:]}"
    return said
