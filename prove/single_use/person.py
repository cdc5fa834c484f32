"""A person with a browser that runs no script, at a server across the network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

import httpx2

from prove.single_use.configuration import SPA_CALLBACK
from prove.single_use.served import Served
from tests.visitor import Answered, Form, verifier
from tests.world import CALLBACK

CALLBACKS = {"shop": CALLBACK, "spa": SPA_CALLBACK}
_MOST_STEPS = 12


@dataclass
class Shown:
    """A page, and how to press a button on it."""

    form: Form
    response: httpx2.Response

    def pressed(self, button: str, **typed: str) -> tuple[str, dict[str, str]]:
        """Where pressing *button* goes, and with what."""
        form = self.form.with_button(button)
        found = form["buttons"][button]
        data = form["fields"] | typed | ({found["name"]: found["value"]} if "name" in found else {})
        return form["action"], data

    def has(self, button: str) -> bool:
        return any(button in form["buttons"] for form in self.form.forms)


@dataclass
class Person:
    """Signs in, agrees, types codes."""

    served: Served
    login: str = "alice"
    seen: Callable[[httpx2.Response], None] | None = None
    """Told of every answer."""
    http: httpx2.Client = field(init=False)

    def __post_init__(self) -> None:
        hooks = {"response": [self.seen]} if self.seen else {}
        self.http = httpx2.Client(base_url=self.served.issuer, event_hooks=hooks, verify=False, timeout=30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()

    @property
    def cookies(self) -> str:
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self.http.cookies.jar)

    def cookie(self, kind: str) -> str:
        """The value of the cookie called ``…-KIND``."""
        return str(self.http.cookies[self.cookie_name(kind)])

    def cookie_name(self, kind: str) -> str:
        return next(one.name for one in self.http.cookies.jar if one.name.endswith(f"-{kind}"))

    def ask(self, client_id: str, scope: str, **more: Any) -> tuple[httpx2.Response, str]:
        """GET /authorize, and the verifier that goes with it."""
        code_verifier, challenge = verifier()
        asked = {
            "response_type": "code",
            "client_id": client_id,
            "redirect_uri": CALLBACKS[client_id],
            "scope": scope,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | more
        return self.http.get("/authorize", params=asked), code_verifier

    def authorize(self, client_id: str, scope: str, **more: Any) -> Answered:
        """From the request to the address the browser is sent back to."""
        response, code_verifier = self.ask(client_id, scope, **more)
        answered = self.walk(response)
        assert isinstance(answered, Answered), answered.response.text[:2000]
        answered.code_verifier = code_verifier
        return answered

    def walk(self, response: httpx2.Response, until: str = "") -> Answered | Shown:
        """Follow redirects and pages until the browser leaves, or until a page has the button *until*."""
        for _ in range(_MOST_STEPS):
            if response.status_code == 303:
                target = response.headers["location"]
                if not target.startswith(self.served.issuer + "/"):
                    return left(target)
                response = self.http.get(target)
                continue
            shown = Shown(Form(response.text), response)
            if shown.form.continues is not None:
                return left(shown.form.continues)
            if until and shown.has(until):
                return shown
            if shown.has("login-submit"):
                response = self.press(shown, "login-submit", **self.credentials)
            elif shown.has("consent-allow"):
                response = self.press(shown, "consent-allow")
            else:
                return shown
        raise AssertionError("still not there")

    @property
    def credentials(self) -> dict[str, str]:
        return {"login": self.login, "password": self.served.passwords[self.login]}

    def press(self, shown: Shown, button: str, **typed: str) -> httpx2.Response:
        action, data = shown.pressed(button, **typed)
        return self.http.post(action, data=data)

    def device(self, user_code: str, until: str = "") -> Shown:
        """Type a device's code, and agree or come *until* that button."""
        typed = Shown(Form(self.http.get("/device").text), httpx2.Response(200))
        shown = self.walk(self.press(typed, "device-submit", user_code=user_code), until)
        assert isinstance(shown, Shown)
        return shown


def left(address: str) -> Answered:
    return Answered(address, dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)))


def redemption(served: Served, answered: Answered, client_id: str, **change: str) -> dict[str, str]:
    """The token request of an honest client for the code it was sent."""
    return {
        "grant_type": "authorization_code",
        "code": answered.parameters["code"],
        "redirect_uri": CALLBACKS[client_id],
        "code_verifier": answered.code_verifier,
    } | served.mine(client_id) | change  # fmt: skip


def tokens(served: Served, person: Person, client_id: str, scope: str) -> dict[str, Any]:
    """What a client has after somebody signed in and agreed."""
    answer = served.ask("/token", redemption(served, person.authorize(client_id, scope), client_id))
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body
