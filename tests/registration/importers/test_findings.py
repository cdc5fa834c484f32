"""What was insecure is found, where it was and with its section; what was not is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from licet.registration.importers.findings import findings
from licet.registration.importers.foreign import ForeignApi, ForeignClient, Realm
from licet.registration.kinds import CODE, CREDENTIALS, REFRESH
from licet.rules import Severity
from tests.registration.importers.conftest import loaded, run

GOOD = ForeignClient(
    where="$.clients[0]",
    client_id="shop",
    grants=frozenset({CODE, REFRESH}),
    method="private_key_jwt",
    redirect_uris=("https://shop.example.com/cb",),
    post_logout_redirect_uris=("https://shop.example.com/",),
    jwks_uri="https://shop.example.com/jwks",
    pkce="S256",
    access_token_s=3600,
    id_token_alg="ES256",
)
PUBLIC = replace(GOOD, public=True, method="none", jwks_uri="")
NATIVE = replace(PUBLIC, redirect_uris=("com.example.shop:/cb",))
SECRET = replace(GOOD, method="client_secret", jwks_uri="")
REALM = Realm(
    product="Test",
    name="realm",
    clients=(),
    rotates=True,
    lifetimes={"access_token_s": (300, "life"), "refresh_absolute_s": (5184000, "max")},
)


def rules(*clients: ForeignClient, realm: Realm = REALM) -> set[str]:
    return {one.rule.id for one in findings(replace(realm, clients=clients))}


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
        (replace(PUBLIC, redirect_uris=("http://localhost/cb",)), "LA-025"),
        (replace(PUBLIC, redirect_uris=("https://shop.example.com/cb", "http://127.0.0.1:3000/cb")), "LA-026"),
        (replace(GOOD, post_logout_redirect_uris=("https://shop.example.com/*",)), "LA-110"),
        (replace(GOOD, grants=GOOD.grants | {"implicit"}), "LA-068"),
        (replace(GOOD, grants=GOOD.grants | {"password"}), "LA-068"),
        (replace(PUBLIC, pkce="none"), "LA-040"),
        (replace(GOOD, pkce="none"), "LA-041"),
        (replace(PUBLIC, pkce="plain"), "LA-042"),
        (replace(GOOD, grants=GOOD.grants | {CREDENTIALS}), "LA-061"),
        (replace(GOOD, everything=True), "LA-064f"),
        (replace(NATIVE, skips_consent=True), "LA-065"),
        (replace(NATIVE, asked=False), "LA-065"),
        (replace(GOOD, jwks_uri="http://shop.example.com/jwks"), "LA-066"),
        (replace(GOOD, access_token_s=3601), "LA-070"),
        (replace(GOOD, id_token_alg="HS256"), "LA-009"),
        (replace(GOOD, id_token_alg="none"), "LA-008"),
        (replace(SECRET, secret_state="hashed"), "LA-052"),
    ],
)
def test_a_bad_one_has_just_that(client: ForeignClient, rule: str) -> None:
    assert rules(client) == {rule}
    assert rules(replace(client, enabled=False)) == set()


def test_what_a_secret_is_worth() -> None:
    strong, weak = "8f14e45fceea167a5a36dedd4bea2543", "portal123"
    assert rules(replace(SECRET, secret=strong, secret_state="plain")) == {"LA-052", "LA-054"}
    assert rules(replace(SECRET, secret=weak, secret_state="plain")) == {"LA-052", "LA-053", "LA-054"}
    twice = replace(SECRET, secret=strong, secret_state="plain")
    assert "LA-053e" in rules(twice, replace(twice, client_id="other"))
    native = replace(SECRET, redirect_uris=("http://127.0.0.1/cb",), secret_state="hashed")
    assert rules(native) == {"LA-052", "LA-059"}
    api = ForeignApi(name="orders", audience="", was="orders", where="$.clients[1]", secret=weak, secret_state="plain")
    (worst, _) = findings(replace(REALM, apis=(api,)))
    assert (worst.rule.id, worst.finding.subject, worst.where) == ("LA-053", "api.orders", "$.clients[1]")
    assert weak not in json.dumps(worst.told())


def test_what_the_realm_did() -> None:
    assert rules(PUBLIC, GOOD, realm=replace(REALM, rotates=False)) == {"LA-078"}
    assert rules(PUBLIC, realm=replace(REALM, rotates=None)) == set()
    assert rules(GOOD, realm=replace(REALM, lifetimes={"access_token_s": (7200, "life")})) == {"LA-070p"}
    assert rules(GOOD, realm=replace(REALM, endless=True)) == {"LA-081"}


def test_the_realm_has_them_all_the_worst_first(imports: Callable[..., dict[str, Any]]) -> None:
    told = imports("keycloak")["findings"]
    ranks = [Severity(one["severity"]).rank for one in told]
    assert ranks == sorted(ranks)
    of = {(one["rule"], one["subject"]) for one in told}
    assert {
        ("LA-021", "app.old-portal"), ("LA-021", "app.storefront"), ("LA-022", "app.old-portal"),
        ("LA-068", "app.kiosk-password"), ("LA-040", "app.storefront"), ("LA-041", "app.partner-billing"),
        ("LA-053", "app.old-portal"), ("LA-070", "app.old-portal"), ("LA-078", "app.desk-reader"),
        ("LA-054", "api.orders-api"), ("LA-064f", "app.nightly-report"), ("LA-081", "server"),
    } <= of  # fmt: skip
    assert not {subject for _, subject in of} & {"app.retired", "app.account", "app.admin-cli"}
    (wild,) = [one for one in told if one["rule"] == "LA-021" and one["subject"] == "app.old-portal"]
    assert wild["where"] == "$.clients[10]"
    assert "RFC 9700 §4.1.3" in wild["clauses"]


def test_they_stand_above_the_app(imports: Callable[..., dict[str, Any]]) -> None:
    text = imports("keycloak")["toml"]
    above = text.partition("[app.old-portal]")[0].rpartition("\n\n")[2]
    assert "# was high, LA-068 (RFC 9700 §2.1.2): it may be handed tokens in the address (implicit)" in above
    assert "portal123" not in text


@pytest.mark.parametrize("product", ["django-oauth-toolkit", "hydra"])
def test_what_an_export_does_not_say_is_no_finding(product: str, imports: Callable[..., dict[str, Any]]) -> None:
    """Neither says whether PKCE was asked for, or whether refresh tokens are replaced."""
    assert not {one["rule"] for one in imports(product)["findings"]} & {"LA-040", "LA-041", "LA-078"}


def test_each_rule_is_told_to_people_once(tmp_path: Path) -> None:
    file = tmp_path / "realm.json"
    file.write_text(json.dumps(loaded("keycloak")))
    told = run("keycloak", file, "--dry-run").stdout
    assert told.count("LA-064f") == 1
    assert "    Register each address exactly, one by one." in told
