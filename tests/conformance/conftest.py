"""The modules say what they found, as tests do."""

from __future__ import annotations

import pytest

for _room in ("back_channel", "basic", "browser", "config", "logout", "relying_party", "third_party"):
    pytest.register_assert_rewrite(f"tests.conformance.{_room}")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"
