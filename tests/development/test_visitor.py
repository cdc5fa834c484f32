"""The played browser reads pages by their contract and stops where they lead elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from licet.client.transport import Answer, Pairs
from licet.development.pages import read
from licet.development.visitor import Stuck, Visitor

HOME = "http://127.0.0.1:1"
SHOP = "http://127.0.0.1:2"
Page = Callable[[Pairs], Answer]


def html(body: str, status: int = 200, *headers: tuple[str, str]) -> Answer:
    return Answer(status=status, headers=(("content-type", "text/html"), *headers), body=body.encode())


def moved(where: str) -> Answer:
    return html("", 303, ("location", where))


class Site:
    """Pages in a dictionary, instead of a network."""

    def __init__(self, pages: dict[str, Answer]) -> None:
        self.pages = pages
        self.asked: list[tuple[str, str, dict[str, str], dict[str, str]]] = []

    def get(self, url: str, headers: dict[str, str]) -> Answer:
        self.asked.append(("GET", url, headers, {}))
        return self.pages[url]

    def post(self, url: str, form: Pairs, headers: dict[str, str]) -> Answer:
        self.asked.append(("POST", url, headers, dict(form)))
        return self.pages[f"POST {url}"]


def visit(pages: dict[str, Answer], **knows: str) -> tuple[str, Site]:
    site = Site(pages)
    visitor = Visitor(site, HOME, lambda _line: None)  # type: ignore[arg-type]
    return visitor.go(f"{HOME}/authorize", knows), site


LOGIN = """<title> Sign
 in </title><form action="/login" method="post"><input type="hidden" name="csrf" value="c&amp;1">
<input name="login" value=""><input name="password"><button id="login-submit">Go</button></form>"""
CONSENT = """<form action="/consent"><input type="hidden" name="csrf" value="c2">
<button id="consent-deny" name="decision" value="deny">No</button>
<button class="link" form="switch" name="decision" value="switch">Not you?</button>
<button id="consent-allow" name="decision" value="allow">Yes</button></form><form id="switch" action="/consent"></form>"""


def test_from_sign_in_to_the_way_back() -> None:
    where, site = visit(
        {
            f"{HOME}/authorize": moved("/login?t=1"),
            f"{HOME}/login?t=1": html(LOGIN, 200, ("set-cookie", "licet-t=1; Path=/; HttpOnly")),
            f"POST {HOME}/login": html("", 303, ("location", "/consent"), ("set-cookie", "licet-s=2; Path=/")),
            f"{HOME}/consent": html(CONSENT),
            f"POST {HOME}/consent": html(
                f'<a id="continue" href="{SHOP}/callback?code=x">Go on</a>',
                200,
                ("set-cookie", "licet-t=; Path=/; Max-Age=0"),
            ),
            f"{SHOP}/callback?code=x": moved("/"),
        },
        login="alice",
        password="secret",
    )
    assert where == f"{SHOP}/callback?code=x"
    posts = [(url, form) for method, url, _, form in site.asked if method == "POST"]
    assert posts == [
        (f"{HOME}/login", {"csrf": "c&1", "login": "alice", "password": "secret"}),
        (f"{HOME}/consent", {"csrf": "c2", "decision": "allow"}),
    ]
    cookies = {url: headers.get("Cookie") for _, url, headers, _ in site.asked}
    assert cookies[f"{HOME}/consent"] == "licet-t=1; licet-s=2"
    assert cookies[f"{SHOP}/callback?code=x"] is None, "our cookies go nowhere else"
    assert site.asked[-1][1] == f"{SHOP}/callback?code=x", "the shop's own redirect is the shop's business"


def test_a_wrong_password_is_typed_once() -> None:
    pages = {f"{HOME}/authorize": html(LOGIN), f"POST {HOME}/login": html(LOGIN)}
    with pytest.raises(Stuck, match="asks again: Sign in"):
        visit(pages, login="alice", password="wrong")


def test_a_page_that_refuses_is_quoted() -> None:
    with pytest.raises(Stuck, match=r"The link is broken \(400\)"):
        visit({f"{HOME}/authorize": html("<title>The link is broken</title>", 400)})


def test_redirects_without_end_end() -> None:
    with pytest.raises(Stuck, match="without end"):
        visit({f"{HOME}/authorize": moved("/authorize")})


def test_what_a_page_hides_is_read() -> None:
    page = read(LOGIN)
    assert page.title == "Sign in"
    assert page.forms[0].fields == {"csrf": "c&1", "login": "", "password": ""}
    assert page.form_of("login-submit") is page.forms[0]
    assert page.form_of("consent-allow") is None
