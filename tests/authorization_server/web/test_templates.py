"""Paths with names in them: found where nothing else is, and told to the endpoint in their order."""

from __future__ import annotations

import pytest

from licet.authorization_server.exchange import Answer, Incoming, Json
from licet.authorization_server.web.routes import Kind, Route, Templates, places


async def nothing(_incoming: Incoming) -> Answer:
    return Json(body={})


def route(path: str, *methods: str, body_bytes: int = 0) -> Route:
    return Route(path, methods or ("GET",), nothing, Kind.ADMINISTRATION, json=True, body_bytes=body_bytes)


TABLE = places(
    (
        route("/v1/apps"),
        route("/v1/apps/{app}"),
        route("/v1/apps/{app}/secrets", "POST"),
        route("/v1/apps/{app}/secrets/{secret}", "DELETE"),
        route("/v1/scopes/{scope+}"),
        route("/v1/scopes/{scope+}", "PUT"),
    ),
    "/base",
)
TEMPLATES = Templates(TABLE.values())


@pytest.mark.parametrize(
    ("path", "template", "names"),
    [
        ("/base/v1/apps/shop", "/v1/apps/{app}", ("shop",)),
        ("/base/v1/apps/sh.op~1", "/v1/apps/{app}", ("sh.op~1",)),
        ("/base/v1/apps/{app}", "/v1/apps/{app}", ("{app}",)),
        ("/base/v1/apps/a\nb", "/v1/apps/{app}", ("a\nb",)),
        ("/base/v1/apps/shop/secrets", "/v1/apps/{app}/secrets", ("shop",)),
        ("/base/v1/apps/shop/secrets/1", "/v1/apps/{app}/secrets/{secret}", ("shop", "1")),
        ("/base/v1/scopes/https://a.example/b/c", "/v1/scopes/{scope+}", ("https://a.example/b/c",)),
    ],
)
def test_a_name_stands_for_one_segment_or_for_the_rest(path: str, template: str, names: tuple[str, ...]) -> None:
    place = TEMPLATES.find(path)
    assert place is not None
    assert (place.path, place.named(path)) == (template, names)


@pytest.mark.parametrize(
    "path",
    [
        "/base/v1/apps/",
        "/base/v1/apps/shop/",
        "/base/v1/apps/shop/secrets/",
        "/base/v1/apps/shop/secrets/1/2",
        "/base/v1/apps",
        "/v1/apps/shop",
        "/base/v1/scopes/",
        "/base/v1xapps/shop",
        "/x/base/v1/apps/shop",
    ],
)
def test_nothing_else_is_found(path: str) -> None:
    assert TEMPLATES.find(path) is None


def test_a_table_without_names_finds_nothing() -> None:
    assert Templates(places((route("/v1/apps"),), "").values()).find("/v1/apps") is None


def test_rows_of_one_path_are_one_place() -> None:
    assert set(TABLE["/base/v1/scopes/{scope+}"].endpoints) == {"GET", "PUT"}
