"""A server that is spoken to in raw bytes, and what must hold of its every answer."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.visitor import Answered, Form, Visitor
from tests.world import CALLBACK, CLIENTS, ISSUER, SECRET, World, world

MARK = "<script>alert(1)</script>"
MARKS = (MARK, '"><img src=x onerror=alert(1)>', "'><svg onload=alert(1)>", "{{7*'7'}}<b>")
"""What must never stand on a page as it is."""

API = frozenset({"/token", "/device_authorization", "/introspect", "/revoke", "/userinfo"})
ERRORS = frozenset({
    "invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type",
    "invalid_scope", "invalid_target", "access_denied", "unsupported_response_type", "server_error",
    "temporarily_unavailable", "authorization_pending", "slow_down", "expired_token", "invalid_token",
    "insufficient_scope", "login_required", "consent_required", "interaction_required", "account_selection_required",
    "invalid_request_uri", "invalid_request_object", "request_not_supported", "request_uri_not_supported",
    "registration_not_supported", "unsupported_token_type",
})  # fmt: skip
"""The IANA registry of OAuth extension errors and the errors of RFC 6749, as far as they concern what is here."""

_REGISTERED = frozenset(uri for client in CLIENTS for uri in client.metadata.redirect_uris)
_LOOPBACK = re.compile(r"http://127\.0\.0\.1:\d{1,5}/callback")
_COOKIE = re.compile(
    rb"__Host-licet-[0-9a-f]{8}-[A-Za-z0-9_-]+=[A-Za-z0-9_.=-]*; Path=/; HttpOnly; SameSite=Lax; Secure.*"
)

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Headers
    body: bytes

    def header(self, name: bytes) -> str | None:
        return next((value.decode("latin-1") for key, value in self.headers if key == name), None)

    @cached_property
    def is_page(self) -> bool:
        return (self.header(b"content-type") or "").startswith("text/html")

    @cached_property
    def page(self) -> Form:
        return Form(self.body.decode())

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Wire:
    """A server behind raw bytes."""

    world: World
    runner: asyncio.Runner
    sent: int = 0
    codes: list[Answered] = field(default_factory=list)

    def send(
        self,
        method: str,
        path: str,
        query: bytes = b"",
        headers: Headers | None = None,
        body: bytes = b"",
        peer: str = "192.0.2.1",
    ) -> Answer:
        """One request; what came back is checked before it is handed over."""
        self.sent += 1
        headers = [(b"host", b"id.example.com"), *(headers or [])]
        if method == "POST":
            headers.append((b"content-length", str(len(body)).encode()))
        answer = self.runner.run(self._exchange(method, path, query, headers, body, peer))
        check(answer, path)
        assert self.world.internal_errors == 0
        return answer

    async def _exchange(self, method: str, path: str, query: bytes, headers: Headers, body: bytes, peer: str) -> Answer:
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "https",
            "path": path, "raw_path": path.encode("utf-8", "surrogatepass"), "query_string": query, "root_path": "",
            "headers": headers, "client": (peer, 40000), "server": ("id.example.com", 443),
        }  # fmt: skip
        received = iter(({"type": "http.request", "body": body, "more_body": False},))
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return next(received, {"type": "http.disconnect"})

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.world.server.app(scope, receive, send)  # type: ignore[arg-type]
        start, *rest = sent
        return Answer(start["status"], list(start["headers"]), b"".join(part.get("body", b"") for part in rest))

    # What is good, so that fuzzing gets past the first check.

    def code(self) -> Answered:
        """A fresh code of alice's for the shop."""
        return self.runner.run(self._code(self.session))

    async def _code(self, session: dict[str, str]) -> Answered:
        async with self.world.visitor() as http:
            http.cookies.update(session)
            return await Visitor(http).authorize(scope="openid offline_access orders.read")

    @cached_property
    def session(self) -> dict[str, str]:
        """The cookies of a browser in which alice is signed in, and agreed with the shop."""
        return self.runner.run(self._session())

    async def _session(self) -> dict[str, str]:
        async with self.world.visitor() as http:
            await Visitor(http).authorize(scope="openid offline_access orders.read")
            return {cookie.name: str(cookie.value) for cookie in http.cookies.jar}

    @cached_property
    def tokens(self) -> dict[str, str]:
        """Live tokens of alice's."""
        answered = self.code()
        form = {
            "grant_type": "authorization_code",
            "code": answered.parameters["code"],
            "client_id": "shop",
            "client_secret": SECRET,
            "redirect_uri": CALLBACK,
            "code_verifier": answered.code_verifier,
        }
        answer = self.post("/token", form)
        assert answer.status == 200, answer.body
        tokens: dict[str, str] = answer.json
        return tokens

    @cached_property
    def subject(self) -> str:
        """What apps call alice."""
        bearer = (b"authorization", f"Bearer {self.tokens['access_token']}".encode())
        sub: str = self.send("GET", "/userinfo", headers=[bearer]).json["sub"]
        return sub

    def device(self) -> dict[str, str]:
        """What a TV shows."""
        asked: dict[str, str] = self.post("/device_authorization", {"client_id": "tv", "scope": "openid"}).json
        return asked

    def post(self, path: str, form: dict[str, str], headers: Headers | None = None) -> Answer:
        kind = (b"content-type", b"application/x-www-form-urlencoded")
        return self.send("POST", path, headers=[kind, *(headers or [])], body=urlencode(form).encode())

    def transaction(self, path: str = "/login") -> tuple[dict[str, str], Headers]:
        """The form of a page in the middle of something, and the cookies it needs."""
        cookies = dict(self.session) if path == "/consent" else {}
        asked = {
            "response_type": "code",
            "client_id": "shop",
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
            "code_challenge_method": "S256",
            "prompt": "consent" if path == "/consent" else "login",
        }
        went = self.send("GET", "/authorize", urlencode(asked).encode(), jar(cookies))
        location = urlsplit(went.header(b"location") or "")
        assert location.path == path
        collect(cookies, went)
        page = self.send("GET", location.path, location.query.encode(), jar(cookies)).page
        fields = {name: value for form in page.forms for name, value in form["fields"].items()}
        return fields, jar(cookies)


def jar(cookies: dict[str, str]) -> Headers:
    return [(b"cookie", "; ".join(f"{name}={value}" for name, value in cookies.items()).encode("latin-1"))]


def collect(cookies: dict[str, str], answer: Answer) -> None:
    """What a browser does with Set-Cookie."""
    for name, value in answer.headers:
        if name == b"set-cookie":
            key, _, kept = value.decode().split(";")[0].partition("=")
            cookies[key] = kept
            if not kept:
                del cookies[key]


def check(answer: Answer, path: str) -> None:
    """What holds of every answer to everything."""
    assert answer.status < 500, answer.body[:2000]
    assert b"Traceback" not in answer.body
    for name, value in answer.headers:
        assert not {10, 13, 0} & set(value), (name, value)
        if name == b"set-cookie":
            assert _COOKIE.fullmatch(value), value
    if path in API or answer.is_page or answer.status == 303:
        assert answer.header(b"cache-control") == "no-store"
    if answer.status == 303:
        known_place(answer.header(b"location") or "")
    elif answer.is_page:
        assert not [mark for mark in MARKS if mark in answer.body.decode()]
        for form in answer.page.forms:
            assert form["action"].startswith("/") or at_home(form["action"]), form["action"]
        for address in (answer.page.continues, (answer.page.refresh or "").partition("url=")[2]):
            if address:
                known_place(address)
    elif answer.status >= 400 and path in API:
        assert answer.header(b"content-type") == "application/json"
        assert answer.json["error"] in ERRORS
        assert {"error_description", "error_uri"} >= set(answer.json) - {"error"}
        if answer.status == 401:
            assert answer.header(b"www-authenticate")


def at_home(address: str) -> bool:
    """Whether *address* is one that an app registered."""
    base, _, query = address.partition("?")
    answers = not query or query.startswith(("code=", "error="))
    return answers and (base in _REGISTERED or bool(_LOOPBACK.fullmatch(base)))


def known_place(address: str) -> None:
    assert address.startswith(f"{ISSUER}/") or at_home(address), address
    assert address.isascii()
    assert address.isprintable()
    assert " " not in address


@contextmanager
def wired() -> Iterator[Wire]:
    """A filled server until the block ends."""
    with TemporaryDirectory(prefix="licet-fuzz-") as name, asyncio.Runner() as runner:
        manager = world(Path(name))
        served = runner.run(manager.__aenter__())
        try:
            yield Wire(served, runner)
        finally:
            runner.run(manager.__aexit__(None, None, None))
