"""Which scripts of other origins may read what (rulings Q): the whole matrix."""

from __future__ import annotations

import pytest
from kernels import Said, ask, kernel, raising

from licet.authorization_server.web.routes import Kind, Route
from licet.protocol.errors import InvalidGrant
from licet.requirements import CORS_LIMITED
from licet.requirements.documents import RFC_6749

SHOP = "https://shop.example.com"
STRANGERS = ["https://evil.example", "null", "https://shop.example.com.evil.example", "http://shop.example.com",
             "", "é", "https://shop.example.com\x00", "https://" + "x" * 300]  # fmt: skip
OPEN_TO_REGISTERED = ["/token", "/userinfo"]
OPEN_TO_ALL = ["/jwks"]
CLOSED = ["/authorize", "/device", "/introspect", "/nowhere"]


def cors(said: Said) -> dict[str, str]:
    return {name: value for name, value in said.headers if name.startswith("access-control-")}


def preflight(path: str, origin: str) -> Said:
    asking = {"origin": origin, "access-control-request-method": "POST", "access-control-request-headers": "dpop"}
    return ask(kernel(), "OPTIONS", path, headers=asking)


@pytest.mark.witness(CORS_LIMITED)
@pytest.mark.parametrize("origin", [SHOP, *STRANGERS])
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "PUT"])
@pytest.mark.parametrize("path", CLOSED)
def test_never(path: str, method: str, origin: str) -> None:
    said = ask(kernel(), method, path, headers={"origin": origin})
    assert cors(said) == {}
    assert said.every("vary") == []


@pytest.mark.witness(CORS_LIMITED)
@pytest.mark.parametrize("path", OPEN_TO_REGISTERED)
def test_a_registered_origin_may_read(path: str) -> None:
    for method in ("POST", "PUT"):
        said = ask(kernel(), method, path, headers={"origin": SHOP})
        assert cors(said) == {
            "access-control-allow-origin": SHOP,
            "access-control-expose-headers": "WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id",
        }
        assert said["vary"] == "Origin"


@pytest.mark.witness(CORS_LIMITED)
@pytest.mark.parametrize("origin", STRANGERS)
@pytest.mark.parametrize("path", OPEN_TO_REGISTERED)
def test_an_unregistered_origin_may_not(path: str, origin: str) -> None:
    for said in (ask(kernel(), "POST", path, headers={"origin": origin}), preflight(path, origin)):
        assert cors(said) == {}
        assert said["vary"] == "Origin"
        assert said.status in {200, 204}


def test_without_an_origin_a_cache_still_learns_that_it_matters() -> None:
    said = ask(kernel(), "POST", "/token")
    assert cors(said) == {}
    assert said["vary"] == "Origin"


@pytest.mark.parametrize("path", OPEN_TO_REGISTERED)
def test_a_registered_origin_may_send(path: str) -> None:
    said = preflight(path, SHOP)
    assert (said.status, said.body) == (204, b"")
    assert cors(said) == {
        "access-control-allow-origin": SHOP,
        "access-control-allow-methods": "POST" if path == "/token" else "GET, POST",
        "access-control-allow-headers": "Authorization, Content-Type, DPoP",
        "access-control-max-age": "3600",
        "access-control-expose-headers": "WWW-Authenticate, DPoP-Nonce, Retry-After, X-Request-Id",
    }


@pytest.mark.witness(CORS_LIMITED)
@pytest.mark.parametrize("origin", [SHOP, *STRANGERS])
def test_documents_are_for_all(origin: str) -> None:
    said = ask(kernel(), "GET", "/jwks", headers={"origin": origin})
    assert cors(said) == {"access-control-allow-origin": "*"}
    assert cors(preflight("/jwks", origin))["access-control-allow-methods"] == "GET"


def test_a_script_can_read_why_it_was_refused() -> None:
    refusing = raising(InvalidGrant("No", per=RFC_6749("5.2")))
    app = kernel(Route("/token", ("POST",), refusing, Kind.API, browsers=True))
    said = ask(app, "POST", "/token", headers={"origin": SHOP})
    assert (said.status, said["access-control-allow-origin"]) == (400, SHOP)


def test_credentials_are_never_allowed() -> None:
    for path in (*OPEN_TO_REGISTERED, *OPEN_TO_ALL, *CLOSED):
        assert preflight(path, SHOP).every("access-control-allow-credentials") == []
