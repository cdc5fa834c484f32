"""docs/configuration.md is true: its examples are read by the real reader, and it names every key there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from licet.registration import expert
from licet.registration.kinds import KINDS
from licet.registration.manifest import read
from licet.registration.references import SECRET_BITS
from licet.registration.server_section import LIFETIMES
from licet.registration.table import Table

PAGE = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()
BLOCKS = re.findall(r"^```toml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def whole(block: str) -> str:
    return block if block.startswith("issuer") else f'issuer = "https://id.example.com"\n\n{block}'


@pytest.fixture
def somewhere(tmp_path: Path, pem: str) -> Path:
    for name in re.findall(r'"([^"/]+\.pub\.pem)"', PAGE):
        (tmp_path / name).write_text(pem)
    return tmp_path


@pytest.mark.parametrize("block", BLOCKS, ids=range(1, len(BLOCKS) + 1))
def test_an_example_is_read(somewhere: Path, block: str) -> None:
    (somewhere / "licet.toml").write_text(whole(block))
    read(somewhere / "licet.toml")


def test_every_key_is_described(somewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the reader asks for while it reads the examples, all kinds of tables among them."""
    asked: set[str] = set()
    take = Table.take

    def noting(table: Table, key: str) -> object:
        asked.add(key)
        return take(table, key)

    monkeypatch.setattr(Table, "take", noting)
    for block in BLOCKS:
        (somewhere / "licet.toml").write_text(whole(block))
        read(somewhere / "licet.toml")
    assert {"issuer", "listen", "audience", "says", "callback", "jwk", "contacts", "access_token_s"} <= asked
    described = {word for code in re.findall(r"`([^`\n]+)`", PAGE) for word in re.findall(r"[A-Za-z_]+", code)}
    used = set(re.findall(r"[A-Za-z_]+", " ".join(BLOCKS)))
    missing = {key for key in asked - set(expert.SAID_ELSEWHERE) if re.fullmatch(r"[a-z_]+", key)} - described - used
    assert missing == set()


@pytest.mark.parametrize("row", LIFETIMES, ids=lambda row: row.name)
def test_a_lifetime_is_as_described(row: object) -> None:
    name, default, least, most = (getattr(row, part) for part in ("name", "default", "least", "most"))
    assert f"| `{name}` | {default} | {least} | {most} |" in PAGE


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_kind_is_as_described(kind: object) -> None:
    """Its row of the table says the same as the code's."""
    name, proof, refresh = (getattr(kind, part) for part in ("name", "proof", "refresh"))
    (row,) = [
        line for line in PAGE.split("\n") if re.match(rf"\|[^|]*`{name}`[^|]*\| [a-z]", line) and "`is`" not in line
    ]
    _, _, flow, proves, refreshes, _ = row.split("|")
    grants = getattr(kind, "grant_types")  # noqa: B009
    assert ("authorization code" in flow) == ("authorization_code" in grants)
    assert ("device code" in flow) == any("device" in grant for grant in grants)
    assert ("client credentials" in flow) == ("client_credentials" in grants)
    assert proves.strip().startswith("yes" if proof == "required" else "public client")
    assert ("unless" in proves) == (proof == "optional")
    assert f"`{refresh}`" in refreshes or refresh == "none" == refreshes.strip()[:4]


def test_the_page_shows_what_a_mistake_looks_like(somewhere: Path) -> None:
    """Word for word."""
    shown = re.search(r"^```text\nlicet\.toml:14(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    assert shown
    text = 'issuer = "https://id.example.com"\n' + "\n" * 8
    text += '[app.shop]\nis = "web-app"\nkey = { file = "shop.pub.pem" }\nmay = "openid"\n'
    text += 'callback = "https://*.shop.example.com/cb"\n'
    (somewhere / "licet.toml").write_text(text)
    with pytest.raises(Exception, match="wildcard") as caught:
        read(somewhere / "licet.toml")
    assert f"licet.toml:14{shown[1]}".strip() == str(caught.value).removesuffix("\n\n1 mistake")


def test_numbers_are_the_codes() -> None:
    assert f"worth {SECRET_BITS} bits" in PAGE
