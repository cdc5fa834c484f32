"""``licet init``, ``doctor``, ``user``, ``serve``: as somebody would who has never seen them."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

from licet.cli.opening import opened, read
from licet.registration import applying
from licet.requirements import TLS_REQUIRED

PASSWORD = "correct horse battery staple"


def licet(*arguments: str, where: Path, feed: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "licet", *arguments],
        cwd=where,
        input=feed,
        text=True,
        capture_output=True,
        check=False,
        timeout=60,
    )


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that ``licet init`` filled, at a port of its own."""
    made = licet("init", "--yes", "--app", "service", "--app-id", "nightly", where=tmp_path)
    assert made.returncode == 0, made.stderr
    file = tmp_path / "licet.toml"
    file.write_text(file.read_text().replace("127.0.0.1:8414", f"127.0.0.1:{free_port()}"))
    return tmp_path


def issuer(home: Path) -> str:
    return next(
        line.split('"')[1] for line in (home / "licet.toml").read_text().splitlines() if line.startswith("issuer")
    )


@contextmanager
def serving(home: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "licet", "serve", *options],
        cwd=home,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        for _ in range(150):
            try:
                if requests.get(issuer(home).replace("https", "http") + "/readyz", timeout=2).status_code == 200:
                    break
            except requests.RequestException:
                assert process.poll() is None, process.stdout.read() if process.stdout else ""
                time.sleep(0.2)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def token(home: Path, scope: str = "notes:read") -> requests.Response:
    secret = (home / "secrets" / "nightly.secret").read_text().strip()
    form = {"grant_type": "client_credentials", "client_id": "nightly", "client_secret": secret, "scope": scope}
    return requests.post(issuer(home) + "/token", data=form, timeout=10)


def test_from_nothing_to_a_token(home: Path) -> None:
    assert licet("doctor", where=home).returncode == 0
    added = licet("user", "add", "alice@example.com", "--password-stdin", where=home, feed=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr
    again = licet("user", "add", " ALICE@example.com", "--password-stdin", where=home, feed=PASSWORD + "\n")
    assert again.returncode == 1
    with serving(home) as process:
        assert token(home).status_code == 200
        busy = licet("serve", where=home)
        assert busy.returncode == 3
        assert str(process.pid) in busy.stderr or "in use" in busy.stderr or "taken" in busy.stderr
        changed = licet("user", "passwd", "alice@example.com", "--password-stdin", where=home, feed=PASSWORD + "!\n")
        assert changed.returncode == 0, changed.stderr
    assert process.returncode == 0


def test_an_interrupted_first_start_is_finished_by_the_next(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*_args: object) -> None:
        raise RuntimeError("the power went")

    with monkeypatch.context() as patched:
        patched.setattr("licet.cli.opening.keys.create", interrupted)
        with pytest.raises(RuntimeError, match="the power went"):
            asyncio.run(opened(read(home / "licet.toml"), lock=False, create=True))
    with serving(home):
        assert token(home).json()["access_token"].count(".") == 2


KILLED_HALF_WAY = """
import os, signal, sys
from licet.storage.sqlite import registration
grow, calls = registration.grow, []
def half_way(tx, issuer_id):
    grow(tx, issuer_id)
    calls.append(issuer_id)
    if len(calls) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
registration.grow = half_way
from licet.cli.main import main
main(["serve"])
"""


def test_a_first_start_that_is_killed_half_way_leaves_nothing_of_the_file(home: Path) -> None:
    """All of licet.toml or none: half of it would be served as it is, and never be filled again."""
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_HALF_WAY], cwd=home, capture_output=True, timeout=60, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr

    async def empty() -> bool:
        at = await opened(read(home / "licet.toml"), lock=False, create=False)
        present = await applying.stored(at.store, at.issuer.issuer_id)
        await at.store.close()
        return present.empty

    assert asyncio.run(empty())
    with serving(home) as process:
        assert token(home).json()["access_token"].count(".") == 2
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert "not applied" not in said


def test_the_store_is_what_is_served(home: Path) -> None:
    with serving(home):
        pass
    file = home / "licet.toml"
    file.write_text(file.read_text() + '\n[app.lounge-tv]\nis = "tv"\nname = "Lounge TV"\nmay = ["openid"]\n')
    with serving(home) as process:
        device = requests.post(issuer(home) + "/device_authorization", data={"client_id": "lounge-tv"}, timeout=10)
        assert device.status_code == 401, "not applied, so not known"
        process.send_signal(signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
    assert "1 change not applied" in said
    with serving(home, "--apply"):
        device = requests.post(issuer(home) + "/device_authorization", data={"client_id": "lounge-tv"}, timeout=10)
        assert device.status_code == 200, device.text


def test_a_start_says_what_the_rules_find(home: Path) -> None:
    """It serves all the same: what is only not as it should be keeps nobody out."""
    file = home / "licet.toml"
    secret = 'secret = { file = "secrets/nightly.secret" }'
    spared = f'[app.old]\nis = "web-app"\ncallback = "http://127.0.0.1:9/cb"\n{secret}\nprofile = "oidc-core"\nmay = "openid"\n'
    file.write_text(file.read_text() + "\n" + spared)
    with serving(home) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(2)]
    assert any("app.old: " in line and "LA-041" in line and "licet doctor" in line for line in said), said


@pytest.mark.witness(TLS_REQUIRED)
def test_what_serve_refuses_doctor_explains(home: Path) -> None:
    file = home / "licet.toml"
    key = home / "secrets" / "licet-master.key"
    right = file.read_text()
    cases = {
        "others can read the master secret": lambda: key.chmod(0o644),
        "an issuer that nobody does TLS for": lambda: file.write_text(
            right.replace(issuer(home), "https://id.example.com")
        ),
        "the key beside the store": lambda: file.write_text(right.replace("data/licet.db", "secrets/licet.db")),
        "no master secret": lambda: file.write_text(
            "".join(line for line in right.splitlines(keepends=True) if not line.startswith("secrets"))
        ),
    }
    for name, spoil in cases.items():
        file.write_text(right)
        key.chmod(0o600)
        spoil()
        told = licet("doctor", "--json", where=home)
        assert told.returncode == 1, name
        assert json.loads(told.stdout)["troubles"][0]["fix"], name
        refused = licet("serve", where=home)
        assert refused.returncode == 1, (name, refused.stderr)
        assert "fix" in refused.stderr, name
        assert not (home / "data" / "licet.db").exists(), name


def test_a_http_issuer_off_this_machine_is_a_mistake(home: Path) -> None:
    file = home / "licet.toml"
    file.write_text(file.read_text().replace(issuer(home), "http://id.example.com"))
    assert licet("serve", where=home).returncode in (1, 2)


def test_a_development_store_is_refused(home: Path, dev_server: object) -> None:
    from shutil import copyfile

    data = home / "data" / "licet.db"
    copyfile(Path(dev_server.dir) / "licet.db", data)  # type: ignore[attr-defined]
    copyfile(Path(dev_server.dir) / "master.key", home / "secrets" / "licet-master.key")  # type: ignore[attr-defined]
    (home / "secrets" / "licet-master.key").chmod(0o600)
    wal = Path(dev_server.dir) / "licet.db-wal"  # type: ignore[attr-defined]
    if wal.exists():
        copyfile(wal, home / "data" / "licet.db-wal")
    refused = licet("serve", where=home)
    assert refused.returncode != 0
    assert "development" in refused.stderr


def test_all_mistakes_at_once(home: Path) -> None:
    (home / "licet.toml").write_text('issuer = "ftp://x"\n[app.a]\nis = "web-ap"\nmya = []\n')
    told = licet("serve", where=home)
    assert told.returncode == 2
    assert all(word in told.stderr for word in ("licet.toml:1", "web-app", "may"))


def test_a_short_password_is_refused(home: Path) -> None:
    told = licet("user", "add", "bob", "--password-stdin", where=home, feed="short\n")
    assert told.returncode == 2
    assert "15" in told.stderr


def test_people_are_added_with_what_apps_may_see(home: Path) -> None:
    """Read as the profile page reads it, and refused as it refuses."""
    add = ("user", "add", "alice", "--password-stdin")
    claims = ("--claim", "given_name=Alice", "--claim", "locality=Lisboa", "--claim", "email=alice@example.com")
    added = licet(*add, *claims, where=home, feed=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr
    (store,) = home.glob("**/licet.db")
    with closing(sqlite3.connect(store)) as connection:
        ((profile,),) = connection.execute("SELECT profile FROM accounts").fetchall()
    assert json.loads(profile) == {
        "given_name": "Alice",
        "address": {"locality": "Lisboa"},
        "email": "alice@example.com",
        "email_verified": False,
    }
    for wrong, said in (("birthdate=soon", "birthdate"), ("email_verified=true", "email_verified"), ("x", "'x'")):
        refused = licet("user", "add", "bob", "--password-stdin", "--claim", wrong, where=home, feed=PASSWORD + "\n")
        assert refused.returncode == 2
        assert said in refused.stderr


def test_a_waiver_is_said_and_recorded_at_every_start(home: Path) -> None:
    today = datetime.now(UTC).date()
    waiver = (
        '\n[[waiver]]\nrequirement = "pkce-required"\nclient = "nightly"\n'
        f'reason = "it signs nobody in"\nuntil = {today + timedelta(days=3)}\n'
    )
    (home / "licet.toml").write_text((home / "licet.toml").read_text() + waiver)
    told = licet("doctor", where=home)
    assert told.returncode == 0
    assert "waiver: nightly is spared until" in told.stdout
    with serving(home):
        listed = licet("event", "list", "--type", "configuration.applied", "--output", "json", where=home)
    assert listed.returncode == 0, listed.stderr
    assert "waivers" in listed.stdout
    assert f"nightly pkce-required until {today + timedelta(days=3)}" in listed.stdout
