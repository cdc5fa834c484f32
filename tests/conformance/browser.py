"""A browser that runs no script: cookies, forms, redirects, meta refresh. It presses buttons by their ids."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx2

from tests.visitor import Form
from tests.world import ISSUER, PASSWORD

_STEPS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What an app's server sees of a browser that comes back."""

    method: str
    address: str
    """Without the query."""
    query: dict[str, str]
    form: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A page, as somebody reads it."""

    status: int
    title: str
    text: str
    buttons: frozenset[str]

    @property
    def asks_to_sign_in(self) -> bool:
        return "login-submit" in self.buttons

    @property
    def asks_for_consent(self) -> bool:
        return "consent-allow" in self.buttons


class _Words(HTMLParser):
    """The text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words.extend(data.split())


@dataclass
class Browser:
    """Somebody's, at one server. Everything typed is carol's."""

    http: httpx2.AsyncClient
    login: str
    presses: tuple[str, ...] = ("login-submit", "consent-allow", "logout-yes")
    """The buttons that are pressed where they are found, the first first."""
    shown: list[Shown] = field(default_factory=list)
    """The pages since the last address was opened."""

    async def opens(self, address: str) -> Arrival | Shown:
        """Follow *address* until the browser leaves the server, or stands before a page with no way on."""
        self.shown.clear()
        return await self._walks(await self.http.get(address))

    async def posts(self, address: str, fields: dict[str, str]) -> Arrival | Shown:
        """As a form on another site would: our cookies stay at home (SameSite=Lax)."""
        self.shown.clear()
        async with httpx2.AsyncClient(transport=self.http._transport, base_url=ISSUER) as elsewhere:
            response = await elsewhere.post(address, data=fields, headers={"Origin": "https://rp.example.com"})
            self.http.cookies.update(elsewhere.cookies)
        return await self._walks(response)

    async def _walks(self, response: httpx2.Response) -> Arrival | Shown:
        for _ in range(_STEPS):
            if response.is_redirect:
                assert response.status_code in {302, 303}, response.status_code
                where = urljoin(str(response.url), response.headers["location"])
                if not _ours(where):
                    return _arrives(where)
                response = await self.http.get(where)
                continue
            page = Form(response.text)
            shown = _shown(response, page)
            self.shown.append(shown)
            if page.refresh is not None:
                where = page.refresh.partition("url=")[2]
                assert where == page.continues, f"the refresh goes to {where}, the link to {page.continues}"
                return _arrives(where)
            if (posted := _posted(page)) is not None:
                return posted
            pressed = await self._presses(page, shown, str(response.url))
            if pressed is None:
                return shown
            response = pressed
        raise AssertionError(f"the pages go round: {[page.title for page in self.shown]}")

    async def _presses(self, page: Form, shown: Shown, base: str) -> httpx2.Response | None:
        button = next((button for button in self.presses if button in shown.buttons), None)
        if button is None:
            return None
        form = page.with_button(button)
        fields = form["fields"] | ({"login": self.login, "password": PASSWORD} if button == "login-submit" else {})
        pressed: dict[str, Any] = form["buttons"][button]
        if "name" in pressed:
            fields |= {pressed["name"]: pressed["value"]}
        return await self.http.post(urljoin(base, form["action"]), data=fields)


def _ours(address: str) -> bool:
    return address == ISSUER or address.startswith(f"{ISSUER}/")


def _shown(response: httpx2.Response, page: Form) -> Shown:
    assert response.headers["content-type"].startswith("text/html"), response.headers["content-type"]
    buttons = frozenset(button for form in page.forms for button in form["buttons"])
    text = " ".join(_Words(response.text).words)
    return Shown(status=response.status_code, title=page.title, text=text, buttons=buttons)


def _posted(page: Form) -> Arrival | None:
    """The answer that a form carries to an app: the button does what its script would."""
    for form in page.forms:
        if "continue" in form["buttons"] and not _ours(urljoin(ISSUER, form["action"])):
            arrival = _arrives(form["action"])
            return Arrival(method="POST", address=arrival.address, query=arrival.query, form=form["fields"])
    return None


def _arrives(where: str) -> Arrival:
    parts = urlsplit(where)
    assert not parts.fragment, where
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    assert len(pairs) == len(dict(pairs)), f"a parameter comes twice in {where}"
    return Arrival(method="GET", address=where.partition("?")[0], query=dict(pairs))
