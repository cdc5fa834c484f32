"""``licet plan`` and ``licet apply``: as people and pipelines call them, alone and beside a server that serves."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from licet.ambient import SystemEntropy
from licet.storage.vault import MasterKeys
from tests.cli.test_operators import SHOP, House, house  # noqa: F401  a fixture
from tests.cli.test_serve import issuer, licet

TOML = """\
issuer = "https://id.example.com"

[server]
store   = "sqlite:licet.db"
secrets = { file = "keys/master.key" }

[api.orders]
audience = "https://orders.example.com"
scopes   = { "orders:read" = "See your orders", "orders:write" = "Change your orders" }

[app.shop]
is       = "web-app"
callback = "https://shop.example.com/cb"
secret   = { env = "SHOP_SECRET" }
may      = ["openid", "orders:read"]

[app.job]
is     = "service"
secret = { file = "job.secret" }
may    = "orders:read"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("SHOP_SECRET", raising=False)
    (tmp_path / "keys").mkdir()
    key = tmp_path / "keys" / "master.key"
    key.write_text(MasterKeys.generate(SystemEntropy()))
    key.chmod(0o600)
    (tmp_path / "licet.toml").write_text(TOML)
    return tmp_path


def say(home: Path, *words: str, code: int = 0) -> str:
    done = licet(*words, where=home)
    assert done.returncode == code, (words, done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stdout + done.stderr


def edit(home: Path, old: str, new: str) -> None:
    text = (home / "licet.toml").read_text()
    assert old in text
    (home / "licet.toml").write_text(text.replace(old, new))


def applied(home: Path) -> None:
    say(home, "apply", "--yes", "--out-secrets", "secrets.env")


def test_a_plan_changes_nothing(home: Path) -> None:
    said = say(home, "plan")
    assert "+ app shop" in said
    assert "web-app · authorization code · may openid orders:read" in said
    assert "app.shop may be answered at https://shop.example.com/cb" in said
    assert "Plan: 5 to add, 0 to change, 0 to delete" in said
    assert not (home / "licet.db").exists()


def test_a_first_apply_makes_what_is_missing_and_a_plan_is_empty_afterwards(home: Path) -> None:
    said = say(home, "apply", "--yes", "--out-secrets", "secrets.env")
    assert "✓ 5 added" in said
    for name in ("secrets.env", "job.secret", "licet.db"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    lines = (home / "secrets.env").read_text()
    assert re.fullmatch(r"SHOP_SECRET=lctcs_[0-9A-Za-z]{49}\n", lines)
    secret = lines.strip().partition("=")[2]
    assert secret not in said
    for output in ("text", "markdown"):
        empty = licet("plan", "--check", "--output", output, where=home)
        assert (empty.returncode, empty.stdout, empty.stderr) == (0, "", "Nothing to do.\n")
    first, second = (say(home, "plan", "--output", "json") for _ in range(2))
    assert first == second
    assert json.loads(first)["changes"] == []
    os.environ["SHOP_SECRET"] = secret
    try:
        assert say(home, "plan", "--check") == ""
    finally:
        del os.environ["SHOP_SECRET"]
    assert secret.encode() not in (home / "licet.db").read_bytes()


def test_secrets_have_somewhere_to_go_before_anything_is_done(home: Path) -> None:
    assert "SHOP_SECRET must be made" in say(home, "apply", "--yes", code=2)
    (home / "secrets.env").write_text("mine")
    assert "secrets.env is there already" in say(home, "apply", "--yes", "--out-secrets", "secrets.env", code=3)
    assert (home / "secrets.env").read_text() == "mine"
    assert not (home / "job.secret").exists(), "what was written for it went again"
    assert "5 to add" in say(home, "plan")


def test_a_weak_secret_is_told_at_its_line(home: Path) -> None:
    (home / "job.secret").write_text("tooweak")
    assert "worth 32 bits" in say(home, "plan", code=2)
    assert "tooweak" not in say(home, "plan", code=2)


def test_check_is_for_pipelines(home: Path) -> None:
    say(home, "plan", "--check", code=1)
    edit(home, '"web-app"', '"webapp"')
    assert "licet.toml:12" in say(home, "plan", "--check", code=2)
    assert "licet.toml:12" in say(home, "apply", "--yes", code=2)


def test_a_store_that_cannot_be_read_proves_nothing(home: Path) -> None:
    applied(home)
    edit(home, "sqlite:licet.db", "sqlite:keys/master.key")
    said = licet("plan", "--check", where=home)
    assert said.returncode == 3
    assert "Traceback" not in said.stderr


def test_nobody_is_asked_where_nobody_is(home: Path) -> None:
    assert "say --yes" in say(home, "apply", "--out-secrets", "secrets.env", code=2)
    assert not (home / "secrets.env").exists()


def test_what_leaves_the_file_goes_only_with_leave(home: Path) -> None:
    applied(home)
    edit(home, TOML[TOML.index("[app.job]") :], "")
    said = say(home, "plan")
    assert "- app job" in said
    assert "needs --allow-delete" in said
    assert "1 deletion skipped (use --allow-delete)" in say(home, "apply", "--yes")
    say(home, "plan", "--check", code=1)
    assert "1 deleted" in say(home, "apply", "--yes", "--allow-delete")
    say(home, "plan", "--check")


def test_what_was_saved_is_done_or_nothing(home: Path) -> None:
    applied(home)
    edit(home, '"orders:read"]', '"orders:read", "orders:write"]')
    say(home, "plan", "--out", "friday.plan")
    assert stat.S_IMODE((home / "friday.plan").stat().st_mode) == 0o600
    edit(home, "See your orders", "See orders")
    said = say(home, "apply", "--plan", "friday.plan", "--yes", code=1)
    assert "the file says something else than when friday.plan was made" in said
    edit(home, "See orders", "See your orders")
    assert "1 changed" in say(home, "apply", "--plan", "friday.plan", "--yes")
    said = say(home, "apply", "--plan", "friday.plan", "--yes", code=1)
    assert "the store holds something else" in said
    assert "There is nothing to do now." in said
    (home / "friday.plan").write_text("{}")
    assert "is not a plan" in say(home, "apply", "--plan", "friday.plan", "--yes", code=2)


def test_scripts_and_pull_requests_read_it(home: Path) -> None:
    applied(home)
    edit(home, "See your orders", "See <b>orders</b> | `x`")
    told = json.loads(say(home, "plan", "--output", "json"))
    assert told["version"] == 1
    assert told["changes"][0]["fields"][0]["name"] == "says"
    page = say(home, "plan", "--output", "markdown")
    assert page.startswith("### licet plan: 0 to add, 1 to change, 0 to delete")
    assert "&#60;b&#62;orders&#60;/b&#62; \\| \\`x\\`" in page
    done = json.loads(say(home, "apply", "--yes", "--output", "json"))
    assert (done["done"], done["skipped_deletions"]) == ({"added": 0, "changed": 1, "deleted": 0}, 0)


def test_a_secret_is_rotated_with_an_overlap(home: Path) -> None:
    applied(home)
    edit(home, '{ file = "job.secret" }', '[{ file = "job.secret" }, { file = "job.new" }]')
    told = json.loads(say(home, "plan", "--output", "json"))
    assert told["secrets_to_make"] == []
    (home / "job.new").write_text("8f14e45fceea167a5a36dedd4bea2543c9f0f895fb98")
    assert "credentials: 1 added, 0 dropped" in say(home, "plan")
    say(home, "apply", "--yes")
    edit(home, '[{ file = "job.secret" }, { file = "job.new" }]', '{ file = "job.new" }')
    assert "credentials: 0 added, 1 dropped" in say(home, "plan")
    say(home, "apply", "--yes")
    say(home, "plan", "--check")


def test_whoever_is_killed_leaves_what_was_there_or_what_was_wanted(home: Path) -> None:
    """Killed at any moment of it: the store holds all of it or nothing, and the next run finishes."""
    apps = "".join(f'[app.tv{n}]\nis = "tv"\nname = "TV {n}"\nmay = ["openid"]\n' for n in range(60))
    (home / "licet.toml").write_text(TOML + apps)
    (home / "secrets.env").unlink(missing_ok=True)
    counts = set()
    for delay in (0.3, 0.45, 0.5, 0.6):
        for left in ("secrets.env", "job.secret"):
            (home / left).unlink(missing_ok=True)
        command = [sys.executable, "-m", "licet", "apply", "--yes", "--out-secrets", "secrets.env"]
        process = subprocess.Popen(command, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
        told = json.loads(say(home, "plan", "--output", "json"))
        counts.add(len(told["changes"]))
        if not told["changes"]:
            break
    assert counts <= {65, 0}, "never a part"
    for left in ("secrets.env", "job.secret"):
        if counts and 0 not in counts:
            (home / left).unlink(missing_ok=True)
    say(home, "apply", "--yes", *([] if 0 in counts else ["--out-secrets", "secrets.env"]))
    say(home, "plan", "--check")


def test_what_came_in_another_way_is_not_taken_over(home: Path) -> None:
    """Its id is taken: the file's app is another one, and whoever agreed to the first did not agree to it."""
    applied(home)
    with closing(sqlite3.connect(home / "licet.db")) as connection, connection:
        connection.execute("UPDATE clients SET source = 'dcr' WHERE client_id = 'job'")
    for command in ("plan", "apply"):
        assert "app.job is there already, and came in another way (dcr)" in say(home, command, code=2)


def test_an_audience_that_is_still_anothers_is_said(home: Path) -> None:
    applied(home)
    edit(home, "[api.orders]", "[api.sales]")
    assert "say --allow-delete" in say(home, "apply", "--yes", code=1)
    say(home, "apply", "--yes", "--allow-delete")
    say(home, "plan", "--check")


def until(seen: Any, what: str) -> None:
    end = time.monotonic() + 1.5
    while not seen():
        assert time.monotonic() < end, what
        time.sleep(0.05)


def test_a_running_server_honours_it_within_a_second(house: House) -> None:  # noqa: F811
    """A callback that goes is refused, a scope that goes narrows, an app that goes takes its grants along."""
    tokens = house.tokens()
    ask = {
        "response_type": "code",
        "client_id": "shop",
        "scope": "openid",
        "redirect_uri": "http://127.0.0.1:9/callback",
    }

    def refused() -> bool:
        answer = requests.get(issuer(house.home) + "/authorize", params=ask, timeout=10, allow_redirects=False)
        return answer.status_code == 400 and "location" not in answer.headers

    assert not refused()
    path = house.home / "licet.toml"
    text = path.read_text()
    path.write_text(text.replace("http://127.0.0.1:9/callback", "http://127.0.0.1:9/elsewhere"))
    house.licet("apply", "--yes")
    until(refused, "the old address is refused")
    path.write_text(
        text.replace('may = ["openid", "offline_access", "notes:read"]', 'may = ["openid", "offline_access"]')
    )
    said = house.licet("plan")
    assert "1 live grant loses notes:read" in said
    house.licet("apply", "--yes")
    until(lambda: "notes:read" not in house.refresh(tokens).get("scope", "notes:read"), "the scope is gone")
    path.write_text(text.replace(SHOP, ""))
    assert "1 live grant ends" in house.licet("plan")
    house.licet("apply", "--yes", "--allow-delete")
    until(lambda: house.refresh(tokens).get("error") == "invalid_client", "the app is gone")
    path.write_text(text)
    house.licet("apply", "--yes")
    until(
        lambda: house.refresh(tokens).get("error") == "invalid_grant",
        "it is back, and its grants are as dead as before",
    )
