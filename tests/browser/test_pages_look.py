"""Pages in a real browser, under their real policy: each loads, fits, can be read, and answers to the keyboard.

A few looks at each kind of page; ``prove/pages`` looks at each page in every way.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.looks import (
    BUDGET,
    CONTROLS,
    DECISIONS,
    NARROW,
    PAGES,
    RENDERED,
    VARIANTS,
    WAYS_OUT,
    WIDE,
    Look,
    Visit,
)
from tests.browser.page_server import PageServer, serving

pytestmark = pytest.mark.browser

LOOKS = (Look(NARROW), Look(WIDE, "dark"), Look(NARROW, "dark", forced=True, text=200))

each_kind = pytest.mark.parametrize("name", [name for name in RENDERED if name not in VARIANTS])


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with serving(RENDERED, PAGES.assets) as server:
        yield server


@pytest.fixture(scope="module")
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture
def opened(context: BrowserContext, server: PageServer, name: str) -> Iterator[Visit]:
    """The page *name*, narrow and light."""
    page = context.new_page()
    yield Visit(page, f"{server.origin}/{name}")
    page.close()


@each_kind
def test_everyone_can_read_it(opened: Visit, server: PageServer, name: str) -> None:
    """Nothing foreign is asked for, nothing is refused, nothing is cut off, and axe has nothing to say."""
    opened.load_axe()
    wrong = {}
    for look in LOOKS:
        opened.look(look)
        wrong[look] = opened.faults()
    assert not any(wrong.values()), wrong
    opened.page.evaluate("document.documentElement.dir = 'rtl'")
    assert not opened.scrolls_sideways()
    left = [url for url in opened.requests if not url.startswith(f"{server.origin}/")]
    assert left == ([WAYS_OUT[name]] if name in WAYS_OUT else [])
    assert opened.messages == []


@pytest.mark.parametrize("name", RENDERED)
def test_it_is_light(name: str) -> None:
    """Even with every picture that any page shows. Nothing is compressed on the way."""
    assets = sum(len(asset.body) for path in PAGES.assets.paths if (asset := PAGES.assets.find(path)))
    assert len(RENDERED[name][0]) + assets < BUDGET


@each_kind
def test_every_stop_of_the_tab_key_is_seen(opened: Visit, name: str) -> None:
    """Each control is reached, in the order of the document and back, and outlined while it has the focus."""
    page = opened.page
    reachable = page.locator(CONTROLS).count()
    opened.forget_focus()
    forth = []
    for _ in range(reachable):
        page.keyboard.press("Tab")
        forth.append(opened.focused())
        outline = page.evaluate("getComputedStyle(document.activeElement).outline")
        assert "solid 3px" in outline
    assert forth == list(range(reachable))
    if reachable:
        page.keyboard.press("Tab")
        assert opened.focused() in {-1, 0}, "the last control does not let go"
    page.evaluate("controls => [...document.querySelectorAll(controls)].at(-1)?.focus()", CONTROLS)
    for at in reversed(range(reachable)):
        assert opened.focused() == at
        page.keyboard.press("Shift+Tab")


@pytest.mark.parametrize("name", [name for name in DECISIONS if name not in VARIANTS])
def test_two_answers_weigh_the_same(opened: Visit) -> None:
    """A yes is never prettier than a no: same size, same colours, same letters; and neither is focused."""
    assert opened.page.evaluate("document.activeElement === document.body")
    looks = opened.page.evaluate(
        """() => [...document.querySelectorAll(".pair > button")].map(button => {
            const style = getComputedStyle(button), box = button.getBoundingClientRect();
            return [box.width, box.height, style.color, style.backgroundColor, style.border, style.font];
        })"""
    )
    assert len(looks) == 2
    assert looks[0] == looks[1]


READ_ALOUD = {
    "device-entry": """
        - heading "Connect a device" [level=1]
        - paragraph: /shows you a code. Type it here/
        - text: Code on your device
        - paragraph: /Small letters are fine/
        - textbox "Code on your device"
        - button "Continue"
        - paragraph: /Did someone send you a code/
    """,
    "device-entry-again": """
        - heading "Connect a device" [level=1]
        - paragraph: /shows you a code. Type it here/
        - alert:
          - paragraph:
            - strong: That code did not work.
          - paragraph: /ask your device for a new one/
        - text: Code on your device
        - paragraph: /Small letters are fine/
        - textbox "Code on your device" [invalid]
        - button "Continue"
        - paragraph: /Did someone send you a code/
    """,
    "device-entry-throttled": """
        - heading "Connect a device" [level=1]
        - paragraph: /shows you a code. Type it here/
        - alert:
          - paragraph:
            - strong: Too many codes that did not fit.
          - paragraph: Wait 5 minutes and try again.
        - text: Code on your device
        - paragraph: /Small letters are fine/
        - textbox "Code on your device"
        - button "Continue"
    """,
    "device-confirm": """
        - heading "Is this your device?" [level=1]
        - paragraph: It should show this same code and these same words.
        - strong: WDJB-MJHT
        - text: maple · seven
        - heading "Lounge TV wants to sign in as you" [level=2]
        - paragraph:
          - text: as alice@example.com.
          - button "Not you?"
        - term: It calls itself
        - definition: /Living room/
        - term: It asked from
        - definition: /203.0.113.24. Not the network you are on./
        - term: It asked
        - definition:
          - time: 40 seconds ago
        - region "It will be able to":
          - heading "It will be able to" [level=2]
          - list:
            - listitem: Know your name and picture
            - listitem: See your orders
            - listitem: /Stay signed in/
        - heading "Stop if you did not start this" [level=2]
        - paragraph: /Nobody from support/
        - button "Cancel"
        - button "Allow"
    """,
    "device-confirm-tail-again": """
        - heading "Is this your device?" [level=1]
        - paragraph: /You came here by a link or a QR code/
        - strong: WDJB-MJ
        - heading "Lounge TV wants to sign in as you" [level=2]
        - term: It asked from
        - region "It will be able to"
        - heading "Stop if you did not start this" [level=2]
        - paragraph: /Nobody from support/
        - alert:
          - paragraph:
            - strong: Those were not the letters.
          - paragraph: /Nothing was allowed/
        - text: The last two letters on your device
        - textbox "The last two letters on your device" [invalid]
        - button "Cancel"
        - button "Allow"
    """,
    "device-allowed": """
        - heading "Done" [level=1]
        - paragraph: Lounge TV is signed in as alice@example.com
        - paragraph: /it goes on by itself/
    """,
    "device-stopped": """
        - heading "Stopped" [level=1]
        - paragraph: /Nothing was shared/
        - heading "Did someone send you that code?" [level=2]
        - paragraph: /Tell us/
        - button "This was not me"
    """,
}


@pytest.mark.parametrize("name", READ_ALOUD)
def test_it_is_read_aloud_in_a_sensible_order(opened: Visit, name: str) -> None:
    """What the page is for, the field with its name and hint, then the button; and every warning before the answers."""
    expect(opened.page.locator("main")).to_match_aria_snapshot(READ_ALOUD[name])


@pytest.mark.parametrize("name", ["device-entry", "device-entry-again"])
def test_the_field_says_its_hint_and_what_went_wrong(opened: Visit, name: str) -> None:
    """Whoever lands in the field hears more than its name."""
    description = opened.page.evaluate(
        """() => document.querySelector("#user_code").getAttribute("aria-describedby").split(" ")
            .map(id => document.getElementById(id).textContent).join(" ")"""
    )
    assert "Small letters are fine" in description
    assert ("That code did not work" in description) == (name == "device-entry-again")


class TestTheCheckers:
    """What looks at the pages sees what is wrong with one."""

    @pytest.fixture
    def name(self) -> str:
        return "device-entry"

    @pytest.mark.parametrize(
        ("spoil", "fault"),
        [
            ("document.querySelector('label').remove()", "label"),
            ("document.querySelector('.hint').style.color = '#999'", "color-contrast"),
            ("document.documentElement.removeAttribute('lang')", "html-has-lang"),
            ("document.querySelector('#device-submit').style.minWidth = '400px'", "scrolls sideways"),
            ("document.querySelector('h1').style.cssText = 'width: 50px; white-space: nowrap'", "spilt"),
            ("document.querySelector('.code').style.fontSize = '12px'", "too small"),
        ],
    )
    def test_a_fault_is_found(self, opened: Visit, spoil: str, fault: str) -> None:
        opened.load_axe()
        assert opened.faults() == []
        opened.page.evaluate(spoil)
        assert any(found.startswith(fault) for found in opened.faults())

    def test_a_warning_after_the_answers_is_found(self, context: BrowserContext, server: PageServer) -> None:
        page = context.new_page()
        Visit(page, f"{server.origin}/device-confirm")
        page.evaluate("document.querySelector('main').append(document.querySelector('.note'))")
        with pytest.raises(AssertionError):
            expect(page.locator("main")).to_match_aria_snapshot(READ_ALOUD["device-confirm"], timeout=100)
        page.close()

    def test_what_leaves_the_origin_is_found(self, opened: Visit) -> None:
        with opened.page.expect_event("request", lambda request: request.url.startswith("https://elsewhere.")):
            opened.page.evaluate("document.location = 'https://elsewhere.example.com/'")
        assert "https://elsewhere.example.com/" in opened.requests


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
