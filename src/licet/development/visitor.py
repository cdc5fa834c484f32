"""A person with a browser, played: opens pages, keeps cookies, fills in what is asked, allows it.

For where nobody is: no display, no terminal, a script. Walks by the page contract alone: the ids of buttons and the
names of inputs that the manual promises.
"""

from __future__ import annotations

from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urljoin, urlsplit

from licet.client.transport import Answer, Pairs, Transport
from licet.development.pages import Form, PageRead, read

_STEPS = 12
"""More pages than any flow has."""
_REDIRECTS = frozenset({302, 303})


class Stuck(Exception):  # noqa: N818  a condition, not a mistake of the caller
    """The pages did not lead where they should."""


class Visitor:
    """Somebody at one server's pages."""

    def __init__(self, transport: Transport, issuer: str, says: Callable[[str], None]) -> None:
        self._transport = transport
        self._home = _origin(issuer)
        self._says = says
        self._cookies: dict[str, str] = {}

    def go(self, url: str, knows: dict[str, str]) -> str:
        """From *url* through every page, typing what *knows* says, by the inputs' names; allows whatever is asked.

        Ends at the first address elsewhere, or at a page that asks nothing; returns its address. Raises Stuck.
        """
        where, answer = self._open(url)
        pressed: set[str] = set()
        for _ in range(_STEPS):
            if _origin(where) != self._home:
                return where
            page = read(answer.body.decode(errors="replace"))
            if "continue" in page.links:
                where, answer = self._open(urljoin(where, page.links["continue"]))
                continue
            button = _button(page)
            if button is None:
                if answer.status >= 400:  # noqa: PLR2004  where HTTP begins to say no
                    raise Stuck(f"The page says: {page.title} ({answer.status})")
                return where
            if button in pressed:
                raise Stuck(f"The page asks again: {page.title}")
            pressed.add(button)
            where, answer = self._press(where, page, button, knows)
        raise Stuck(f"The pages lead nowhere; the last one was {where}")

    def _press(self, where: str, page: PageRead, button: str, knows: dict[str, str]) -> tuple[str, Answer]:
        form = page.form_of(button)
        assert form is not None
        self._says(f"{page.title}: {_WORDS[button]}")
        filled = {name: knows.get(name, value) for name, value in form.fields.items()}
        return self._follow(*self._submit(where, form, button, tuple(filled.items())))

    def _submit(self, where: str, form: Form, button: str, filled: Pairs) -> tuple[str, Answer]:
        action = urljoin(where, form.action)
        adds = form.buttons[button]
        pairs = filled if adds is None else (*filled, adds)
        return action, self._keep(self._transport.post(action, pairs, self._headers(action)))

    def _open(self, url: str) -> tuple[str, Answer]:
        return self._follow(url, self._keep(self._transport.get(url, self._headers(url))))

    def _follow(self, where: str, answer: Answer) -> tuple[str, Answer]:
        """Go where redirects lead, one step beyond the server at most: what is elsewhere is not walked on."""
        for _ in range(_STEPS):
            target = answer.header("location")
            if answer.status not in _REDIRECTS or target is None or _origin(where) != self._home:
                return where, answer
            where = urljoin(where, target)
            answer = self._keep(self._transport.get(where, self._headers(where)))
        raise Stuck(f"{where} redirects without end")

    def _headers(self, url: str) -> dict[str, str]:
        headers = {"Accept": "text/html"}
        if self._cookies and _origin(url) == self._home:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        return headers

    def _keep(self, answer: Answer) -> Answer:
        for line in answer.every("set-cookie"):
            try:
                jar = SimpleCookie(line)
            except CookieError:
                continue
            for name, morsel in jar.items():
                self._cookies[name] = morsel.value
                if not morsel.value or morsel["max-age"] == "0":
                    del self._cookies[name]
        return answer


_WORDS = {
    "login-submit": "types name and password",
    "device-submit": "types the code",
    "consent-allow": "allows it",
}
"""What is done with each button of the page contract."""


def _button(page: PageRead) -> str | None:
    return next((button for button in _WORDS if page.form_of(button) is not None), None)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
