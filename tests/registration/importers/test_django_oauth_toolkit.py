"""What applications of django-oauth-toolkit become."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Imports = Callable[..., dict[str, Any]]


def test_what_each_became(imports: Imports) -> None:
    told = imports("django-oauth-toolkit")
    assert {one["name"]: (one["is"], one["carried"]) for one in told["became"]} == {
        "django": ("", True),
        "Jq3nT8wKZ5yR1pV6xD0bMfHs": ("web-app", True),
        "importer": ("service", True),
        "spa": ("browser-app", True),
        "old-script": ("web-app", False),
        "widget": ("browser-app", False),
        "mobile": ("mobile-app", True),
        "signer": ("web-app", True),
    }


def test_an_app_keeps_its_words(imports: Imports) -> None:
    apps = tomllib.loads(imports("django-oauth-toolkit")["toml"])["app"]
    assert apps["Jq3nT8wKZ5yR1pV6xD0bMfHs"] == {
        "is": "web-app",
        "name": "Wiki",
        "callback": ["https://wiki.example.com/complete/", "https://wiki.example.com/complete2/"],
        "secret": {"env": "JQ3NT8WKZ5YR1PV6XD0BMFHS_SECRET"},
        "may": ["openid", "profile", "email", "read", "write"],
        "consent": "trusted",
        "expert": {"post_logout_redirect_uris": ["https://wiki.example.com/"]},
    }
    assert apps["importer"]["may"] == ["read", "write"]


def test_a_hash_is_not_carried_and_what_is_in_clear_is(imports: Imports, tmp_path: Path) -> None:
    told = imports("django-oauth-toolkit", lambda _: None, "--out-secrets", str(tmp_path / "env"))
    carried = {one["of"]: one["reason"] or "carried" for one in told["secrets"]}
    assert carried["app.importer"] == "carried"
    assert "hash" in carried["app.Jq3nT8wKZ5yR1pV6xD0bMfHs"]
    assert "23 bits" in carried["app.signer"]
    assert (tmp_path / "env").read_text() == "IMPORTER_SECRET=W9sK2dLq7vB4nX1zM8cT5yR3eU6iO0pAhJgF\n"


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"algorithm": "HS256"}, "HS256"),
        ({"user": 7}, "owner"),
        ({"authorization_grant_type": "implicit"}, "implicit grant is no more"),
        ({"authorization_grant_type": "openid-hybrid"}, "implicit grant is no more"),
        ({"authorization_grant_type": "saml2-bearer"}, "no way to get a token"),
        ({"redirect_uris": "http://wiki.example.com/cb"}, "is http"),
        ({"client_type": "public", "skip_authorization": True, "redirect_uris": "com.example.x:/cb"}, "pretend"),
    ],
)
def test_what_has_no_place_is_told(imports: Imports, said: dict[str, Any], note: str) -> None:
    told = imports("django-oauth-toolkit", lambda export: export[0]["fields"].update(said))
    assert note in "\n".join(told["became"][1]["notes"])


def test_a_model_of_the_projects_own_is_read(imports: Imports) -> None:
    def change(export: Any) -> None:
        for one in export:
            one["model"] = "shop.oauthapp"
        export.append({"model": "oauth2_provider.grant", "pk": 1, "fields": {"code": "x"}})

    assert len(imports("django-oauth-toolkit", change)["became"]) == 8


def test_a_device_is_a_tv(imports: Imports) -> None:
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    told = imports(
        "django-oauth-toolkit",
        lambda export: export[2]["fields"].update(authorization_grant_type=grant, redirect_uris=""),
    )
    assert tomllib.loads(told["toml"])["app"]["spa"]["is"] == "tv"
