"""Every endpoint, with every parameter it has, nearly right."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.ambient import SECOND
from licet.requirements import CREDENTIALS_NOT_IN_URL, ERRORS_STAY_HOME, NO_STORE, REDIRECT_URI_EXACT
from tests.fuzz import grammar
from tests.fuzz.grammar import bent, bounded, crumbled, encoded, headers, hostile, once_in, pairs, value
from tests.fuzz.wire import MARKS, Headers, Wire, collect, jar, wired
from tests.world import CALLBACK, ISSUER, SECRET

PLACEHOLDERS = (
    "$code",
    "$verifier",
    "$refresh_token",
    "$access_token",
    "$id_token",
    "$device_code",
    "$user_code",
    "$assertion",
    "$basic",
)


class Filled:
    """Puts what is alive where a grammar says ``$…``; each made only where it is needed."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.found: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        for name in PLACEHOLDERS:
            if name in text:
                text = text.replace(name, self._live(name))
        return text

    def pairs(self, chosen: grammar.Pairs) -> grammar.Pairs:
        return [(name, self(value)) for name, value in chosen]

    def headers(self, lines: Headers) -> Headers:
        return [(name, self(line.decode("latin-1")).encode("latin-1", "replace")) for name, line in lines]

    def _live(self, name: str) -> str:
        if name not in self.found:
            self.found |= self._make(name)
        return self.found[name]

    def _make(self, name: str) -> dict[str, str]:
        wire = self.wire
        match name:
            case "$code" | "$verifier":
                answered = wire.code()
                return {"$code": answered.parameters["code"], "$verifier": answered.code_verifier}
            case "$device_code" | "$user_code":
                asked = wire.device()
                return {"$device_code": asked["device_code"], "$user_code": asked["user_code"]}
            case "$assertion":
                now = wire.world.clock.now() // SECOND
                claims = {
                    "iss": "signer",
                    "sub": "signer",
                    "aud": ISSUER,
                    "exp": now + 60,
                    "iat": now,
                    "jti": str(wire.sent),
                }
                return {name: wire.world.client_key.sign_jwt("client-authentication+jwt", claims)}
            case "$basic":
                return {name: b64encode(f"billing:{SECRET}".encode()).decode()}
            case _:
                return {name: wire.tokens[name[1:]]}


def asking() -> dict[str, str]:
    """An authorization request as it should be."""
    return {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": CALLBACK,
        "scope": "openid",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    }


@pytest.mark.witness(REDIRECT_URI_EXACT, ERRORS_STAY_HOME)
@given(data=st.data())
@bounded
def test_authorize(wire: Wire, data: st.DataObject) -> None:
    """GET and POST, signed in and not: nobody is sent anywhere but to an app's own address."""
    likely = data.draw(
        st.sampled_from(
            (
                grammar.AUTHORIZE,
                grammar.AUTHORIZE
                | {"client_id": st.just("shop"), "redirect_uri": value(*(["https://shop.example.com/callback"]))},
            )
        )
    )
    fill = Filled(wire)
    chosen = fill.pairs(
        data.draw(
            pairs(
                likely,
                ("response_type", "client_id", "redirect_uri", "scope", "code_challenge", "code_challenge_method"),
            )
        )
    )
    lines = fill.headers(data.draw(headers()))
    if data.draw(st.booleans()):
        lines += data.draw(crumbled(wire.session))
    text = data.draw(encoded(chosen))
    if data.draw(st.booleans()):
        answer = wire.send("GET", "/authorize", text, lines)
    else:
        answer = wire.send("POST", "/authorize", body=text, headers=lines)
    assert answer.status in {200, 303, 400, 413, 414, 431}


@pytest.mark.witness(REDIRECT_URI_EXACT)
@given(data=st.data())
@bounded
def test_only_the_address_is_bent(wire: Wire, data: st.DataObject) -> None:
    """All else is right, somebody is signed in and agreed: what is not registered letter by letter gets no answer."""
    app, home = data.draw(st.sampled_from((
        ("shop", CALLBACK), ("spa", "https://spa.example.com/"), ("reader", "com.example.reader:/callback"),
        ("reader", "http://127.0.0.1/callback"), ("reader", "http://127.0.0.1:51004/callback"),
    )))  # fmt: skip
    address = data.draw(bent(home))
    asked = asking() | {"client_id": app, "redirect_uri": address, "prompt": "none"}
    answer = wire.send("GET", "/authorize", urlencode(asked).encode(), jar(wire.session))
    if answer.status == 303 and address:
        assert (answer.header(b"location") or "").startswith(f"{address}?")
    else:
        assert answer.status in {303, 400, 414}


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize(
    "path", ["/authorize", "/login", "/consent", "/device", "/device/confirm", "/logout", "/continue", "/nowhere"]
)
def test_nothing_is_reflected(wire: Wire, path: str, mark: str) -> None:
    """Every parameter in its turn; ``check`` looks at what comes back."""
    known, cookies = {"client_id": "shop", "redirect_uri": CALLBACK, "response_type": "code"}, jar(wire.session)
    if path in {"/login", "/consent"}:
        known, cookies = wire.transaction(path)
    names = {*grammar.AUTHORIZE, *known, "login", "password", "user_code", "decision", "error", "id_token_hint", mark}
    for name in sorted(names):
        parameters = known | {name: mark}
        wire.send("GET", path, urlencode(parameters).encode(), cookies)
        answer = wire.post(path, parameters, cookies)
        if answer.status == 303 and path == "/authorize":
            location = urlsplit(answer.header(b"location") or "")
            wire.send("GET", location.path, location.query.encode(), cookies)


@pytest.mark.parametrize("mark", MARKS)
def test_what_was_typed_is_shown_as_text(mark: str) -> None:
    """Two pages say again what was typed, and one what was hinted at; at a server where nobody guessed before."""
    with wired() as wire:
        shown_as_text(wire, mark)


def shown_as_text(wire: Wire, mark: str) -> None:
    shown = wire.send("GET", "/device")
    fresh: dict[str, str] = {}
    collect(fresh, shown)
    csrf = shown.page.forms[0]["fields"]["csrf"]
    assert wire.post("/device", {"csrf": csrf, "user_code": mark}, jar(fresh)).status == 200
    hinting = asking() | {"login_hint": mark}
    went = wire.send("GET", "/authorize", urlencode(hinting).encode())
    fresh = {}
    collect(fresh, went)
    location = urlsplit(went.header(b"location") or "")
    page = wire.send("GET", location.path, location.query.encode(), jar(fresh)).page
    fields = page.with_button("login-submit")["fields"]
    assert fields["login"] == mark, "it is shown, as text"
    assert wire.post("/login", fields | {"login": mark, "password": "x"}, jar(fresh)).status == 200


@pytest.mark.witness(NO_STORE)
@pytest.mark.parametrize("grant", list(grammar.NEEDED), ids=lambda grant: grant.rsplit(":")[-1])
@given(data=st.data())
@bounded
def test_token(wire: Wire, grant: str, data: st.DataObject) -> None:
    rules = {**grammar.TOKEN, "grant_type": value(grant), **grammar.LIKELY[grant]}
    fill = Filled(wire)
    chosen = fill.pairs(data.draw(pairs(rules, grammar.NEEDED[grant])))
    answer = wire.send("POST", "/token", headers=fill.headers(data.draw(headers())), body=data.draw(encoded(chosen)))
    assert answer.status in {200, 400, 401, 413, 429, 431}
    if answer.status == 200:
        assert answer.json["token_type"] == "Bearer"


@given(data=st.data())
@bounded
def test_device_authorization(wire: Wire, data: st.DataObject) -> None:
    rules = {**grammar.AUTHENTICATION, "client_id": value("tv"), "scope": grammar.SCOPE, "resource": grammar.RESOURCE}
    fill = Filled(wire)
    chosen = fill.pairs(data.draw(pairs(rules, ("client_id", "scope"))))
    lines = fill.headers(data.draw(headers()))
    answer = wire.send("POST", "/device_authorization", headers=lines, body=data.draw(encoded(chosen)))
    assert answer.status in {200, 400, 401, 413, 429, 431}


@pytest.mark.parametrize("path", ["/introspect", "/revoke"])
@given(data=st.data())
@bounded
def test_what_takes_a_token(wire: Wire, path: str, data: st.DataObject) -> None:
    fill = Filled(wire)
    chosen = fill.pairs(data.draw(pairs(grammar.PRESENTED, ("token", "client_id", "client_secret"))))
    chosen = [(name, text) for name, text in chosen if path != "/revoke" or text not in wire.tokens.values()]
    lines = fill.headers(data.draw(headers()))
    answer = wire.send("POST", path, headers=lines, body=data.draw(encoded(chosen)))
    assert answer.status in {200, 400, 401, 413, 429, 431}
    if answer.status == 200 and path == "/introspect":
        assert isinstance(answer.json["active"], bool)


@given(data=st.data())
@bounded
def test_userinfo(wire: Wire, data: st.DataObject) -> None:
    fill = Filled(wire)
    token = value("Bearer $access_token", "Bearer $id_token", "Bearer a.b.c", "Bearer x", "bearer $access_token")
    lines = fill.headers(data.draw(headers()))
    if not once_in(data.draw, 5):
        lines.append((b"authorization", fill(data.draw(token)).encode("utf-8", "replace")))
    chosen = fill.pairs(data.draw(pairs({"access_token": value("$access_token", "x")})))
    method = data.draw(st.sampled_from(("GET", "POST")))
    text = data.draw(encoded(chosen))
    answer = wire.send(method, "/userinfo", b"" if method == "POST" else text, lines, text if method == "POST" else b"")
    assert answer.status in {200, 400, 401, 403, 413, 414, 431}
    if answer.status == 200:
        assert answer.json["sub"] == wire.subject


@given(data=st.data())
@bounded
def test_device(wire: Wire, data: st.DataObject) -> None:
    """The page where a code is entered; each from a network of its own, so that guessing goes on."""
    fill = Filled(wire)
    peer = f"10.{data.draw(st.integers(0, 255))}.{data.draw(st.integers(0, 255))}.1"
    shown = wire.send("GET", "/device", peer=peer)
    cookies: dict[str, str] = {}
    collect(cookies, shown)
    csrf = shown.page.forms[0]["fields"]["csrf"]
    rules = {"user_code": value("$user_code", "BCDF-GHJK"), "csrf": value(csrf), "transaction": value("x")}
    chosen = fill.pairs(data.draw(pairs(rules, ("user_code", "csrf"))))
    lines = data.draw(headers()) + data.draw(crumbled(cookies | (wire.session if data.draw(st.booleans()) else {})))
    text = data.draw(encoded(chosen))
    method = data.draw(st.sampled_from(("GET", "POST", "POST")))
    if method == "GET":
        answer = wire.send("GET", "/device", text, fill.headers(lines), peer=peer)
    else:
        answer = wire.send("POST", "/device", headers=fill.headers(lines), body=text, peer=peer)
    assert answer.status in {200, 303, 400, 403, 413, 414, 429, 431}


@pytest.mark.parametrize("path", ["/login", "/consent"])
@given(data=st.data())
@bounded
def test_pages_in_the_middle_of_something(wire: Wire, path: str, data: st.DataObject) -> None:
    fields, cookies = wire.transaction(path)
    assert cookies[0][1]
    held = dict(pair.split("=", 1) for pair in cookies[0][1].decode().split("; "))
    rules = {
        "transaction": value(fields["transaction"]),
        "csrf": value(fields["csrf"]),
        "login": value("alice", "bob"),
        "password": value("correct horse battery staple"),
        "decision": value("allow", "deny", "switch"),
    }
    needed = ("transaction", "csrf", *(("login", "password") if path == "/login" else ("decision",)))
    chosen = data.draw(pairs(rules, needed))
    lines = Filled(wire).headers(data.draw(headers())) + data.draw(crumbled(held))
    peer = f"10.{data.draw(st.integers(0, 255))}.{data.draw(st.integers(0, 255))}.1"
    text = data.draw(encoded(chosen))
    if once_in(data.draw, 4):
        answer = wire.send("GET", path, text, lines, peer=peer)
    else:
        answer = wire.send("POST", path, headers=lines, body=text, peer=peer)
    assert answer.status in {200, 303, 400, 403, 413, 414, 431}


@given(data=st.data())
@bounded
def test_pages_that_stand_alone(wire: Wire, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(("/logout", "/continue", "/device/confirm", "/device/report", "/jwks", "/readyz")))
    rules = {
        "transaction": value("x"),
        "csrf": value("x"),
        "decision": value("yes", "no"),
        "id_token_hint": value("$id_token"),
        "post_logout_redirect_uri": value("https://shop.example.com/"),
        "state": value("x"),
    }
    fill = Filled(wire)
    text = data.draw(encoded(fill.pairs(data.draw(pairs(rules)))))
    lines = fill.headers(data.draw(headers())) + data.draw(crumbled(wire.session if data.draw(st.booleans()) else {}))
    method = data.draw(st.sampled_from(("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE", "\xff")))
    wire.send(method, path, text, lines, text if method == "POST" else b"")


@given(path=st.text(max_size=60).map("/".__add__) | st.sampled_from((
    "", "*", "//", "/..", "/../token", "/token/", "/Token", "/token;a=b", "/token%00", "/assets/", "/assets/../../app.py", "/\ud800",
    "/.well-known/", "/.well-known/openid-configuration/", "/" + "a" * 20_000,
)), method=st.sampled_from(("GET", "POST", "HEAD", "OPTIONS")), sent=headers(), query=hostile)  # fmt: skip
@bounded
def test_paths_that_lead_nowhere(wire: Wire, path: str, method: str, sent: Headers, query: str) -> None:
    answer = wire.send(method, path, query.encode("utf-8", "replace"), Filled(wire).headers(sent))
    assert answer.status in {200, 304, 400, 404, 405, 414, 431, 204}


@pytest.mark.witness(CREDENTIALS_NOT_IN_URL)
@given(chosen=pairs(grammar.TOKEN, ("grant_type", "client_id", "client_secret")))
@bounded
def test_nothing_is_taken_from_the_address_of_the_token_endpoint(wire: Wire, chosen: grammar.Pairs) -> None:
    answer = wire.send("POST", "/token", urlencode(Filled(wire).pairs(chosen), errors="replace").encode())
    assert answer.status in {400, 401, 413, 414}


def test_the_grammar_reaches_what_is_behind_the_first_check(wire: Wire) -> None:
    """A fuzz that is always refused at the door would see nothing: without the bending every flow succeeds."""
    fill = Filled(wire)
    form: dict[str, Any] = {
        "grant_type": "authorization_code",
        "client_id": "shop",
        "client_secret": SECRET,
        "code": "$code",
        "code_verifier": "$verifier",
    }
    assert wire.post("/token", dict(fill.pairs(list(form.items())))).status == 200
    jwt = {
        "grant_type": "client_credentials",
        "client_assertion": fill("$assertion"),
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
    }
    assert wire.post("/token", jwt).status == 200
    basic = [(b"authorization", fill("Basic $basic").encode())]
    assert wire.post("/token", {"grant_type": "client_credentials", "scope": "orders.read"}, basic).status == 200
