"""The shell in docs/administration.md runs as printed, in its order, against a ``licet serve`` of its own."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from licet.registration.reserved_scopes import ADMINISTRATION
from tests.cli.test_serve import PASSWORD, free_port, issuer, licet, serving

PAGE = (Path(__file__).parents[2] / "docs" / "administration.md").read_text()
SHELL = re.findall(r"^```sh\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
TOML = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
SECRET = "a secret of the deployment that is long enough, 0123456789"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="curl or jq is not here")
def test_the_shell_runs_as_printed(tmp_path: Path) -> None:
    made = licet("init", "--yes", "--app", "service", "--app-id", "nightly", where=tmp_path)
    assert made.returncode == 0, made.stderr
    file = tmp_path / "licet.toml"
    text = file.read_text().replace("127.0.0.1:8414", f"127.0.0.1:{free_port()}")
    server, deployer = TOML[1].split("\n\n")
    file.write_text(text.replace("[server]\n", f"{server}\n", 1) + "\n" + deployer)
    added = licet("user", "add", "alice@example.com", "--password-stdin", where=tmp_path, feed=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("DEPLOYER_SECRET", SECRET)
        patched.setenv("ISSUER", issuer(tmp_path))
        with serving(tmp_path):
            script = "set -euo pipefail\n" + "\n".join(SHELL)
            ran = subprocess.run(
                ["bash", "-xc", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
            )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert len(SHELL) >= 6


def test_the_scopes_are_those_there_are() -> None:
    assert set(re.findall(r"^\| `(licet:[a-z]+)` \|", PAGE, re.MULTILINE)) == set(ADMINISTRATION)
