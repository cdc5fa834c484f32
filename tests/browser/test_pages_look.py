"""Every page in a real browser, under its real policy: it loads, fits, can be read, and answers to the keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args

import pytest
from page_samples import CALLBACK, FORM_POST, HOSTILE, VIEWS, consent, device_confirm
from page_server import PageServer, serving
from playwright.sync_api import Browser, BrowserContext, Page, Request, Route

from licet.authorization_server.views import App
from licet.authorization_server.web.pages import CSP, FORM_POST_CSP, Pages

pytestmark = pytest.mark.browser

Scheme = Literal["light", "dark"]

NARROW, HEIGHT = 320, 640
WIDTHS = (NARROW, 1200)
BUDGET = 25_000
"""Bytes of a page with all that it loads."""

AXE = Path(__file__).parents[1] / "javascript/node_modules/axe-core/axe.min.js"

WAYS_OUT = {
    "return": CALLBACK,
    "return-denied": CALLBACK,
    "return-signed-out": "https://shop.example.com/",
    "form-post": FORM_POST.action,
}
"""The pages that go on by themselves, and where to."""

PAGES = Pages("https://id.example.com", "", development=True)

RENDERED = {
    **{name: (PAGES.render(view), CSP) for name, view in VIEWS.items()},
    **{
        f"hostile-{name}": (PAGES.render(consent(app=App(name=HOSTILE[name], host="shop.example.com"))), CSP)
        for name in ("long", "long-words", "zalgo", "right-to-left")
    },
    "hostile-device": (PAGES.render(device_confirm(App(name="W" * 999), "W" * 999, "W" * 999)), CSP),
    "form-post": (PAGES.render_form_post(FORM_POST), FORM_POST_CSP),
}

every_page = pytest.mark.parametrize("name", RENDERED)


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with serving(RENDERED, PAGES.assets) as server:
        yield server


class Visit:
    """A page that was opened, and everything that it did."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.requests: list[str] = []
        self.messages: list[str] = []
        self.size = 0
        page.on("request", self._request)
        page.on("console", lambda message: self.messages.append(message.text))
        page.on("pageerror", lambda error: self.messages.append(str(error)))
        page.on("requestfinished", self._finished)
        page.route(lambda address: not address.startswith("http://127.0.0.1:"), self._elsewhere)
        # The page that posts by itself is off before it has loaded.
        page.goto(url, wait_until="commit" if url.endswith("/form-post") else "load")
        page.wait_for_selector("main > :last-child", state="attached")

    def _request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _finished(self, request: Request) -> None:
        self.size += request.sizes()["responseBodySize"]

    def _elsewhere(self, route: Route) -> None:
        """Nothing is there, and the browser stays where it is."""
        route.fulfill(status=204)

    def scrolls_sideways(self) -> bool:
        return bool(self.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))

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
        """What axe finds wrong, and what it could not decide about contrast."""
        result: dict[str, Any] = self.page.evaluate("axe.run()")
        undecided = [finding for finding in result["incomplete"] if finding["id"] == "color-contrast"]
        return [
            f"{finding['id']}: {[node['html'] for node in finding['nodes']]}"
            for finding in (*result["violations"], *undecided)
        ]


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def opened(context: BrowserContext, server: PageServer, name: str) -> Iterator[Visit]:
    """The page *name*, narrow and light."""
    page = context.new_page()
    page.set_viewport_size({"width": NARROW, "height": HEIGHT})
    page.emulate_media(color_scheme="light")
    yield Visit(page, f"{server.origin}/{name}")
    page.close()


@every_page
def test_everyone_can_read_it(opened: Visit, server: PageServer, name: str) -> None:
    """Nothing foreign is asked for, nothing is refused, nothing scrolls sideways, and axe has nothing to say."""
    opened.load_axe()
    wrong = {}
    for width in WIDTHS:
        opened.page.set_viewport_size({"width": width, "height": HEIGHT})
        for scheme in get_args(Scheme):
            opened.page.emulate_media(color_scheme=scheme)
            wrong[width, scheme] = opened.axe() + (["scrolls sideways"] if opened.scrolls_sideways() else [])
    assert not any(wrong.values()), wrong
    left = [url for url in opened.requests if not url.startswith(f"{server.origin}/")]
    assert left == ([WAYS_OUT[name]] if name in WAYS_OUT else [])
    assert opened.messages == []
    assert opened.size < BUDGET


@every_page
def test_it_fits(opened: Visit, name: str) -> None:
    """320 pixels, letters at 200 %, one direction to scroll (WCAG 1.4.4, 1.4.10); and so from right to left."""
    opened.page.evaluate("document.documentElement.style.fontSize = '200%'")
    assert not opened.scrolls_sideways()
    opened.page.evaluate("document.documentElement.dir = 'rtl'")
    assert not opened.scrolls_sideways()


@every_page
def test_every_stop_of_the_tab_key_is_seen(opened: Visit, name: str) -> None:
    """Each control is reached, in the order of the document, and outlined while it has the focus."""
    page = opened.page
    reachable = page.evaluate(
        """() => {
            // Not only out of the field: Tab would still go on from there.
            document.body.tabIndex = -1;
            document.body.focus();
            window.controls = [...document.querySelectorAll("a, button, summary, input:not([type=hidden])")];
            return window.controls.length;
        }"""
    )
    for index in range(reachable):
        page.keyboard.press("Tab")
        at, outline = page.evaluate(
            "() => [window.controls.indexOf(document.activeElement), getComputedStyle(document.activeElement).outline]"
        )
        assert at == index
        assert "solid 3px" in outline


@pytest.mark.parametrize("name", ["consent", "device-confirm", "sign-out"])
def test_two_answers_weigh_the_same(opened: Visit) -> None:
    """A yes is never prettier than a no: same size, same colours, same letters; and neither is focused."""
    looks = opened.page.evaluate(
        """() => [...document.querySelectorAll(".pair > button")].map(button => {
            const style = getComputedStyle(button), box = button.getBoundingClientRect();
            return [box.width, box.height, style.color, style.backgroundColor, style.border, style.font];
        })"""
    )
    assert len(looks) == 2
    assert looks[0] == looks[1]
    assert opened.page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize("name", ["device-confirm-tail"])
class TestTheLettersThatWereKeptBack:
    """A field above two answers must not answer for the person."""

    def test_enter_refuses(self, opened: Visit, server: PageServer) -> None:
        opened.page.fill("#code_tail", "HT")
        opened.page.press("#code_tail", "Enter")
        assert posted(opened, server)[1]["decision"] == "deny"

    def test_an_empty_field_does_not_hold_up_the_refusal(self, opened: Visit, server: PageServer) -> None:
        opened.page.click("#consent-deny")
        assert posted(opened, server)[1]["decision"] == "deny"

    def test_an_empty_field_does_hold_up_the_consent(self, opened: Visit, server: PageServer) -> None:
        server.posted.clear()
        opened.page.click("#consent-allow")
        assert opened.page.evaluate("document.activeElement.id") == "code_tail"
        assert server.posted == []

    def test_the_letters_go_with_the_consent(self, opened: Visit, server: PageServer) -> None:
        opened.page.fill("#code_tail", "HT")
        opened.page.click("#consent-allow")
        path, form = posted(opened, server)
        assert path == "/device/confirm"
        assert form == {"csrf": "c-1", "transaction": "t-1", "code_tail": "HT", "decision": "allow"}


@pytest.mark.parametrize("name", ["consent", "device-confirm", "device-confirm-tail"])
def test_not_you(opened: Visit, server: PageServer) -> None:
    """Being someone else needs no script and no letters."""
    opened.page.click("text=Not you?")
    assert posted(opened, server)[1] == {"csrf": "c-1", "transaction": "t-1", "decision": "switch"}


def posted(opened: Visit, server: PageServer) -> tuple[str, dict[str, str]]:
    """What the one form that was sent carried."""
    opened.page.wait_for_load_state("networkidle")
    (form,) = server.posted
    return form


@pytest.fixture(autouse=True)
def nothing_posted(server: PageServer) -> None:
    server.posted.clear()
