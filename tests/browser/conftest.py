"""A real browser. Closed with each module: while it is open its event loop is in everyone's way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser import looks


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with looks.chromium() as browser:
        yield browser
