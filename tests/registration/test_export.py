"""What a store has can be written down, and the file comes to the very same: nothing is lost, nothing is added."""

from __future__ import annotations

import tempfile
import tomllib
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from licet.ambient import Instant
from licet.registration import manifest as manifests
from licet.registration.desired import Configuration
from licet.registration.differences import compare
from licet.registration.export import Around, Export, some, whole
from licet.registration.kinds import BY_NAME, CODE, CREDENTIALS, DEVICE, REFRESH
from licet.registration.manifest import read
from licet.registration.read_back import ReadBack
from licet.registration.scopes import OWN
from licet.registration.toml_text import Block, Row, as_json, document, plain, tables, value
from tests.registration.conftest import TOP, Reads
from tests.registration.test_desired import APPS, ENTROPY, STRONG, VAULT, made

AROUND = Around(issuer="https://id.example.com")
SECRETS = {"S0": "8f14e45fceea167a5a36dedd4bea2543-0", "S1": "c9f0f895fb98ab9159f51fd0297e236d-1"}
JWK = {"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
VISIBLE = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)


def again(export: Export, stored: Configuration, environment: dict[str, str]) -> Configuration:
    """Read what was exported, with each secret put where the file expects it."""
    given_out = dict(environment)
    owners = {f"app.{app.client.client_id}": app.credentials for app in stored.apps}
    owners |= {f"api.{api.resource.name}": api.credentials for api in stored.apis}
    for owner, credentials in owners.items():
        digests = [one.digest for one in credentials if one.digest]
        for number, digest in enumerate(digests):
            if (place := export.secrets.get(f"{owner}.secret[{number}]")) and place["env"] not in environment:
                given_out[place["env"]] = next(
                    text for text in environment.values() if VAULT.matches(digest, 1, "client-secret", text)
                )
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "licet.toml"
        path.write_text(document(export.blocks), encoding="utf-8")
        return made(read(path), environment=given_out)


def test_it_comes_to_the_same(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    export = whole(stored, AROUND)
    assert compare(again(export, stored, STRONG), stored) == ()
    assert export.left_out == ()
    assert export.secrets == {
        "app.shop.secret[0]": {"env": "SHOP_SECRET"},
        "app.shop.secret[1]": {"env": "SHOP_SECRET_2"},
    }


def test_it_is_the_same_text_each_time_and_of_its_own_reading(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    text = document(whole(stored, AROUND).blocks)
    shuffled = msgspec.structs.replace(stored, apps=stored.apps[::-1], own_scopes=stored.own_scopes[::-1])
    assert document(whole(shuffled, AROUND).blocks) == text
    environment = {"SHOP_SECRET": STRONG["A"], "SHOP_SECRET_2": STRONG["B"]}
    assert document(whole(made(reads(text), environment=environment), AROUND).blocks) == text


def test_no_digest_and_no_secret_is_in_it(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    export = whole(stored, AROUND)
    told = document(export.blocks) + as_json(tables(export.blocks)) + as_json(export.secrets)
    for secret in (*STRONG.values(), *(digest.hex() for digest in stored.digests)):
        assert secret not in told


def test_where_the_owner_of_the_file_keeps_a_secret_is_kept(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    places = {digest: {"file": "shop.secret"} for digest in stored.digests}
    export = whole(stored, replace(AROUND, places=places))
    assert export.secrets["app.shop.secret[0]"] == {"file": "shop.secret"}


def test_what_an_operator_disabled_is_a_comment(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    shop = stored.apps[0]
    disabled = msgspec.structs.replace(shop, client=msgspec.structs.replace(shop.client, status="disabled"))
    stored = msgspec.structs.replace(stored, apps=(disabled, *stored.apps[1:]))
    export = whole(stored, AROUND)
    text = document(export.blocks)
    assert "# [app.shop]" in text
    assert "[app.shop]" not in text.splitlines()
    assert export.secrets == {}
    assert compare(again(export, stored, STRONG), stored) == ()


def test_what_was_removed_is_gone(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    shop = stored.apps[0]
    removed = msgspec.structs.replace(shop, client=msgspec.structs.replace(shop.client, status="removed"))
    stored = msgspec.structs.replace(stored, apps=(removed, *stored.apps[1:]))
    assert "shop" not in document(whole(stored, AROUND, everything=True).blocks)
    assert some(stored, frozenset({"app.shop"}), AROUND).blocks == ()


@pytest.mark.parametrize("source", ["dcr", "api", "cimd"])
def test_what_came_in_another_way_is_a_comment(reads: Reads, source: str) -> None:
    stored = made(reads(TOP + APPS))
    job = stored.apps[1]
    foreign = msgspec.structs.replace(job, client=msgspec.structs.replace(job.client, source=source))
    both = msgspec.structs.replace(stored, apps=(stored.apps[0], foreign))
    assert "job" not in document(whole(both, AROUND).blocks)
    export = whole(both, AROUND, everything=True)
    assert f"# It came by {source}" in document(export.blocks)
    assert "job" not in tables(export.blocks)["app"]
    adopted = some(msgspec.structs.replace(stored, apps=(foreign,)), frozenset({"app.job"}), AROUND)
    assert tables(adopted.blocks)["app"]["job"]["is"] == "service"


def test_an_api_that_came_in_another_way_is_a_comment_unless_it_is_needed(reads: Reads) -> None:
    stored = made(
        reads(TOP + '[api.pay]\naudience = "urn:pay:x"\nsecret = { env = "A" }\nscopes = { pay = "Pay" }\n' + APPS)
    )
    orders, pay = (
        msgspec.structs.replace(api, resource=msgspec.structs.replace(api.resource, source="api"))
        for api in stored.apis
    )
    stored = msgspec.structs.replace(stored, apis=(orders, pay))
    assert set(tables(whole(stored, AROUND).blocks)["api"]) == {"orders"}
    assert "urn:pay:x" not in document(whole(stored, AROUND).blocks)
    export = whole(stored, AROUND, everything=True)
    assert '# audience = "urn:pay:x"' in document(export.blocks)
    assert "api.pay.secret[0]" not in export.secrets
    own = msgspec.structs.replace(pay, resource=msgspec.structs.replace(pay.resource, name="licet-admin"))
    stored = msgspec.structs.replace(stored, apis=(orders, own))
    assert "licet-admin" not in document(whole(stored, AROUND, everything=True).blocks)


def change(configuration: Configuration, **metadata: Any) -> Configuration:
    shop = configuration.apps[0]
    policy = metadata.pop("policy", {})
    client = msgspec.structs.replace(
        shop.client,
        kind=metadata.pop("kind", shop.client.kind),
        metadata=msgspec.structs.replace(shop.client.metadata, **metadata),
        policy=msgspec.structs.replace(shop.client.policy, **policy),
    )
    return msgspec.structs.replace(configuration, apps=(msgspec.structs.replace(shop, client=client),))


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"policy": {"rotate": True}}, "refresh tokens rotate otherwise"),
        ({"jwks_uri": "https://shop.example.com/jwks"}, "register themselves"),
        ({"response_types": ("code", "none")}, "response_types"),
        ({"kind": "tv"}, "rotate|callbacks|response_types"),
        ({"kind": "spaceship"}, "no kind"),
        ({"subject_type": "public"}, "sector"),
    ],
)
def test_what_no_file_can_say_is_told(reads: Reads, odd: dict[str, Any], reason: str) -> None:
    stored = change(made(reads(TOP + APPS)), **odd)
    export = whole(stored, AROUND)
    ((name, why),) = export.left_out
    assert name == "app.shop"
    assert any(word in why for word in reason.split("|")), why
    assert "shop" not in tables(export.blocks).get("app", {})
    again(export, stored, STRONG)  # and the rest is read


def test_keys_and_secrets_that_a_file_cannot_say_are_told(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    shop, job = stored.apps
    both = msgspec.structs.replace(shop, credentials=(*shop.credentials[:1], *job.credentials))
    many = msgspec.structs.replace(shop, credentials=(*shop.credentials, *shop.credentials))
    none = msgspec.structs.replace(shop, credentials=())
    for odd, reason in ((both, "a key and a secret"), (many, "two at most"), (none, "no key and no secret")):
        ((_, why),) = whole(msgspec.structs.replace(stored, apps=(odd,)), AROUND).left_out
        assert reason in why


def test_what_the_store_does_not_keep_is_taken_over(reads: Reads) -> None:
    said = {
        "server": {"store": "sqlite:x.db", "proxies": ["10.0.0.0/8"], "registration": {"who": "token"}},
        "lifetimes": {"session_idle_s": 3600},
    }
    legacy = '[app.old]\nis = "legacy"\nbecause = "of old"\ncallback = "https://x.example/cb"\nmay = "openid"\n'
    manifest = reads(TOP + legacy)
    around = Around(issuer=manifest.issuer, tables=said, because={app.client_id: app.because for app in manifest.apps})
    export = whole(made(manifest), around)
    written = reads(document(export.blocks))
    assert dict(written.lifetimes) == {"session_idle_s": 3600}
    assert written.server.registration is not None
    assert written.apps[0].because == "of old"


def test_names_of_secrets_are_each_ones_alone(reads: Reads) -> None:
    one = 'is = "service"\nsecret = { env = "A" }\nmay = "orders:read"\n'
    stored = made(reads(f"{TOP}[app.a-b]\n{one}[app.'a.b']\n{one}[app.'9']\n{one}"))
    names = [place["env"] for place in whole(stored, AROUND).secrets.values()]
    assert len(set(names)) == 3
    assert compare(again(whole(stored, AROUND), stored, STRONG), stored) == ()


# Random configurations: what each kind may say, in all its combinations.


@st.composite
def proofs(draw: st.DrawFn, *, must: bool) -> dict[str, Any]:
    choices: list[dict[str, Any]] = [
        {"secret": {"env": "S0"}},
        {"secret": [{"env": "S0"}, {"env": "S1"}]},
        {"key": {"jwk": JWK}},
        {"key": {"jwks_url": "https://keys.example.com/jwks.json"}},
        {"key": [{"jwk": JWK}, {"jwk": JWK | {"kid": "two"}}]},
    ]
    return dict(draw(st.sampled_from(choices if must else [{}, *choices])))


MAYBE = {
    "name": VISIBLE,
    "owner": VISIBLE,
    "id_token_alg": st.sampled_from(["RS256", "ES256"]),
    "token_lifetime": st.integers(60, 600),
    "url": st.just("https://shop.example.com"),
}
EXPERT: dict[str, st.SearchStrategy[Any]] = {
    "grant_types": st.lists(st.sampled_from([CODE, REFRESH, DEVICE, CREDENTIALS]), unique=True, min_size=1),
    "response_modes": st.lists(st.sampled_from(["query", "form_post"]), unique=True, min_size=1),
    "application_type": st.sampled_from(["web", "native"]),
    "subject_type": st.sampled_from(["public", "pairwise"]),
    "contacts": st.lists(VISIBLE, unique=True, min_size=1, max_size=3),
    "default_max_age": st.integers(0, 100),
    "require_auth_time": st.booleans(),
    "userinfo_signed_response_alg": st.sampled_from(["RS256", "ES256"]),
    "introspection_signed_response_alg": st.sampled_from(["RS256", "ES256"]),
    "request_object_signing_alg": st.sampled_from(["PS256", "EdDSA"]),
    "default_acr_values": st.lists(VISIBLE, unique=True, min_size=1, max_size=2),
    "backchannel_logout_session_required": st.booleans(),
    "require_pushed_authorization_requests": st.booleans(),
    "token_endpoint_auth_signing_alg": st.just("ES256"),
    "logo_uri": st.just("https://shop.example.com/logo.png"),
    "initiate_login_uri": st.just("https://shop.example.com/begin"),
    "backchannel_logout_uri": st.just("https://shop.example.com/out"),
    "post_logout_redirect_uris": st.lists(st.sampled_from(["https://a.example/", "https://b.example/x"]), unique=True),
}


@st.composite
def apps(draw: st.DrawFn) -> dict[str, Any]:
    kind = BY_NAME[draw(st.sampled_from(sorted(BY_NAME)))]
    table: dict[str, Any] = {"is": kind.name}
    table |= draw(st.fixed_dictionaries({}, optional=MAYBE))
    if kind.proof != "none":
        table |= draw(proofs(must=kind.proof == "required"))
    if kind.needs_reason:
        table["because"] = draw(VISIBLE)
    scopes = ["orders:read", "orders:write", 'odd"scope'[:3]]
    if kind.for_people:
        scopes += list(OWN)
        optional = {
            "refresh": st.sampled_from(["offline", "online", "none"]),
            "consent": st.sampled_from(["remember", "always", "trusted"]),
            "sector": st.sampled_from(["a.example", "b.example"]),
            "profile": st.sampled_from(["oauth-2.1", "oidc-core"]),
        }
        table |= draw(st.fixed_dictionaries({}, optional=optional))
    table["may"] = ["openid", *draw(st.lists(st.sampled_from(scopes), unique=True))]
    if not kind.for_people:
        table["may"] = [scope for scope in table["may"] if scope != "openid"]
    if kind.redirects:
        uris = ["https://shop.example.com/cb", "https://a.example/x?y=1", "http://127.0.0.1/cb", "com.example.x:/cb"]
        table["callback"] = draw(st.lists(st.sampled_from(uris), unique=True, min_size=1))
        if kind.callbacks and draw(st.booleans()):
            del table["callback"]
    table["auth"] = draw(st.sampled_from([None, "basic", "post", "private_key_jwt", "none"]))
    if table["auth"] is None or draw(st.booleans()):
        del table["auth"]
    expert = draw(st.fixed_dictionaries({}, optional=EXPERT)) if draw(st.booleans()) else {}
    return table | ({"expert": expert} if expert else {})


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    """Tables of a file; parts that do not go together are the reader's to refuse."""
    words = st.one_of(VISIBLE, st.fixed_dictionaries({"says": VISIBLE, "sensitive": st.booleans()}))
    orders: dict[str, Any] = {"audience": "https://orders.example.com"}
    orders |= draw(proofs(must=False))
    orders |= draw(
        st.one_of(
            st.just({}),
            st.just({"token": "opaque"}),
            st.just({"alg": "RS256", "access_token": 120}),
        )
    )
    orders["scopes"] = {name: draw(words) for name in ("orders:read", "orders:write", "odd")}
    ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,8}", fullmatch=True).filter(
        lambda one: not one.startswith("api.")
    )
    return {
        "issuer": "https://id.example.com",
        "scopes": draw(st.dictionaries(st.sampled_from(OWN), words, max_size=3)),
        "api": {"orders": orders},
        "app": draw(st.dictionaries(ids, apps(), min_size=1, max_size=4)),
    }


def refused(mistake: manifests.Mistake) -> str:
    return mistake.path.split(".")[1] if mistake.path.startswith("app.") else ""


@settings(max_examples=120, deadline=None)
@given(configurations())
def test_any_configuration_comes_back(given_tables: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "licet.toml"
        path.write_text(document(blocks_of(given_tables)), encoding="utf-8")
        assert tomllib.loads(path.read_text(encoding="utf-8")) == given_tables
        try:
            manifest = read(path)
        except manifests.ManifestErrors as errors:
            good = {
                i: app
                for i, app in given_tables["app"].items()
                if f"app.{i}" not in str(errors) and f'app."{i}"' not in str(errors)
            }
            assume(good)
            path.write_text(document(blocks_of(given_tables | {"app": good})), encoding="utf-8")
            manifest = read(path)
        stored = made(manifest, environment=SECRETS)
    export = whole(stored, replace(AROUND, because={app.client_id: app.because for app in manifest.apps}))
    assert export.left_out == ()
    assert compare(again(export, stored, SECRETS), stored) == ()
    assert tomllib.loads(document(export.blocks)) == tables(export.blocks)


def blocks_of(values: dict[str, Any]) -> list[Block]:
    simple = {name: one for name, one in values.items() if not isinstance(one, dict)}
    nested = [
        Block(path=(name,), rows=tuple(Row(*pair) for pair in values[name].items()))
        for name in values
        if name not in simple
    ]
    return [Block(rows=tuple(Row(*pair) for pair in simple.items())), *nested]


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.text(), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.dates()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(st.text(min_size=1), VALUES, st.text())
def test_any_value_is_written_as_it_is(name: str, one: Any, remark: str) -> None:
    """Whatever it is, and whatever is remarked of it, which stays a comment."""
    text = document([Block(path=("a", name), above=(remark,), rows=(Row(name, one, remark),))])
    assert tomllib.loads(text) == {"a": {name: {name: one}}}
    assert (
        tomllib.loads(document([Block(path=("a", name), above=(remark,), rows=(Row(name, one, remark),), off=True)]))
        == {}
    )
    as_json(one)
    plain(one)


def test_half_a_character_is_replaced() -> None:
    assert tomllib.loads(f"a = {value(chr(0xD800))}") == {"a": "\N{REPLACEMENT CHARACTER}"}


def checked(export: Export, stored: Configuration) -> tuple[Export, tuple[str, ...]]:
    return ReadBack(1, VAULT, ENTROPY, Instant(1)).check(export, stored)


def test_what_the_file_says_otherwise_is_a_comment_and_told(reads: Reads) -> None:
    """The reader refuses an address in clear, and would give an app without a name its id for one."""
    for odd, reason in (({"client_uri": "http://shop.example.com"}, "is http"), ({"client_name": ""}, "name")):
        stored = change(made(reads(TOP + APPS)), **odd)
        export, faults = checked(whole(stored, AROUND), stored)
        assert [name for name, _ in export.left_out] == ["app.shop"]
        assert reason in export.left_out[0][1]
        assert faults == ()
        assert export.secrets == {}
        again(export, stored, STRONG)


def test_an_api_that_a_file_would_have_otherwise_is_told(reads: Reads) -> None:
    stored = made(reads(TOP + APPS))
    orders = msgspec.structs.replace(
        stored.apis[0], resource=msgspec.structs.replace(stored.apis[0].resource, alg="ES512")
    )
    stored = msgspec.structs.replace(stored, apis=(orders,))
    export, faults = checked(whole(stored, AROUND), stored)
    told = dict(export.left_out)
    assert "ES512" in told["api.orders"]
    assert "app.shop" in told, "its scopes are gone with it"
    assert faults == ()
    opaque = msgspec.structs.replace(orders, resource=msgspec.structs.replace(orders.resource, token_format="opaque"))
    stored = msgspec.structs.replace(stored, apis=(opaque,))
    _, faults = checked(whole(stored, AROUND), stored)
    assert faults == ("~ api orders  alg: ES512 → ES256",)


@settings(max_examples=80, deadline=None)
@given(
    st.sampled_from(sorted(BY_NAME)),
    st.fixed_dictionaries(
        {},
        optional={
            "redirect_uris": st.lists(st.text(max_size=30), max_size=2).map(tuple),
            "client_name": st.text(max_size=70),
            "client_uri": st.one_of(st.none(), st.text(max_size=20)),
            "scope": st.lists(st.sampled_from(["openid", "orders:read", "gone", ""]), unique=True).map(tuple),
            "grant_types": st.lists(st.sampled_from([CODE, REFRESH, DEVICE, CREDENTIALS, "x"]), unique=True).map(tuple),
            "token_endpoint_auth_method": st.sampled_from(["none", "client_secret", "private_key_jwt", "tls"]),
            "application_type": st.sampled_from(["web", "native", "fridge"]),
            "default_max_age": st.integers(-5, 10**9),
            "contacts": st.lists(st.text(max_size=5), max_size=2).map(tuple),
            "policy": st.fixed_dictionaries(
                {},
                optional={
                    "rotate": st.booleans(),
                    "refresh": st.sampled_from(["offline", "online", "none"]),
                    "consent": st.sampled_from(["remember", "always", "trusted"]),
                    "sector": st.text(max_size=5),
                    "profile": st.sampled_from(["", "oidc-core", "strict"]),
                    "access_token_lifetime_s": st.one_of(st.none(), st.integers(1, 5000)),
                },
            ),
        },
    ),
)
def test_whatever_is_in_a_store_makes_a_file_that_can_be_read(kind: str, odd: dict[str, Any]) -> None:
    """And it says all of it, or tells what it does not."""
    stored = change(filled(), kind=kind, **odd)
    export, faults = checked(whole(stored, AROUND), stored)
    back = again(export, stored, STRONG)
    told = {name for name, _ in export.left_out}
    assert faults == ()
    assert {f"{one.what}.{one.name}" for one in compare(back, stored)} <= told


@cache
def filled() -> Configuration:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "licet.toml"
        key = 'key = { jwk = { kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" } }'
        path.write_text(TOP + APPS.replace('key = { file = "app.pub.pem" }', key))
        return made(read(path))
