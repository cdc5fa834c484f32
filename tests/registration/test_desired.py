"""The same file gives the same records; every secret that is missing or weak is told at its line."""

from __future__ import annotations

import msgspec
import pytest

from licet.ambient import Instant, SystemEntropy
from licet.registration.desired import Configuration, metadata_digest, records
from licet.registration.differences import compare
from licet.registration.manifest import Manifest
from licet.registration.mistakes import ManifestErrors
from licet.registration.references import resolver
from licet.storage.vault import MasterKeys, Vault
from tests.registration.conftest import TOP, Reads

ENTROPY = SystemEntropy()
OLD, NEW = MasterKeys.generate(ENTROPY), MasterKeys.generate(ENTROPY)
VAULT = Vault(MasterKeys.parse(OLD), ENTROPY)
ROTATED = Vault(MasterKeys.parse(f"{NEW}\n{OLD}"), ENTROPY)
STRONG = {"A": "8f14e45fceea167a5a36dedd4bea2543", "B": "c9f0f895fb98ab9159f51fd0297e236d"}

APPS = """
[scopes]
profile = "See your name"
[app.shop]
is = "web-app"
callback = "https://shop.example.com/cb"
secret = [{ env = "A" }, { env = "B" }]
consent = "trusted"
owner = "shop team"
token_lifetime = 120
sector = "shop.example.com"
profile = "oidc-core"
may = ["openid", "orders:read"]
[app.job]
is = "service"
key = { file = "app.pub.pem" }
may = "orders:read"
"""


def made(
    manifest: Manifest,
    vault: Vault = VAULT,
    now: int = 1,
    environment: dict[str, str] = STRONG,
    known: frozenset[bytes] = frozenset(),
) -> Configuration:
    return records(
        manifest, 1, vault, entropy=ENTROPY, now=Instant(now), resolve_secret=resolver(environment), known=known
    )


def test_an_app_becomes_a_client(reads: Reads) -> None:
    shop, _ = made(reads(TOP + APPS)).apps
    client = shop.client
    assert (client.client_id, client.kind, client.source, client.owner) == ("shop", "web-app", "file", "shop team")
    assert (client.policy.consent, client.policy.refresh, client.policy.rotate) == ("trusted", "online", False)
    assert client.policy.access_token_lifetime_s == 120
    assert (client.policy.sector, client.policy.profile) == ("shop.example.com", "oidc-core")
    assert client.metadata_digest == metadata_digest(client.metadata)
    assert [
        VAULT.matches(one.digest or b"", 1, "client-secret", STRONG[name])
        for one, name in zip(shop.credentials, "AB", strict=True)
    ] == [True, True]
    assert {one.owner_kind for one in shop.credentials} == {"client"}


def test_a_key_becomes_a_credential(reads: Reads) -> None:
    (credential,) = made(reads(TOP + APPS)).apps[1].credentials
    assert (credential.kind, credential.digest, credential.owner) == ("jwk", None, "job")
    assert credential.jwk is not None


def test_an_api_becomes_a_resource_with_scopes(reads: Reads) -> None:
    api = (
        'issuer = "https://id.example.com"\n[api.pay]\naudience = "urn:pay:x"\ntoken = "opaque"\naccess_token = "5m"\n'
    )
    (pay,) = made(reads(api + 'secret = { env = "A" }\nscopes = { pay = { says = "Pay", sensitive = true } }')).apis
    resource = pay.resource
    assert (resource.identifier, resource.name, resource.token_format, resource.lifetime_s) == (
        "urn:pay:x",
        "pay",
        "opaque",
        300,
    )
    assert [(scope.name, scope.resource, scope.words, scope.sensitive) for scope in pay.scopes] == [
        ("pay", "urn:pay:x", "Pay", True)
    ]
    assert (pay.credentials[0].owner_kind, pay.credentials[0].owner) == ("resource", "pay")


def test_the_issuers_own_words_are_of_no_api(reads: Reads) -> None:
    (scope,) = made(reads(TOP + APPS)).own_scopes
    assert (scope.name, scope.resource, scope.words) == ("profile", None, "See your name")


def test_the_same_file_makes_no_difference(reads: Reads) -> None:
    """Only ids and times differ, and these are not compared."""
    manifest = reads(TOP + APPS)
    first, second = made(manifest, now=1), made(manifest, now=2)
    assert first != second
    assert compare(second, first) == ()
    assert [app.client.metadata_digest for app in first.apps] == [app.client.metadata_digest for app in second.apps]


def test_a_rotated_master_key_makes_no_difference(reads: Reads) -> None:
    """Where the store's digest is still right, it stays."""
    manifest = reads(TOP + APPS)
    stored = made(manifest)
    assert compare(made(manifest, ROTATED), stored) != ()
    assert compare(made(manifest, ROTATED, known=stored.digests), stored) == ()


def test_the_digest_changes_with_what_is_declared_and_only_then(reads: Reads) -> None:
    """Remembered consents hang on it: a new key or another policy asks nobody again (rulings C)."""

    def digest(text: str) -> bytes:
        return made(reads(TOP + text)).apps[0].client.metadata_digest

    assert digest(APPS) == digest(APPS.replace('[{ env = "A" }, { env = "B" }]', '{ env = "B" }'))
    assert digest(APPS) == digest(APPS.replace("token_lifetime = 120", ""))
    assert digest(APPS) != digest(APPS.replace('"openid", "orders:read"', '"openid"'))


def test_every_bad_secret_is_told_at_its_line(reads: Reads) -> None:
    text = TOP + APPS
    with pytest.raises(ManifestErrors) as caught:
        made(reads(text), environment={"B": "changeme"})
    line = text.split("\n").index('secret = [{ env = "A" }, { env = "B" }]') + 1
    assert [(one.line, one.path, one.message) for one in caught.value.mistakes] == [
        (line, "app.shop.secret[0].env", "the variable A is not set"),
        (line, "app.shop.secret[1].env", "the secret is worth 37 bits by its length and alphabet, 128 are needed"),
    ]
    assert "changeme" not in str(caught.value)


def test_nothing_secret_is_in_the_records(reads: Reads) -> None:
    stored = msgspec.json.encode(made(reads(TOP + APPS)))
    assert not any(secret.encode() in stored for secret in STRONG.values())
