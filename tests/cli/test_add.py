"""``licet add``, as people call it: the transcript, the refusals, and an app that signs in afterwards."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from licet.registration.kinds import BY_NAME
from licet.registration.manifest import read
from licet.registration.snippets import Snippet
from tests.clients.operated import serving
from tests.clients.snippets import Program, keys

FILE = """\
issuer = "https://id.example.com"   # ours

[api.orders]
audience = "https://orders.example.com"
scopes   = { "orders:read" = "See your orders" }

# The shop. Ask Ann before you change it.
[app.shop]
is="web-app"
secret = { env = "SHOP" }
callback =   "https://shop.example.com/cb"
may = [ "openid", ]

# How long
[lifetimes]
access_token_s = 300
"""


def licet(directory: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "licet", *words],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "licet.toml").write_text(FILE)
    (tmp_path / "licet.toml").chmod(0o640)
    return tmp_path


def added(home: Path) -> str:
    return (home / "licet.toml").read_text()


def test_the_transcript(home: Path) -> None:
    run = licet(home, "add", "tv", "lounge-tv", "--name", "Lounge TV", "--may", "orders:read")
    assert run.returncode == 0, run.stderr
    assert run.stdout == (
        "  lounge-tv is a tv → device code (RFC 8628), public client, refresh token 30 days sliding, 90 at most; rotates\n"
        "    because  it has no browser and no keyboard, and cannot keep a secret (RFC 8628)\n"
        '    instead  if the set-top box has a browser, say  is = "tv-with-browser"  and it gets code + PKCE\n'
        "  written to licet.toml (comments kept)\n"
    )
    piece = '[app.lounge-tv]\nis   = "tv"\nname = "Lounge TV"\nmay  = ["orders:read"]\n\n'
    assert added(home) == FILE.replace("# How long", f"{piece}# How long")
    assert stat.S_IMODE((home / "licet.toml").stat().st_mode) == 0o640
    assert [path.name for path in home.iterdir()] == ["licet.toml"]


def test_a_dry_run_shows_the_difference_and_writes_nothing(home: Path) -> None:
    run = licet(home, "add", "tv", "lounge-tv", "--may", "orders:read", "--dry-run")
    assert run.returncode == 0
    assert '+[app.lounge-tv]\n+is  = "tv"\n+may = ["orders:read"]\n+\n' in run.stdout
    assert run.stdout.startswith("--- licet.toml\n+++ licet.toml\n")
    assert added(home) == FILE


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("add tv shop --may openid", 1, "There is an app shop already: licet.toml:8"),
        ("add api orders --audience https://other.example.com", 1, "There is an api orders already: licet.toml:3"),
        ("add tv x --may orders:raed", 2, "did you mean orders:read?"),
        ("add tv x --callback https://x.example.com/cb", 2, "a tv has none: no browser comes back to it"),
        ("add tv x --secret-env X", 1, "secret-in-the-open"),
        ("add web-app x --callback https://x.example.com/*", 2, "licet.toml:"),
        ("add web-app x", 2, "people must be brought back to it"),
        ("add service x", 2, "Scopes of APIs here: orders:read"),
        ("add service x --may openid", 2, "nobody signs in to a service"),
        ("add service x --may orders:read --key-file none.pem", 2, "none.pem"),
        ("add service x --may orders:read --key-file a --secret-env B", 2, "one secret or one key"),
        ("add legacy x --callback https://x.example.com/cb", 2, "needs a written reason"),
        ("add tv api.x", 2, "cannot be a client_id"),
        ("add tv ../x", 2, "cannot be a client_id"),
        ("add api licet-admin --audience https://a.example.com", 2, "it is reserved"),
        ("add api x --audience https://orders.example.com", 2, "already belongs to api.orders"),
        ("add api x --audience https://a.example.com --scope read", 2, 'write "orders:read=See your orders"'),
        ("add api x --audience https://a.example.com --sensitive y", 2, "none of its scopes"),
        ("add tv x --to ../elsewhere.toml", 2, "is no file of conf.d"),
        ("add desktop-app x --regulated --callback http://127.0.0.1/cb", 1, "regulated-in-the-open"),
        ("add teapot x", 2, "No such command"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(home: Path, words: str, code: int, says: str) -> None:
    run = licet(home, *words.split())
    assert run.returncode == code, run.stderr
    assert says in run.stderr
    assert "Traceback" not in run.stderr
    assert added(home) == FILE
    assert [path.name for path in home.iterdir()] == ["licet.toml"]


def test_a_file_that_is_wrong_already_is_not_added_to(home: Path) -> None:
    (home / "licet.toml").write_text(FILE.replace("web-app", "wep-app"))
    run = licet(home, "add", "tv", "x", "--may", "openid")
    assert run.returncode == 2
    assert 'write is = "web-app"' in run.stderr
    assert "app.x" not in added(home)
    (home / "licet.toml").unlink()
    assert "licet init" in licet(home, "add", "tv", "x").stderr


def test_a_part_for_a_team(home: Path) -> None:
    for name in ("one", "two"):
        assert licet(home, "add", "cli", name, "--to", "team.toml").returncode == 0
    assert added(home) == FILE
    part = (home / "conf.d" / "team.toml").read_text()
    assert part == '[app.one]\nis  = "cli"\nmay = ["openid"]\n\n[app.two]\nis  = "cli"\nmay = ["openid"]\n'
    run = licet(home, "add", "tv", "one")
    assert "There is an app one already: conf.d/team.toml:1" in run.stderr


def test_an_api_with_words_and_a_sensitive_scope(home: Path) -> None:
    words = ["--scope", "pay:send=Send money = from your account", "--scope", "pay:see=See payments"]
    run = licet(home, "add", "api", "pay", "--audience", "https://pay.example.com", *words, "--sensitive", "pay:send")
    assert run.returncode == 0, run.stderr
    pay = {api.name: api for api in read(home / "licet.toml").apis}["pay"]
    assert [(one.name, one.says, one.sensitive) for one in pay.scopes] == [
        ("pay:send", "Send money = from your account", True),
        ("pay:see", "See payments", False),
    ]
    assert "[api.pay.scopes]\n" in added(home)


def test_whatever_people_write_stays_text(home: Path) -> None:
    name = 'A "quoted" \\ name ] = # ü 🦊'
    assert licet(home, "add", "tv", "a.b~c", "--name", name, "--owner", "x\ty").returncode == 2
    assert licet(home, "add", "tv", "a.b~c", "--name", name, "--owner", "the 'team'").returncode == 0
    app = {app.client_id: app for app in read(home / "licet.toml").apps}["a.b~c"]
    assert (app.metadata.client_name, app.owner) == (name, "the 'team'")


@pytest.mark.parametrize("kind", BY_NAME)
def test_the_example_of_every_kind_works(home: Path, kind: str) -> None:
    said = licet(home, "add", kind, "--help").stdout
    example = next(line for line in said.splitlines() if line.strip().startswith(f"licet add {kind}"))
    command = example.strip().replace("licet", f"{sys.executable} -m licet", 1)
    run = subprocess.run(["sh", "-c", command], cwd=home, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    assert f"is a {kind} →" in run.stdout


def test_regulated_and_third_party(home: Path) -> None:
    keys(home)
    (home / "strict-web-app.pub.pem").rename(home / "bank.pub.pem")
    words = ["--callback", "https://bank.example.com/cb", "--may", "orders:read", "--regulated"]
    run = licet(home, "add", "web-app", "bank", *words, "--output", "json")
    assert run.returncode == 0, run.stderr
    said = json.loads(run.stdout)
    assert said["added"] == {"is": "web-app", "id": "bank", "file": "licet.toml", "written": True}
    assert (
        licet(home, "add", "desktop-app", "theirs", "--callback", "http://127.0.0.1/cb", "--third-party").returncode
        == 0
    )
    apps = {app.client_id: app for app in read(home / "licet.toml").apps}
    assert apps["bank"].metadata.require_pushed_authorization_requests
    assert apps["bank"].metadata.token_endpoint_auth_method == "private_key_jwt"
    assert apps["bank"].access_token_s == 300
    assert apps["theirs"].consent == "always"


def test_from_nothing_to_a_token(tmp_path: Path) -> None:
    """init, add an API, add a service, serve, print its code, run it."""
    assert licet(tmp_path, "init", "--yes").returncode == 0
    added_api = licet(
        tmp_path, "add", "api", "jobs", "--audience", "https://jobs.example.com", "--scope", "jobs:run=Run jobs"
    )
    assert added_api.returncode == 0, added_api.stderr
    assert licet(tmp_path, "add", "service", "nightly", "--may", "jobs:run").returncode == 0
    text = (tmp_path / "licet.toml").read_text()
    apart = tmp_path / "served"
    apart.mkdir()
    secret = "0123456789abcdefghijklmnopqrstuvwxyz"
    jobs = text[text.index("[api.jobs]") : text.index("# A web-app")] + text[text.index("[app.nightly]") :]
    with serving(apart, jobs, {"NIGHTLY_SECRET": secret}) as server:
        code = licet(apart, "advise", "--id", "nightly", "--stack", "python-httpx2")
        assert code.returncode == 0, code.stderr
        environ = {"NIGHTLY_SECRET": secret, "NO_PROXY": "127.0.0.1"}
        with Program(Snippet("nightly.py", "", code.stdout), tmp_path, environ) as program:
            assert program.ends() == 0, program.text
        assert "good for jobs:run" in program.text
        assert requests.get(f"{server.issuer}/readyz", timeout=10).ok


def test_help_lists_kinds_and_examples(home: Path) -> None:
    said = licet(home, "add", "--help").stdout
    assert 'licet add tv lounge-tv --name "Lounge TV"' in said
    assert all(kind in said for kind in (*BY_NAME, "api"))
