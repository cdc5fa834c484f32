"""Every way to say no: to a client, to a person, and to whoever looks for the reference later."""

from __future__ import annotations

import html
import logging
import re
from typing import Any

import pytest
from kernels import ISSUER, Heard, ask, kernel, post, raising

from licet.authorization_server.web.explanations import explain
from licet.authorization_server.web.faults import legible
from licet.authorization_server.web.pages import Pages
from licet.authorization_server.web.routes import Kind, Route
from licet.protocol import challenge, errors
from licet.protocol.errors import Pending, Refusal
from licet.requirements import (
    BEARER_HEADER_ONLY,
    CATALOGUE,
    CLIENT_AUTHENTICATED,
    OVERLOAD_REFUSED,
    PARAMETERS_ONCE,
    PKCE_REQUIRED,
    REDIRECT_URI_EXACT,
)
from licet.requirements.documents import RFC_6749
from licet.storage.ports import Unavailable

BASIC = {"authorization": "Basic c2hvcDpz"}
REFERENCE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}")


def _all(base: type[Refusal]) -> list[type[Refusal]]:
    kinds = [kind for kind in base.__subclasses__() if kind.__module__ == errors.__name__]
    return [found for kind in kinds for found in (kind, *_all(kind))]


def api(exception: Exception, **changes: Any) -> Any:
    return kernel(Route("/token", ("GET", "POST"), raising(exception), Kind.API), **changes)


def person(exception: Exception, **changes: Any) -> Any:
    return kernel(Route("/login", ("GET", "POST"), raising(exception), Kind.PAGE), **changes)


@pytest.mark.parametrize("kind", _all(Refusal), ids=lambda kind: kind.__name__)
def test_every_refusal_is_json_for_a_client(kind: type[Refusal]) -> None:
    said = post(api(kind("Not like this", per=PKCE_REQUIRED)), "/token")
    assert said.status == kind.status
    assert said.json == {"error": kind.error, "error_description": "Not like this", "error_uri": PKCE_REQUIRED.url}
    assert said["content-type"] == "application/json"
    assert said["cache-control"] == "no-store"
    assert bool(said.every("www-authenticate")) == (kind.status == 401 or kind.error == "insufficient_scope")


@pytest.mark.parametrize("kind", _all(Refusal), ids=lambda kind: kind.__name__)
def test_every_refusal_is_a_page_for_a_person(kind: type[Refusal]) -> None:
    heard = Heard()
    refusal = kind("For developers only", per=PKCE_REQUIRED, detail="for the log only")
    said = ask(person(refusal, heard=heard), "GET", "/login")
    assert said.status == (400 if kind.status == 401 else kind.status)
    assert said.every("www-authenticate") == []
    page = said.body.decode()
    assert "For developers only" not in page
    assert "for the log only" not in page
    assert html.escape(explain(refusal).happened) in page
    assert kind.error in page
    ((told, incoming, reference),) = heard.refusals
    assert told is refusal
    assert incoming is heard.requests[0]
    assert REFERENCE.fullmatch(reference)
    assert reference in page


def test_the_reference_is_told_for_clients_too() -> None:
    heard = Heard()
    refusal = errors.InvalidGrant("No", per=RFC_6749("5.2"))
    said = post(api(refusal, heard=heard), "/token", "client_id=shop")
    assert heard.refusals[0][0] is refusal
    assert heard.refusals[0][1].form["client_id"] == "shop"
    assert REFERENCE.fullmatch(heard.refusals[0][2])
    assert said.json["error_uri"] == "https://www.rfc-editor.org/rfc/rfc6749#section-5.2"


def test_references_differ() -> None:
    heard = Heard()
    app = api(errors.InvalidGrant("No", per=RFC_6749("5.2")), heard=heard)
    for _ in range(5):
        post(app, "/token")
    assert len({reference for _, _, reference in heard.refusals}) == 5


def test_a_refusal_before_the_request_was_read_is_told_with_what_is_known() -> None:
    heard = Heard()
    post(api(ValueError(), heard=heard), "/token", host="evil.example")
    incoming = heard.refusals[0][1]
    assert (incoming.method, incoming.path, incoming.peer, dict(incoming.form)) == ("POST", "/token", "203.0.113.9", {})


@pytest.mark.parametrize("headers", [BASIC, {}, {"authorization": "Bearer x"}])
def test_an_unknown_client_is_challenged_with_basic(headers: dict[str, str]) -> None:
    refusal = errors.InvalidClient("Unknown client", per=CLIENT_AUTHENTICATED)
    said = post(api(refusal), "/token", "a=1", headers=headers)
    assert said.status == 401
    assert said["www-authenticate"] == (
        'Basic realm="licet", error="invalid_client", error_description="Unknown client"'
    )


@pytest.mark.parametrize(
    ("kind", "status"), [(errors.InvalidToken, 401), (errors.InsufficientScope, 403)], ids=["token", "scope"]
)
@pytest.mark.parametrize("form", ["", "access_token=x"])
def test_a_token_that_does_not_do_is_challenged_with_bearer(kind: type[Refusal], status: int, form: str) -> None:
    headers = {} if form else {"authorization": "Bearer x"}
    said = post(api(kind("Expired", per=BEARER_HEADER_ONLY)), "/token", form, headers=headers)
    assert said.status == status
    assert challenge.read(said["www-authenticate"]) == (
        challenge.Challenge("Bearer", {"realm": "licet", "error": kind.error, "error_description": "Expired"}),
    )


def test_who_brought_no_token_learns_only_that_one_is_needed() -> None:
    """RFC 6750 §3.1."""
    said = ask(api(errors.InvalidToken("A token is needed", per=BEARER_HEADER_ONLY)), "GET", "/token")
    assert (said.status, said["www-authenticate"]) == (401, 'Bearer realm="licet"')


def test_a_name_from_outside_stays_inside_its_quotes() -> None:
    refusal = errors.InvalidClient('x"\r\nSet-Cookie: a=1 \\ é \x7f', per=CLIENT_AUTHENTICATED)
    said = post(api(refusal), "/token")
    assert said.json["error_description"] == "x'??Set-Cookie: a=1 ? ? ?"
    assert "\r" not in said["www-authenticate"]
    assert said.every("set-cookie") == []


def test_descriptions_are_bounded() -> None:
    assert len(legible("x" * 100_000)) == 300


def test_too_many_attempts_is_429_with_a_time() -> None:
    refusal = errors.TooManyAttempts("Too many wrong secrets", per=CLIENT_AUTHENTICATED)
    refusal.retry_after_s = 30
    for said in (post(api(refusal), "/token"), ask(person(refusal), "GET", "/login")):
        assert (said.status, said["retry-after"]) == (429, "30")


@pytest.mark.witness(OVERLOAD_REFUSED)
def test_a_store_that_cannot_write_is_503() -> None:
    heard = Heard()
    for said in (
        post(api(Unavailable("disk full"), heard=heard), "/token", "client_id=shop"),
        ask(person(Unavailable("disk full")), "GET", "/login"),
    ):
        assert (said.status, said["retry-after"]) == (503, "2")
        assert b"disk" not in said.body
    assert heard.refusals[0][0].per is OVERLOAD_REFUSED
    assert heard.refusals[0][0].detail == "disk full"


@pytest.mark.parametrize("kind", [errors.AuthorizationPending, errors.SlowDown])
def test_patience_is_asked_for_and_not_told_as_a_refusal(kind: type[Pending]) -> None:
    heard = Heard()
    said = post(api(kind(), heard=heard), "/token")
    assert (said.status, said.json) == (400, {"error": kind.error, "error_description": kind.description})
    assert heard.refusals == []


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_a_bug_is_counted_logged_and_not_shown(accept: str, caplog: pytest.LogCaptureFixture) -> None:
    app = api(ZeroDivisionError("a secret thing"))
    with caplog.at_level(logging.ERROR):
        said = post(app, "/token", headers={"accept": accept})
    reference = REFERENCE.search(said.json["error_description"])
    assert (said.status, said.json["error"], app.internal_errors) == (500, "server_error", 1)
    assert b"secret thing" not in said.body
    assert b"Traceback" not in said.body
    assert "a secret thing" in caplog.text
    assert reference
    assert reference[0] in caplog.text
    assert said["x-request-id"] in caplog.text


def test_a_bug_behind_a_page_is_a_page() -> None:
    app = person(ZeroDivisionError("a secret thing"), pages=Pages(ISSUER, "", development=True), development=True)
    said = ask(app, "GET", "/login")
    assert (said.status, app.internal_errors) == (500, 1)
    assert b"Something went wrong on our side" in said.body
    assert b"secret thing" not in said.body


def test_a_timeout_inside_an_endpoint_is_a_bug_not_our_deadline() -> None:
    assert post(api(TimeoutError()), "/token").status == 500


def test_templates_that_fail_leave_json() -> None:
    class Broken:
        def render(self, view: Any) -> bytes:
            raise LookupError("template")

        render_form_post = render

    app = person(ZeroDivisionError(), pages=Broken())
    said = ask(app, "GET", "/login")
    assert (said.status, said.json["error"]) == (500, "server_error")


def test_a_listener_that_fails_does_not_change_the_answer(caplog: pytest.LogCaptureFixture) -> None:
    def failing(*_told: Any) -> None:
        raise OSError("spool")

    app = api(errors.InvalidGrant("No", per=RFC_6749("5.2")), on_refusal=failing)
    assert post(app, "/token").json["error"] == "invalid_grant"
    assert app.internal_errors == 1
    assert "spool" in caplog.text


def test_a_question_about_an_origin_that_fails_does_not_change_the_answer() -> None:
    async def failing(_origin: str) -> bool:
        raise OSError("store")

    app = kernel(allowed_origin=failing)
    said = post(app, "/token", "a=1", headers={"origin": "https://shop.example.com"})
    assert (said.status, app.internal_errors) == (200, 1)
    assert said.every("access-control-allow-origin") == []


def test_developers_are_told_more_in_development_only() -> None:
    refusal = errors.InvalidRequest("redirect_uri does not match", per=REDIRECT_URI_EXACT)
    query = (
        b"client_id=shop&state=0123456789abcdefghijklmnop&nonce=brief77&redirect_uri=https%3A%2F%2Fshop.example.com%2F"
    )
    secret = "password=correct+horse+battery+staple+and+more&state=twice&state=again"
    development = person(refusal, pages=Pages(ISSUER, "", development=True), development=True)
    page = html.unescape(post(development, "/login", secret, query=query).body.decode())
    for shown in ("redirect_uri does not match", "redirect-uri-exact", REDIRECT_URI_EXACT.remedy, "0123…mnop", "shop",
                  "https://shop.example.com/", "(sent more than once)", REDIRECT_URI_EXACT.url):  # fmt: skip
        assert shown in page
    for hidden in ("0123456789", "brief77", "horse", "corr…"):
        assert hidden not in page
    page = html.unescape(post(person(refusal), "/login", secret, query=query).body.decode())
    assert "redirect_uri does not match" not in page
    assert REDIRECT_URI_EXACT.remedy not in page


@pytest.mark.parametrize("requirement", CATALOGUE, ids=str)
def test_there_are_words_for_everything(requirement: Any) -> None:
    words = explain(errors.InvalidRequest("x", per=requirement))
    assert words.happened
    assert words.steps
    assert not any(jargon in words.happened for jargon in ("redirect_uri", "parameter", "client", "token"))


def test_a_repeated_parameter_is_refused_as_the_endpoint_reads_it() -> None:
    async def reading(incoming: Any) -> Any:
        incoming.form.refuse_repeated()

    heard = Heard()
    app = kernel(Route("/token", ("POST",), reading, Kind.API), heard=heard)
    said = post(app, "/token", "scope=a&scope=b")
    assert (said.status, said.json["error_description"]) == (400, "scope is repeated")
    assert heard.refusals[0][0].per is PARAMETERS_ONCE
    assert app.internal_errors == 0
