"""No bytes break what a reader promises; and a fuzzer that is shown a planted fault finds it."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from prove.conftest import Scale
from prove.fuzz.targets import PLANTED, TARGETS

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not here: it has no build for this Python"),
]
ROOT = Path(__file__).parents[2]
_BROKEN = 77
"""libFuzzer's exit code for a target that raised."""


def fuzz(name: str, folder: Path, *, seconds: int, runs: int) -> subprocess.CompletedProcess[str]:
    """Try a target on so many inputs, for so long; from the same seed each time."""
    options = [
        f"-max_total_time={seconds}",
        f"-runs={runs}",
        "-seed=1",
        "-max_len=2048",
        "-len_control=0",
        "-timeout=60",
        "-rss_limit_mb=1500",
        "-print_final_stats=1",
    ]
    return subprocess.run(
        [sys.executable, "-m", "prove.fuzz.fuzzer", name, str(folder), *options],
        cwd=ROOT,
        env=os.environ | {"TMPDIR": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        timeout=seconds + 300,
        check=False,
    )


@pytest.mark.parametrize("name", TARGETS)
def test_promises_hold(name: str, scale: Scale, tmp_path: Path) -> None:
    ended = fuzz(name, tmp_path, seconds=scale(2, 90), runs=scale(10_000, 10_000_000))
    assert ended.returncode == 0, f"{ended.stdout[-6000:]}\n{_input(tmp_path)}"
    assert "INITED" in ended.stdout
    assert "NEW" in ended.stdout or "REDUCE" in ended.stdout, "the fuzzer saw no branch: nothing is instrumented"


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str, tmp_path: Path) -> None:
    """Within a bounded number of runs, with the input that shows it."""
    ended = fuzz(name, tmp_path, seconds=120, runs=5_000_000)
    assert ended.returncode == _BROKEN, ended.stdout[-3000:]
    assert f"the promise of {name} is broken by b" in ended.stdout
    assert _input(tmp_path)


def _input(folder: Path) -> str:
    """The bytes that broke a promise, to put into a test."""
    return "\n".join(repr(one.read_bytes()) for one in sorted(folder.glob("*-*")) if one.is_file())
