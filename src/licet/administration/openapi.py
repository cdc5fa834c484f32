"""The published document (OpenAPI 3.1.0), made of the table of operations and of what they take and show."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from licet import __version__
from licet.administration import models
from licet.administration.office import LISTED
from licet.administration.table import OPERATIONS, PREFIX, Operation
from licet.authorization_server.reserved import audience
from licet.registration.reserved_scopes import ADMINISTRATION

_NAME: Final = re.compile(r"\{([a-z]+)\+?\}")
_JSON, _PROBLEM = "application/json", "application/problem+json"
_REASONS: Final = {
    200: "It is so.",
    201: "It was made.",
    204: "It is done.",
    400: "The request is not as this document says.",
    401: "No token, or one that is not good here.",
    403: "The token does not reach this far.",
    404: "There is no such object.",
    409: "It does not go together with what there is.",
    412: "The object is another than the one that was read.",
    422: "What is described cannot be; mistakes says why.",
    428: "It does not say which version it changes.",
    429: "Too many wrong tokens.",
}
_ABOUT: Final = """\
What operators' programs do to a running server. Every operation takes one scope; tokens come by client credentials, for
an app that may it. A change says which version it changes: `If-Match` with the `ETag` that was read, or `*`.
"""


def document(issuer: str) -> dict[str, Any]:
    """The document of the server at *issuer*."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "licet administration",
            "version": __version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": issuer}],
        "security": [],
        "paths": _paths((*OPERATIONS, *_itself())),
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "app": {
                    "type": "oauth2",
                    "description": f"resource={audience(issuer)}",
                    "flows": {"clientCredentials": {"tokenUrl": f"{issuer}/token", "scopes": dict(ADMINISTRATION)}},
                },
                "operator": {"type": "http", "scheme": "bearer", "description": "LICET_ADMIN_TOKEN"},
            },
        },
    }


def _itself() -> Iterable[Operation]:
    from licet.administration.routes import DOCUMENT  # noqa: PLC0415 - it serves what is made here

    return (DOCUMENT,)


def _paths(operations: Iterable[Operation]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for one in operations:
        path = PREFIX + _NAME.sub(r"{\1}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one)
    return paths


def _operation(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.id,
        "summary": _first_line(one.handler.__doc__),
        "tags": [one.path.split("/")[1]],
        "security": [{"app": [one.scope]}, {"operator": []}],
        "parameters": list(_parameters(one)),
        "responses": {str(status): _response(one, status) for status in _statuses(one)},
    }
    said["responses"]["default"] = _problem("Anything else that went wrong.")
    if one.body is not None:
        said["requestBody"] = {"required": True, "content": {_JSON: {"schema": _ref(one.body)}}}
    return said


def _first_line(docstring: str | None) -> str:
    return " ".join((docstring or "").split())


def _parameters(one: Operation) -> Iterable[dict[str, Any]]:
    for name in _NAME.findall(one.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    if one.listed:
        yield {
            "name": "after",
            "in": "query",
            "description": "`next` of the page before.",
            "schema": {"type": "string"},
        }
        limit = {"type": "integer", "minimum": 1, "maximum": 200, "default": LISTED}
        yield {"name": "limit", "in": "query", "schema": limit}
    if one.conditional:
        described = "The ETag that was read, or `*`." + (" Or `If-None-Match: *` to make it." if one.makes else "")
        yield {"name": "If-Match", "in": "header", "description": described, "schema": {"type": "string"}}
    if one.makes:
        yield {"name": "If-None-Match", "in": "header", "schema": {"type": "string", "const": "*"}}


def _statuses(one: Operation) -> list[int]:
    refusals = [400, 401, 403, 429]
    refusals += [404] if "{" in one.path or one.conditional else []
    refusals += [409, 412, 428] if one.conditional else []
    refusals += [409, 422] if one.body is not None else []
    return sorted({*one.statuses, *refusals})


def _response(one: Operation, status: int) -> dict[str, Any]:
    if status not in one.statuses:
        return _problem(_REASONS[status])
    said: dict[str, Any] = {"description": _REASONS[status]}
    if one.answers is not None:
        said["content"] = {_JSON: {"schema": _ref(one.answers)}}
    if one.method in {"GET", "PUT"} and "{" in one.path and not one.listed:
        said["headers"] = {"ETag": {"required": True, "schema": {"type": "string"}}}
    return said


def _problem(reason: str) -> dict[str, Any]:
    return {"description": reason, "content": {_PROBLEM: {"schema": _ref(models.ProblemTold)}}}


def _models() -> list[Any]:
    used = [model for one in OPERATIONS for model in (one.answers, one.body) if model not in (None, dict)]
    return [*dict.fromkeys(used), models.ProblemTold]


def _schemas() -> dict[str, Any]:
    _, components = msgspec.json.schema_components(_models(), ref_template="#/components/schemas/{name}")
    return dict(sorted(components.items()))


def _ref(model: Any) -> dict[str, Any]:
    if model is dict:
        return {"type": "object"}
    (schema,), _ = msgspec.json.schema_components([model], ref_template="#/components/schemas/{name}")
    return dict(schema)
