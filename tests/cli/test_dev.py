"""``licet dev``, as a process: ready soon, says only what is true, leaves everything in order."""

from __future__ import annotations

import json
import math
import os
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import DevServer, start_dev, stop_dev

READY_S = 3.0
"""Product §1 says about a second; machines that run tests are busy."""


def get(url: str, **headers: str) -> httpx2.Response:
    return httpx2.get(url, headers=headers, trust_env=False)


def licet(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "licet", *words]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)


def token(server: DevServer, scope: str = "api.read") -> dict[str, Any]:
    job = server.dev["apps"]["service"]
    answer = httpx2.post(
        f"{server.issuer}/token",
        data={"grant_type": "client_credentials", "scope": scope},
        auth=(job["client_id"], job["client_secret"]),
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


def test_dev_json_says_what_runs(dev_server: DevServer) -> None:
    dev = dev_server.dev
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", dev["issuer"])
    assert [person["login"] for person in dev["people"]] == ["alice", "bob"]
    assert dev["apps"]["web"] == {"client_id": "demo-web", "redirect_uri": "http://127.0.0.1/callback"}
    assert dev["apps"]["tv"] == {"client_id": "demo-tv"}
    assert dev["apps"]["service"].keys() == {"client_id", "client_secret"}
    assert dev["api"]["scopes"] == ["api.read", "api.write"]
    metadata = get(f"{dev['issuer']}/.well-known/openid-configuration").json()
    assert metadata["issuer"] == dev["issuer"]
    assert get(f"{dev['issuer']}/readyz").status_code == 200


def test_nobody_else_reads_the_directory(dev_server: DevServer) -> None:
    for name in ("master.key", "dev.json", "dev.secrets.json", "licet.db"):
        assert stat.S_IMODE((dev_server.dir / name).stat().st_mode) == 0o600, name
    assert (dev_server.dir / ".gitignore").read_text() == "*\n"


def test_the_api_lets_in_who_may_come_in(dev_server: DevServer) -> None:
    url = dev_server.dev["api"]["url"]
    bearer = {"Authorization": f"Bearer {token(dev_server)['access_token']}"}
    assert get(url).status_code == 401
    assert get(url, **bearer).status_code == 200
    refused = httpx2.post(url, headers=bearer, trust_env=False)
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused.headers["www-authenticate"]
    assert get(f"{url}?access_token={token(dev_server)['access_token']}").status_code == 401


def test_the_api_may_introspect(dev_server: DevServer) -> None:
    api = dev_server.dev["api"]
    answer = httpx2.post(
        f"{dev_server.issuer}/introspect",
        data={"token": token(dev_server)["access_token"]},
        auth=(api["client_id"], api["client_secret"]),
        trust_env=False,
    )
    assert answer.json()["active"] is True
    assert answer.json()["aud"] == api["audience"]


def test_another_host_gets_nothing(dev_server: DevServer) -> None:
    """Rulings L, in dev too."""
    assert get(f"{dev_server.issuer}/jwks", Host="evil.example").status_code == 421


def test_a_second_one_says_who_is_first(dev_server: DevServer) -> None:
    second = licet("dev", "--port", "0", "--dir", str(dev_server.dir))
    assert second.returncode == 3
    assert f"in use by another licet dev (process {dev_server.process.pid}) at {dev_server.issuer}" in second.stderr
    assert json.loads((dev_server.dir / "dev.json").read_text()) == dev_server.dev


def test_a_taken_port_is_told_with_the_way_out(dev_server: DevServer, tmp_path: Path) -> None:
    port = dev_server.issuer.rpartition(":")[2]
    second = licet("dev", "--port", port, "--dir", str(tmp_path / "other"))
    assert second.returncode == 3
    assert f"Port {port} is taken" in second.stderr
    assert "--port 0" in second.stderr
    assert "Traceback" not in second.stderr


def test_from_start_to_start(tmp_path: Path) -> None:
    """First run, SIGTERM, second run on another port: what was made stays, what was said is true."""
    server = start_dev(tmp_path / ".licet")
    first, bearer = server.dev, token(server)["access_token"]
    code, said = stop_dev(server)
    assert code == 0
    assert not (server.dir / "dev.json").exists()
    assert said.startswith("licet 0.")
    assert "people  alice, bob   (passwords in" in said
    assert first["issuer"] in said
    for untrue in ("admin", "console", "mail", "one click"):
        assert untrue not in said.lower()
    ready = re.search(r"Ready in ([\d.]+) s\. Ctrl-C stops\.   Next: licet init", said)
    assert ready is not None

    server = start_dev(tmp_path / ".licet")
    second = server.dev
    assert (second["people"], second["apps"]) == (first["people"], first["apps"])
    assert second["api"]["client_secret"] == first["api"]["client_secret"]
    assert get(second["api"]["url"], Authorization=f"Bearer {token(server)['access_token']}").status_code == 200
    if second["issuer"] != first["issuer"]:
        assert get(second["api"]["url"], Authorization=f"Bearer {bearer}").status_code == 401
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0


def test_it_is_ready_soon(tmp_path: Path) -> None:
    """The machine may be doing other things too: the best of a few first runs counts."""
    best = math.inf
    for attempt in range(4):
        code, said = stop_dev(start_dev(tmp_path / str(attempt)))
        assert code == 0
        found = re.search(r"Ready in ([\d.]+) s", said)
        assert found is not None
        best = min(best, float(found[1]))
        if best < READY_S:
            return
    if os.getloadavg()[0] > 3 * (os.cpu_count() or 1):
        pytest.skip(f"this machine is too busy to measure anything: load {os.getloadavg()[0]}")
    pytest.fail(f"ready in {best} s at best")


def test_a_broken_directory_is_named(tmp_path: Path) -> None:
    server = start_dev(tmp_path)
    stop_dev(server)
    (tmp_path / "master.key").unlink()
    again = licet("dev", "--port", "0", "--dir", str(tmp_path))
    assert again.returncode == 3
    assert "master.key is gone" in again.stderr
    assert "Start afresh: rm -r" in again.stderr
    assert "Traceback" not in again.stderr


def test_help_is_short_and_has_examples() -> None:
    told = licet("dev", "--help").stdout
    assert "Examples:" in told
    assert "--port" in told
    assert "--dir" in told
