"""What was insecure is found, where it was and with its section; what was not is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from licet.registration.importers.findings import SEVERITIES, findings
from licet.registration.importers.foreign import ForeignClient, Realm
from licet.registration.kinds import CODE, CREDENTIALS, REFRESH
from tests.registration.importers.conftest import loaded, run

GOOD = ForeignClient(
    where="$.clients[0]",
    client_id="shop",
    grants=frozenset({CODE, REFRESH}),
    method="client_secret",
    redirect_uris=("https://shop.example.com/cb",),
    secret_state="hashed",
    pkce="S256",
    access_token_s=3600,
)
PUBLIC = replace(GOOD, public=True, method="none", secret_state="none")
NATIVE = replace(PUBLIC, redirect_uris=("com.example.shop:/cb",), skips_consent=False)
REALM = Realm(product="Test", name="realm", clients=(), rotates=True, lifetimes={"access_token_s": (300, "life")})


def rules(*clients: ForeignClient, realm: Realm = REALM) -> set[str]:
    return {one.rule for one in findings(replace(realm, clients=clients), ())}


@pytest.mark.parametrize("client", [GOOD, PUBLIC, NATIVE])
def test_a_good_client_has_no_finding(client: ForeignClient) -> None:
    assert rules(client) == set()


@pytest.mark.parametrize(
    ("client", "rule"),
    [
        (replace(GOOD, redirect_uris=("https://shop.example.com/*",)), "LA-021"),
        (replace(GOOD, redirect_uris=("http://shop.example.com/cb",)), "LA-022"),
        (replace(GOOD, redirect_uris=("https://shop.example.com/cb#x",)), "LA-023"),
        (replace(PUBLIC, redirect_uris=("shop:/cb",)), "LA-024"),
        (replace(PUBLIC, redirect_uris=("https://shop.example.com/cb", "http://localhost:3000/cb")), "LA-026"),
        (replace(GOOD, grants=GOOD.grants | {"implicit"}), "LA-036"),
        (replace(GOOD, grants=GOOD.grants | {"password"}), "LA-006"),
        (replace(PUBLIC, pkce="none"), "LA-040"),
        (replace(GOOD, pkce="none"), "LA-041"),
        (replace(PUBLIC, pkce="plain"), "LA-042"),
        (replace(GOOD, redirect_uris=("com.example.shop:/cb",)), "LA-059"),
        (replace(GOOD, redirect_uris=("http://127.0.0.1/cb",)), "LA-059"),
        (replace(GOOD, grants=GOOD.grants | {CREDENTIALS}), "LA-061"),
        (replace(GOOD, everything=True), "LA-064"),
        (replace(NATIVE, skips_consent=True), "LA-065"),
        (replace(GOOD, access_token_s=3601), "LA-070"),
        (replace(GOOD, secret_state="plain"), "LA-054"),
    ],
)
def test_a_bad_one_has_just_that(client: ForeignClient, rule: str) -> None:
    assert rules(client) == {rule}
    assert rules(replace(client, enabled=False)) <= {"LA-054"}


def test_refresh_tokens_that_are_never_replaced(imports: Callable[..., dict[str, Any]]) -> None:
    assert rules(PUBLIC, GOOD, realm=replace(REALM, rotates=False)) == {"LA-078"}
    assert rules(PUBLIC, realm=replace(REALM, rotates=None)) == set()
    assert rules(GOOD, realm=replace(REALM, lifetimes={"access_token_s": (7200, "life")})) == {"LA-070"}


def test_the_realm_has_them_all_the_worst_first(imports: Callable[..., dict[str, Any]]) -> None:
    told = imports("keycloak")["findings"]
    severities = [SEVERITIES.index(one["severity"]) for one in told]
    assert severities == sorted(severities)
    of = {(one["rule"], one["subject"]) for one in told}
    assert {
        ("LA-021", "old-portal"), ("LA-021", "storefront"), ("LA-022", "old-portal"), ("LA-036", "old-portal"),
        ("LA-006", "kiosk-password"), ("LA-040", "storefront"), ("LA-041", "partner-billing"), ("LA-053", "old-portal"),
        ("LA-070", "old-portal"), ("LA-078", "desk-reader"), ("LA-054", "corner"), ("LA-064", "nightly-report"),
    } <= of  # fmt: skip
    assert not {subject for _, subject in of} & {"retired", "account", "admin-cli"}
    (wild,) = [one for one in told if one["rule"] == "LA-021" and one["subject"] == "old-portal"]
    assert wild["where"] == "$.clients[10]"
    assert wild["clause"] == "RFC 9700 §4.1.3"


def test_they_stand_above_the_app(imports: Callable[..., dict[str, Any]]) -> None:
    text = imports("keycloak")["toml"]
    above = text.partition("[app.old-portal]")[0].rpartition("\n\n")[2]
    assert "# was high, LA-036 (RFC 9700 §2.1.2): the implicit grant was on" in above
    assert "portal123" not in text


@pytest.mark.parametrize("product", ["django-oauth-toolkit", "hydra"])
def test_what_an_export_does_not_say_is_no_finding(product: str, imports: Callable[..., dict[str, Any]]) -> None:
    """Neither says whether PKCE was asked for, or whether refresh tokens are replaced."""
    assert not {one["rule"] for one in imports(product)["findings"]} & {"LA-040", "LA-041", "LA-078"}


def test_each_rule_is_told_to_people_once(tmp_path: Path) -> None:
    file = tmp_path / "realm.json"
    file.write_text(json.dumps(loaded("keycloak")))
    told = run("keycloak", file, "--dry-run").stdout
    assert told.count("LA-064") == 1
    assert "    fix  write each address whole" in told
