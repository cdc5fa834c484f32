"""What a realm of Keycloak becomes: each client by what it is, and what cannot come along with its reason."""

from __future__ import annotations

import base64
import json
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from licet.registration.kinds import CODE, CREDENTIALS, DEVICE, REFRESH
from licet.registration.manifest import read
from tests.registration.importers.conftest import FIXTURES, loaded, run

Imports = Callable[..., dict[str, Any]]
Change = Callable[[Any], None]


def by_id(export: Any, client_id: str) -> Any:
    return next(client for client in export["clients"] if client["clientId"] == client_id)


def on(client_id: str, **said: Any) -> Change:
    """Change one client, its attributes with dots for double underscores."""

    def change(export: Any) -> None:
        client = by_id(export, client_id)
        attributes = {name.replace("__", "."): said.pop(name) for name in list(said) if "__" in name}
        client["attributes"] = client["attributes"] | attributes
        client.update(said)

    return change


def app(told: dict[str, Any], client_id: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(told["toml"])["app"][client_id]
    return found


def notes(told: dict[str, Any], name: str) -> str:
    return "\n".join(next(one for one in told["became"] if one["name"] == name)["notes"])


def test_what_each_became(imports: Imports) -> None:
    told = imports("keycloak")
    assert {one["name"]: (one["is"], one["carried"]) for one in told["became"]} == {
        "orders-api": ("", True),
        "corner-shop": ("web-app", True),
        "nightly-report": ("service", True),
        "desk-reader": ("desktop-app", True),
        "storefront": ("browser-app", False),
        "old-portal": ("web-app", True),
        "partner-billing": ("web-app", True),
        "lounge-tv": ("tv", True),
        "masked-app": ("web-app", True),
        "retired": ("web-app", False),
        "kiosk-password": ("browser-app", False),
    }
    assert (told["product"], told["realm"]) == ("Keycloak", "corner")
    assert any("crm speaks SAML" in note for note in told["notes"])
    assert next(one for one in told["became"] if one["name"] == "corner-shop")["where"] == "$.clients[6]"


def test_an_app_keeps_its_words(imports: Imports) -> None:
    told = imports("keycloak")
    assert app(told, "corner-shop") == {
        "is": "web-app",
        "name": "Corner Shop",
        "url": "https://shop.example.com",
        "callback": "https://shop.example.com/auth/callback",
        "secret": {"env": "CORNER_SHOP_SECRET"},
        "may": ["openid", "profile", "email", "address", "phone", "offline_access", "orders:read"],
        "token_lifetime": 240,
        "expert": {
            "post_logout_redirect_uris": ["https://shop.example.com/"],
            "backchannel_logout_uri": "https://shop.example.com/signed-out",
        },
    }
    assert app(told, "partner-billing")["key"] == {"jwks_url": "https://billing.example.net/jwks.json"}
    assert app(told, "partner-billing")["sector"] == "billing.example.net"
    assert app(told, "nightly-report")["may"] == ["orders:read"]


def test_an_api_keeps_its_scopes_and_their_words(imports: Imports) -> None:
    api = tomllib.loads(imports("keycloak")["toml"])["api"]
    assert api == {
        "orders-api": {
            "audience": "https://orders.example.com",
            "secret": {"env": "API_ORDERS_API_SECRET"},
            "scopes": {"orders:read": "See your orders", "orders:write": "Create and cancel orders for you"},
        }
    }


def test_lifetimes_of_the_realm_are_those_of_the_server(imports: Imports) -> None:
    def long(export: Any) -> None:
        export |= {
            "accessTokenLifespan": 7200,
            "ssoSessionIdleTimeout": 99_999,
            "offlineSessionMaxLifespanEnabled": True,
        }

    assert tomllib.loads(imports("keycloak")["toml"])["lifetimes"] == {
        "access_token_s": 300,
        "session_idle_s": 1800,
        "session_absolute_s": 36000,
    }
    told = imports("keycloak", long)
    assert tomllib.loads(told["toml"])["lifetimes"] == {"session_absolute_s": 36000, "refresh_absolute_s": 5184000}
    assert "# access_token_s     = 7200  # accessTokenLifespan: 60 to 3600 here" in told["toml"]


@pytest.mark.parametrize(
    ("uri", "form"),
    [
        ("https://store.example.com/*", "https://store.example.com/callback"),
        ("https://*.example.com/cb", "https://app.example.com/cb"),
        ("http://store.example.com/cb", "https://store.example.com/cb"),
        ("https://store.example.com/a*", "https://store.example.com/a/callback"),
        ("*", "https://app.example.com/callback"),
        ("${webUrl}/cb", "https://app.example.com/callback"),
    ],
)
def test_a_wildcard_is_never_carried(imports: Imports, uri: str, form: str) -> None:
    """Nor an address in clear, nor a placeholder; the form to fill in stands there as a comment."""
    told = imports("keycloak", on("corner-shop", redirectUris=[uri]))
    assert "corner-shop" not in tomllib.loads(told["toml"])["app"]
    assert f'# callback       = "{form}"' in told["toml"]
    assert f'callback "{uri}"' in notes(told, "corner-shop")
    both = imports("keycloak", on("corner-shop", redirectUris=[uri, "https://shop.example.com/cb"]))
    assert app(both, "corner-shop")["callback"] == "https://shop.example.com/cb"


@pytest.mark.parametrize(
    ("said", "became"),
    [
        ({"publicClient": True, "redirectUris": ["https://a.example/cb"]}, "browser-app"),
        ({"publicClient": True, "redirectUris": ["com.example.a:/cb"]}, "mobile-app"),
        ({"publicClient": True, "redirectUris": ["http://localhost:9000/cb"], "webOrigins": []}, "desktop-app"),
        ({"publicClient": True, "redirectUris": ["http://127.0.0.1/cb"], "webOrigins": [], "oauth2__device__authorization__grant__enabled": "true"}, "cli"),
        ({"standardFlowEnabled": False, "serviceAccountsEnabled": True}, "service"),
        ({"standardFlowEnabled": False, "oauth2__device__authorization__grant__enabled": "true"}, "tv"),
        ({"standardFlowEnabled": False, "implicitFlowEnabled": True}, "web-app"),
        ({"standardFlowEnabled": False}, ""),
    ],
)  # fmt: skip
def test_it_is_what_it_did(imports: Imports, said: dict[str, Any], became: str) -> None:
    told = imports("keycloak", on("corner-shop", **said))
    assert next(one for one in told["became"] if one["name"] == "corner-shop")["is"] == became


def test_more_than_one_way_to_tokens_is_kept(imports: Imports) -> None:
    change = on("corner-shop", serviceAccountsEnabled=True, oauth2__device__authorization__grant__enabled="true")
    assert set(app(imports("keycloak", change), "corner-shop")["expert"]["grant_types"]) == {
        CODE,
        REFRESH,
        CREDENTIALS,
        DEVICE,
    }


def certificate() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "corner-shop")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    return base64.b64encode(made.public_bytes(Encoding.DER)).decode()


JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"use.jwks.url": "true", "jwks.url": "https://shop.example.com/jwks"}, "jwks_url"),
        ({"use.jwks.string": "true", "jwks.string": json.dumps({"keys": [JWK, JWK | {"use": "enc"}]})}, "jwk"),
        ({"jwt.credential.certificate": certificate()}, "jwk"),
    ],
)
def test_a_key_comes_along(imports: Imports, said: dict[str, str], key: str) -> None:
    def change(export: Any) -> None:
        by_id(export, "corner-shop").update(clientAuthenticatorType="client-jwt", attributes=said)

    assert list(app(imports("keycloak", change), "corner-shop")["key"]) == [key]


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"clientAuthenticatorType": "client-x509"}, "TLS certificate"),
        ({"clientAuthenticatorType": "client-jwt", "jwks__string": "{"}, "key set could not be read"),
        ({"clientAuthenticatorType": "client-jwt", "jwt__credential__certificate": "AAAA"}, "certificate could not be read"),
        ({"clientAuthenticatorType": "client-jwt", "jwks__string": '{"keys": [{"kty": "oct", "k": "x"}]}'}, "not taken"),
    ],
)  # fmt: skip
def test_a_proof_that_cannot_come_along_leaves_a_comment(imports: Imports, said: dict[str, Any], note: str) -> None:
    told = imports("keycloak", on("corner-shop", **said))
    assert note in notes(told, "corner-shop")
    assert '# key            = { file = "corner-shop.pub.pem" }' in told["toml"]


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("**********", "masked"),
        ("portal123", "46 bits"),
        ("", "not in this export"),
        ("with a line\nin it, and otherwise long enough to be good", "no client can send"),
    ],
)
def test_a_secret_that_cannot_come_along_is_told_and_not_shown(
    imports: Imports, tmp_path: Path, secret: str, reason: str
) -> None:
    told = imports("keycloak", on("corner-shop", secret=secret), "--out-secrets", str(tmp_path / "env"))
    (one,) = [one for one in told["secrets"] if one["of"] == "app.corner-shop"]
    assert one["env"] == "CORNER_SHOP_SECRET"
    assert not one["carried"]
    assert reason in one["reason"]
    assert ("licet ruling P" in one["rule"]) == ("46" in reason)
    assert "CORNER_SHOP_SECRET" not in (tmp_path / "env").read_text()
    assert not secret or secret not in json.dumps(told)


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"dpop__bound__access__tokens": "true"}, "DPoP, which is not enforced by this version yet"),
        ({"tls__client__certificate__bound__access__tokens": "true"}, "TLS certificate, which is not enforced"),
        ({"frontchannel__logout__url": "https://shop.example.com/f"}, "front-channel"),
        ({"authorizationServicesEnabled": True}, "UMA"),
        ({"protocolMappers": [{"name": "groups", "protocolMapper": "oidc-group-membership-mapper"}]}, "groups"),
        ({"implicitFlowEnabled": True}, "implicit grant is no more"),
        ({"directAccessGrantsEnabled": True}, "password grant is no more"),
        ({"oidc__ciba__grant__enabled": "true"}, "is not offered here"),
        ({"access__token__lifespan": "86400"}, "86400 s; 60 to 3600 s here"),
        ({"id__token__signed__response__alg": "PS256"}, "RS256 or ES256"),
        ({"webOrigins": ["*"]}, "from anywhere"),
        ({"enabled": False}, "was disabled in Keycloak"),
        ({"logoUri": "http://shop.example.com/logo.png", "attributes": {"logoUri": "http://shop.example.com/logo.png"}}, "is http"),
        ({"clientId": "shop with spaces"}, "cannot be a client_id"),
    ],
)  # fmt: skip
def test_what_has_no_place_is_told(imports: Imports, said: dict[str, Any], note: str) -> None:
    name = said.get("clientId", "corner-shop")
    assert note in notes(imports("keycloak", on("corner-shop", **said)), name)


def test_an_address_of_no_use_is_left_out_and_the_app_stays(imports: Imports) -> None:
    told = imports("keycloak", on("corner-shop", logoUri="x", attributes={"logoUri": "http://shop.example.com/l.png"}))
    assert app(told, "corner-shop")["is"] == "web-app"
    assert '# logo_uri = "http://shop.example.com/l.png"' in told["toml"]


def test_scopes_without_an_audience_get_a_home(imports: Imports) -> None:
    def change(export: Any) -> None:
        export["clients"] = [client for client in export["clients"] if not client["bearerOnly"]]

    api = tomllib.loads(imports("keycloak", change)["toml"])["api"]
    assert api["corner"]["audience"] == "urn:api:corner"
    assert set(api["corner"]["scopes"]) == {"orders:read", "orders:write"}


def test_a_realm_without_fault_ends_well(tmp_path: Path) -> None:
    export = loaded("keycloak")
    export["clients"] = [by_id(export, "orders-api"), by_id(export, "partner-billing"), by_id(export, "desk-reader")]
    for client in export["clients"]:
        client |= {"secret": "", "fullScopeAllowed": False}
        client["attributes"]["pkce.code.challenge.method"] = "S256"
    by_id(export, "desk-reader")["redirectUris"] = ["http://127.0.0.1/callback"]
    by_id(export, "desk-reader")["consentRequired"] = True
    export |= {"revokeRefreshToken": True, "offlineSessionMaxLifespanEnabled": True}
    file = tmp_path / "realm.json"
    file.write_text(json.dumps(export))
    assert run("keycloak", file).exit_code == 0
    assert run("keycloak", FIXTURES["keycloak"]).exit_code == 1


def test_a_part_says_only_what_a_part_may(tmp_path: Path) -> None:
    into = tmp_path / "conf.d" / "keycloak.toml"
    assert run("keycloak", FIXTURES["keycloak"], "--into", str(into)).exit_code == 1
    assert set(tomllib.loads(into.read_text())) == {"api", "app"}


def test_nothing_is_overwritten_and_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "licet.toml").write_text("mine")
    for option in ("--into", "--out-secrets"):
        told = run("keycloak", FIXTURES["keycloak"], option, str(tmp_path / "licet.toml"))
        assert (told.exit_code, "is there already" in told.output) == (1, True)
        assert run("keycloak", FIXTURES["keycloak"], "--dry-run", option, str(tmp_path / "x")).exit_code == 2
    assert (tmp_path / "licet.toml").read_text() == "mine"
    assert "[app.corner-shop]" not in run("keycloak", FIXTURES["keycloak"], "--dry-run").stdout


def test_where_it_cannot_be_written_it_says_so(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("")
    told = run("keycloak", FIXTURES["keycloak"], "--into", str(tmp_path / "plain" / "licet.toml"))
    assert (told.exit_code, "could not be written" in told.output) == (3, True)


def test_an_issuer_that_is_none_is_refused() -> None:
    assert run("keycloak", FIXTURES["keycloak"], "--issuer", "http://id.example.com").exit_code == 2


def many(count: int) -> Any:
    """The realm with each of its clients so many times."""
    export = loaded("keycloak")
    once = [client for client in export["clients"] if not client["bearerOnly"]]
    copies = [client | {"clientId": f"{client['clientId']}-{number}"} for number in range(count) for client in once]
    export["clients"] += copies
    return export


def test_a_large_realm_is_a_file_that_can_be_read(tmp_path: Path) -> None:
    """Findings stand in it as long as there is room: a file of more than a megabyte is not read."""
    (tmp_path / "realm.json").write_text(json.dumps(many(120)))
    into = tmp_path / "licet.toml"
    assert run("keycloak", tmp_path / "realm.json", "--into", str(into)).exit_code == 1
    assert len(read(into).apps) > 800
    assert "# was critical" not in into.read_text()


def test_too_large_a_realm_is_told(tmp_path: Path) -> None:
    (tmp_path / "realm.json").write_text(json.dumps(many(250)))
    told = run("keycloak", tmp_path / "realm.json", "--into", str(tmp_path / "licet.toml"))
    assert told.exit_code == 3
    assert "larger than a megabyte" in told.output
    assert not (tmp_path / "licet.toml").exists()
