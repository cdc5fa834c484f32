"""Broken files: a good one, and what careless hands make of it, one mutation at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

PLANTED = "hunter2-Planted-Secret-0123456789abcdef"
"""Stands where no secret belongs; no message may repeat it."""

GOOD = """\
issuer = "https://id.example.com"

[server]
listen = "[::1]:9000"
store = "sqlite:data/licet.db"
secrets = { credential = "licet-master" }
proxies = ["10.0.0.0/8"]
log = "json"
require_pushed_authorization_requests = true

[server.tls]
certificate = "id.pem"
key = "/etc/id.key"

[server.registration]
who = "anybody"
may = ["openid"]
clients = 50
unused = "2d"

[server.egress]
allow = ["10.1.0.0/16"]
ca_file = "ca.pem"

[lifetimes]
access_token_s = 300
session_idle_s = 600

[scopes]
profile = "See your name"

[api.orders]
audience = "https://orders.example.com"
token = "jwt"
alg = "RS256"
access_token = "5m"
key = { file = "app.pub.pem" }

[api.orders.scopes]
orders-read = "See your orders"
orders-write = { says = "Change your orders", sensitive = true }

[app.shop]
is = "web-app"
name = "Corner Shop"
url = "https://shop.example.com"
callback = ["/cb", "https://other.example.com/cb"]
secret = { env = "SHOP" }
auth = "basic"
may = ["openid", "orders-read"]
refresh = "offline"
consent = "always"
token_lifetime = 300
id_token_alg = "ES256"
owner = "shop-team"
sector = "shop.example.com"
profile = "oidc-core"

[app.shop.expert]
response_modes = ["form_post"]
subject_type = "pairwise"
contacts = ["a@example.com"]
default_max_age = 60
require_auth_time = true
logo_uri = "https://shop.example.com/logo.png"
request_object_signing_alg = "ES256"

[app.crm]
is = "legacy"
because = "it is replaced in spring"
callback = "https://crm.example.com/cb"
key = { file = "app.pub.pem" }
may = ["openid"]

[[waiver]]
requirement = "pkce-required"
client = "crm"
reason = "the vendor has it in spring"
until = 2027-03-01
"""

REQUIRED = {"issuer", "certificate", "audience", "is", "may", "because", "requirement", "client", "reason", "until"}
"""Keys of ``GOOD`` without which it is broken, wherever they stand (but ``server.registration`` may do without may)."""

_KEY = re.compile(r"^([A-Za-z_-]+) = (.*)$")


@dataclass(frozen=True)
class Broken:
    """One broken file."""

    name: str
    content: bytes
    line: int = 0
    """Where the mistake was made; 0 where nobody can tell."""
    part: str = ""
    """What ``conf.d/team.toml`` says."""


def mutations() -> Iterator[Broken]:
    """One careless hand for every key of the good file."""
    lines = GOOD.splitlines()
    table = ""
    for number, line in enumerate(lines, 1):
        table = line if line.startswith("[") else table
        found = _KEY.match(line)
        if found is None:
            continue
        key, value = found.groups()
        name = f"{table}{key}"

        def changed(what: str, *instead: str, at: int = number, named: str = name) -> Broken:
            text = [*lines[: at - 1], *instead, *lines[at:]]
            return Broken(f"{what}: {named}", "\n".join(text).encode(), at)

        if not table.endswith("scopes]"):
            yield changed("misspelt", f"{key[:-1]}zq = {value}")
            yield changed("in capitals", f"{key.upper()} = {value}")
        if (key in REQUIRED and table != "[server.registration]") or name in {"[app.crm]callback", "[app.shop]secret"}:
            yield Broken(f"left out: {name}", "\n".join([*lines[: number - 1], *lines[number:]]).encode())
        if key != "until":
            yield changed("a date", f"{key} = 1979-05-27T07:32:00Z")
        yield changed("lists in a list", f"{key} = [[1]]")
        yield changed("a fraction", f"{key} = 1.5")
        yield changed("twice", line, line)
        yield changed("no value", f"{key} =")
        yield changed("no equals sign", f"{key} {value}")
        if value.startswith('"'):
            yield changed("unclosed text", line[:-1])
            yield changed("bare word", f"{key} = {value[1:-1].split()[0]}")
            yield changed("empty", f'{key} = ""')
            yield changed("a bell", f'{key} = "\\u0007"')
            yield changed("a line break", f'{key} = """a\nb"""')
        if value.startswith(("[", "{")):
            yield changed("unclosed", line[:-1], "[nothing]")


def hand_made() -> Iterator[Broken]:
    """What a pattern does not find."""

    def having(what: str, old: str, new: str, part: str = "", at: str = "") -> Broken:
        assert old in GOOD, old
        line = GOOD[: GOOD.index(at or old)].count("\n") + 1
        return Broken(what, GOOD.replace(old, new, 1).encode(), line, part)

    yield having("http", "https://id.example.com", "http://id.example.com")
    yield having("a slash", 'id.example.com"', 'id.example.com/"')
    yield having("a query", 'id.example.com"', 'id.example.com?a=b"')
    yield having("a port that is none", '"[::1]:9000"', '"[::1]:99000"')
    yield having("a database", "sqlite:data/licet.db", f"postgresql://licet:{PLANTED}@db/licet")
    yield having("a secret in the file", '{ env = "SHOP" }', f'"{PLANTED}"')
    yield having("a secret for a name", '{ env = "SHOP" }', f'{{ env = "{PLANTED}" }}')
    yield having("two references", '{ env = "SHOP" }', f'{{ env = "SHOP", file = "{PLANTED}" }}')
    yield having("a way out", '"licet-master"', '"../../etc/shadow"')
    yield having("a key in the file", '{ file = "app.pub.pem" }', f'"{PLANTED}"')
    yield having("a key that is not there", "app.pub.pem", "gone.pub.pem")
    yield having("a kind that is none", '"web-app"', '"webapp"')
    yield having("a public kind with a secret", '"web-app"', '"browser-app"', at="secret = { env")
    yield having("a service that people use", '"web-app"', '"service"', at="callback = ")
    yield having("a wildcard", "https://other.example.com/cb", "https://*.example.com/cb")
    yield having("a fragment", "https://other.example.com/cb", "https://other.example.com/cb#x")
    yield having("a script", "https://other.example.com/cb", "javascript:alert(1)")
    yield having("http far away", "https://other.example.com/cb", "http://other.example.com/cb")
    yield having("a scope of nobody", '"openid", "orders-read"', '"openid", "orders-raed"')
    yield having("a scope of the issuer", "orders-read =", "openid =")
    yield having("a reserved scope", "orders-read =", '"licet:apply" =')
    yield having("a scope with a space", "orders-read =", '"orders read" =')
    copy = '[api.copy]\naudience = "https://c.example.com"\nscopes = { orders-read = "a b" }\n\n'
    yield having("two owners", "[scopes]", f"{copy}[scopes]", at="[app.shop]")
    yield having("too long", "access_token_s = 300", "access_token_s = 999999")
    yield having("outlives", "session_idle_s = 600", "session_idle_s = 2592000")
    yield having("never waived", '"pkce-required"', '"code-single-use"')
    yield having("no requirement", '"pkce-required"', '"pkce-requird"')
    yield having("no client", 'client = "crm"', 'client = "cmr"')
    yield having("one word", '"the vendor has it in spring"', '"vendor"')
    yield having("no such day", "2027-03-01", "2027-02-30")
    yield having("too far", "2027-03-01", "2999-01-01")
    yield having("an instant", "2027-03-01", "2027-03-01T00:00:00Z")
    yield having("one waiver", "[[waiver]]", "[waiver]")
    yield having("apps in a list", "[app.crm]", "[[app.crm]]")
    yield having("a table twice", "[app.crm]", "[app.shop]")
    yield having("unclosed header", "[app.crm]", "[app.crm")
    yield having("an id of an API", "[app.crm]", "[app.'api.x']")
    yield having("an id with spaces", "[app.crm]", "[app.'c r m']")
    yield having("a reserved API", "[api.orders]", "[api.licet-admin]")
    yield having("dotted over a table", "[lifetimes]", "lifetimes.access_token_s = 1\n[lifetimes]")
    yield having("into an inline table", "[app.crm]", "[app.shop.secret.more]\n[app.crm]")
    yield having("said elsewhere", "response_modes =", 'redirect_uris = ["https://a.example/"]\nresponse_modes =')
    yield having("an inline table over lines", '{ env = "SHOP" }', '{ env =\n"SHOP" }')
    yield having("another escape", "Corner Shop", "Corner \\q Shop")
    yield having("NUL", "Corner Shop", "Corner\x00Shop")
    yield having("a carriage return", "Corner Shop", "Corner\rShop")
    yield having("an unknown table", "[scopes]", "[scope]")
    yield having("conf.d has a server", "issuer", "issuer", '[server]\nlog = "text"\n')
    yield having("conf.d has the app", "issuer", "issuer", '[app.crm]\nis = "tv"\nmay = "openid"\n')
    yield having("conf.d has the API", "issuer", "issuer", '[api.orders]\naudience = "https://b.example"\n')
    yield having("conf.d has the audience", "issuer", "issuer", '[api.b]\naudience = "https://orders.example.com"\n')
    yield having("conf.d is no TOML", "issuer", "issuer", "[app.x\n")
    again = '[[waiver]]\nrequirement = "pkce-required"\nclient = "crm"\nreason = "a b"\nuntil = 2027-03-01\n'
    yield having("conf.d waives again", "issuer", "issuer", again)
    yield Broken("CRLF and a typo", GOOD.replace("consent", "consnet").replace("\n", "\r\n").encode(), 52)
    yield Broken("a byte-order mark", b"\xef\xbb\xbf" + GOOD.encode(), 1)
    yield Broken("UTF-16", GOOD.encode("utf-16"))
    yield Broken("Latin-1", GOOD.replace("Corner", "Café").encode("latin-1"))
    yield Broken("huge", GOOD.encode() + b"#" * 1024 * 1024)
    yield Broken("deep", GOOD.encode() + b"x = " + b"[" * 5000 + b"]" * 5000)
    yield Broken("empty", b"")
    yield Broken("another format", b'{"issuer": "https://id.example.com"}', 1)
    yield Broken("deep keys", GOOD.encode() + b"[" + b"a." * 300 + b"a]\n")
    yield Broken("a huge number", GOOD.replace("300", "9" * 4000).encode(), GOOD[: GOOD.index("300")].count("\n") + 1)


BROKEN = (*mutations(), *hand_made())
