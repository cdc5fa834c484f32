"""A person with a browser: follows redirects, keeps cookies, fills in sign-in and consent forms.

Relies only on the stable page contract: inputs ``login`` and ``password``, the button ``consent-allow``, the link
``continue``. A server without pages (the peer redirects through) is walked just the same.
"""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from bench.target import FORM, Public, Reply, Target, Unavailable, call

MOST_STEPS = 8
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PREFERRED = ("consent-allow", "login-submit")


@dataclass(slots=True)
class Form:
    """One HTML form: where it goes, what it already holds, and its buttons by id."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)

    def submission(self, login: str, password: str) -> dict[str, str]:
        """Fill the form in and press the button that goes on."""
        said = {"login": login, "password": password}
        filled = {name: said.get(name, value) for name, value in self.fields.items()}
        pressed = next((self.buttons[name] for name in _PREFERRED if name in self.buttons), None)
        if pressed and pressed[0]:
            filled[pressed[0]] = pressed[1]
        return filled

    @property
    def goes_on(self) -> bool:
        """Say whether this is the form that a person who agrees would send."""
        return any(name in self.buttons for name in _PREFERRED)


class Page(HTMLParser):
    """The forms of a page and its way back to the app."""

    def __init__(self) -> None:
        """Begin with nothing seen."""
        super().__init__()
        self.forms: list[Form] = []
        self.onward: str | None = None
        self._open = False

    @classmethod
    def read(cls, html: str) -> Self:
        """Parse a whole page."""
        page = cls()
        page.feed(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note forms, their inputs and buttons, and the link called ``continue``."""
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(said.get("action", "")))
            self._open = True
        elif tag == "a" and said.get("id") == "continue":
            self.onward = said.get("href")
        elif self._open and tag == "input":
            self._input(said)
        elif self._open and tag == "button" and said.get("type", "submit") == "submit":
            self.forms[-1].buttons[said.get("id", "")] = (said.get("name", ""), said.get("value", ""))

    def _input(self, said: dict[str, str]) -> None:
        kind, name = said.get("type", "text"), said.get("name", "")
        if kind == "submit":
            self.forms[-1].buttons[said.get("id", "")] = (name, said.get("value", ""))
        elif name and (kind not in {"checkbox", "radio"} or "checked" in said):
            self.forms[-1].fields[name] = said.get("value", "on" if kind == "checkbox" else "")

    def handle_endtag(self, tag: str) -> None:
        """Leave a form."""
        if tag == "form":
            self._open = False


@dataclass(slots=True)
class Browser:
    """One browser session at one server."""

    target: Target
    jar: dict[tuple[str, str], str] = field(default_factory=dict)
    """(name, path) → value."""

    def absorb(self, set_cookies: list[str]) -> None:
        """Take over what Set-Cookie says; an empty value, a past date or Max-Age=0 ends a cookie."""
        for line in set_cookies:
            pair, *attributes = [part.strip() for part in line.split(";")]
            name, _, value = pair.partition("=")
            said = {key.lower(): text for key, _, text in (item.partition("=") for item in attributes)}
            key = (name, said.get("path") or "/")
            if not value or said.get("max-age") == "0" or "1970" in said.get("expires", ""):
                self.jar.pop(key, None)
            else:
                self.jar[key] = value

    def cookie(self, path: str) -> str:
        """Write the Cookie header's value for *path*."""
        return "; ".join(f"{name}={value}" for (name, under), value in self.jar.items() if _under(path, under))

    def authorize(self, client: Public, **parameters: str) -> dict[str, str]:
        """Begin an authorization request and walk until the client gets its answer; returns its parameters."""
        asked = {"response_type": "code", "client_id": client.client_id, "redirect_uri": client.redirect_uri}
        asked |= {"scope": client.scope} | parameters
        url = f"{self.target.issuer}{self.target.path('authorization_endpoint')}?{urlencode(asked)}"
        form: dict[str, str] | None = None
        for _ in range(MOST_STEPS):
            reply = self._send(url, form)
            url, form = self._next(url, reply)
            if url.startswith(client.redirect_uri):
                return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        msg = f"signing in did not end after {MOST_STEPS} pages"
        raise Unavailable(msg)

    def _send(self, url: str, form: dict[str, str] | None) -> Reply:
        parts = urlsplit(url)
        headers = {"Accept": "text/html", "Cookie": self.cookie(parts.path)}
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if form is None:
            reply = call(self.target.address, "GET", path, headers=headers)
        else:
            headers |= {"Content-Type": FORM, "Origin": self.target.issuer, "Referer": url}
            reply = call(self.target.address, "POST", path, urlencode(form), headers)
        self.absorb(reply.headers.get_all("set-cookie") or [])
        return reply

    def _next(self, url: str, reply: Reply) -> tuple[str, dict[str, str] | None]:
        """Decide where a person would go from here."""
        if reply.status in _REDIRECTS:
            return urljoin(url, reply.headers["location"] or ""), None
        page = Page.read(reply.body.decode())
        if page.onward:
            return urljoin(url, page.onward), None
        form = next((form for form in page.forms if form.goes_on), None)
        if form is None:
            msg = f"signing in stopped at {urlsplit(url).path} with status {reply.status} and no form to go on"
            raise Unavailable(msg)
        return urljoin(url, form.action), form.submission(self.target.login, self.target.password)


def _under(path: str, cookie_path: str) -> bool:
    """Say whether a cookie of *cookie_path* goes to *path* (RFC 6265 §5.1.4)."""
    return path == cookie_path or path.startswith(cookie_path.rstrip("/") + "/")
