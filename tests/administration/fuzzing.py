"""The admin API asked by schemathesis, in process: cases that its document allows, and cases that it does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from licet.administration import openapi
from tests.administration.conftest import BEARER, Administered, administered
from tests.administration.test_strangers import objects
from tests.world import ISSUER

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)
SCHEMA = schemathesis.openapi.from_dict(openapi.document(ISSUER))
OPERATIONS = {f"{one.ok().method.upper()} {one.ok().path}": one.ok() for one in SCHEMA.get_all_operations()}
_SENT = frozenset({"accept", "content-type", "if-match", "if-none-match"})


@dataclass
class Fuzzed:
    """A server whose event loop is driven from outside, as hypothesis wants it."""

    runner: asyncio.Runner
    here: Administered
    http: httpx2.AsyncClient
    ids: dict[str, list[str]]
    """What the names in paths may be, so that objects are found as well as not."""

    def ask(self, case: Any, *, known: bool, condition: str) -> None:
        """Send *case* and hold the answer to the document."""
        if known:
            for name in case.path_parameters or {}:
                case.path_parameters[name] = self.ids[name][len(condition) % len(self.ids[name])]
        if condition and case.method in ("PUT", "DELETE", "POST"):
            case.headers["If-None-Match" if condition == "new" else "If-Match"] = "*"
        prepared = requests.Request(**_plain(case.as_transport_kwargs(base_url=ISSUER))).prepare()
        answer = self.runner.run(self._send(prepared))
        case.validate_response(_answered(answer, prepared), checks=CHECKS)

    async def _send(self, prepared: requests.PreparedRequest) -> Any:
        headers = {
            name.encode("ascii"): value.encode("latin-1", "ignore") if isinstance(value, str) else value
            for name, value in prepared.headers.items()
            if name.lower() in _SENT
        }
        return await self.http.request(
            prepared.method or "GET",
            prepared.url or "",
            headers=headers | {b"authorization": f"Bearer {BEARER}".encode()},
            content=prepared.body if isinstance(prepared.body, bytes) else (prepared.body or "").encode(),
        )

    def fuzz(self, name: str, *, examples: int, seeded: int) -> None:
        """*examples* cases of each mode for one operation."""
        for mode in MODES:

            @seed(seeded)
            @settings(
                max_examples=examples,
                deadline=None,
                database=None,
                suppress_health_check=list(HealthCheck),
            )
            @given(
                case=OPERATIONS[name].as_strategy(generation_mode=mode),
                known=st.booleans(),
                condition=st.sampled_from(["", "new", "any"]),
            )
            def asked(case: Any, known: bool, condition: str) -> None:
                self.ask(case, known=known, condition=condition)

            asked()
        assert self.here.world.internal_errors == 0


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    known = ("method", "url", "headers", "params", "data", "json", "cookies")
    return {name: given[name] for name in known if given.get(name) is not None}


def _answered(answer: Any, prepared: requests.PreparedRequest) -> schemathesis.Response:
    return schemathesis.Response(
        status_code=answer.status_code,
        headers={name: [value] for name, value in answer.headers.items()},
        content=answer.content,
        request=prepared,
        elapsed=0,
        verify=False,
    )


@contextmanager
def fuzzed(path: Path) -> Iterator[Fuzzed]:
    """A server with objects of every kind."""
    with asyncio.Runner() as runner:
        entered = administered(path)
        here = runner.run(entered.__aenter__())
        known = runner.run(objects(here))
        keys = runner.run(here.call("GET", "/keys")).json()["items"]
        ids = {name: [known.mine[name], known.others.get(name, "nobody")] for name in ("person", "session", "grant")}
        ids |= {
            "app": ["one", "shop"],
            "api": ["one", "orders"],
            "scope": ["one.read", "orders.read"],
            "secret": [known.others["apps"], known.others["apis"]],
            "key": [keys[0]["kid"], "nobody"],
        }
        http = here.world.visitor()
        yield Fuzzed(runner, here, http, ids)
        runner.run(http.aclose())
        runner.run(entered.__aexit__(None, None, None))
