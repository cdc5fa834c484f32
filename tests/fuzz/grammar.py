"""Requests that are nearly right: good values, good values that were bent, and things that hurt others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import quote_plus

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.fuzz.wire import MARKS, Headers
from tests.world import CALLBACK, DEVICE_CODE, INVOICES, ISSUER, ORDERS, SECRET

bounded = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "150")),
    deadline=None,
    derandomize=os.environ.get("CI") == "true",
    suppress_health_check=list(HealthCheck),
)
"""Few examples, and the same ones wherever a failure would stop other people's work; ``FUZZ_EXAMPLES`` asks for more."""

HOSTILE = (
    "", " ", "\t", "\n", "\r\nSet-Cookie: a=b", "\x00", "\x7f", "%", "%00", "%0d%0a", "%zz", "null", "undefined", "0",
    "-1", "1e309", "9" * 40, "true", "[]", "{}", '{"a":1}', "*", "**", "../../etc/passwd", "//evil.example.com/",
    "https://evil.example.com/", "https://evil.example.com\\@shop.example.com/callback", "javascript:alert(1)",
    "' OR 1=1 --", '"; DROP TABLE codes; --', *MARKS, "{{7*7}}", "${jndi:ldap://x}", "é", "ａｌｉｃｅ", "\u202egnp.exe",
    "\u0000\ufeff", "💥" * 50, "a" * 10_000, "𝕒", "\ud7ff\ue000", "İ", "ß", "A" * 43, "=" * 100, "&", ";", "code code",
)  # fmt: skip
hostile = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=40)


def once_in(draw: st.DrawFn, times: int) -> bool:
    """Whether something rare happens; the middle of a range, because its ends are drawn more often than the rest."""
    return draw(st.integers(1, times)) == times // 2 + 1


@st.composite
def bent(draw: st.DrawFn, good: str) -> str:
    """A good value that something happened to."""
    at = draw(st.integers(0, len(good)))
    how = draw(st.sampled_from(("cut", "insert", "double", "case", "pad", "encode")))
    match how:
        case "cut":
            return good[:at]
        case "insert":
            return good[:at] + draw(hostile) + good[at:]
        case "double":
            return good + draw(st.sampled_from(("", " ", ","))) + good
        case "case":
            return good.swapcase()
        case "pad":
            return (
                draw(st.sampled_from((" ", "\t", "\n", "\u00a0", "")))
                + good
                + draw(st.sampled_from((" ", "\n", "=", "/", "#", "?a=b")))
            )
        case _:
            return quote_plus(good)


@st.composite
def value(draw: st.DrawFn, *good: str) -> str:
    """Mostly the first of the *good* values, often another, sometimes a bent or a hostile one."""
    fine = st.sampled_from(good)
    if once_in(draw, 10):
        return draw(fine.flatmap(bent))
    if once_in(draw, 15):
        return draw(hostile)
    return draw(fine) if draw(st.booleans()) else good[0]


Pairs = list[tuple[str, str]]


@st.composite
def pairs(draw: st.DrawFn, grammar: Mapping[str, st.SearchStrategy[str]], needed: tuple[str, ...] = ()) -> Pairs:
    """Parameters: the *needed* ones nearly always, others sometimes; now and then one twice, or one unheard of."""
    chosen: Pairs = []
    for name, strategy in grammar.items():
        if not once_in(draw, 25) if name in needed else once_in(draw, 12):
            chosen.append((name, draw(strategy)))
    if chosen and once_in(draw, 20):
        name, _ = draw(st.sampled_from(chosen))
        chosen.append((name, draw(grammar[name])))
    if once_in(draw, 20):
        chosen.append((draw(hostile), draw(hostile)))
    return draw(st.permutations(chosen)) if draw(st.booleans()) else chosen


@st.composite
def encoded(draw: st.DrawFn, chosen: Pairs) -> bytes:
    """*chosen* on the wire; rarely in an encoding that is none."""
    text = "&".join(
        f"{quote_plus(name, errors='surrogatepass')}={quote_plus(value, errors='surrogatepass')}"
        for name, value in chosen
    ).encode()
    if once_in(draw, 20):
        at = draw(st.integers(0, len(text)))
        text = (
            text[:at]
            + draw(st.sampled_from((b"%", b"%0", b"%zz", b"%00", b"%ff", b"\xff", b"\x00", b"&&", b"=", b"+", b";")))
            + text[at:]
        )
    return text


CLIENT = value("shop", "spa", "reader", "billing", "signer", "tv", "api.orders", "nobody")
CLIENT_SECRET = value(SECRET)
SCOPE = value(
    "openid", "openid profile email", "openid offline_access orders.read", "orders.read invoices.read", "orders.write"
)
RESOURCE = value(ORDERS, INVOICES, f"{ISSUER}/userinfo")
REDIRECT = value(
    CALLBACK,
    "https://spa.example.com/",
    "http://127.0.0.1:51004/callback",
    "http://127.0.0.1/callback",
    "com.example.reader:/callback",
)
CHALLENGE = value("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")

AUTHORIZE = {
    "response_type": value("code", "token", "id_token", "code id_token", "none"),
    "client_id": CLIENT,
    "redirect_uri": REDIRECT,
    "scope": SCOPE,
    "code_challenge": CHALLENGE,
    "code_challenge_method": value("S256", "plain"),
    "state": value("a state", "ö & = ?"),
    "nonce": value("n-0S6_WzA2Mj"),
    "response_mode": value("query", "form_post", "fragment"),
    "prompt": value("none", "login", "consent", "select_account", "login consent", "none login"),
    "max_age": value("0", "1", "3600", "999999999", "1000000000"),
    "resource": RESOURCE,
    "id_token_hint": value("$id_token", "eyJhbGciOiJub25lIn0.e30."),
    "login_hint": value("alice", "bob"),
    "acr_values": value("1", "phr"),
    "ui_locales": value("de en"),
    "claims": value('{"id_token":{"acr":{"essential":true}}}'),
    "display": value("page", "popup"),
    "request": value("eyJhbGciOiJub25lIn0.e30."),
    "request_uri": value("urn:ietf:params:oauth:request_uri:x", "http://127.0.0.1/"),
    "registration": value("{}"),
}

ASSERTION = {
    "client_assertion_type": value("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
    "client_assertion": value("$assertion", "eyJhbGciOiJub25lIn0.e30.", "a.b.c", "..", "$id_token"),
}
AUTHENTICATION = {"client_id": CLIENT, "client_secret": CLIENT_SECRET, **ASSERTION}

TOKEN = {
    "grant_type": value("authorization_code", "refresh_token", "client_credentials", DEVICE_CODE, "password"),
    **AUTHENTICATION,
    "code": value("$code", "$device_code", "$refresh_token", "lctac_" + "0" * 49),
    "code_verifier": value("$verifier", "a" * 43, "a" * 128),
    "redirect_uri": REDIRECT,
    "refresh_token": value("$refresh_token", "$code", "$access_token"),
    "device_code": value("$device_code", "$code"),
    "scope": SCOPE,
    "resource": RESOURCE,
    "audience": RESOURCE,
}
NEEDED = {
    "authorization_code": ("grant_type", "client_id", "client_secret", "code", "code_verifier"),
    "refresh_token": ("grant_type", "client_id", "client_secret", "refresh_token"),
    "client_credentials": ("grant_type", "client_id", "client_secret"),
    DEVICE_CODE: ("grant_type", "client_id", "device_code"),
}
LIKELY = {
    "authorization_code": {"client_id": value("shop"), "redirect_uri": value(CALLBACK)},
    "refresh_token": {"client_id": value("shop")},
    "client_credentials": {"client_id": value("billing"), "scope": value("orders.read", "orders.write")},
    DEVICE_CODE: {"client_id": value("tv")},
}

PRESENTED = {
    "token": value("$access_token", "$refresh_token", "$id_token", "$code", "eyJhbGciOiJub25lIn0.e30.", "a.b.c"),
    "token_type_hint": value("access_token", "refresh_token", "id_token"),
    **AUTHENTICATION,
}

_AUTHORIZATION = (
    "Basic $basic", "basic $basic", "Basic  $basic", "Basic", "Basic =", "Basic $basic, Basic $basic", "Basic OjE=", "Basic ///",
    "Bearer $access_token", "bearer $access_token", "Bearer  $access_token", "Bearer\t$access_token", "Bearer", "Bearer ",
    "Bearer $access_token $access_token", "Bearer $id_token", "Bearer $refresh_token", "Bearer a.b.c", "DPoP $access_token",
    "Bearer eyJhbGciOiJub25lIn0.e30.", "Digest username=x", "Negotiate", ",", "Bearer \xe9", "Basic \xff\xfe",
)  # fmt: skip


@st.composite
def headers(draw: st.DrawFn, *, form: bool = True) -> Headers:
    """Headers about the body, the one who asks and where it came from."""
    found: Headers = []
    if form and not once_in(draw, 20):
        found.append((b"content-type", b"application/x-www-form-urlencoded"))
    elif draw(st.booleans()):
        found.append(
            (
                b"content-type",
                draw(
                    st.sampled_from(
                        (
                            b"application/json",
                            b"multipart/form-data; boundary=x",
                            b"text/plain",
                            b"",
                            b"application/x-www-form-urlencoded;",
                            b"application/x-www-form-urlencoded; charset=utf-16",
                            b"APPLICATION/X-WWW-FORM-URLENCODED; Charset=UTF-8",
                            b"\xff",
                        )
                    )
                ),
            )
        )
    if once_in(draw, 10):
        text = draw(st.sampled_from(_AUTHORIZATION) | hostile)
        found.append(
            (b"authorization", text.encode("utf-8" if max(text, default="a") > "\xff" else "latin-1", "replace"))
        )
    for name, values in (
        (b"origin", (b"null", b"https://spa.example.com", b"https://evil.example.com", b"\xff", b"x" * 9000)),
        (b"sec-fetch-site", (b"same-origin", b"cross-site", b"none", b"\xff")),
        (b"accept", (b"text/html", b"*/*", b"application/json", b"\xff")),
        (b"dpop", (b"a.b.c", b"\xff", b"")),
        (b"x-forwarded-for", (b"203.0.113.9", b"\xff", b",,,")),
        (b"x-request-id", (b"\xff", b"../x")),
        (b"accept-language", (b"de", b"\xff")),
        (b"if-none-match", (b"*", b'"x"', b"\xff")),
    ):
        if once_in(draw, 20):
            found.append((name, draw(st.sampled_from(values))))
    if found and once_in(draw, 30):
        found.append(draw(st.sampled_from(found)))
    return found


@st.composite
def crumbled(draw: st.DrawFn, cookies: Mapping[str, str]) -> Headers:
    """A jar of good cookies after something happened to it."""
    held = [(name, draw(value(content))) if once_in(draw, 8) else (name, content) for name, content in cookies.items()]
    if held and once_in(draw, 5):
        held.pop(draw(st.integers(0, len(held) - 1)))
    if held and once_in(draw, 10):
        held.append(draw(st.sampled_from(held)))
    if once_in(draw, 5):
        held.append((draw(hostile), draw(hostile)))
    line = "; ".join(f"{name}={content}" for name, content in held)
    return [(b"cookie", line.encode("utf-8", "replace"))] if held else []
