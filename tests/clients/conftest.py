"""Servers in processes of their own; ``dev_server`` is everyone's, ``shop_server`` has apps that can keep a secret."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from joserfc.jwk import ECKey

from tests.clients.operated import LOGIN, PASSWORD, Operated, serving
from tests.clients.person import Person

CALLBACK = "http://127.0.0.1:5000/callback"
AUDIENCE = "https://orders.example.com"
SECRETS = {name: f"{name} keeps this to itself, 0123456789abcdefghij" for name in ("SHOP", "JOB", "ORDERS")}
SIGNER = ECKey.generate_key("P-256", {"kid": "signer-1", "alg": "ES256", "use": "sig"})
"""The key of the one app that has one."""
_JWK = ", ".join(f'{name} = "{value}"' for name, value in SIGNER.as_dict(private=False).items())

_CONFIGURATION = f"""
[lifetimes]
device_interval_s = 1

[api.orders]
audience = "{AUDIENCE}"
secret   = {{ env = "ORDERS" }}
scopes   = {{ "orders:read" = "See your orders", "orders:write" = "Create and cancel orders for you" }}

[app.shop]
is       = "web-app"
name     = "Corner Shop"
callback = "{CALLBACK}"
secret   = {{ env = "SHOP" }}
may      = ["openid", "profile", "email", "offline_access", "orders:read", "orders:write"]

[app.reader]
is       = "desktop-app"
name     = "Desk Reader"
callback = "http://127.0.0.1/callback"
may      = ["openid", "profile", "offline_access", "orders:read"]

[app.job]
is     = "service"
secret = {{ env = "JOB" }}
may    = ["orders:read", "orders:write"]

[app.signer]
is  = "service"
key = {{ jwk = {{ {_JWK} }} }}
may = ["orders:read"]

[app.tv]
is   = "tv"
name = "Lounge TV"
may  = ["openid", "profile", "offline_access", "orders:read"]
"""


@pytest.fixture(scope="session", autouse=True)
def straight() -> Iterator[None]:
    """Nothing to this machine goes through a proxy, whatever the shell says."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("NO_PROXY", "no_proxy"):
            patch.setenv(name, ",".join(filter(None, (os.environ.get(name), "127.0.0.1,localhost"))))
        yield


@pytest.fixture(scope="session")
def shop_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    """One server for all tests of a worker."""
    with serving(tmp_path_factory.mktemp("serve"), _CONFIGURATION, SECRETS) as server:
        yield server


@pytest.fixture
def alice(shop_server: Operated) -> Iterator[Person]:
    """Alice at the operated server, with a browser that was never there."""
    with Person(shop_server.issuer, LOGIN, PASSWORD) as alice:
        yield alice


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
