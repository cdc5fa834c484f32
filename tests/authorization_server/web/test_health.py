"""What probes are told: one word."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from kernels import ask, kernel

from licet.authorization_server.web import health
from licet.authorization_server.web.addresses import base, hosts
from licet.authorization_server.web.health import Health


def ready(answer: Any) -> Health:
    async def check() -> bool:
        if isinstance(answer, Exception):
            raise answer
        return bool(answer)

    return Health(check)


@pytest.mark.parametrize("host", ["10.1.2.3:8414", "id.example.com", None])
def test_probes_need_no_host(host: str | None) -> None:
    app = kernel(health=ready(True), base="/tenant")
    for path in ("/healthz", "/readyz"):
        said = ask(app, "GET", path, host=host)
        assert (said.status, said.body) == (200, b"ok\n")
        assert said["cache-control"] == "no-store"
        assert ask(app, "HEAD", path, host=host).body == b""
        assert ask(app, "POST", path, host=host).status == 405


@pytest.mark.parametrize("answer", [False, OSError("disk"), ValueError()])
def test_what_is_not_ready_is_alive(answer: Any) -> None:
    app = kernel(health=ready(answer))
    assert ask(app, "GET", "/healthz").status == 200
    said = ask(app, "GET", "/readyz")
    assert (said.status, said.body) == (503, b"not ready\n")
    assert app.internal_errors == 0


def test_draining() -> None:
    app = kernel()
    assert ask(app, "GET", "/readyz").status == 200
    app.drain()
    said = ask(app, "GET", "/readyz")
    assert (said.status, said.body) == (503, b"draining\n")
    assert ask(app, "GET", "/healthz").status == 200
    assert ask(app, "GET", "/jwks").status == 200


def test_a_store_that_does_not_answer_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_PATIENCE_S", 0.02)

    async def check() -> bool:
        await asyncio.sleep(30)
        return True

    assert ask(kernel(health=Health(check)), "GET", "/readyz").status == 503


@pytest.mark.parametrize(
    ("issuer", "names", "path"),
    [
        ("https://id.example.com", {"id.example.com", "id.example.com:443"}, ""),
        ("https://id.example.com/tenant/", {"id.example.com", "id.example.com:443"}, "/tenant"),
        ("https://id.example.com:8443", {"id.example.com:8443"}, ""),
        ("http://127.0.0.1:8414", {"127.0.0.1:8414"}, ""),
        ("http://[::1]:8414", {"[::1]:8414"}, ""),
        ("http://localhost", {"localhost", "localhost:80"}, ""),
    ],
)
def test_an_issuer_says_which_hosts_are_ours(issuer: str, names: set[str], path: str) -> None:
    assert (hosts(issuer), base(issuer)) == (names, path)
