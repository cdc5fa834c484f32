"""Scenarios that are played in node (``tests/javascript``): what went wrong in each, said in JSON lines."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.clients.conftest import AUDIENCE, CALLBACK, SECRETS, SIGNER
from tests.clients.operated import LOGIN, PASSWORD, Operated

HERE = Path(__file__).parents[1] / "javascript"


def needs(package: str) -> None:
    """Skip where node or *package* is not installed; where CI runs, everything is."""
    reason = ""
    if shutil.which("node") is None:
        reason = "node is not installed"
    elif not (HERE / "node_modules" / package).is_dir():
        reason = "tests/javascript/node_modules is not there: npm ci"
    if reason and os.environ.get("CI") != "true":
        pytest.skip(reason)
    assert not reason


def played(script: str, server: Operated) -> dict[str, Any]:
    """Scenario by scenario, in order; None where nothing went wrong."""
    world = {
        "issuer": server.issuer,
        "callback": CALLBACK,
        "audience": AUDIENCE,
        "secrets": SECRETS,
        "key": SIGNER.as_dict(private=True),
        "person": {"login": LOGIN, "password": PASSWORD},
    }
    run = subprocess.run(
        ["node", script],
        cwd=HERE,
        input=json.dumps(world),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines()]
    return {line["scenario"]: line["wrong"] for line in lines}
