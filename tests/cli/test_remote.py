"""``licet plan --server`` and ``apply --server`` against a ``licet serve`` of their own, as an operator would."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.cli.test_serve import free_port, issuer, licet, serving

TOKEN = "b5Q2nS8v0Jx3Yk7TzqWc4LmR9eHdUaGf1iPo"
BESIDES = """
[app.deployer]
is     = "service"
secret = { env = "DEPLOYER_SECRET" }
may    = ["licet:apply"]
"""
DEPLOYER = "another secret that is long enough for this, 0123456789"
ASKS = {"LICET_ADMIN_TOKEN": TOKEN}


def run(*arguments: str, where: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LICET_")}
    return subprocess.run(
        [sys.executable, "-m", "licet", *arguments],
        cwd=where,
        env=clean | environment,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A server that is administered, and its folder."""
    where = tmp_path_factory.mktemp("remote")
    made = licet("init", "--yes", "--app", "service", "--app-id", "nightly", where=where)
    assert made.returncode == 0, made.stderr
    file = where / "licet.toml"
    text = file.read_text().replace("127.0.0.1:8414", f"127.0.0.1:{free_port()}")
    file.write_text(text.replace("[server]\n", "[server]\nadmin = true\n", 1) + BESIDES)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("LICET_ADMIN_TOKEN", TOKEN)
        patched.setenv("DEPLOYER_SECRET", DEPLOYER)
        with serving(where):
            yield where


@pytest.fixture
def elsewhere(home: Path, tmp_path: Path) -> Path:
    """A checkout of the configuration, far from the store and its secrets."""
    (tmp_path / "licet.toml").write_text((home / "licet.toml").read_text())
    return tmp_path


def add(where: Path, words: str) -> None:
    with (where / "licet.toml").open("a") as file:
        file.write(words)


def plan(where: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("plan", "--server", issuer(where), *options, where=where, **(environment or ASKS))


def apply(where: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("apply", "--server", issuer(where), "--yes", *options, where=where, **(environment or ASKS))


def test_what_is_so_plans_to_nothing(elsewhere: Path) -> None:
    answer = plan(elsewhere, "--check")
    assert (answer.returncode, answer.stdout) == (0, ""), answer.stderr


def test_it_says_and_does_what_it_says_and_does_beside_the_store(home: Path, elsewhere: Path) -> None:
    words = '\n[app.reporting]\nis = "service"\nsecret = { file = "reporting.secret" }\nmay = ["notes:read"]\n'
    add(elsewhere, words)
    add(home, words)
    beside = json.loads(run("plan", "-o", "json", where=home, DEPLOYER_SECRET=DEPLOYER).stdout)
    far = plan(elsewhere, "-o", "json", "--out", str(elsewhere / "friday.plan"))
    told: dict[str, Any] = json.loads(far.stdout)
    assert {key: told[key] for key in ("changes", "world", "becomes_possible")} == {
        key: beside[key] for key in ("changes", "world", "becomes_possible")
    }
    assert plan(elsewhere, "--check").returncode == 1
    assert "+ app reporting" in plan(elsewhere).stdout
    done = apply(elsewhere, "--plan", "friday.plan")
    assert done.returncode == 0, done.stderr
    assert "✓ 1 added" in done.stdout
    secret = (elsewhere / "reporting.secret").read_text().strip()
    assert (elsewhere / "reporting.secret").stat().st_mode & 0o777 == 0o600
    assert secret not in done.stdout + done.stderr
    form = {"grant_type": "client_credentials", "client_id": "reporting", "client_secret": secret}
    assert requests.post(issuer(home) + "/token", data=form, timeout=10).status_code == 200
    again = apply(elsewhere, "--plan", "friday.plan")
    assert again.returncode == 1
    assert plan(elsewhere, "--check").returncode == 0


def test_a_service_that_may_apply_needs_nothing_else(elsewhere: Path) -> None:
    add(elsewhere, '\n[app.sums]\nis = "service"\nsecret = { env = "SUMS" }\nmay = ["notes:read"]\n')
    asks = {"LICET_ADMIN_CLIENT": "deployer", "LICET_ADMIN_SECRET": DEPLOYER}
    done = apply(elsewhere, "-o", "json", "--out-secrets", "new.env", **asks)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["done"]["added"] == 1
    assert (elsewhere / "new.env").read_text().startswith("SUMS=lctcs_")
    deleted = apply(elsewhere, "--allow-delete", **asks)
    assert deleted.returncode == 0, deleted.stderr


def test_mistakes_that_only_the_server_knows_are_shown_at_their_line(elsewhere: Path) -> None:
    add(elsewhere, '\n[app.weak]\nis = "service"\nsecret = { env = "WEAK" }\nmay = ["notes:read"]\n')
    answer = plan(elsewhere, **ASKS, WEAK="short")
    line = next(n for n, text in enumerate((elsewhere / "licet.toml").read_text().split("\n"), 1) if "WEAK" in text)
    assert answer.returncode == 2
    assert answer.stderr.startswith(f"licet.toml:{line}  app.weak.secret"), answer.stderr
    assert "openssl rand" in answer.stderr
    assert "short" not in answer.stderr


@pytest.mark.parametrize(
    ("environment", "code", "said"),
    [
        ({"NOTHING": ""}, 4, "set LICET_ADMIN_TOKEN"),
        ({"LICET_ADMIN_TOKEN": "wrong"}, 4, "not good here"),
        ({"LICET_ADMIN_CLIENT": "deployer", "LICET_ADMIN_SECRET": "wrong"}, 4, "invalid_client"),
    ],
)
def test_who_may_not_is_told_so(elsewhere: Path, environment: dict[str, str], code: int, said: str) -> None:
    answer = plan(elsewhere, **environment)
    assert (answer.returncode, answer.stdout) == (code, "")
    assert said in answer.stderr


def test_where_nothing_answers_nothing_is_known(elsewhere: Path) -> None:
    file = elsewhere / "licet.toml"
    port = issuer(elsewhere).rpartition(":")[2]
    file.write_text(file.read_text().replace(port, str(free_port())))
    answer = plan(elsewhere)
    assert answer.returncode == 3
    assert "does not answer" in answer.stderr


def test_another_servers_file_is_a_wrong_call(elsewhere: Path) -> None:
    answer = run("plan", "--server", "https://id.example.org", where=elsewhere, **ASKS)
    assert answer.returncode == 2
    assert "is another server" in answer.stderr


def test_a_token_that_can_be_guessed_stops_the_start(elsewhere: Path) -> None:
    """RG-14."""
    for token in ("admin", "x" * 60, "a secret with spaces that is long enough, 0123456789"):
        answer = run("doctor", where=elsewhere, LICET_ADMIN_TOKEN=token, DEPLOYER_SECRET=DEPLOYER)
        assert answer.returncode == 1
        assert "LICET_ADMIN_TOKEN is not good enough" in answer.stdout + answer.stderr
        assert token not in answer.stdout + answer.stderr
    file = elsewhere / "licet.toml"
    file.write_text(file.read_text().replace("admin = true\n", "").partition("[app.deployer]")[0])
    answer = run("doctor", where=elsewhere, LICET_ADMIN_TOKEN=TOKEN)
    assert "opens nothing" in answer.stdout + answer.stderr
