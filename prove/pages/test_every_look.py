"""Each page in every combination of width, scheme, forced colours and size of letters has nothing wrong with it.

``tests/browser`` looks three times at each page; a sample adds a few looks, other ones for each page.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext

from prove.conftest import Scale
from tests.browser import looks
from tests.browser.looks import CONTROLS, LOOKS, NARROW, PAGES, RENDERED, WAYS_OUT, Look, Visit
from tests.browser.page_server import PageServer, serving

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NAMES = tuple(RENDERED)

SPACED = """
    * { letter-spacing: .12em !important; word-spacing: .16em !important; line-height: 1.5 !important }
    p { margin-bottom: 2em !important }
"""
"""What a reader may set (WCAG 1.4.12)."""

WITH_CONTROLS = (
    "sign-in",
    "consent",
    "device-entry",
    "device-confirm-tail",
    "device-stopped",
    "return",
    "form-post",
    "fault-developer",
    "sign-out",
)
"""One page for each kind of control."""

every_page = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(scope="module")
def server() -> Iterator[PageServer]:
    with serving(RENDERED, PAGES.assets) as server:
        yield server


@pytest.fixture(scope="module")
def context() -> Iterator[BrowserContext]:
    with looks.chromium() as browser:
        yield browser.new_context(reduced_motion="reduce")


@pytest.fixture
def opened(context: BrowserContext, server: PageServer, name: str) -> Iterator[Visit]:
    page = context.new_page()
    yield Visit(page, f"{server.origin}/{name}")
    page.close()


@every_page
def test_nothing_is_wrong_in_any_look(opened: Visit, server: PageServer, name: str, scale: Scale) -> None:
    """axe, one direction to scroll, nothing cut off, the code no smaller than the words, nothing from elsewhere."""
    opened.load_axe()
    wrong = {}
    for look in LOOKS if scale.whole else LOOKS[NAMES.index(name) % 8 :: 8]:
        opened.look(look)
        wrong[look] = opened.faults()
    assert not any(wrong.values()), wrong
    left = [url for url in opened.requests if not url.startswith(f"{server.origin}/")]
    assert left == ([WAYS_OUT[name]] if name in WAYS_OUT else [])
    assert opened.messages == []


@every_page
def test_a_reader_may_space_the_letters(opened: Visit, name: str) -> None:
    """Nothing is cut off and nothing scrolls sideways when letters, words and lines stand further apart."""
    opened.load_axe()
    opened.page.evaluate(
        """rules => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync(rules);
            document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
        }""",
        SPACED,
    )
    assert not opened.scrolls_sideways()
    assert opened.spilt() == []


@every_page
def test_larger_letters_say_the_same(opened: Visit, name: str) -> None:
    """At 200 % every word is still there, in the same order, and at least a third larger."""
    measure = """() => {
        const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
        while (words.nextNode()) {
            const text = words.currentNode.data.trim(), element = words.currentNode.parentElement;
            if (text && element.checkVisibility()) found.push([text, parseFloat(getComputedStyle(element).fontSize)]);
        }
        return found;
    }"""
    usual = opened.page.evaluate(measure)
    opened.look(Look(NARROW, text=200))
    large = opened.page.evaluate(measure)
    assert [text for text, _ in large] == [text for text, _ in usual]
    assert [text for (text, before), (_, after) in zip(usual, large, strict=True) if after < before * 4 / 3] == []


@pytest.mark.parametrize("name", WITH_CONTROLS)
def test_focus_is_seen(opened: Visit, name: str) -> None:
    """Not only computed but drawn: a control's picture changes when the Tab key comes by, in every colour there is."""
    page = opened.page
    for look in (Look(NARROW), Look(NARROW, "dark"), Look(NARROW, forced=True)):
        opened.look(look)
        for index in range(page.locator(CONTROLS).count()):
            control = page.locator(CONTROLS).nth(index)
            opened.forget_focus()
            control.scroll_into_view_if_needed()
            before = _picture(opened, index)
            page.evaluate("([controls, at]) => document.querySelectorAll(controls)[at - 1]?.focus()", [CONTROLS, index])
            page.keyboard.press("Tab")
            assert opened.focused() == index
            assert _picture(opened, index) != before, f"{look}: {control.evaluate('e => e.outerHTML')}"


def _picture(opened: Visit, index: int) -> bytes:
    """A control and the few pixels around it."""
    box = opened.page.locator(CONTROLS).nth(index).bounding_box()
    assert box is not None
    around = {
        "x": max(box["x"] - 6, 0),
        "y": max(box["y"] - 6, 0),
        "width": box["width"] + 12,
        "height": box["height"] + 12,
    }
    return opened.page.screenshot(clip=around, animations="disabled", caret="hide")
