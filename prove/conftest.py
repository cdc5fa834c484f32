"""``make prove`` runs everything whole; ``--sample`` runs the same with smaller numbers, as CI does."""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Scale:
    """How much of a proof is run: ``scale(20, 200)`` is 20 in a sample and 200 in the whole."""

    whole: bool

    def __call__(self, sample: int, whole: int) -> int:
        return whole if self.whole else sample


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sample", action="store_true", help="smaller numbers: minutes instead of an hour")


@pytest.fixture(scope="session")
def scale(request: pytest.FixtureRequest) -> Scale:
    return Scale(whole=not request.config.getoption("--sample"))


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
