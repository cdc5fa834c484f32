from __future__ import annotations

import pytest

pytest.register_assert_rewrite("licet.storage.contract")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
