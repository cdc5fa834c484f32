"""A pytest plugin for the process under test: is it the patched copy, and how did each test end?

Reads ``MUTANT_SOURCE`` (the copy) and writes ``MUTANT_REPORT`` (JSON), so that nobody has to read a terminal's text.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

_FAILED: set[str] = set()
_PASSED: set[str] = set()
_ERRORS: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    import licet

    copy = Path(os.environ["MUTANT_SOURCE"]).resolve()
    if copy not in Path(licet.__file__).resolve().parents:
        raise pytest.UsageError(f"{licet.__file__} is not the copy under test")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _ERRORS.append(f"{report.nodeid}: {report.longreprtext[-2000:]}")


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "call":
        (_PASSED if report.passed else _FAILED if report.failed else set()).add(report.nodeid)
    elif report.failed:
        _ERRORS.append(f"{report.nodeid}, {report.when}: {report.longreprtext[-2000:]}")


def pytest_sessionfinish(exitstatus: int) -> None:
    ended = {"exit": int(exitstatus), "failed": sorted(_FAILED), "passed": sorted(_PASSED), "errors": _ERRORS}
    Path(os.environ["MUTANT_REPORT"]).write_text(json.dumps(ended))
