"""One request, one answer: no redirect, no plain http off this machine, no endless body."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from licet.client.transport import Exchange, Transport, Unreachable, Unsafe


class Server(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/target")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(b"x" * 65536)
            except OSError:
                return
        else:
            self.send_response(200)
            self.send_header("Set-Cookie", "a=1")
            self.send_header("Set-Cookie", "b=2")
            self.end_headers()
            self.wfile.write(b"[1]")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body + b"|" + self.headers["Content-Type"].encode())

    def log_message(self, *_args: object) -> None: ...


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_redirects_are_not_followed(origin: str) -> None:
    """CL-12."""
    seen: list[Exchange] = []
    with Transport(seen.append) as transport:
        answer = transport.get(f"{origin}/moved")
    assert (answer.status, answer.header("location")) == (302, "/target")
    assert len(seen) == 1


def test_an_endless_answer_ends(origin: str) -> None:
    """CL-08."""
    with Transport() as transport, pytest.raises(Unreachable, match="longer than"):
        transport.get(f"{origin}/endless")


def test_a_form_is_sent_as_one(origin: str) -> None:
    with Transport() as transport:
        answer = transport.post(f"{origin}/", (("a", "1 &"), ("a", "ä")))
    assert answer.body == b"a=1+%26&a=%C3%A4|application/x-www-form-urlencoded"


def test_headers_may_come_twice(origin: str) -> None:
    with Transport() as transport:
        answer = transport.get(f"{origin}/")
    assert answer.every("set-cookie") == ("a=1", "b=2")
    with pytest.raises(Unreachable, match="no JSON object"):
        answer.json()


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(origin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with Transport() as transport:
        assert transport.get(f"{origin}/").status == 200


@pytest.mark.parametrize(
    "url", ["http://id.example.com/token", "http://127.0.0.1.example.com/", "http://10.0.0.1/", "ftp://127.0.0.1/", "x"]
)
def test_nothing_is_sent_in_clear_beyond_this_machine(url: str) -> None:
    with Transport() as transport, pytest.raises(Unsafe, match="nothing was sent"):
        transport.post(url, (("client_secret", "s"),))


def test_where_nobody_answers_it_says_so() -> None:
    with Transport() as transport, pytest.raises(Unreachable, match=r"http://127.0.0.1:1 does not answer"):
        transport.get("http://127.0.0.1:1/")
