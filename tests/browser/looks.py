"""Every page, every way it may be looked at, and what may be wrong with what is seen.

Shared by ``test_pages_look.py``, which looks a few times at each page, and ``prove/pages``, which looks in every way.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect, sync_playwright

from licet.authorization_server.views import App, Sentence, SignOut
from licet.authorization_server.web.pages import CSP, FORM_POST_CSP, Pages
from tests.authorization_server.web.page_samples import (
    BUY,
    CALLBACK,
    FORM_POST,
    HOSTILE,
    NAME,
    SEE,
    VIEWS,
    consent,
    device_confirm,
)

NARROW, WIDE, HEIGHT = 320, 1280, 640

BUDGET: Final = 25_000
"""Bytes of a page with all that it loads."""

AXE: Final = Path(__file__).parents[1] / "javascript/node_modules/axe-core/axe.min.js"

PAGES: Final = Pages("https://id.example.com", "", development=True)

LIBRARY: Final = App(
    name="The Association of Municipal Libraries and Archives",
    host="lending.department-of-municipal-libraries.example.org",
)
MUCH: Final = tuple(
    Sentence(words=f"See, renew and hand back what you have borrowed from library number {number}, and pay for it")
    for number in range(1, 13)
)

RENDERED: Final = {
    **{name: (PAGES.render(view), CSP) for name, view in VIEWS.items()},
    "sign-out-stayed": (PAGES.render(SignOut(login="alice@example.com", csrf="c-1", stayed=True)), CSP),
    "consent-much": (PAGES.render(consent(LIBRARY, (BUY, *MUCH), (NAME, SEE), offline=True)), CSP),
    **{
        f"hostile-{name}": (PAGES.render(consent(app=App(name=HOSTILE[name], host="shop.example.com"))), CSP)
        for name in ("long", "long-words", "zalgo", "right-to-left")
    },
    "hostile-device": (PAGES.render(device_confirm(App(name="W" * 999), "W" * 999, "W" * 999)), CSP),
    "form-post": (PAGES.render_form_post(FORM_POST), FORM_POST_CSP),
}
"""Each page by its name, with its policy."""

VARIANTS: Final = frozenset(
    {"sign-in-local", "sign-in-busy", "consent-unchecked", "consent-nothing", "device-confirm-plain", "return-denied"}
    | {"return-signed-out", "sign-out-asked", "busy"}
    | {name for name in RENDERED if name.startswith("hostile-")}
)
"""Pages of the same parts as others: looked at in ``prove/pages`` only."""

WAYS_OUT: Final = {
    "return": CALLBACK,
    "return-denied": CALLBACK,
    "return-signed-out": "https://shop.example.com/",
    "form-post": FORM_POST.action,
}
"""The pages that go on by themselves, and where to."""

DECISIONS: Final = tuple(name for name, (body, _) in RENDERED.items() if b'class="pair"' in body)
"""The pages that ask for a yes or a no."""


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a page."""

    width: int = NARROW
    scheme: Literal["light", "dark"] = "light"
    forced: bool = False
    """Whether the system's colours replace ours (Windows contrast themes)."""
    text: int = 100
    """Per cent of the size that letters usually have."""


LOOKS: Final = tuple(
    Look(width, scheme, forced, text)
    for width, scheme, forced, text in product((NARROW, WIDE), ("light", "dark"), (False, True), (100, 200))
)

CONTROLS: Final = "a, button, summary, input:not([type=hidden])"


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, until the block ends; skips where there is none."""
    executable = shutil.which("chromium")
    if executable is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        yield browser
        browser.close()


class Visit:
    """A page that was opened, and everything that it did."""

    def __init__(self, page: Page, url: str, look: Look = Look()) -> None:
        self.page = page
        self.requests: list[str] = []
        self.messages: list[str] = []
        page.on("request", self._request)
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.route(lambda address: not address.startswith("http://127.0.0.1:"), self._elsewhere)
        self.look(look)
        # The page that posts by itself is off before it has loaded; its sheet is there when its script runs.
        page.goto(url, wait_until="commit" if url.endswith("/form-post") else "load")
        page.wait_for_selector("main > :last-child", state="attached")
        expect(page.locator("main")).to_have_css("display", "grid")
        if page.locator("[autofocus]").count():
            # It comes with the first frame; whoever is faster is complained of by Chromium.
            page.wait_for_selector("[autofocus]:focus")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _elsewhere(self, route: Route) -> None:
        """Nothing is there, and the browser stays where it is."""
        route.fulfill(status=204)

    def look(self, look: Look) -> None:
        """Look in another way."""
        self.forced = look.forced
        self.page.set_viewport_size({"width": look.width, "height": HEIGHT})
        self.page.emulate_media(color_scheme=look.scheme, forced_colors="active" if look.forced else "none")
        self.page.evaluate("size => { document.documentElement.style.fontSize = size }", f"{look.text}%")

    def load_axe(self) -> None:
        """Bring the checker, open what is folded, and hide the tablet's handles.

        They are pseudo-elements, beside which axe cannot measure contrast.
        """
        self.page.evaluate(AXE.read_text())
        self.page.evaluate(
            """() => {
                for (const details of document.querySelectorAll("details")) details.open = true;
                const sheet = new CSSStyleSheet();
                sheet.replaceSync(".slip > main::before, .plate::before { display: none !important }");
                document.adoptedStyleSheets = [sheet];
            }"""
        )

    def axe(self) -> list[str]:
        """What axe finds wrong, and what it could not decide about contrast.

        Under forced colours contrast is the system's affair, and axe cannot see what the system draws.
        """
        rules = {"target-size": {"enabled": True}, "color-contrast": {"enabled": not self.forced}}
        result: dict[str, Any] = self.page.evaluate("rules => axe.run({rules})", rules)
        undecided = [finding for finding in result["incomplete"] if finding["id"] == "color-contrast"]
        return [
            f"{finding['id']}: {[node['html'] for node in finding['nodes']]}"
            for finding in (*result["violations"], *undecided)
        ]

    def scrolls_sideways(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

    def spilt(self) -> list[str]:
        """What is wider than its box. What a person types into a field may be; a code may not."""
        found: list[str] = self.page.evaluate(
            """() => [...document.querySelectorAll("body *")]
                .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1 && !e.matches("input:not(.code)"))
                .map(e => "spilt: " + e.outerHTML.slice(0, 80))"""
        )
        return found

    def too_small(self) -> list[str]:
        """A code that is smaller than the words around it: it is there to be compared."""
        found: list[str] = self.page.evaluate(
            """() => {
                const size = e => parseFloat(getComputedStyle(e).fontSize);
                return [...document.querySelectorAll(".plate strong, .code")]
                    .filter(e => size(e) < size(document.body)).map(e => "too small: " + e.outerHTML.slice(0, 80))
            }"""
        )
        return found

    def faults(self) -> list[str]:
        """All that is wrong with what is seen now; ``load_axe`` comes first."""
        sideways = ["scrolls sideways"] if self.scrolls_sideways() else []
        return self.axe() + sideways + self.spilt() + self.too_small()

    def focused(self) -> int:
        """Which of the controls has the focus, counted in the order of the document; -1 where none has."""
        return int(
            self.page.evaluate(
                "controls => [...document.querySelectorAll(controls)].indexOf(document.activeElement)", CONTROLS
            )
        )

    def forget_focus(self) -> None:
        """Stand before the first control."""
        self.page.evaluate("() => { document.body.tabIndex = -1; document.body.focus() }")
