"""Every operation of the admin API, asked many times what its document allows and what it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prove.conftest import Scale
from tests.administration.fuzzing import OPERATIONS, Fuzzed, fuzzed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with fuzzed(tmp_path_factory.mktemp("fuzzed")) as made:
        yield made


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_as_the_document_says(server: Fuzzed, name: str, scale: Scale) -> None:
    for seeded in range(scale(1, 5)):
        server.fuzz(name, examples=scale(15, 150), seeded=100 + seeded)
