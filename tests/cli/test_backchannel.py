"""An app is told that a session ended although the server was killed before it could be: a notice outlives the process."""

from __future__ import annotations

import base64
import hashlib
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import requests

from licet.protocol import jose, logout_token
from licet.requirements import LOGOUT_TOLD
from tests.cli.test_serve import PASSWORD, free_port, issuer, licet, serving
from tests.visitor import Form


@dataclass
class Receiver:
    """The app's end: fails twice, then answers."""

    url: str = ""
    came: list[tuple[float, str]] = field(default_factory=list)

    def wait_for(self, number: int, seconds: float = 20) -> None:
        until = time.monotonic() + seconds
        while len(self.came) < number:
            assert time.monotonic() < until, f"{len(self.came)} attempts came, not {number}"
            time.sleep(0.05)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            receiver.came.append((time.time(), parse_qs(body)["logout_token"][0]))
            self.send_response(503 if len(receiver.came) < 3 else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}/logged-out"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()


def configured(home: Path, receiver: Receiver) -> None:
    made = licet("init", "--yes", "--app", "web-app", "--app-id", "shop", where=home)
    assert made.returncode == 0, made.stderr
    file = home / "licet.toml"
    text = file.read_text().replace("127.0.0.1:8414", f"127.0.0.1:{free_port()}")
    told = (
        f'\n[app.shop.expert]\nbackchannel_logout_uri = "{receiver.url}"\n\n[server.egress]\nallow = ["127.0.0.1/32"]\n'
    )
    file.write_text(text + told)
    added = licet("user", "add", "alice@example.com", "--password-stdin", where=home, feed=PASSWORD + "\n")
    assert added.returncode == 0, added.stderr


def sign_in(home: Path) -> None:
    """Alice, at the shop, up to the code."""
    browser, at = requests.Session(), issuer(home)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(b"v" * 43).digest()).rstrip(b"=").decode()
    asked = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": "http://127.0.0.1:3000/callback",
        "scope": "openid",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    page = browser.get(f"{at}/authorize", params=asked, timeout=10)
    for button, typed in (
        ("login-submit", {"login": "alice@example.com", "password": PASSWORD}),
        ("consent-allow", {"decision": "allow"}),
    ):
        if Form(page.text).continues is not None:  # agreed to before
            break
        form = Form(page.text).with_button(button)
        page = browser.post(at + form["action"], data=form["fields"] | typed, timeout=10)
    assert Form(page.text).continues is not None, page.text[:500]


@pytest.mark.witness(LOGOUT_TOLD)
def test_a_notice_outlives_the_process(tmp_path: Path) -> None:
    """A password is changed by a command line: the server tells the shop, hears 503 twice, and is killed. The next one goes
    on where it was. And what ends while no server runs is told by the next one as well."""
    with receiving() as receiver:
        configured(tmp_path, receiver)
        with serving(tmp_path) as process:
            keys = requests.get(f"{issuer(tmp_path)}/jwks", timeout=10).json()["keys"]
            sign_in(tmp_path)
            changed = licet(
                "user", "passwd", "alice@example.com", "--password-stdin", where=tmp_path, feed=PASSWORD + "\n"
            )
            assert changed.returncode == 0, changed.stderr
            receiver.wait_for(2)
            assert receiver.came[1][0] - receiver.came[0][0] > 0.8, "not at once again"
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        with serving(tmp_path) as process:
            receiver.wait_for(3, 45)
            sign_in(tmp_path)
            process.send_signal(signal.SIGKILL)
            process.wait(10)
        ended = licet("user", "disable", "--yes", "alice@example.com", where=tmp_path)
        assert ended.returncode == 0, ended.stderr
        assert len(receiver.came) == 3
        with serving(tmp_path):
            receiver.wait_for(4)
            time.sleep(2)
    assert len(receiver.came) == 4, "what was heard is not said again"
    said = [
        logout_token.check(
            token,
            {jwk["kid"]: jose.VerifyingKey.from_jwk(jwk) for jwk in keys},
            issuer=issuer(tmp_path),
            client_id="shop",
            algs=frozenset({"RS256"}),
            now_s=int(at),
        )
        for at, token in receiver.came
    ]
    assert len({one.jti for one in said}) == 4
    assert [one.sid == said[0].sid for one in said] == [True, True, True, False]
    assert len({one.sub for one in said}) == 1
