"""A browser as bytes: it opens a sign-in page once and can then send its form as often, and from where, it likes."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlencode, urljoin, urlsplit

from bench.browser import Form, Page
from bench.target import FORM, Reply, call
from prove.overload.operated import Operated
from tests.world import CALLBACK


@dataclass
class Browser:
    """Cookies, and the form that is open."""

    server: Operated
    address: str = "192.0.2.1"
    """Where its proxy says it comes from."""
    cookies: dict[str, str] = field(default_factory=dict)
    form: Form = field(init=False)

    def get(self, path: str) -> Reply:
        return self._absorbed(call(self.server.address, "GET", path, headers=self.headers()))

    def post(self, path: str, form: dict[str, str]) -> Reply:
        headers = self.headers() | {"Content-Type": FORM}
        return self._absorbed(call(self.server.address, "POST", path, urlencode(form), headers))

    def headers(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Accept": "text/html", "Cookie": cookies, "X-Forwarded-For": self.address}

    def _absorbed(self, reply: Reply) -> Reply:
        for line in reply.headers.get_all("set-cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        return reply

    def open_sign_in(self) -> None:
        """Begin an authorization request that must ask who is there."""
        asked = {"response_type": "code", "client_id": "shop", "redirect_uri": CALLBACK, "scope": "openid"}
        asked |= {"state": "s", "prompt": "login", "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}
        self._open(f"/authorize?{urlencode(asked | {'code_challenge_method': 'S256'})}", "login-submit")

    def open_device(self) -> None:
        """Go to the page with the one big field."""
        self._open("/device", "device-submit")

    def _open(self, path: str, button: str) -> None:
        reply = self.get(path)
        while reply.status == 303:
            parts = urlsplit(urljoin(f"http://x{path}", reply.headers["location"]))
            reply = self.get(parts.path + (f"?{parts.query}" if parts.query else ""))
        self.form = next(form for form in Page.read(reply.body.decode()).forms if button in form.buttons)

    def filled(self, **typed: str) -> bytes:
        """The bytes of the open form, sent from wherever the browser is now."""
        path = urlsplit(self.form.action).path
        return self.server.request("POST", path, self.form.fields | typed, **self.headers())

    def sign_in(self, login: str, password: str) -> bool:
        """Whether somebody is signed in by it; a browser that was keeps a cookie that says so."""
        self.open_sign_in()
        path = urlsplit(self.form.action).path
        reply = self.post(path, self.form.fields | {"login": login, "password": password})
        assert reply.status in {200, 303}, reply.status
        return b'id="login-submit"' not in reply.body
