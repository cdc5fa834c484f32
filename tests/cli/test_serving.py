"""A real process: its port, its patience, and its end."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from licet.authorization_server.web.sockets import CannotListenError, listening
from licet.requirements import OVERLOAD_REFUSED, REQUEST_SIZE_BOUNDED, TLS_REQUIRED

PROGRAM = Path(__file__).with_name("server_process.py")


class Process:
    """A server, and words with it over plain sockets."""

    def __init__(self, *arguments: str) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, str(PROGRAM), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def line(self) -> str:
        assert self.popen.stdout
        return self.popen.stdout.readline().strip()

    def ready(self) -> int:
        said = self.line()
        assert said.startswith("ready http"), said + self.popen.communicate(timeout=10)[1]
        return int(said.rsplit(":", 1)[1])

    def end(self, number: int = signal.SIGTERM, timeout: float = 15) -> tuple[int, str, str]:
        self.popen.send_signal(number)
        out, err = self.popen.communicate(timeout=timeout)
        return self.popen.returncode, out, err


@pytest.fixture
def serve() -> Iterator[Callable[..., Process]]:
    started: list[Process] = []

    def start(*arguments: str) -> Process:
        started.append(Process(*arguments))
        return started[-1]

    yield start
    for each in started:
        each.popen.kill()
        each.popen.communicate()


@pytest.fixture(scope="module")
def patient() -> Iterator[tuple[Process, int]]:
    """One server for all tests that leave it as it was."""
    process = Process("127.0.0.1", "0")
    yield process, process.ready()
    process.popen.kill()
    process.popen.communicate()


def connect(port: int, host: str = "127.0.0.1") -> socket.socket:
    opened = socket.create_connection((host, port), timeout=10)
    opened.settimeout(10)
    return opened


def read(opened: socket.socket) -> bytes:
    """Everything until the other end closes."""
    pieces = []
    while True:
        try:
            piece = opened.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def head(path: str, port: int, *lines: str, method: str = "GET", host: str = "127.0.0.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/1.1", f"Host: {host}:{port}", *lines, "", ""]).encode()


def get(path: str, port: int, *lines: str, host: str = "127.0.0.1") -> bytes:
    with connect(port, host.strip("[]")) as opened:
        opened.sendall(head(path, port, "Connection: close", *lines, host=host))
        return read(opened)


def test_a_free_port_is_found_and_told_before_the_application_is_built(patient: tuple[Process, int]) -> None:
    """The Host is checked against an issuer with that very port."""
    said = get("/fast", patient[1])
    assert said.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(said.partition(b"\r\n\r\n")[2]) == {"form": {}, "peer": "127.0.0.1"}
    assert b"\r\ndate: " in said
    assert b"\r\nserver:" not in said.lower()


def test_the_asterisk_is_no_path_of_ours(patient: tuple[Process, int]) -> None:
    assert get("*", patient[1]).startswith(b"HTTP/1.1 404 ")


def test_a_form_over_the_wire(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        lines = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 13", "Connection: close")
        opened.sendall(head("/fast", patient[1], *lines, method="POST") + b"scope=a+b%20c")
        assert b'"scope":"a b c"' in read(opened)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /\xff HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"POST /fast HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
)
def test_what_is_no_request_is_400(patient: tuple[Process, int], raw: bytes) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(raw)
        assert read(opened).startswith(b"HTTP/1.1 400 ")


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
def test_endless_headers_are_431(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(b"GET /fast HTTP/1.1\r\n")
        with pytest.raises(OSError):  # whichever write comes too late
            for _ in range(1000):
                opened.sendall(b"X-A: " + b"a" * 1000 + b"\r\n")
                time.sleep(0.001)
        with pytest.raises(OSError):
            while opened.recv(4096):
                pass
            raise ConnectionResetError("closed")
    assert get("/fast", patient[1]).startswith(b"HTTP/1.1 200 ")


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
@pytest.mark.parametrize("begun", [b"", b"GET /fast HT", b"GET /fast HTTP/1.1\r\nHost: a\r\nX: ", b"\r\n\r\n"])
def test_headers_that_do_not_come_are_408(patient: tuple[Process, int], begun: bytes) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(begun)
        began = time.monotonic()
        assert read(opened).startswith(b"HTTP/1.1 408 ")
        assert time.monotonic() - began < 5


def test_a_trickle_of_headers_is_408_too(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        for _ in range(4):
            opened.sendall(b"G" if _ == 0 else b"E")
            time.sleep(0.2)
        assert read(opened).startswith((b"HTTP/1.1 408 ", b"HTTP/1.1 400 "))


def test_a_connection_may_be_used_again(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        for _ in range(3):
            opened.sendall(head("/fast", patient[1]))
            said = b""
            while not said.endswith(b"}"):
                said += opened.recv(65536)
            assert said.startswith(b"HTTP/1.1 200 ")
            time.sleep(0.7)  # longer than a head may take: between requests there is none


def test_a_connection_without_a_next_request_is_closed(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(head("/fast", patient[1]))
        began = time.monotonic()
        assert read(opened).startswith(b"HTTP/1.1 200 ")
        assert 1 < time.monotonic() - began < 8


def test_requests_in_a_row_are_answered_in_their_order(patient: tuple[Process, int]) -> None:
    """The slow one first: whoever comes after it waits, however many come in one piece."""
    lines = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 7")
    with connect(patient[1]) as opened:
        posts = [head("/fast", patient[1], *lines, method="POST") + b"n=%05d" % number for number in range(300)]
        opened.sendall(head("/slow", patient[1]) + b"".join(posts) + head("/fast", patient[1], "Connection: close"))
        said = read(opened)
    assert patient[0].line() == "slow began"
    assert said.count(b"HTTP/1.1 200 ") == 302
    order = [said.index(b'{"slow":"done"}'), *(said.index(b'"n":"%05d"' % number) for number in range(300))]
    assert order == sorted(order)


def test_requests_in_a_row_that_come_in_crumbs(patient: tuple[Process, int]) -> None:
    raw = head(
        "/fast", patient[1], "Content-Length: 3", "Content-Type: application/x-www-form-urlencoded", method="POST"
    )
    with connect(patient[1]) as opened:
        whole = (raw + b"a=1") * 2 + head("/fast", patient[1], "Connection: close")
        for start in range(0, len(whole), 7):
            opened.sendall(whole[start : start + 7])
            time.sleep(0.001)
        assert read(opened).count(b"HTTP/1.1 200 ") == 3


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
@pytest.mark.parametrize("chunked", [False, True])
def test_a_body_that_is_too_long_is_413_and_the_end(patient: tuple[Process, int], chunked: bool) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 100001"
    piece = b"186a1\r\n" + b"a" * 100_001 if chunked else b""
    with connect(patient[1]) as opened:
        opened.sendall(head("/fast", patient[1], kind, length, method="POST") + piece)
        said = read(opened)
    assert said.startswith(b"HTTP/1.1 413 ")
    assert b"\r\nconnection: close\r\n" in said


def test_what_comes_behind_the_last_request_is_not_done(serve: Callable[..., Process]) -> None:
    """Whoever wrote it, nobody would hear the answer."""
    process = serve("127.0.0.1", "0")
    port = process.ready()
    too_long = head("/fast", port, "Content-Length: 100001", method="POST") + b"a" * 100_001
    for last in (too_long, head("/fast", port, "Connection: close")):
        with connect(port) as opened, contextlib.suppress(OSError):
            opened.sendall(last + head("/slow", port))
            assert read(opened).count(b"HTTP/1.1 ") <= 1
    code, out, _ = process.end()
    assert (code, out) == (0, "store closed\n")


@pytest.mark.witness(REQUEST_SIZE_BOUNDED)
def test_a_body_that_does_not_come_is_408(patient: tuple[Process, int]) -> None:
    kind = "Content-Type: application/x-www-form-urlencoded"
    with connect(patient[1]) as opened:
        opened.sendall(head("/fast", patient[1], kind, "Content-Length: 10", method="POST") + b"a=1")
        said = read(opened)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"application/json" in said


@pytest.mark.witness(OVERLOAD_REFUSED)
def test_a_request_that_takes_too_long_is_503(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(head("/stubborn", patient[1], "Connection: close"))
        assert patient[0].line() == "stubborn began"
        said = read(opened)
    assert said.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nretry-after: " in said.lower()


def test_who_wants_to_be_asked_for_the_body_is(patient: tuple[Process, int]) -> None:
    """RFC 9110 §10.1.1."""
    lines = ("Content-Type: application/x-www-form-urlencoded", "Content-Length: 3", "Expect: 100-continue")
    with connect(patient[1]) as opened:
        opened.sendall(head("/fast", patient[1], *lines, "Connection: close", method="POST"))
        assert opened.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        opened.sendall(b"a=1")
        assert read(opened).startswith(b"HTTP/1.1 200 ")


def test_who_wants_to_be_asked_and_would_send_too_much_is_told_at_once(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(head("/fast", patient[1], "Content-Length: 100001", "Expect: 100-continue", method="POST"))
        assert read(opened).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("line", ["GET /fast HTTP/1.0", "GET /fast HTTP/1.1\r\nUpgrade: h2c\r\nConnection: Upgrade"])
def test_older_and_other_protocols_get_one_answer(patient: tuple[Process, int], line: str) -> None:
    with connect(patient[1]) as opened:
        opened.sendall(f"{line}\r\nHost: 127.0.0.1:{patient[1]}\r\n\r\n".encode() * 2)
        said = read(opened)
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1 200 ") == 1


def test_who_goes_away_in_the_middle_harms_nobody(patient: tuple[Process, int]) -> None:
    for begun in (head("/slow", patient[1]), head("/fast", patient[1], "Content-Length: 10", method="POST"), b"GET /"):
        with connect(patient[1]) as opened:
            opened.sendall(begun)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    assert patient[0].line() == "slow began"
    assert get("/fast", patient[1]).startswith(b"HTTP/1.1 200 ")


def test_an_answer_that_nobody_reads_is_not_kept(patient: tuple[Process, int]) -> None:
    with connect(patient[1]) as opened:
        for _ in range(4):
            opened.sendall(head("/large", patient[1]))
        time.sleep(1.5)
        assert len(read(opened)) < 20_000_000
    assert get("/fast", patient[1]).startswith(b"HTTP/1.1 200 ")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted in /proc")
def test_the_rest_of_an_answer_that_nobody_reads_is_not_kept(serve: Callable[..., Process]) -> None:
    """However much of it waits in the server: from nothing, by way of too little to stall it, to more than it keeps."""
    process = serve("127.0.0.1", "0")
    port, opened = process.ready(), []
    held = Path(f"/proc/{process.popen.pid}/fd")
    before = len(list(held.iterdir()))
    for number in range(1, 15):
        unread = socket.socket()
        unread.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        unread.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 600)
        unread.settimeout(10)
        unread.connect(("127.0.0.1", port))
        unread.sendall(head("/fast", port) * 90 * number)
        opened.append(unread)
    until = time.monotonic() + 60
    while len(list(held.iterdir())) > before and time.monotonic() < until:
        time.sleep(0.1)
    left = len(list(held.iterdir())) - before
    for each in opened:
        each.close()
    assert left <= 0


@pytest.mark.witness(OVERLOAD_REFUSED)
def test_more_connections_than_allowed_are_closed_unheard(patient: tuple[Process, int]) -> None:
    many = [connect(patient[1]) for _ in range(30)]
    time.sleep(0.2)  # all of them are open, and none has asked for anything
    answered = []
    for each in many:
        with each, contextlib.suppress(OSError):
            each.sendall(head("/fast", patient[1], "Connection: close"))
            answered.append(read(each).startswith(b"HTTP/1.1 200 "))
    assert 1 <= answered.count(True) <= 20
    assert get("/fast", patient[1]).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_first_signal_lets_a_request_finish(serve: Callable[..., Process], number: int) -> None:
    process = serve("127.0.0.1", "0")
    port = process.ready()
    with connect(port) as opened, connect(port) as idle:
        opened.sendall(head("/slow", port))
        assert process.line() == "slow began"
        process.popen.send_signal(number)
        time.sleep(0.4)
        with pytest.raises(OSError):
            connect(port)
        said = read(opened)
        assert said.startswith(b"HTTP/1.1 200 ")
        assert said.endswith(b'{"slow":"done"}')
        assert read(idle) == b""
    out, err = process.popen.communicate(timeout=10)
    assert (process.popen.returncode, out, err) == (0, "store closed\n", "")


def test_readyz_says_draining_on_a_connection_that_is_still_open(serve: Callable[..., Process]) -> None:
    process = serve("127.0.0.1", "0")
    port = process.ready()
    with connect(port) as opened:
        opened.sendall(head("/slow", port) + head("/readyz", port))
        assert process.line() == "slow began"
        process.popen.send_signal(signal.SIGTERM)
        said = read(opened)
    assert b'{"slow":"done"}' in said
    assert b"HTTP/1.1 503" in said or said.count(b"HTTP/1.1") == 1
    assert process.popen.wait(10) == 0


def test_what_does_not_finish_in_time_is_ended(serve: Callable[..., Process]) -> None:
    process = serve("127.0.0.1", "0", "1")
    port = process.ready()
    with connect(port) as opened:
        opened.sendall(head("/stubborn", port))
        assert process.line() == "stubborn began"
        began = time.monotonic()
        code, out, _ = process.end()
    assert (code, out) == (0, "store closed\n")
    assert 0.8 < time.monotonic() - began < 6


def test_a_second_signal_ends_it_at_once(serve: Callable[..., Process]) -> None:
    process = serve("127.0.0.1", "0", "60")
    port = process.ready()
    with connect(port) as opened:
        opened.sendall(head("/stubborn", port))
        assert process.line() == "stubborn began"
        process.popen.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        began = time.monotonic()
        code, out, _ = process.end(signal.SIGTERM)
    assert (code, out) == (-signal.SIGTERM, "")
    assert time.monotonic() - began < 3


def test_a_taken_port_is_named_with_the_way_out(serve: Callable[..., Process]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        out, _ = serve("127.0.0.1", str(port)).popen.communicate(timeout=20)
    assert out.strip() == (
        f"Port {port} is taken: another program listens on 127.0.0.1:{port}. "
        f"Stop it, or choose another port with --port {port + 1} (--port 0 takes any free one)."
    )


def test_a_port_is_taken_from_the_moment_it_was_asked_for() -> None:
    """Not only once the application is open: two servers may start at the same time."""
    (first,) = listening("127.0.0.1", 0)
    with first, pytest.raises(CannotListenError, match="taken"):
        listening("127.0.0.1", first.getsockname()[1])


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [("no.such.host.invalid", 1, "no address for the host"), ("192.0.2.1", 0, "Cannot listen on 192.0.2.1:0")],
)
def test_other_mistakes_are_named_too(host: str, port: int, words: str) -> None:
    with pytest.raises(CannotListenError, match=words):
        listening(host, port)


def test_localhost_is_every_address_of_it_on_one_port() -> None:
    sockets = listening("localhost", 0)
    try:
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        for each in sockets:
            each.close()


@pytest.mark.skipif(not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists(), reason="no IPv6 here")
def test_ipv6(serve: Callable[..., Process]) -> None:
    process = serve("::1", "0")
    assert process.line().startswith("ready http://[::1]:")


def test_an_application_that_does_not_open_ends_with_3(serve: Callable[..., Process]) -> None:
    process = serve("127.0.0.1", "0", "--fails")
    out, err = process.popen.communicate(timeout=20)
    assert (process.popen.returncode, out) == (3, "")
    assert "no store here" in err


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return _certificate(tmp_path_factory.mktemp("tls"))


@pytest.mark.witness(TLS_REQUIRED)
def test_tls_1_2_and_later(serve: Callable[..., Process], certificate: tuple[str, str]) -> None:
    process = serve("127.0.0.1", "0", "5", *certificate)
    port = process.ready()
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        with _tls(version).wrap_socket(connect(port)) as opened:
            opened.sendall(head("/fast", port, "Connection: close"))
            said = read(opened)
            assert said.startswith(b"HTTP/1.1 200 ")
            assert b"strict-transport-security: max-age=31536000" in said
    with pytest.warns(DeprecationWarning), pytest.raises((ssl.SSLError, OSError)):
        _tls(ssl.TLSVersion.TLSv1_1).wrap_socket(connect(port))
    assert process.end()[0] == 0


def _tls(version: ssl.TLSVersion) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    return context


def _certificate(folder: Path) -> tuple[str, str]:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name: Any = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    chain, private = folder / "chain.pem", folder / "key.pem"
    chain.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(chain), str(private)
