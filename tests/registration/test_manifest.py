"""licet.toml as a whole: what is right is read, what is wrong is all told at once, at its line."""

from __future__ import annotations

import json
import math
import string
from dataclasses import asdict
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.authorization_server.directory import OPENID_SCOPES
from licet.authorization_server.settings import Lifetimes
from licet.registration.manifest import Manifest, read
from licet.registration.mistakes import ManifestErrors
from licet.registration.model import DesiredScope, Listen
from licet.registration.scopes import OWN
from licet.registration.server_section import LIFETIMES
from licet.resource_owner.sessions import SessionLives
from tests.registration.conftest import TOP, Reads, Refuses

WHOLE = """\
issuer = "https://id.example.com"

[server]
listen = "[::1]:9000"
store = "sqlite:data/licet.db"
secrets = { env = "MASTER" }
tls = { certificate = "id.pem", key = "/etc/id.key" }
proxies = ["10.0.0.0/8", "::1"]
log = "json"

[lifetimes]
access_token_s = 300
session_idle_s = 600

[scopes]
profile = "See your name"

[api.orders]
audience = "https://orders.example.com"
token = "opaque"
access_token = "5m"
key = { file = "app.pub.pem" }
[api.orders.scopes]
"orders:read" = "See your orders"
"orders:write" = { says = "Change your orders", sensitive = true }

[app.shop]
is = "web-app"
url = "https://shop.example.com/start"
callback = ["/cb", "https://other.example.com/cb"]
secret = [{ env = "OLD" }, { file = "new.secret" }]
may = ["orders:read", "openid", "orders:read"]
"""


class TestGood:
    """What conforms is read as it is meant."""

    def test_the_server_is_as_written_and_paths_are_beside_the_file(self, reads: Reads, directory: Path) -> None:
        server = reads(WHOLE).server
        assert server.listen == Listen("::1", 9000)
        assert server.store == directory / "data/licet.db"
        assert server.secrets is not None
        assert (server.secrets.kind, server.secrets.name) == ("env", "MASTER")
        assert server.tls is not None
        assert (server.tls.certificate, server.tls.key) == (directory / "id.pem", Path("/etc/id.key"))
        assert server.proxies == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
        assert server.log == "json"

    def test_what_is_left_out_has_the_defaults(self, reads: Reads, directory: Path) -> None:
        manifest = reads('issuer = "https://id.example.com"')
        server = manifest.server
        assert (server.listen, server.store) == (Listen("127.0.0.1", 8414), directory / "licet.db")
        assert (server.secrets, server.tls, server.proxies, server.log) == (None, None, (), "text")
        assert (manifest.lifetimes, manifest.apis, manifest.apps, manifest.scopes) == ((), (), (), ())

    def test_an_api_is_as_written(self, reads: Reads) -> None:
        (api,) = reads(WHOLE).apis
        assert (api.name, api.audience, api.token, api.access_token_s) == (
            "orders",
            "https://orders.example.com",
            "opaque",
            300,
        )
        assert [key.jwk["crv"] for key in api.credentials.keys] == ["P-256"]
        assert api.scopes == (
            DesiredScope("orders:read", "See your orders"),
            DesiredScope("orders:write", "Change your orders", sensitive=True),
        )

    def test_an_app_comes_to_client_metadata(self, reads: Reads) -> None:
        (app,) = reads(WHOLE).apps
        assert app.metadata.redirect_uris == ("https://other.example.com/cb", "https://shop.example.com/cb")
        assert app.metadata.scope == ("openid", "orders:read")
        assert app.metadata.token_endpoint_auth_method == "client_secret"
        assert app.metadata.client_name == "shop"
        assert [secret.kind for secret in app.credentials.secrets] == ["env", "file"]

    def test_lifetimes_and_words_are_as_written(self, reads: Reads) -> None:
        manifest = reads(WHOLE)
        assert manifest.lifetimes == (("access_token_s", 300), ("session_idle_s", 600))
        assert manifest.scopes == (DesiredScope("profile", "See your name"),)

    def test_two_reads_are_equal(self, reads: Reads) -> None:
        assert reads(WHOLE) == reads(WHOLE)

    def test_the_digest_is_the_text(self, reads: Reads) -> None:
        assert reads(WHOLE).digest == reads(WHOLE).digest != reads(WHOLE + "# more").digest

    def test_parts_add_apps_and_apis(self, reads: Reads, directory: Path) -> None:
        part = """
        [api.stock]
        audience = "https://stock.example.com"
        key = { file = "stock.pub.pem" }
        scopes = { "stock:read" = "See what is there" }
        [app.job]
        is = "service"
        key = { file = "../app.pub.pem" }
        may = ["stock:read", "orders:read"]
        """
        (directory / "conf.d").mkdir()
        (directory / "conf.d" / "stock.pub.pem").write_text((directory / "app.pub.pem").read_text())
        manifest = reads(TOP + '[app.tv]\nis = "tv"\nmay = ["stock:read"]', stock=part)
        assert [api.name for api in manifest.apis] == ["orders", "stock"]
        assert [app.client_id for app in manifest.apps] == ["tv", "job"]

    def test_windows_line_ends_change_no_line(self, refuses: Refuses) -> None:
        (mistake,) = refuses('issuer = "https://id.example.com"\r\n\r\n[server]\r\nlog = "xml"\r\n')
        assert (mistake.line, mistake.place.text) == (4, 'log = "xml"')

    def test_on_loopback_apps_may_be_there_too(self, reads: Reads, refuses: Refuses) -> None:
        app = '[app.spa]\nis = "browser-app"\ncallback = "http://localhost:3000/cb"\nmay = "openid"'
        assert reads(f'issuer = "http://127.0.0.1:8414"\n{app}').apps
        (mistake,) = refuses(f'issuer = "https://id.example.com"\n{app}')
        assert mistake.path == "app.spa.callback"


#     what is wrong                                  line  path                            in its message
BAD = {
    'log = "xml"':                                   (3, "server.log",                     '"xml" is not one of'),
    "log = 1":                                       (3, "server.log",                     "1 is not one of"),
    'lisen = "127.0.0.1:1"':                         (3, "server.lisen",                   '"lisen" is not known'),
    'listen = "unix:/run/licet"':                    (3, "server.listen",                  "not supported yet"),
    'listen = "127.0.0.1"':                          (3, "server.listen",                  "not a host and a port"),
    'listen = "127.0.0.1:70000"':                    (3, "server.listen",                  "not a host and a port"),
    "listen = 8414":                                 (3, "server.listen",                  "8414 is not a text"),
    'listen = ""':                                   (3, "server.listen",                  "empty"),
    'store = "licet.db"':                            (3, "server.store",                   "not a store"),
    'store = "sqlite::memory:"':                     (3, "server.store",                   "not a store"),
    'store = "postgresql://u:p@h/d"':                (3, "server.store",                   "not supported yet"),
    'secrets = "AAAA"':                              (3, "server.secrets",                 "does not belong"),
    'secrets = [{ env = "A" }, { env = "B" }]':      (3, "server.secrets",                 "one secret"),
    'secrets = { env = "A", file = "b" }':           (3, "server.secrets",                 "in a variable, in a file"),
    "secrets = {}":                                  (3, "server.secrets",                 "in a variable, in a file"),
    'secrets = { envv = "A" }':                      (3, "server.secrets.envv",            "not known"),
    'secrets = { credential = "../a" }':             (3, "server.secrets.credential",      "no credential's name"),
    'tls = { certificate = "a.pem" }':               (3, "server.tls.key",                 "needs its key"),
    "tls = true":                                    (3, "server.tls",                     "not a table"),
    'proxies = ["::1",\n "10.0.0.1/8"]':             (4, "server.proxies[1]",              "behind the prefix"),
    'proxies = ["proxy.example.com"]':               (3, "server.proxies[0]",              "not a network"),
    "proxies = [1]":                                 (3, "server.proxies[0]",              "not a text"),
    "[lifetimes]\nauthorization_code_s = 601":       (4, "lifetimes.authorization_code_s", "not between 10 and 600"),
    "[lifetimes]\naccess_token_s = true":            (4, "lifetimes.access_token_s",       "not a whole number"),
    "[lifetimes]\nsession_idle_s = 86401":           (4, "lifetimes.session_idle_s",       "outlives"),
    "[lifetimes]\nrefresh_absolute_s = 86400":       (4, "lifetimes.refresh_absolute_s",   "outlives"),
    '[lifetimes]\naccess_token = "5m"':              (4, "lifetimes.access_token",         "not known"),
    '[scopes]\nprofil = "See you"':                  (4, "scopes.profil",                  "not a scope of the issuer"),
    "[scopes]\nemail = {}":                          (4, "scopes.email.says",              "need words"),
    '[app.tv]\nis = "tv"':                           (3, "app.tv.may",                     "must say"),
    "app = 3":                                       (3, "server.app",                     "not known"),
    '[apps.tv]\nis = "tv"':                          (3, "apps",                           '"apps" is not known'),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "expected"), BAD.items(), ids=BAD)
def test_a_mistake_is_told_at_its_line(refuses: Refuses, wrong: str, expected: tuple[int, str, str]) -> None:
    """Exactly one, with the value, the rule and the fix."""
    (mistake,) = refuses(f'issuer = "https://id.example.com"\n[server]\n{wrong}')
    assert (mistake.line, mistake.path) == expected[:2]
    assert expected[2] in mistake.message
    assert mistake.rule
    assert mistake.fix


APIS = {
    'audience = "orders.example.com"':                        ("audience", "not an absolute URI"),
    'audience = "https://orders.example.com#a"':              ("audience", "fragment"),
    'audience = "https://id.example.com"':                    ("audience", "the issuer itself"),
    'audience = "https://id.example.com/userinfo"':           ("audience", "userinfo"),
    "":                                                       ("audience", "which API"),
    'audience = "urn:a:b"\ntoken = "jwe"':                    ("token", "not one of"),
    'audience = "urn:a:b"\nalg = "HS256"':                    ("alg", "not one of"),
    'audience = "urn:a:b"\ntoken = "opaque"\nalg = "ES256"':  ("alg", "not signed"),
    'audience = "urn:a:b"\naccess_token = "2h"':              ("access_token", "not between"),
    'audience = "urn:a:b"\naccess_token = "soon"':            ("access_token", "not a length of time"),
    'audience = "urn:a:b"\naccess_token = 59':                ("access_token", "not between"),
    'audience = "urn:a:b"\nkey = { jwks_url = "https://x|y" }': ("key.jwks_url", "no URL"),
    'audience = "urn:a:b"\nkey = { file = "gone.pem" }':      ("key.file", "cannot be read"),
    'audience = "urn:a:b"\nscopes = { openid = "a" }':        ("scopes.openid", "issuer's own"),
    'audience = "urn:a:b"\nscopes = { "licet:plan" = "a" }':  ('scopes."licet:plan"', "administration"),
    'audience = "urn:a:b"\nscopes = { "a b" = "a" }':         ('scopes."a b"', "cannot be a scope"),
    'audience = "urn:a:b"\nscopes = { a = "" }':              ("scopes.a", "empty"),
    'audience = "urn:a:b"\nscopes = { a = 1 }':               ("scopes.a", "not a text"),
    'audience = "urn:a:b"\nscopes = ["a"]':                   ("scopes", "not a table"),
    'audience = "urn:a:b"\nscope = { a = "b" }':              ("scope", "not known"),
}  # fmt: skip


@pytest.mark.parametrize(("wrong", "expected"), APIS.items(), ids=APIS)
def test_an_api_that_is_wrong_is_refused(refuses: Refuses, wrong: str, expected: tuple[str, str]) -> None:
    (mistake,) = refuses(f'issuer = "https://id.example.com"\n[api.stock]\n{wrong}')
    assert mistake.path == f"api.stock.{expected[0]}"
    assert expected[1] in mistake.message


@pytest.mark.parametrize("name", ['"a.b"', '"a b"', "licet-admin", '"-"', f'"{"a" * 64}"'])
def test_a_name_that_no_api_may_have(refuses: Refuses, name: str) -> None:
    (mistake,) = refuses(f'issuer = "https://id.example.com"\n[api.{name}]\naudience = "urn:a:b"')
    assert "cannot be an API's name" in mistake.message


def test_an_audience_and_a_scope_belong_to_one_api(refuses: Refuses) -> None:
    again = '[api.again]\naudience = "https://orders.example.com"\n[api.again.scopes]\n"orders:read" = "Again"'
    mistakes = refuses(TOP + again)
    assert [(mistake.path, "already belongs to api.orders" in mistake.message) for mistake in mistakes] == [
        ("api.again.audience", True),
        ('api.again.scopes."orders:read"', True),
    ]


ISSUERS = [
    "http://id.example.com",
    "https://id.example.com/",
    "https://ID.example.com",
    "id.example.com",
    "https://a?b",
]


@pytest.mark.parametrize("issuer", ISSUERS)
def test_an_issuer_that_is_none(refuses: Refuses, issuer: str) -> None:
    (mistake,) = refuses(f'issuer = "{issuer}"')
    assert (mistake.path, mistake.line) == ("issuer", 1)
    assert issuer in mistake.message


def test_an_empty_file_lacks_its_issuer(refuses: Refuses) -> None:
    (mistake,) = refuses("")
    assert mistake.path == "issuer"
    assert "https://id.example.com" in mistake.fix


MANY = """\
issuer = "https://id.example.com/"
[server]
stor = "sqlite:x"
[api.orders]
audience = "orders"
[app.shop]
is = "webapp"
may = ["orders:read"]
[app.tv]
is = "tv"
callback = "https://x.example.com"
may = "openid"
"""


def test_all_mistakes_come_at_once_in_order(refuses: Refuses) -> None:
    """A file is mended in one go, not mistake by mistake."""
    assert [(mistake.line, mistake.path) for mistake in refuses(MANY)] == [
        (1, "issuer"),
        (3, "server.stor"),
        (5, "api.orders.audience"),
        (7, "app.shop.is"),
        (8, "app.shop.may[0]"),
        (11, "app.tv.callback"),
    ]


def test_a_mistake_is_shown_with_its_line_underlined(refuses: Refuses) -> None:
    assert str(refuses(MANY)[3]) == (
        'licet.toml:7  app.shop.is  "webapp" is not one of web-app | browser-app | mobile-app | desktop-app | cli | tv'
        " | device | tv-with-browser | service | partner-app | mcp-client | agent | legacy\n"
        '    is = "webapp"\n'
        "         ^^^^^^^^\n"
        "    rule  docs/configuration.md\n"
        '    fix   write is = "web-app"'
    )


def test_all_of_them_say_how_many_they_are(refuses: Refuses) -> None:
    assert str(ManifestErrors(refuses(MANY))).endswith("\n\n6 mistakes")


class TestParts:
    """``conf.d`` adds; it does not decide for the whole server, nor say again what was said."""

    def test_the_same_app_twice_is_refused_where_it_stands_second(self, refuses: Refuses) -> None:
        app = '[app.tv]\nis = "tv"\nmay = "openid"'
        (mistake,) = refuses(f"{TOP}{app}", tv=app)
        assert (mistake.file, mistake.line) == ("conf.d/tv.toml", 1)
        assert "already in licet.toml:6" in mistake.message

    def test_the_server_is_no_parts_business(self, refuses: Refuses) -> None:
        (mistake,) = refuses(TOP, x='[server]\nlog = "json"')
        assert (mistake.path, "not for conf.d" in mistake.message) == ("server", True)

    def test_what_a_broken_part_would_have_said_is_not_missed_elsewhere(self, refuses: Refuses) -> None:
        """One syntax mistake does not make every scope of that file unknown."""
        (mistake,) = refuses(TOP + '[app.tv]\nis = "tv"\nmay = "stock:read"', stock="[api.stock\n")
        assert (mistake.file, mistake.line, mistake.rule) == ("conf.d/stock.toml", 1, "TOML 1.0")


class TestUnreadable:
    """What cannot be read is a mistake like any other."""

    def test_syntax(self, refuses: Refuses) -> None:
        (mistake,) = refuses('issuer = "https://id.example.com"\n[server\nlog = 1')
        assert (mistake.line, mistake.place.text) == (2, "[server")

    def test_a_line_that_may_hold_a_secret_is_not_shown(self, refuses: Refuses) -> None:
        (mistake,) = refuses('secret = "hunter2')
        assert (mistake.line, mistake.place.text) == (1, "")

    @pytest.mark.parametrize(
        ("content", "says"),
        [
            (b"\xff\xfe", "UTF-8"),
            (b"#" * 2**20 + b"#", "megabyte"),
            (b"a = " + b"[" * 9999, "deep"),
            (b"a = \x00", "invalid value"),
        ],
    )
    def test_content(self, directory: Path, content: bytes, says: str) -> None:
        (directory / "licet.toml").write_bytes(content)
        with pytest.raises(ManifestErrors, match=says):
            read(directory / "licet.toml")

    def test_no_file(self, directory: Path) -> None:
        with pytest.raises(ManifestErrors, match=r"licet\.toml  is not there"):
            read(directory / "licet.toml")

    def test_no_file_at_all(self, directory: Path) -> None:
        with pytest.raises(ManifestErrors, match="cannot be read: is a directory"):
            read(directory)

    def test_an_enormous_number(self, refuses: Refuses) -> None:
        assert refuses("issuer = 0x" + "f" * 9999)
        assert refuses("issuer = " + "9" * 9999)


class TestAgreement:
    """What is written down twice, because the floors forbid an import, is the same."""

    def test_lifetimes(self) -> None:
        defaults = asdict(Lifetimes()) | {f"session_{name}": life for name, life in asdict(SessionLives()).items()}
        assert {row.name: row.default for row in LIFETIMES} == defaults
        assert all(row.least <= row.default <= row.most for row in LIFETIMES)

    def test_own_scopes(self) -> None:
        assert tuple(OPENID_SCOPES) == OWN


KEYS = st.sampled_from(
    [
        "issuer",
        "server",
        "lifetimes",
        "scopes",
        "api",
        "app",
        "listen",
        "store",
        "secrets",
        "tls",
        "proxies",
        "log",
        "audience",
        "token",
        "alg",
        "access_token",
        "key",
        "secret",
        "is",
        "name",
        "url",
        "callback",
        "may",
        "refresh",
        "consent",
        "owner",
        "auth",
        "id_token_alg",
        "token_lifetime",
        "expert",
        "because",
        "sector",
        "env",
        "file",
        "jwk",
        "jwks_url",
        "credential",
        "says",
        "sensitive",
        "shop",
        "openid",
        "orders:read",
        "grant_types",
        "contacts",
        "kty",
        "crv",
        "x",
    ]
) | st.text(string.printable, max_size=3)
WORDS = st.sampled_from(
    [
        "https://id.example.com",
        "/cb",
        "http://[",
        "web-app",
        "service",
        "tv",
        "legacy",
        "openid",
        "orders:read",
        "sqlite:x",
        "basic",
        "none",
        "10m",
        "x",
    ]
)
VALUES = st.recursive(
    WORDS | st.integers() | st.floats() | st.booleans() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=25,
)


def inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)} = {inline(child)}" for key, child in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    if isinstance(value, float):
        return str(value) if "." in str(value) or math.isnan(value) or "inf" in str(value) else f"{value:.1f}"
    return json.dumps(value).replace("\x7f", "\\u007f")


def outcome(directory: Path, text: str) -> Manifest | ManifestErrors:
    path = directory / "licet.toml"
    path.write_bytes(text.encode(errors="surrogatepass"))
    try:
        return read(path)
    except ManifestErrors as errors:
        assert str(errors)
        return errors


@pytest.fixture(scope="module")
def anywhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("any")


@settings(deadline=None)
@given(text=st.text())
def test_any_text_is_read_or_refused(anywhere: Path, text: str) -> None:
    outcome(anywhere, text)


@settings(deadline=None)
@given(
    tree=st.fixed_dictionaries(
        {},
        optional={
            "issuer": VALUES,
            "server": VALUES,
            "lifetimes": VALUES,
            "scopes": VALUES,
            "api": st.dictionaries(KEYS, VALUES, max_size=2) | VALUES,
            "app": st.dictionaries(KEYS, st.dictionaries(KEYS, VALUES, max_size=8) | VALUES, max_size=2) | VALUES,
        },
    )
)
def test_any_document_is_read_or_refused(anywhere: Path, tree: dict[str, Any]) -> None:
    outcome(anywhere, "\n".join(f"{key} = {inline(value)}" for key, value in tree.items()))


@settings(deadline=None)
@given(st.integers(0, len(WHOLE)), st.integers(0, 20), st.sampled_from(["", "=", '"', "[", "}", "x", "\n", "\x1b[2J"]))
def test_any_slip_in_a_good_file_is_read_or_refused(anywhere: Path, at: int, length: int, slip: str) -> None:
    found = outcome(anywhere, WHOLE[:at] + slip + WHOLE[at + length :])
    assert "\x1b" not in str(found)
