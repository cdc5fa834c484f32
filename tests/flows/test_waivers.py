"""A waiver of the file reaches the running server, and ends there by itself."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import pytest

from licet import app
from licet.ambient import SECOND
from licet.authorization_server.settings import Settings
from licet.cli.serve import policy
from licet.registration.manifest import read
from tests.visitor import Visitor
from tests.world import CHEAP, World

pytestmark = pytest.mark.anyio

FILE = """\
issuer = "https://id.example.com"
[app.shop]
is = "web-app"
callback = "https://shop.example.com/callback"
secret = {{ env = "SHOP" }}
may = ["openid"]
[[waiver]]
requirement = "pkce-required"
client = "shop"
reason = "moves in spring"
until = {until}
"""


async def test_it_ends_on_a_running_server(here: World, tmp_path: Path) -> None:
    now = datetime.fromtimestamp(here.clock.now() // SECOND, UTC)
    (tmp_path / "licet.toml").write_text(FILE.format(until=now.date()))
    manifest = read(tmp_path / "licet.toml", clock=here.clock)
    server = await app.build(
        here.store, here.issuer, here.vault, here.clock, settings=Settings(passwords=CHEAP), policy=policy(manifest)
    )
    here.server.close()
    here.server = server
    bare: dict[str, str | None] = {"code_challenge": None, "code_challenge_method": None, "nonce": "n"}
    async with here.visitor() as http:
        assert "code" in (await Visitor(http).authorize(**bare)).parameters
        midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
        here.clock.ahead_s += (midnight - now).total_seconds() + 1
        said = (await Visitor(http).authorize(**bare)).parameters
        assert said["error"] == "invalid_request"
        assert "code_challenge" in said["error_description"]
