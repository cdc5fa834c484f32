"""What clients of Ory Hydra become."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registration.importers.conftest import loaded, run

Imports = Callable[..., dict[str, Any]]


def test_what_each_became(imports: Imports) -> None:
    told = imports("hydra")
    assert {one["name"]: (one["is"], one["carried"]) for one in told["became"]} == {
        "api": ("", True),
        "metrics": ("", True),
        "9d2b1a4e-77aa-4d2f-9a55-3a0e7f1c2b60": ("web-app", True),
        "metrics-job": ("service", True),
        "signed-job": ("service", True),
        "single-page": ("browser-app", True),
        "partner": ("web-app", True),
        "exchange": ("", False),
    }


def test_an_app_keeps_its_words(imports: Imports) -> None:
    apps = tomllib.loads(imports("hydra")["toml"])["app"]
    invoices = apps["9d2b1a4e-77aa-4d2f-9a55-3a0e7f1c2b60"]
    assert invoices["may"] == ["openid", "email", "offline_access", "invoices.read"]
    assert (invoices["token_lifetime"], invoices["owner"], invoices["consent"]) == (1800, "invoices-team", "trusted")
    assert invoices["expert"]["contacts"] == ["invoices@example.com"]
    assert apps["signed-job"]["key"]["jwk"]["kid"] == "one"
    assert apps["signed-job"]["expert"] == {"token_endpoint_auth_signing_alg": "EdDSA"}
    assert apps["single-page"]["refresh"] == "none"
    assert apps["partner"]["sector"] == "partner.example.net"


def test_scopes_go_to_the_audience_that_all_who_have_them_share(imports: Imports) -> None:
    api = tomllib.loads(imports("hydra")["toml"])["api"]
    assert list(api["api"]["scopes"]) == ["invoices.read"]
    assert list(api["metrics"]["scopes"]) == ["metrics.write"]

    def both(export: Any) -> None:
        export["items"][1]["scope"] = "metrics.write invoices.read"

    api = tomllib.loads(imports("hydra", both)["toml"])["api"]
    assert list(api["hydra"]["scopes"]) == ["invoices.read"]


@pytest.mark.parametrize("shape", [lambda items: items, lambda items: items[0], lambda items: {"items": items}])
def test_each_shape_that_its_commands_have_is_read(shape: Callable[[Any], Any], tmp_path: Path) -> None:
    """A list, one client, and the pages of newer versions."""
    file = tmp_path / "clients.json"
    file.write_text(json.dumps(shape(loaded("hydra")["items"])))
    told = json.loads(run("hydra", file, "--output", "json").stdout)
    assert "9d2b1a4e-77aa-4d2f-9a55-3a0e7f1c2b60" in [one["name"] for one in told["became"]]


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"frontchannel_logout_uri": "https://x.example/f"}, "front-channel"),
        ({"request_uris": ["https://x.example/r"]}, "pushes them"),
        ({"metadata": {"team": "x"}}, "metadata is not carried"),
        ({"authorization_code_grant_access_token_lifespan": "24h"}, "86400 s"),
        ({"token_endpoint_auth_method": "tls_client_auth"}, "give it a key"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [{"kty": "EC", "crv": "P-521"}]}}, "not taken"),
        ({"allowed_cors_origins": ["*"]}, "from anywhere"),
        ({"scope": "openid unknown?scope\\"}, "no API has"),
        ({"response_types": ["code id_token"]}, "implicit grant is no more"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_told(imports: Imports, said: dict[str, Any], note: str) -> None:
    told = imports("hydra", lambda export: export["items"][0].update(said))
    (one,) = [one for one in told["became"] if one["name"].startswith("9d2b")]
    assert note in "\n".join(one["notes"])


def test_a_lifetime_that_is_none_is_refused_with_its_place(tmp_path: Path) -> None:
    export = loaded("hydra")
    export["items"][0]["authorization_code_grant_access_token_lifespan"] = "soon"
    file = tmp_path / "clients.json"
    file.write_text(json.dumps(export))
    told = run("hydra", file)
    assert told.exit_code == 2
    assert "$.items[0].authorization_code_grant_access_token_lifespan  is not a length of time" in told.output


def test_three_keys_are_two_too_many(imports: Imports) -> None:
    def change(export: Any) -> None:
        keys = export["items"][2]["jwks"]["keys"]
        keys += [keys[0] | {"kid": "two"}, keys[0] | {"kid": "three"}]

    told = imports("hydra", change)
    assert [key["jwk"]["kid"] for key in tomllib.loads(told["toml"])["app"]["signed-job"]["key"]] == ["one", "two"]
    assert "3 keys" in "\n".join(next(one for one in told["became"] if one["name"] == "signed-job")["notes"])
