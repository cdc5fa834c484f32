"""A person with a browser that runs no script: fills forms, presses buttons, comes back with an address."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from html.parser import HTMLParser
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from tests.world import CALLBACK, ISSUER, PASSWORD


class Form(HTMLParser):
    """What a script-less browser sees of a page: its forms, its way on."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []
        self.continues: str | None = None
        self.refresh: str | None = None
        self.title = ""
        self._in_title = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append({"action": given.get("action", ""), "fields": {}, "buttons": {}})
        elif tag == "input" and self.forms and "name" in given:
            self.forms[-1]["fields"][given["name"]] = given.get("value", "")
        elif tag == "button" and self.forms:
            self.forms[-1]["buttons"][given.get("id", given.get("value", ""))] = given
        elif tag == "a" and given.get("id") == "continue":
            self.continues = given["href"]
        elif tag == "meta" and given.get("http-equiv", "").lower() == "refresh":
            self.refresh = given["content"]
        self._in_title = tag == "title"

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data.strip()
            self._in_title = False

    def with_button(self, button: str) -> dict[str, Any]:
        return next(form for form in self.forms if button in form["buttons"])


def verifier() -> tuple[str, str]:
    value = token_urlsafe(40)
    return value, urlsafe_b64encode(sha256(value.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Answered:
    """Where a browser was sent in the end, and with what."""

    address: str
    parameters: dict[str, str]
    code_verifier: str = ""


@dataclass
class Visitor:
    """Walks through an authorization request."""

    http: httpx2.AsyncClient
    login: str = "alice"
    password: str = PASSWORD
    decision: str = "consent-allow"
    account: str = "account-1"
    """The button to press where several people may be meant."""
    pages: list[str] = field(default_factory=list)
    """The titles of the pages that were shown, in order."""

    async def authorize(self, **parameters: Any) -> Answered:
        """From GET /authorize to the address the browser is sent back to."""
        code_verifier, challenge = verifier()
        asked = {
            "response_type": "code",
            "client_id": "shop",
            "redirect_uri": CALLBACK,
            "scope": "openid",
            "state": "st",
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        } | parameters
        query = urlencode({k: v for k, v in asked.items() if v is not None}, doseq=True)
        answered = await self.walk(await self.http.get(f"/authorize?{query}"))
        answered.code_verifier = code_verifier
        return answered

    async def walk(self, response: httpx2.Response) -> Answered:
        """Follow redirects and pages of ours until the browser leaves."""
        for _ in range(12):
            if response.status_code == 303:
                target = response.headers["location"]
                if not target.startswith(ISSUER + "/"):
                    return _answered(target)
                response = await self.http.get(target)
                continue
            page = Form(response.text)
            self.pages.append(page.title)
            if page.continues is not None:
                return _answered(page.continues)
            response = await self.fill(page, response)
        raise AssertionError(f"still not there after {self.pages}")

    async def fill(self, page: Form, response: httpx2.Response) -> httpx2.Response:
        buttons = {button for form in page.forms for button in form["buttons"]}
        if "login-submit" in buttons:
            return await self.press(page, "login-submit", login=self.login, password=self.password)
        if self.account in buttons:
            return await self.press(page, self.account)
        if self.decision in buttons:
            return await self.press(page, self.decision)
        raise AssertionError(f"no known button on {page.title!r} ({response.status_code}): {response.text[:2000]}")

    async def press(self, page: Form, button: str, **typed: str) -> httpx2.Response:
        form = page.with_button(button)
        pressed = form["buttons"][button]
        data = form["fields"] | typed
        if "name" in pressed:
            data |= {pressed["name"]: pressed["value"]}
        return await self.http.post(form["action"], data=data)


def _answered(address: str) -> Answered:
    return Answered(address, dict(parse_qsl(urlsplit(address).query, keep_blank_values=True)))
