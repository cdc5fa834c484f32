"""One server and its whole story, for all who look for what it left behind."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from prove.leaks.encodings import Search
from prove.leaks.story import Told, tell
from prove.single_use.served import running


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    with running(tmp_path_factory.mktemp("leaks") / "server", log="json") as served:
        told = tell(served)
        yield told
        told.http.close()


@pytest.fixture(scope="session")
def search(told: Told) -> Search:
    return Search(told.recorder.secrets.values())
