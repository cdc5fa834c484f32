"""Each import contract fails on an import that it forbids.

A small house with the rooms' names and nothing in them stands in for the real one; the contracts are the real ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path
from shutil import copy

import pytest

CONTRACTS = Path(__file__).parents[2] / ".importlinter"

ROOMS = """
    app ambient=time,secrets egress=httpx2 events requirements.model protocol.pkce
    storage.ports storage.sqlite.grants rules.model client.discovery=httpx2 resource_server.bearer
    audit.run registration.plan resource_owner.consent guard.flask guard.starlette=starlette administration
    authorization_server.authorization.endpoint authorization_server.client_authentication.none
    authorization_server.introspection authorization_server.revocation authorization_server.token.endpoint
    authorization_server.userinfo authorization_server.exchange authorization_server.web.forms
    development.people cli.main pytest_plugin
"""

FORBIDDEN = {
    "floors: upward": ("floors", "storage.ports", "licet.authorization_server.exchange"),
    "floors: a neighbour": ("floors", "registration.plan", "licet.resource_owner.consent"),
    "law": ("law", "requirements.model", "licet.protocol.pkce"),
    "pure: the clock": ("pure", "protocol.pkce", "licet.ambient"),
    "pure: the network": ("pure", "protocol.pkce", "httpx2"),
    "pure: the database": ("pure", "protocol.pkce", "sqlite3"),
    "clock": ("clock", "authorization_server.token.endpoint", "time"),
    "clock: the dice": ("clock", "storage.ports", "secrets"),
    "egress": ("egress", "registration.plan", "httpx2"),
    "endpoints": ("endpoints", "authorization_server.token.endpoint", "licet.authorization_server.web.forms"),
    "web": ("web", "authorization_server.web.forms", "licet.authorization_server.token.endpoint"),
    "frameworks": ("frameworks", "authorization_server.web.forms", "starlette"),
    "backends": ("backends", "authorization_server.token.endpoint", "licet.storage.sqlite.grants"),
    "roles": ("roles", "authorization_server.userinfo", "licet.resource_server.bearer"),
    "guards": ("guards", "guard.flask", "licet.guard.starlette"),
    "weight": ("weight", "resource_server.bearer", "sqlalchemy"),
    "lightness": ("lightness", "client.discovery", "starlette"),
}


def build(root: Path) -> None:
    """Build the small house: every room a package or file, empty but for the imports it is allowed."""
    (root / "licet").mkdir()
    (root / "licet" / "__init__.py").touch()
    for room in ROOMS.split():
        name, _, allowed = room.partition("=")
        *packages, module = name.split(".")
        folder = root / "licet"
        for package in packages:
            folder /= package
            folder.mkdir(exist_ok=True)
            (folder / "__init__.py").touch()
        (folder / f"{module}.py").write_text("".join(f"import {a}\n" for a in allowed.split(",") if a), "utf-8")
    copy(CONTRACTS, root / ".importlinter")


def judge(root: Path) -> tuple[int, str]:
    """Run import-linter on the small house."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()", "--no-cache"],
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def names() -> dict[str, str]:
    """Read the contracts' names by their ids."""
    config = ConfigParser()
    config.read(CONTRACTS, "utf-8")
    head = "importlinter:contract:"
    return {section.removeprefix(head): config[section]["name"] for section in config if section.startswith(head)}


@pytest.fixture(scope="module")
def verdict(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What import-linter says of a small house in which every forbidden import stands."""
    root = tmp_path_factory.mktemp("house")
    build(root)
    for _, room, imported in FORBIDDEN.values():
        with (root / "licet" / f"{room.replace('.', '/')}.py").open("a", encoding="utf-8") as file:
            file.write(f"import {imported}\n")
    code, said = judge(root)
    assert code == 1, said
    return said


def test_the_small_house_keeps_every_contract(tmp_path: Path) -> None:
    """Otherwise the failures below would prove nothing."""
    build(tmp_path)
    code, said = judge(tmp_path)
    assert code == 0, said


@pytest.mark.parametrize(("contract", "room", "imported"), FORBIDDEN.values(), ids=FORBIDDEN.keys())
def test_a_forbidden_import_breaks_its_contract(verdict: str, contract: str, room: str, imported: str) -> None:
    """The contract is broken, and by this import."""
    name = names()[contract]
    assert f"{name} BROKEN" in verdict
    details = verdict.partition(f"\n{name}\n{'-' * len(name)}\n")[2].partition("\n---")[0]
    assert f"licet.{room} -> {imported} " in " ".join(details.split())


def test_every_contract_has_a_bad_example() -> None:
    """A contract that never fails is no contract."""
    assert {contract for contract, _, _ in FORBIDDEN.values()} == set(names())
