"""``licet init`` leaves a configuration that works, and never overwrites anything."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from licet.ambient import Instant, SystemEntropy
from licet.cli import init as verb
from licet.cli.preflight import troubles
from licet.registration.desired import records
from licet.registration.init import LOCAL, Answers, address, begin, unacceptable
from licet.registration.kinds import BY_NAME, Kind
from licet.registration.manifest import read
from licet.registration.references import resolver, strength_bits
from licet.storage.vault import MasterKeys, Vault

ENTROPY = SystemEntropy()
ADDRESSES = [
    LOCAL,
    "http://localhost:80",
    "http://[::1]:9000",
    "https://id.example.com",
    "https://example.com:8443/id",
    "https://192.0.2.1",
    "https://id.example.co.uk",
    "https://intranet",
]


def run(directory: Path, *arguments: str, says: str | None = None) -> Result:
    return CliRunner().invoke(verb.init, ["--dir", str(directory), *arguments], input=says)


@pytest.mark.parametrize("kind", BY_NAME.values(), ids=BY_NAME)
@pytest.mark.parametrize("issuer", ADDRESSES)
def test_what_it_writes_is_read_without_a_mistake(tmp_path: Path, kind: Kind, issuer: str) -> None:
    """For every kind, at every sort of address; secrets included."""
    for file in begin(Answers(issuer=issuer, kind=kind), ENTROPY).files:
        (tmp_path / file.path).parent.mkdir(exist_ok=True)
        (tmp_path / file.path).write_text(file.text)
    manifest = read(tmp_path / "licet.toml")
    assert (manifest.issuer, [app.kind for app in manifest.apps]) == (issuer, [kind])
    reference = manifest.server.secrets
    assert reference is not None
    vault = Vault(MasterKeys.parse(resolver()(reference)), ENTROPY)
    assert records(manifest, 1, vault, entropy=ENTROPY, now=Instant(1), resolve_secret=resolver()).apps


def test_no_two_are_the_same() -> None:
    """No default credential exists."""
    first, second = (begin(Answers(), ENTROPY).files for _ in range(2))
    secret = {file.path for file in first if file.mode == 0o600}
    assert secret == {"secrets/licet-master.key", "secrets/my-web-app.secret"}
    assert all(one.text != other.text for one, other in zip(first, second, strict=True) if one.path in secret)
    assert all(strength_bits(file.text) > 128 for file in first if file.path in secret)


@pytest.mark.parametrize(
    ("answer", "issuer"),
    [
        ("id.example.com", "https://id.example.com"),
        (" https://id.example.com/ ", "https://id.example.com"),
        (LOCAL, LOCAL),
    ],
)
def test_an_address_is_understood(answer: str, issuer: str) -> None:
    assert address(answer) == issuer
    assert unacceptable(issuer) is None


class TestCommand:
    """The verb itself."""

    def test_it_writes_what_serve_accepts(self, tmp_path: Path) -> None:
        """Nothing stands between init and serve: keys apart from the store, and nobody else's to read."""
        result = run(tmp_path, "--address", "id.example.com", "--app", "web-app")
        assert result.exit_code == 0, result.output
        assert [one for one in troubles(read(tmp_path / "licet.toml")) if one.level == "refused"] == []
        assert stat.S_IMODE((tmp_path / "secrets/licet-master.key").stat().st_mode) == 0o600
        assert stat.S_IMODE((tmp_path / "secrets").stat().st_mode) == 0o700
        assert "licet serve" in result.output

    def test_secrets_and_store_stay_out_of_version_control(self, tmp_path: Path) -> None:
        run(tmp_path, "--yes")
        for folder in ("secrets", "data"):
            assert (tmp_path / folder / ".gitignore").read_text().endswith("*\n")

    def test_no_secret_is_printed(self, tmp_path: Path) -> None:
        result = run(tmp_path, "--yes")
        for name in ("licet-master.key", "my-web-app.secret"):
            assert (tmp_path / "secrets" / name).read_text().strip() not in result.output

    def test_it_asks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(verb, "_must_be_answerable", lambda: None)  # a test's input is no terminal
        result = run(tmp_path, says="http://id.example.com\nid.example.com\n\nhouse\ntv\n")
        assert result.exit_code == 0, result.output
        assert "is http" in result.output
        assert [app.kind.name for app in read(tmp_path / "licet.toml").apps] == ["tv"]

    def test_it_fails_where_nobody_is_there_to_answer(self, tmp_path: Path) -> None:
        result = run(tmp_path)
        assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
        assert "--yes" in result.output

    def test_for_scripts_it_speaks_json(self, tmp_path: Path) -> None:
        result = run(tmp_path, "--yes", "--app", "service", "--app-id", "nightly", "--output", "json")
        told = json.loads(result.output)
        assert "secrets/nightly.secret" in told["written"]
        assert told["next"] == ["licet serve"]
        assert all((tmp_path / name).exists() for name in told["written"])

    @pytest.mark.parametrize(
        "arguments",
        [
            ["--address", "http://id.example.com"],
            ["--address", "https://id.example.com/?x"],
            ["--store", "postgresql"],
            ["--app", "website"],
            ["--app-id", "api.x"],
            ["--app-id", "../x"],
            ["--app-id", 'a"]\nb'],
        ],
    )
    def test_a_wrong_call_writes_nothing(self, tmp_path: Path, arguments: list[str]) -> None:
        result = run(tmp_path, "--yes", *arguments)
        assert (result.exit_code, list(tmp_path.iterdir())) == (2, []), result.output

    @pytest.mark.parametrize("name", ["licet.toml", "secrets/licet-master.key", "secrets/my-web-app.secret"])
    def test_it_never_overwrites(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "secrets").mkdir()
        (tmp_path / name).write_text("mine")
        result = run(tmp_path, "--yes")
        assert (result.exit_code, name in result.output) == (1, True)
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == [Path(name).name]
        assert (tmp_path / name).read_text() == "mine"

    def test_a_link_to_nowhere_is_something_too(self, tmp_path: Path) -> None:
        (tmp_path / "licet.toml").symlink_to(tmp_path / "elsewhere")
        assert run(tmp_path, "--yes").exit_code == 1

    def test_half_a_configuration_is_not_left_behind(self, tmp_path: Path) -> None:
        (tmp_path / "data").write_text("a file where a directory is needed")
        result = run(tmp_path, "--yes")
        assert (result.exit_code, "could not be written" in result.output) == (3, True)
        assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["data"]

    def test_help_has_examples(self) -> None:
        result = CliRunner().invoke(verb.init, ["--help"])
        assert "licet init --address id.example.com --app web-app" in result.output

    def test_the_file_is_for_people(self, tmp_path: Path) -> None:
        """It says what is a guess, and where every key is described."""
        run(tmp_path, "--yes")
        text = (tmp_path / "licet.toml").read_text()
        assert "docs/configuration.md" in text
        assert text.count("<- change") == 2


def test_the_verb_is_a_click_command_that_loads_no_server() -> None:
    assert isinstance(verb.init, click.Command)
    loaded = "import sys, licet.cli.init; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic", "sqlalchemy", "uvicorn", "jinja2", "sqlite3", "httpx2"} & set(modules)
