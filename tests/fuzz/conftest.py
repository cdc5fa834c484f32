"""One server for each module: examples are many, and none may depend on another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.wire import Wire, wired


@pytest.fixture(scope="module")
def wire() -> Iterator[Wire]:
    with wired() as wire:
        yield wire
