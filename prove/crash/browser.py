"""A browser among many clients: keeps cookies, presses buttons, comes back with what the client is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bench.wire import Answer
from prove.crash.line import Send
from prove.single_use.crowd import Request
from tests.visitor import Form

_MOST_STEPS = 15
_BUTTONS = ("device-submit", "consent-allow")


@dataclass
class Browser:
    """Somebody who is signed in."""

    send: Send
    jar: dict[str, str]
    issuer: str

    async def opens(self, path: str, **typed: str) -> Answer | str | None:
        """From *path* through every page: the address elsewhere, the last page where there is none, or None."""
        answer = await self._get(path)
        left = list(_BUTTONS)
        for _ in range(_MOST_STEPS):
            if answer is None or answer.status not in {200, 303}:
                return answer
            if answer.status == 303:
                where = answer.values("location")[0]
                if not where.startswith(self.issuer + "/"):
                    return where
                answer = await self._get(where.removeprefix(self.issuer))
                continue
            page = Form(answer.body.decode())
            if page.continues is not None:
                return page.continues
            pressed = _pressed(page, typed, left)
            if pressed is None:
                return answer
            answer = await self._go(Request(*pressed, cookies=self._cookies))
        raise AssertionError(f"no way out of {path}")

    @property
    def _cookies(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.jar.items())

    async def _get(self, path: str) -> Answer | None:
        return await self._go(Request(path, cookies=self._cookies))

    async def _go(self, request: Request) -> Answer | None:
        answer = await self.send(request)
        for line in answer.values("set-cookie") if answer else ():
            name, _, value = line.partition(";")[0].partition("=")
            if value and "max-age=0" not in line.lower():
                self.jar[name] = value
            else:
                self.jar.pop(name, None)
        return answer


def _pressed(page: Form, typed: dict[str, str], left: list[str]) -> tuple[str, dict[str, str]] | None:
    """Where the button of a page goes; each of *left* is pressed once, a page that comes again has refused."""
    for form in page.forms:
        for button in left:
            if button in form["buttons"]:
                left.remove(button)
                found: dict[str, Any] = form["buttons"][button]
                data = {name: typed.get(name, value) for name, value in form["fields"].items()}
                data |= {found["name"]: found["value"]} if "name" in found else {}
                return form["action"], data
    return None


def asked(**parameters: str) -> str:
    """The path of an authorization request."""
    return "/authorize?" + urlencode({"response_type": "code", "code_challenge_method": "S256"} | parameters)


def told(address: str) -> dict[str, str]:
    """What an address carries in its query."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))
