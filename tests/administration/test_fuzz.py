"""A few cases for each operation; ``prove/test_administration.py`` asks for many more."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.administration.fuzzing import OPERATIONS, Fuzzed, fuzzed

EXAMPLES = 12


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with fuzzed(tmp_path_factory.mktemp("fuzzed")) as made:
        yield made


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_as_the_document_says(server: Fuzzed, name: str) -> None:
    server.fuzz(name, examples=EXAMPLES, seeded=1)
