"""Each import contract fails on an import that it forbids, for every room that it binds and every name on its list.

A small house with the rooms' names and nothing in them stands in for the real one; the contracts are the real ones.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser, SectionProxy
from itertools import pairwise, product
from pathlib import Path
from shutil import copy

import pytest

CONTRACTS = Path(__file__).parents[2] / ".importlinter"

ROOMS = """
    app ambient=time,secrets egress=httpx2 events requirements.model protocol.pkce
    storage.ports storage.memory.store storage.sqlite.grants rules.model client.discovery=httpx2 resource_server.bearer
    audit.run registration.plan resource_owner.consent guard.flask guard.starlette=starlette
    administration.routes administration.apps
    authorization_server.account.profile authorization_server.authorization.endpoint
    authorization_server.client_authentication.none
    authorization_server.device_authorization authorization_server.device_verification.entry
    authorization_server.introspection authorization_server.logout authorization_server.metadata
    authorization_server.pages authorization_server.revocation authorization_server.token.endpoint
    authorization_server.userinfo authorization_server.exchange authorization_server.web.forms
    development.people cli.main pytest_plugin
"""

CHOSEN = {
    "floors: a neighbour": ("floors", "registration.plan", "licet.resource_owner.consent"),
    "floors: the clock and the law": ("floors", "ambient", "licet.requirements.model"),
    "endpoints": ("endpoints", "authorization_server.token.endpoint", "licet.authorization_server.web.forms"),
    "endpoints: from below": ("endpoints", "registration.plan", "licet.authorization_server.web.forms"),
    "endpoints: administration": ("endpoints", "administration.apps", "licet.authorization_server.web.forms"),
    "backends: sqlite": ("backends", "authorization_server.token.endpoint", "licet.storage.sqlite.grants"),
    "backends: memory": ("backends", "authorization_server.token.endpoint", "licet.storage.memory.store"),
    "roles: server and API": ("roles", "authorization_server.userinfo", "licet.resource_server.bearer"),
    "roles: server and client": ("roles", "authorization_server.userinfo", "licet.client.discovery"),
    "roles: client and server": ("roles", "client.discovery", "licet.authorization_server.exchange"),
    "roles: client and API": ("roles", "client.discovery", "licet.resource_server.bearer"),
    "roles: API and client": ("roles", "resource_server.bearer", "licet.client.discovery"),
    "guards": ("guards", "guard.flask", "licet.guard.starlette"),
}
"""Of the contracts whose lists are not read below."""


def contracts() -> dict[str, SectionProxy]:
    """Read the contracts by their ids."""
    config = ConfigParser()
    config.read(CONTRACTS, "utf-8")
    head = "importlinter:contract:"
    return {section.removeprefix(head): config[section] for section in config if section.startswith(head)}


def rooms_of(pattern: str) -> list[str]:
    """The rooms of the small house that ``licet.client.**`` or ``licet.storage`` names."""
    inner = pattern.removeprefix("licet").removeprefix(".").removesuffix(".**")
    rooms = [room.partition("=")[0] for room in ROOMS.split()]
    return [room for room in rooms if not inner or room == inner or room.startswith(f"{inner}.")]


def listed() -> Iterator[tuple[str, tuple[str, str, str]]]:
    """For each list of forbidden names, each binding with each name: contract, room, what it imports."""
    for contract, section in contracts().items():
        if section["type"] != "forbidden":
            continue
        ignored = set(section.get("ignore_imports", "").splitlines())
        for source, forbidden in product(section["source_modules"].split(), section["forbidden_modules"].split()):
            target = f"licet.{rooms_of(forbidden)[0]}" if forbidden.startswith("licet.") else forbidden
            room = next(
                room
                for room in (["registration.plan"] if source == "licet" else rooms_of(source))
                if f"licet.{room} -> {target}" not in ignored
            )
            yield f"{contract}: {room}, {forbidden}", (contract, room, target)


def upward() -> Iterator[tuple[str, tuple[str, str, str]]]:
    """From each floor to the one above it."""
    floors = [
        rooms_of(f"licet.{line.split('|')[0].strip(' ()')}")[0]
        for line in contracts()["floors"]["layers"].strip().splitlines()
    ]
    for above, below in pairwise(floors):
        yield f"floors: {below}, up to {above}", ("floors", below, f"licet.{above}")


FORBIDDEN = {**CHOSEN, **dict(upward()), **dict(listed())}


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
    name = contracts()[contract]["name"]
    assert f"{name} BROKEN" in verdict
    details = verdict.partition(f"\n{name}\n{'-' * len(name)}\n")[2].partition("\n---")[0]
    assert f"licet.{room} -> {imported} " in " ".join(details.split())


def test_every_contract_has_a_bad_example() -> None:
    """A contract that never fails is no contract."""
    assert {contract for contract, _, _ in FORBIDDEN.values()} == set(contracts())
