"""docs/logout.md is true: its examples are read by the real reader, and it names what the endpoint takes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from licet.authorization_server.logout.endpoint import APPS_SHOWN
from licet.authorization_server.logout.request import PARAMETERS, STATE_MOST
from licet.authorization_server.upkeep.notices import AGAIN_AFTER_S, AT_ONCE
from licet.protocol.logout_token import LIFETIME_S
from licet.registration.manifest import read

PAGE = (Path(__file__).parents[2] / "docs" / "logout.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("block", BLOCKS, ids=range(1, len(BLOCKS) + 1))
def test_an_example_is_read(tmp_path: Path, pem: str, block: str) -> None:
    for name in re.findall(r'"([^"/]+\.pub\.pem)"', block):
        (tmp_path / name).write_text(pem)
    (tmp_path / "licet.toml").write_text(f'issuer = "https://id.example.com"\n\n{block}')
    (app,) = read(tmp_path / "licet.toml").apps
    metadata = app.metadata
    assert metadata.post_logout_redirect_uris or metadata.initiate_login_uri or metadata.backchannel_logout_uri


def test_how_often_and_how_long_is_as_it_is() -> None:
    assert AGAIN_AFTER_S == (1, 5, 30, 120, 600, 1800, 3600)
    assert "eight attempts, after 1, 5, 30 seconds, 2, 10, 30 minutes and an hour" in PAGE
    assert AT_ONCE == 4
    assert "four in\nall" in PAGE
    assert LIFETIME_S == 120
    assert "two minutes after `iat`" in PAGE


def test_every_parameter_is_described() -> None:
    rows = {name for row in re.findall(r"^\| (`.*?) \|", PAGE, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert rows >= PARAMETERS
    assert f"{STATE_MOST} characters" in PAGE
    assert APPS_SHOWN == 12
    assert "up to twelve" in PAGE
