"""Other programs call licet: what a start may cost (issue: ready within a second, help within four bare starts)."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

FORBIDDEN = ("httpx2", "sqlalchemy", "uvicorn", "pydantic", "jinja2", "cryptography", "joserfc", "sqlite3")


def cpu_s(*command: str) -> float:
    """The least CPU of five runs: what it costs, not what the neighbours do."""
    least = float("inf")
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        least = min(least, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return least


def test_help_loads_neither_server_nor_client() -> None:
    code = (
        "import sys\n"
        "sys.argv = ['licet', '--help']\n"
        "from licet.cli.main import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"loaded = [m for m in {FORBIDDEN!r} if m in sys.modules]\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_help_costs_at_most_four_bare_starts() -> None:
    bare, ours = cpu_s(sys.executable, "-c", "pass"), cpu_s(sys.executable, "-m", "licet", "--help")
    assert ours <= 4 * bare, f"{ours / bare:.1f} times a bare start"


def test_every_verb_has_help_with_an_example() -> None:
    from licet.cli.main import VERBS

    for verb in VERBS:
        said = subprocess.run(
            [sys.executable, "-m", "licet", verb, "--help"], check=True, capture_output=True, text=True
        )
        assert f"licet {verb}" in said.stdout, verb
        assert "Example" in said.stdout, verb


def test_wrong_file_exits_2_and_names_the_fix(tmp_path: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "licet", "serve", "--config", str(tmp_path / "licet.toml")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 2
    assert "licet init" in said.stderr


def test_an_unknown_verb_names_the_nearest() -> None:
    said = subprocess.run([sys.executable, "-m", "licet", "serv"], capture_output=True, text=True, check=False)
    assert said.returncode == 2
    assert "licet serve" in said.stderr
