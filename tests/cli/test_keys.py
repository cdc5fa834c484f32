"""``licet keys`` beside a server that runs."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import requests

from licet.ambient import SystemEntropy
from licet.storage.vault import MasterKeys
from tests.cli.test_serve import free_port, home, issuer, licet, serving

__all__ = ["free_port", "home"]


def listed(home: Path, *options: str) -> list[dict[str, Any]]:
    answer = licet("keys", "list", "--output", "json", *options, where=home)
    assert answer.returncode == 0, answer.stderr
    said = json.loads(answer.stdout)
    assert said["version"] == 1
    return list(said["keys"])


def of(keys: list[dict[str, Any]], state: str) -> set[str]:
    return {
        key["kid"] for key in keys if (key["purpose"], key["alg"], key["state"]) == ("access_token", "ES256", state)
    }


def published(home: Path) -> set[str]:
    return {key["kid"] for key in requests.get(issuer(home) + "/jwks", timeout=5).json()["keys"]}


def soon(home: Path, *, there: set[str] = frozenset(), gone: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """Within a second (rulings T)."""
    deadline = time.monotonic() + 1
    while not (there <= published(home) and not gone & published(home)):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_rotate_and_revoke_beside_a_server(home: Path) -> None:
    with serving(home):
        (old,) = of(listed(home), "active")
        made = licet("keys", "rotate", "--purpose", "access_token", "--alg", "ES256", where=home)
        assert made.returncode == 0, made.stderr
        assert "signs from" in made.stdout
        (pending,) = of(listed(home), "pending")
        soon(home, there={old, pending})
        assert licet("keys", "rotate", "--now", where=home).returncode == 2  # nobody is there to be asked
        again = ("keys", "rotate", "--purpose", "access_token", "--alg", "ES256", "--now", "--yes", "--output", "json")
        now = licet(*again, where=home)
        assert now.returncode == 0, now.stderr
        assert [key["kid"] for key in json.loads(now.stdout)["keys"]] == [pending]
        assert (of(listed(home), "active"), of(listed(home), "retiring")) == ({pending}, {old})
        soon(home, there={old, pending})
        assert licet("keys", "revoke", pending, "--reason", "leaked", where=home).returncode == 2
        assert licet("keys", "revoke", pending, "--reason", " ", "--yes", where=home).returncode == 2
        revoked = licet("keys", "revoke", pending, "--reason", "leaked", "--yes", where=home)
        assert revoked.returncode == 0, revoked.stderr
        soon(home, there={old} | of(listed(home), "active"), gone={pending})
        twice = licet("keys", "revoke", pending, "--reason", "leaked", "--yes", where=home)
        assert (twice.returncode, pending in twice.stderr) == (1, True)
        assert "revoked" in licet("keys", "list", where=home).stdout
        (told,) = licet("event", "list", "--type", "key.revoked", "--output", "json", where=home).stdout.splitlines()
        event = json.loads(told)
        assert (event["object"], event["reason"], bool(event["request_id"])) == (pending, "leaked", True)


def test_the_master_secret_is_changed(home: Path) -> None:
    """As docs/operating.md says it: a new line first, reseal; then the keys open without the old line."""
    with serving(home):
        before = listed(home)
    secret = next(path for path in home.rglob("*.key"))
    old = secret.read_text()
    secret.write_text(MasterKeys.generate(SystemEntropy()) + "\n" + old)
    done = licet("keys", "reseal", where=home)
    assert (done.returncode, done.stdout.split()[0]) == (0, "6"), done.stderr
    assert licet("keys", "reseal", where=home).stdout.split()[0] == "0"
    assert listed(home) == before
    strange = secret.read_text()
    secret.write_text(MasterKeys.generate(SystemEntropy()) + "\n")
    closed = licet("keys", "reseal", where=home)
    assert (closed.returncode, "Nothing was done" in closed.stderr) == (3, True), closed.stderr
    secret.write_text(strange.splitlines()[0] + "\n")
    with serving(home):
        assert published(home) == {key["kid"] for key in before}
