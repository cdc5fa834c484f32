"""Printed programs at a server that is not as it should be: it slows them down, or is another than it says."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from licet.registration import snippets
from tests.clients import snippets as made
from tests.clients.played import needs

TV = next(app for app in made.apps(1) if app.client_id == "tv")


@dataclass
class Odd:
    """A server of few words."""

    issuer: str
    named: str
    """Who it says it is."""
    polls: list[float] = field(default_factory=list)

    def answers(self, path: str) -> tuple[int, dict[str, object]]:
        if path.startswith("/.well-known/"):
            names = ("token_endpoint", "device_authorization_endpoint", "authorization_endpoint", "jwks_uri")
            return 200, {"issuer": self.named, **{name: f"{self.issuer}/{name}" for name in names}}
        if path == "/device_authorization_endpoint":
            where = {"verification_uri": f"{self.issuer}/device", "user_code": "WDJB-MJHT", "device_code": "d"}
            return 200, {**where, "expires_in": 60, "interval": 1}
        self.polls.append(time.monotonic())
        return 400, {"error": ("slow_down", "access_denied")[len(self.polls) > 1]}


@contextmanager
def odd(named: str | None = None) -> Iterator[Odd]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = server.answers(self.path)
            encoded = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(encoded)))
            self.end_headers()
            self.wfile.write(encoded)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = f"http://127.0.0.1:{listening.server_port}"
    server = Odd(issuer, named or issuer)
    thread = threading.Thread(target=listening.serve_forever, daemon=True)
    thread.start()
    yield server
    listening.shutdown()
    listening.server_close()
    thread.join()


def code(stack: str, issuer: str) -> snippets.Snippet:
    if stack == "javascript":
        needs("openid-client")
    found = made.code(stack, TV, issuer)
    assert isinstance(found, snippets.Snippet)
    return found


@pytest.mark.parametrize("stack", snippets.STACKS)
def test_slow_down_adds_five_seconds(tmp_path: Path, stack: str) -> None:
    """RFC 8628 §3.5."""
    with odd() as server, made.Program(code(stack, server.issuer), tmp_path, {}) as program:
        assert program.ends(40) == 1, program.text
        first, second = server.polls
        assert 5.9 <= second - first < 15
    assert "access_denied" in program.text


@pytest.mark.parametrize("stack", snippets.STACKS)
def test_another_issuer_is_not_believed(tmp_path: Path, stack: str) -> None:
    """RFC 8414 §3.3: nothing is sent to who says to be somebody else."""
    with (
        odd("https://id.example.com") as server,
        made.Program(code(stack, server.issuer), tmp_path, {}) as program,
    ):
        assert program.ends() != 0
        assert server.polls == []
    assert "enter" not in program.text


@pytest.mark.parametrize("stack", snippets.STACKS)
def test_nobody_at_home_is_said_without_a_traceback(tmp_path: Path, stack: str) -> None:
    with odd() as server:
        gone = server.issuer
    with made.Program(code(stack, gone), tmp_path, {}) as program:
        assert program.ends() != 0
    assert "Traceback" not in program.text
    assert "\n    at " not in program.text
