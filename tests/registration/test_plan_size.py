"""A thousand apps and two hundred scopes: planned in two seconds, applied in ten, without memory that grows."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from licet.ambient import Instant
from licet.registration import manifest
from tests.registration.test_plan import applied, opened, planned

pytestmark = pytest.mark.anyio

APPS, APIS, SCOPES = 1000, 10, 20
PLAN_S, APPLY_S = 2.0, 10.0
MOST_BYTES = 100 * 1024 * 1024


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def text(apps: int) -> str:
    lines = ['issuer = "https://id.example.com"']
    for api in range(APIS):
        lines += [f"[api.a{api}]", f'audience = "https://a{api}.example.com"', f"[api.a{api}.scopes]"]
        lines += [f'"a{api}:s{scope}" = "Do {scope}"' for scope in range(SCOPES)]
    for app in range(apps):
        lines += [
            f"[app.app{app}]",
            'is = "browser-app"',
            f'callback = "https://app{app}.example.com/cb"',
            f'may = ["openid", "a{app % APIS}:s{app % SCOPES}"]',
        ]
    return "\n".join(lines) + "\n"


async def test_a_large_configuration(tmp_path: Path) -> None:
    """Processor time, because the machine is not ours alone."""
    path = tmp_path / "licet.toml"
    path.write_text(text(APPS))
    store = await opened(tmp_path / "licet.db")
    began = time.process_time()
    read = manifest.read(path)
    first = await planned(store, read, {})
    assert time.process_time() - began < PLAN_S
    assert len(first.changes) == APPS + APIS * (SCOPES + 1)
    began = time.process_time()
    assert await applied(store, read, {})
    assert time.process_time() - began < APPLY_S
    tracemalloc.start()
    try:
        for _ in range(2):
            assert (await planned(store, read, {})).empty
        once = tracemalloc.get_traced_memory()[0]
        for _ in range(2):
            assert (await planned(store, read, {})).empty
        again, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert again - once < 1024 * 1024, "nothing is kept of a plan"
    assert most < MOST_BYTES
    path.write_text(text(1))
    assert await applied(store, manifest.read(path), {}, now=Instant(30))
    await store.close()
