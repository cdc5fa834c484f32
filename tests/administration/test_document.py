"""The published document: well-formed, made of the table, and what docs/ keeps a copy of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from licet.administration import openapi
from licet.administration.routes import DOCUMENT, routes
from licet.administration.table import OPERATIONS, PREFIX
from licet.ambient import SystemEntropy
from licet.authorization_server.presented import Lookup
from licet.authorization_server.web.routes import Kind
from licet.registration.reserved_scopes import ADMINISTRATION
from tests.administration.conftest import Administered
from tests.world import ISSUER

COPY = Path(__file__).parents[2] / "docs" / "openapi.json"


def test_it_is_an_openapi_document() -> None:
    validate(openapi.document(ISSUER))


@pytest.mark.anyio
async def test_it_has_every_operation_and_none_more(here: Administered) -> None:
    said = openapi.document(ISSUER)["paths"]
    documented = {(method.upper(), path) for path, item in said.items() for method in item}
    lookup = Lookup(
        here.world.store, here.world.server.upkeep.directory, here.world.server.upkeep.ring, here.world.vault
    )
    rows = routes(SystemEntropy(), file="licet.toml")(lookup)
    routed = {(method, row.path.replace("+}", "}")) for row in rows for method in row.methods}
    assert documented == routed
    assert len(routed) == len(OPERATIONS) + 1
    assert all(row.kind is Kind.ADMINISTRATION and row.path.startswith(PREFIX) for row in rows)


def test_each_operation_names_its_one_scope() -> None:
    document = openapi.document(ISSUER)
    for one in (*OPERATIONS, DOCUMENT):
        said = document["paths"][PREFIX + one.path.replace("+}", "}")][one.method.lower()]
        assert said["security"] == [{"app": [one.scope]}, {"operator": []}]
        assert one.scope in ADMINISTRATION
        assert said["summary"].endswith(".") or len(said["summary"]) > 10


def test_the_copy_in_docs_is_this_one() -> None:
    """``python -m tests.administration.document > docs/openapi.json``"""
    assert json.loads(COPY.read_text()) == openapi.document(ISSUER)


@pytest.mark.anyio
async def test_it_is_served_to_whoever_may_read(here: Administered) -> None:
    answer = await here.call("GET", "/openapi.json", "licet:read")
    assert answer.json() == openapi.document(ISSUER)
