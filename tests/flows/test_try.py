"""``licet try``: the three flows, by the real client, over real HTTP, against a real ``licet dev``."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from licet.protocol.secret_token import PATTERN
from tests.conftest import DevServer

JWT = re.compile(r"eyJ[\w-]{20,}\.[\w-]{20,}")
COMMAND = (sys.executable, "-m", "licet", "try")


def tried(server: DevServer | Path, *words: str) -> subprocess.CompletedProcess[str]:
    directory = server.dir if isinstance(server, DevServer) else server
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        [*COMMAND, *words, "--dir", str(directory)],
        check=False,
        capture_output=True,
        text=True,
        timeout=90,
        env=environment,
    )


def document(server: DevServer, *words: str) -> dict[str, Any]:
    done = tried(server, *words, "--json")
    assert done.returncode == 0, done.stderr or done.stdout
    assert done.stderr == ""
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.mark.parametrize("flow", ["web", "service", "tv"])
def test_each_flow_ends_with_one_call_allowed_and_one_refused(dev_server: DevServer, flow: str) -> None:
    told = document(dev_server, flow)
    assert (told["version"], told["flow"], told["completed"]) == (1, flow, True)
    assert told["issuer"] == dev_server.issuer
    assert told["allowed"]["status"] == 200
    assert (told["refused"]["status"], told["refused"]["error"]) == (403, "insufficient_scope")
    assert "This needs api.write" in told["refused"]["reason"]
    claims = told["tokens"]["access_token"]["claims"]
    assert dev_server.dev["api"]["audience"] in claims["aud"]
    assert told["steps"][0]["request"]["method"] == "GET"


def test_web_checks_everything_and_says_who(dev_server: DevServer) -> None:
    told = document(dev_server, "web")
    assert told["browser"] == "played"
    assert told["id_token_verified"] is True
    identity = told["tokens"]["id_token"]["claims"]
    assert identity["aud"] == "demo-web"
    assert told["userinfo"]["sub"] == identity["sub"] == told["tokens"]["access_token"]["claims"]["sub"]
    assert told["userinfo"]["email"] == "alice@example.com"
    assert "refresh_token" in told["tokens"]
    pages = [step["answer"].get("page", "") for step in told["steps"]]
    assert any("Sign in" in page for page in pages)


def test_tv_is_approved_by_alice(dev_server: DevServer) -> None:
    told = document(dev_server, "tv")
    assert re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", told["user_code"])
    assert told["browser"] == "played"
    assert told["tokens"]["access_token"]["claims"]["client_id"] == "demo-tv"
    assert "refresh_token" in told["tokens"]


def test_service_has_nobody_and_nothing_to_refresh(dev_server: DevServer) -> None:
    told = document(dev_server, "service")
    assert told["tokens"].keys() == {"access_token"}
    assert told["tokens"]["access_token"]["claims"]["sub"] == "demo-service"


@pytest.mark.parametrize("words", [("web",), ("service",), ("tv",), ("web", "--json"), ("tv", "--json")])
def test_no_secret_is_told(dev_server: DevServer, words: tuple[str, ...]) -> None:
    said = tried(dev_server, *words).stdout
    secrets = [person["password"] for person in dev_server.dev["people"]]
    secrets += [dev_server.dev["apps"]["service"]["client_secret"], dev_server.dev["api"]["client_secret"]]
    assert not [secret for secret in secrets if secret in said]
    assert not PATTERN.search(said)
    assert not JWT.search(said)


def test_whoever_asks_sees_tokens(dev_server: DevServer) -> None:
    told = document(dev_server, "service", "--show-tokens")
    assert JWT.match(told["tokens"]["access_token"]["value"])


@pytest.mark.parametrize("flow", ["web", "tv"])
def test_without_a_terminal_it_plays_the_person_and_says_so(dev_server: DevServer, flow: str) -> None:
    done = tried(dev_server, flow)
    assert done.returncode == 0, done.stderr
    assert "licet plays alice" in done.stdout
    assert "Done: one call was allowed, one was refused." in done.stdout


@pytest.mark.parametrize("words", [("web",), ("service", "--json"), ("tv",)])
def test_without_a_server_it_says_what_to_start(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = tried(tmp_path, *words)
    assert done.returncode == 3
    assert "Start it first: licet dev" in done.stderr
    if "--json" in words:
        assert json.loads(done.stdout)["completed"] is False


def test_a_server_that_is_gone_is_told_from_one_that_refuses(dev_server: DevServer, tmp_path: Path) -> None:
    gone = dev_server.dev | {"issuer": "http://127.0.0.1:1"}
    (tmp_path / "dev.json").write_text(json.dumps(gone))
    done = tried(tmp_path, "service", "--json")
    assert done.returncode == 3
    assert "does not answer" in json.loads(done.stdout)["problem"]


def test_a_refusal_is_exit_1(dev_server: DevServer, tmp_path: Path) -> None:
    changed = json.loads(json.dumps(dev_server.dev))
    changed["apps"]["service"]["client_secret"] = "wrong"
    changed["people"][0]["password"] = "wrong"
    (tmp_path / "dev.json").write_text(json.dumps(changed))
    done = tried(tmp_path, "service", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert told["problem"].startswith("Refused: invalid_client")
    assert [step["answer"]["status"] for step in told["steps"]] == [200, 401]
    done = tried(tmp_path, "web", "--json")
    assert done.returncode == 3
    assert "asks again" in json.loads(done.stdout)["problem"]


BROWSER = """
import json, sys
from pathlib import Path
from licet.client.transport import Transport
from licet.development.visitor import Visitor
dev = json.loads((Path(sys.argv[1]) / "dev.json").read_text())
with Transport() as transport:
    sent = transport.get(f"{sys.argv[2]}/sign-in").header("location")
    Visitor(transport, dev["issuer"], lambda _: None).go(sent, dev["people"][1])
    page = transport.get(f"{sys.argv[2]}/").body.decode()
half = Path(sys.argv[1]) / "half.html"
half.write_text(page)
half.rename(half.with_name("seen.html"))
"""


def test_on_a_terminal_with_a_display_the_web_shop_opens_a_browser(dev_server: DevServer, tmp_path: Path) -> None:
    """The browser is a script here; it signs in as bob, whom the shop has never heard of."""
    script = tmp_path / "browser.py"
    script.write_text(BROWSER)
    environment = os.environ | {"DISPLAY": ":99", "BROWSER": f"{sys.executable} {script} {dev_server.dir} %s"}
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "web", "--dir", str(dev_server.dir)], stdout=follower, stdin=follower, env=environment
    )
    os.close(follower)
    said = ""
    while select.select([leader], [], [], 60)[0]:
        try:
            said += os.read(leader, 65536).decode(errors="replace")
        except OSError:  # the other end is closed
            break
    os.close(leader)
    assert process.wait(10) == 0, said
    assert "licet plays" not in said
    assert "Bob Sample" in said
    seen, until = dev_server.dir / "seen.html", time.monotonic() + 30
    while not seen.exists() and time.monotonic() < until:  # the shop is done before its page has been written down
        time.sleep(0.05)
    assert "Hello" in seen.read_text()


def test_on_a_terminal_the_tv_shows_a_code_and_waits(dev_server: DevServer) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen([*COMMAND, "tv", "--dir", str(dev_server.dir)], stdout=follower, stdin=follower)
    os.close(follower)
    said = ""
    while "authorization_pending" not in said:
        assert select.select([leader], [], [], 60)[0], said
        said += os.read(leader, 65536).decode(errors="replace")
    process.kill()
    process.wait()
    os.close(leader)
    assert re.search(r"and enter   [A-Z]{4}-[A-Z]{4}", said)
    assert "█" in said
