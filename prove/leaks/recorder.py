"""Remembers every secret that passes by, and every answer as it was seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from prove.leaks.encodings import Secret
from tests.visitor import Form

_FIELDS = ("access_token", "refresh_token", "id_token", "device_code", "user_code")


@dataclass
class Seen:
    """One exchange."""

    method: str
    url: str
    sent: str
    """The body of the request."""
    status: int
    headers: list[tuple[str, str]]
    text: str

    @property
    def location(self) -> str:
        return next((value for name, value in self.headers if name == "location"), "")


@dataclass
class Recorder:
    """Told of every answer; what a server gives out it finds by itself, what people bring it is told."""

    secrets: dict[str, Secret] = field(default_factory=dict)
    """By value."""
    seen: list[Seen] = field(default_factory=list)

    def learn(self, name: str, value: str, *, derived: bool = True) -> str:
        self.secrets.setdefault(value, Secret(f"{name} {len(self.secrets)}", value, derived))
        return value

    def named(self, kind: str) -> list[str]:
        """Every value of a kind, the oldest first."""
        return [secret.value for secret in self.secrets.values() if secret.name.rpartition(" ")[0] == kind]

    def __call__(self, response: httpx2.Response) -> None:
        response.read()
        headers = [(name.lower(), value) for name, value in response.headers.multi_items()]
        request = response.request
        sent = request.content.decode("utf-8", "replace")
        seen = Seen(request.method, str(request.url), sent, response.status_code, headers, response.text)
        self.seen.append(seen)
        for name, value in headers:
            if name == "set-cookie":
                self._cookie(*value.partition(";")[0].partition("=")[::2])
        self._code(seen.location)
        if seen.text.startswith("{"):
            self._body(json.loads(seen.text))
        elif "<form" in seen.text or "continue" in seen.text:
            self._page(Form(seen.text))

    def _cookie(self, name: str, value: str) -> None:
        if not value:
            return
        if name.endswith("-known"):  # subject, nonce, MAC
            self.learn("cookie known", value.rpartition(".")[2])
        else:
            self.learn(f"cookie {'session' if name.endswith('-session') else 'binding'}", value)

    def _code(self, address: str) -> None:
        said = dict(parse_qsl(urlsplit(address).query))
        if "code" in said:
            self.learn("code", said["code"])

    def _body(self, body: dict[str, Any]) -> None:
        for name in _FIELDS:
            if isinstance(body.get(name), str):
                self.learn(name, body[name])
        if "user_code" in body:
            self.learn("user_code", body["user_code"].replace("-", ""))

    def _page(self, page: Form) -> None:
        for form in page.forms:
            for name in ("csrf", "code"):  # a code where the answer is a form (OAuth 2.0 Form Post Response Mode)
                if form["fields"].get(name):
                    self.learn(name, form["fields"][name])
        if page.continues:
            self._code(page.continues)
