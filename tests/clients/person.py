"""The person's part, played with ``requests`` by the page contract: names of inputs, ids of buttons and links."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urljoin, urlsplit

import requests

from tests.visitor import Form

_STEPS = 12


class Person:
    """Somebody with a browser that runs no script and keeps its cookies."""

    def __init__(self, issuer: str, login: str, password: str, *, decision: str = "consent-allow") -> None:
        self.issuer = issuer
        self.typed = {"login": login, "password": password}
        self.decision = decision
        self.session = requests.Session()
        self.seen: list[str] = []
        """The titles of the pages that were shown, in order."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def opens(self, address: str) -> str:
        """From *address* through every page to the address elsewhere that the browser is sent to."""
        where = self._walk(address)
        assert not self._ours(where), f"still at {where} after {self.seen}"
        return where

    def connects(self, verification_uri: str, user_code: str | None = None) -> None:
        """Opens a device page, types the code where one is given, and decides."""
        if user_code is not None:
            self.typed["user_code"] = user_code
        self._walk(verification_uri)

    def _walk(self, address: str) -> str:
        response = self.session.get(address, allow_redirects=False, timeout=30)
        for _ in range(_STEPS):
            if response.is_redirect:
                assert response.status_code == 303
                where = urljoin(response.url, response.headers["location"])
                if not self._ours(where):
                    return where
                response = self.session.get(where, allow_redirects=False, timeout=30)
                continue
            assert response.status_code == 200, response.text
            page = Form(response.text)
            self.seen.append(page.title)
            if page.continues is not None:
                return page.continues
            pressed = self._press(page, response.url)
            if pressed is None:
                return response.url
            response = pressed
        raise AssertionError(f"no way out of {self.seen}")

    def _press(self, page: Form, base: str) -> requests.Response | None:
        for form in page.forms:
            for button in ("login-submit", "device-submit", self.decision):
                if button not in form["buttons"]:
                    continue
                data = {name: self.typed.get(name, value) for name, value in form["fields"].items()}
                pressed: dict[str, Any] = form["buttons"][button]
                if "name" in pressed:
                    data[pressed["name"]] = pressed["value"]
                return self.session.post(urljoin(base, form["action"]), data=data, allow_redirects=False, timeout=30)
        return None

    def _ours(self, address: str) -> bool:
        return address == self.issuer or address.startswith(self.issuer + "/")


def parameters(address: str) -> dict[str, str]:
    """What an answer carries in its query."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True, strict_parsing=True))
