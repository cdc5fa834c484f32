"""The order in which a request is looked at, and every way in which it is answered."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels import (
    ASSETS,
    HOST,
    ISSUER,
    NOON,
    ROUTES,
    Heard,
    ask,
    asking,
    document,
    echo,
    kernel,
    nothing,
    page,
    post,
    raising,
    redirect,
)

from licet.authorization_server.exchange import Document, Empty, FormPost, Incoming, Json, Redirect
from licet.authorization_server.web.limits import Proxies
from licet.authorization_server.web.pages import CSP, FORM_POST_CSP, Pages
from licet.authorization_server.web.routes import Kind, Route
from licet.requirements import HOST_KNOWN, NO_307_REDIRECT, NO_STORE, PAGES_NOT_FRAMED

TRUSTING = Proxies(trusted=("203.0.113.0/24",))
HTML = {"accept": "text/html,application/xhtml+xml"}
BARE = {"x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
STRICT = {"strict-transport-security": "max-age=31536000; includeSubDomains"}
UNSTORED = {"cache-control": "no-store", "pragma": "no-cache"}


def test_a_request_reaches_its_endpoint_as_the_protocol_reads_it() -> None:
    heard = Heard()
    lines = {
        "authorization": "Basic c2hvcDpz", "origin": "https://shop.example.com", "sec-fetch-site": "same-origin",
        "dpop": "ey.x.y", "cookie": "__Host-licet-a-session=1; theirs=2", "user-agent": "x",
    }  # fmt: skip
    post(kernel(heard=heard), "/token", "grant_type=x&resource=a&resource=b", query=b"q=1", headers=lines)
    (incoming,) = heard.requests
    assert (incoming.method, incoming.path, incoming.at) == ("POST", "/token", NOON)
    assert incoming.query["q"] == "1"
    assert incoming.form["grant_type"] == "x"
    assert incoming.form.every("resource") == ("a", "b")
    assert incoming.authorization == "Basic c2hvcDpz"
    assert incoming.cookies == {"__Host-licet-a-session": "1"}
    assert (incoming.origin, incoming.fetch_site, incoming.dpop) == (
        "https://shop.example.com",
        "same-origin",
        "ey.x.y",
    )
    assert incoming.peer == "203.0.113.9"
    assert len(incoming.request_id) == 32


def test_what_was_not_sent_is_none() -> None:
    heard = Heard()
    ask(kernel(heard=heard), "GET", "/userinfo")
    (incoming,) = heard.requests
    assert (incoming.authorization, incoming.origin, incoming.fetch_site, incoming.dpop) == (None, None, None, None)
    assert (dict(incoming.query), dict(incoming.form), incoming.cookies) == ({}, {}, {})


@pytest.mark.witness(NO_STORE)
def test_json_carries_these_headers_and_no_other() -> None:
    said = post(kernel(), "/introspect", "token=x")
    assert dict(said.headers) == {
        "content-type": "application/json", "content-length": str(len(said.body)), **UNSTORED, **BARE, **STRICT,
        "x-request-id": said["x-request-id"],
    }  # fmt: skip
    assert len(said.headers) == len(dict(said.headers))


@pytest.mark.witness(NO_STORE, PAGES_NOT_FRAMED)
@pytest.mark.parametrize("path", ["/device", "/nowhere", "/broken", "/refused"])
def test_every_page_carries_these_headers(path: str) -> None:
    broken = Route("/broken", ("GET",), raising(ValueError("x")), Kind.PAGE)
    said = ask(kernel(*ROUTES, broken), "GET", path, headers=HTML)
    wanted = {
        **UNSTORED, **BARE, **STRICT, "content-type": "text/html; charset=utf-8", "content-security-policy": CSP,
        "x-frame-options": "DENY", "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }  # fmt: skip
    assert dict(said.headers).items() >= wanted.items()
    assert said.body.startswith(b"<!doctype html>")


def test_a_cookie_is_guarded() -> None:
    said = ask(kernel(), "GET", "/device")
    assert said["set-cookie"] == "__Host-licet-x=v; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60"


def test_the_form_post_page_has_its_own_policy() -> None:
    async def posting(_incoming: Incoming) -> FormPost:
        return FormPost(action="https://shop.example.com/cb", fields=(("code", "1"),), app="Shop")

    said = ask(kernel(Route("/authorize", ("GET",), posting, Kind.PAGE)), "GET", "/authorize")
    assert said["content-security-policy"] == FORM_POST_CSP
    assert said.status == 200


@pytest.mark.witness(NO_307_REDIRECT)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_303(method: str) -> None:
    said = ask(kernel(), method, "/authorize")
    assert said.status == 303
    assert said["location"] == "https://shop.example.com/cb?code=1"
    assert dict(said.headers).items() >= {**UNSTORED, **BARE, **STRICT, "content-length": "0"}.items()
    assert said.body == b""


@pytest.mark.parametrize("location", ["https://a.example/\r\nSet-Cookie: x=1", "https://ä.example", "https://a b", ""])
def test_an_address_that_breaks_out_of_its_header_is_our_fault(location: str) -> None:
    async def astray(_incoming: Incoming) -> Redirect:
        return Redirect(location=location)

    app = kernel(Route("/authorize", ("GET",), astray, Kind.PAGE))
    said = ask(app, "GET", "/authorize")
    assert (said.status, said.every("location"), app.internal_errors) == (500, [], 1)


@pytest.mark.parametrize("line", [("X-A", "a\r\nb: c"), ("X-A", "ä"), ("X A", "b"), ("", "b")])
def test_a_header_that_breaks_out_is_our_fault(line: tuple[str, str]) -> None:
    async def astray(_incoming: Incoming) -> Json:
        return Json(body={}, headers=(line,))

    assert post(kernel(Route("/token", ("POST",), astray, Kind.API)), "/token").status == 500


def test_an_endpoint_chooses_status_and_headers() -> None:
    async def chosen(_incoming: Incoming) -> Empty:
        return Empty(status=204, headers=(("X-Reason", "none"),))

    said = ask(kernel(Route("/x", ("GET",), chosen, Kind.API)), "GET", "/x")
    assert (said.status, said["x-reason"], said.every("content-length")) == (204, "none", [])


def test_a_document_may_be_kept_and_asked_for_again() -> None:
    first = ask(kernel(), "GET", "/jwks")
    assert first["cache-control"] == "public, max-age=300"
    assert first["content-type"] == "application/json"
    again = ask(kernel(), "GET", "/jwks", headers={"if-none-match": f'"other", W/{first["etag"]}'})
    assert (again.status, again.body, again["etag"]) == (304, b"", first["etag"])
    assert again["cache-control"] == "public, max-age=300"
    assert again["access-control-allow-origin"] == "*"
    assert ask(kernel(), "GET", "/jwks", headers={"if-none-match": '"other"'}).status == 200


def test_another_document_has_another_tag() -> None:
    async def other(_incoming: Incoming) -> Document:
        return Document(body=b"{}", max_age_s=1)

    changed = ask(kernel(Route("/jwks", ("GET",), other, Kind.DOCUMENT)), "GET", "/jwks")
    assert changed["etag"] != ask(kernel(), "GET", "/jwks")["etag"]


def test_assets_are_served_for_ever() -> None:
    path = next(path for path in ASSETS.paths if path.endswith(".css"))
    said = ask(kernel(), "GET", path)
    assert said["cache-control"] == "public, max-age=31536000, immutable"
    assert said["content-type"] == "text/css; charset=utf-8"
    assert dict(said.headers).items() >= {**BARE, **STRICT, "cross-origin-resource-policy": "same-origin"}.items()
    assert ask(kernel(), "GET", path, headers={"if-none-match": said["etag"]}).status == 304
    assert ask(kernel(), "POST", path)["allow"] == "GET, HEAD"
    assert ask(kernel(base="/tenant"), "GET", f"/tenant{path}").status == 200
    assert ask(kernel(base="/tenant"), "GET", path).status == 404


def test_head_is_get_without_a_body() -> None:
    for path in ("/jwks", "/device", "/userinfo", "/nowhere", *ASSETS.paths):
        got, head = ask(kernel(), "GET", path), ask(kernel(), "HEAD", path)
        assert head.body == b""
        assert (head.status, head.headers) == (got.status, got.headers)


def test_an_endpoint_hears_head_as_get() -> None:
    heard = Heard()
    ask(kernel(heard=heard), "HEAD", "/userinfo")
    assert heard.requests[0].method == "GET"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", "/token", "POST, OPTIONS"),
        ("HEAD", "/token", "POST, OPTIONS"),
        ("PUT", "/userinfo", "GET, POST, HEAD, OPTIONS"),
        ("DELETE", "/jwks", "GET, HEAD, OPTIONS"),
        ("BREW", "/introspect", "POST, OPTIONS"),
    ],
)
def test_another_method_is_405(method: str, path: str, allow: str) -> None:
    said = ask(kernel(), method, path)
    assert (said.status, said["allow"]) == (405, allow)
    if method != "HEAD":
        assert said.json["error"] == "invalid_request"


def test_another_method_on_a_page_is_a_page() -> None:
    said = ask(kernel(), "PUT", "/device")
    assert (said.status, said["allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    assert said.body.startswith(b"<!doctype html>")


def test_options_says_what_there_is() -> None:
    said = ask(kernel(), "OPTIONS", "/device")
    assert (said.status, said["allow"], said.body) == (204, "GET, POST, HEAD, OPTIONS", b"")


@pytest.mark.parametrize(
    "path", ["/", "/Token", "/token/", "//token", "/token/x", "/tok", "/token%2f", "/.well-known", "/assets/x.css"]
)
def test_paths_are_exact(path: str) -> None:
    heard = Heard()
    said = post(kernel(heard=heard), path)
    assert (said.status, said.json["error"]) == (404, "invalid_request")
    assert not heard.requests
    assert not heard.refusals, "a stranger's path is no question of the protocol"


def test_a_missing_page_is_a_page_for_a_person() -> None:
    said = ask(kernel(), "GET", "/nowhere", headers=HTML)
    assert said.status == 404
    assert b"There is no page at this address" in said.body


def test_paths_lie_below_the_issuer_or_at_the_root() -> None:
    routes = (
        Route("/token", ("POST",), echo, Kind.API),
        Route("/.well-known/oauth-authorization-server/tenant", ("GET",), document, Kind.DOCUMENT, rooted=True),
    )
    heard = Heard()
    app = kernel(*routes, heard=heard, base="/tenant")
    assert post(app, "/tenant/token").status == 200
    assert heard.requests[0].path == "/token"
    assert post(app, "/token").status == 404
    assert ask(app, "GET", "/.well-known/oauth-authorization-server/tenant").status == 200


def test_two_rows_of_one_path_are_put_together() -> None:
    routes = (Route("/x", ("GET",), page, Kind.PAGE), Route("/x", ("POST",), redirect, Kind.PAGE))
    app = kernel(*routes)
    assert (ask(app, "GET", "/x").status, post(app, "/x").status) == (200, 303)


@pytest.mark.parametrize(
    "second",
    [
        Route("/x", ("GET",), page, Kind.PAGE),
        Route("/x", ("POST",), page, Kind.API),
        Route("/x", ("POST",), page, Kind.DOCUMENT),
    ],
)
def test_rows_that_disagree_are_refused(second: Route) -> None:
    with pytest.raises(ValueError, match="twice"):
        kernel(Route("/x", ("GET",), page, Kind.PAGE), second)


def test_a_row_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="only an API"):
        Route("/authorize", ("GET",), page, Kind.PAGE, browsers=True)
    with pytest.raises(ValueError, match="slash"):
        Route("token", ("POST",), echo, Kind.API)


@pytest.mark.witness(HOST_KNOWN)
@pytest.mark.parametrize("path", ["/token", "/authorize", "/jwks", "/nowhere", "/assets/x"])
@pytest.mark.parametrize(
    "host",
    ["evil.example", "id.example.com.evil.example", "id.example.com:8443", "127.0.0.1", "", "id.example.com.", "é"],
)
@pytest.mark.parametrize("development", [True, False])
def test_an_unknown_host_is_421(path: str, host: str, development: bool) -> None:
    heard = Heard()
    said = ask(kernel(heard=heard, development=development), "GET", path, host=host)
    assert said.status == 421
    assert not heard.requests
    assert "evil" not in said.body.decode()
    assert heard.refusals[0][0].per is HOST_KNOWN


def test_hosts_are_compared_without_case() -> None:
    assert post(kernel(), "/token", host="ID.Example.Com").status == 200


def test_a_request_without_host_is_400() -> None:
    assert post(kernel(), "/token", host=None).status == 400


@pytest.mark.parametrize("name", ["host", "authorization", "dpop", "content-type", "origin", "x-anything"])
def test_a_header_sent_twice_is_refused(name: str) -> None:
    heard = Heard()
    said = post(kernel(heard=heard), "/token", "a=1", headers=[(name, "one"), (name, "two")])
    assert (said.status, said.json["error"]) == (400, "invalid_request")
    assert not heard.requests


def test_lists_may_come_in_lines() -> None:
    lines = [("accept", "a"), ("accept", "b"), ("cookie", "licet-a=1"), ("via", "1"), ("via", "2")]
    assert post(kernel(), "/token", "a=1", headers=lines).status == 200


def test_over_http_there_is_no_hsts_and_no_secure_cookie() -> None:
    said = ask(kernel(https=False), "GET", "/device")
    assert said.every("strict-transport-security") == []
    assert "Secure" not in said["set-cookie"]


def test_an_answer_the_kernel_does_not_know_is_our_fault() -> None:
    async def odd(_incoming: Incoming) -> Any:
        return {"a": 1}

    assert post(kernel(Route("/token", ("POST",), odd, Kind.API)), "/token").status == 500


def test_only_http_and_the_lifespan_are_spoken() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(kernel()({"type": "websocket", "path": "/token"}, send, send))  # type: ignore[arg-type]
    assert sent == [{"type": "websocket.close", "code": 1008}]


@pytest.mark.parametrize("failing", [None, "startup", "shutdown"])
def test_opening_and_closing(failing: str | None, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def step(name: str) -> Any:
        async def do() -> None:
            done.append(name)
            if name == failing:
                raise RuntimeError("no disk")

        return do

    sent: list[Any] = []

    async def play() -> None:
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            sent.append(message)

        app = kernel(startup=step("startup"), shutdown=step("shutdown"))
        await app({"type": "lifespan"}, receive, send)

    with caplog.at_level(logging.ERROR):
        asyncio.run(play())
    if failing is None:
        assert [message["type"] for message in sent] == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    else:
        assert sent[-1] == {"type": f"lifespan.{failing}.failed", "message": ""}
        assert "no disk" in caplog.text
    assert done == (["startup"] if failing == "startup" else ["startup", "shutdown"])


METHODS = st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "PUT", "TRACE"])
PATHS = st.sampled_from([route.path for route in ROUTES]) | st.text(max_size=20).map(lambda path: "/" + path)
VALUES = st.text(st.characters(max_codepoint=255), max_size=60)
KNOWN = st.sampled_from(
    [
        "authorization", "content-type", "content-length", "cookie", "origin", "dpop", "accept", "if-none-match",
        "x-forwarded-for", "forwarded", "x-request-id", "sec-fetch-site", "host", "transfer-encoding",
    ]
)  # fmt: skip
STRANGE = settings(max_examples=400, deadline=None)


@STRANGE
@given(METHODS, PATHS, st.binary(max_size=200), st.lists(st.tuples(KNOWN, VALUES), max_size=6), st.binary(max_size=200))
def test_no_bytes_make_it_stumble(
    method: str, path: str, query: bytes, headers: list[tuple[str, str]], body: bytes
) -> None:
    app = kernel(proxies=TRUSTING)
    said = ask(app, method, path, query=query, headers=headers, body=body)
    assert said.status < 500
    assert app.internal_errors == 0
    assert said["x-request-id"].isascii()


@STRANGE
@given(st.binary(max_size=200), st.binary(max_size=400))
def test_no_form_makes_it_stumble(query: bytes, body: bytes) -> None:
    app = kernel()
    assert post(app, "/token", body, query=query).status in {200, 400}
    assert ask(app, "GET", "/device", query=query).status in {200, 400}
    assert app.internal_errors == 0


def test_the_kernel_is_never_in_flight_for_nothing() -> None:
    app = kernel(Route("/x", ("GET",), raising(ValueError()), Kind.API), Route("/y", ("GET",), nothing, Kind.API))

    async def play() -> None:
        await asyncio.gather(*(asking(app, "GET", path) for path in ("/x", "/y", "/z") * 5))

    asyncio.run(play())
    assert app.in_flight == 0


def test_development_pages_say_so() -> None:
    app = kernel(pages=Pages(ISSUER, "", development=True), development=True)
    assert ask(app, "GET", "/nowhere", headers=HTML, host=HOST).status == 404
