"""``licet registration``: a token made on the command line lets a client register at a running server."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from licet.ambient import SystemEntropy
from licet.storage.sqlite import SQLiteStore
from licet.storage.vault import MasterKeys
from tests.vouching import VOUCHING

TOML = 'issuer = "http://127.0.0.1:8414"\n[server]\nsecrets = { file = "secrets/master.key" }\n'


def licet(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "licet", "registration", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    (tmp_path / "secrets").mkdir()
    key = tmp_path / "secrets" / "master.key"
    key.write_text(MasterKeys.generate(SystemEntropy()))
    key.chmod(0o600)
    (tmp_path / "licet.toml").write_text(TOML + "[server.registration]\n")
    return tmp_path


async def kept(directory: Path) -> list[tuple[int, str, tuple[str, ...], str]]:
    store = SQLiteStore.open(directory / "licet.db", VOUCHING, lock=False)
    tokens = await store.registrations.tokens(1)
    await store.close()
    return [(one.uses_left, one.policy.profile, one.policy.scope, one.note) for one in tokens]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_token_is_made_listed_and_taken_back(directory: Path) -> None:
    made = licet(directory, "add", "--may", "openid email", "--uses", "3", "--profile", "oidc-core", "--note", "suite")
    assert made.returncode == 0, made.stderr
    assert re.fullmatch(r"lctia_[0-9A-Za-z]+\n", made.stdout)
    assert await kept(directory) == [(3, "oidc-core", ("openid", "email"), "suite")]
    assert made.stdout.strip().encode() not in (directory / "licet.db").read_bytes()
    listed = licet(directory, "list").stdout
    assert made.stdout.strip() not in listed
    name = listed.split()[0]
    assert "3 left until" in listed
    assert licet(directory, "revoke", "nothing").returncode == 1
    assert licet(directory, "revoke", name).returncode == 0
    assert licet(directory, "list").stdout == "There are no tokens.\n"


def test_it_says_where_it_is_off(directory: Path) -> None:
    (directory / "licet.toml").write_text(TOML)
    refused = licet(directory, "add")
    assert refused.returncode == 1
    assert "[server.registration]" in refused.stderr


@pytest.mark.parametrize("verb", [(), ("add",), ("list",), ("revoke",)])
def test_help_has_an_example(directory: Path, verb: tuple[str, ...]) -> None:
    assert "licet registration" in licet(directory, *verb, "--help").stdout.split("Example")[1]
