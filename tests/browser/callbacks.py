"""Where apps get their answers: small servers on this machine that remember who came, with TLS and without."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

SCHEME = "com.example.reader"
"""Of the app that ``/hop`` leads on to."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody's browser came by."""

    method: str
    path: str
    parameters: dict[str, str]
    referer: str | None


@dataclass
class Callbacks:
    """An app's server."""

    origin: str
    arrived: list[Arrival] = field(default_factory=list)

    def only(self) -> Arrival:
        (arrival,) = self.arrived
        return arrival


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    arrived: list[Arrival]

    def handle_error(self, request: object, client_address: object) -> None:
        """A browser that hangs up early is not worth a word."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 20

    def do_GET(self) -> None:
        self._arrive(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._arrive(self.rfile.read(int(self.headers["Content-Length"])).decode())

    def _arrive(self, encoded: str) -> None:
        path = urlsplit(self.path).path
        if path == "/favicon.ico":
            self._answer(204, b"")
            return
        parameters = dict(parse_qsl(encoded, keep_blank_values=True))
        self.server.arrived.append(Arrival(self.command, path, parameters, self.headers["Referer"]))
        if path == "/hop":
            self._answer(302, b"", Location=f"{SCHEME}:/callback?code={parameters.get('code', '')}")
        else:
            self._answer(200, b'<!doctype html><title>The app</title><p id="submission_complete">Welcome back')

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "text/html; charset=utf-8", **headers}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing: what matters is asserted."""


@contextmanager
def listening(certificate: Path | None = None) -> Iterator[Callbacks]:
    """A server on a free port until the block ends; over TLS with the *certificate* (and key) in a file."""
    server = _Server(("127.0.0.1", 0), _Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        # The handshake belongs into the thread of the connection: here it would hold up all others.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    callbacks = Callbacks(f"{scheme}://{'localhost' if certificate else '127.0.0.1'}:{server.server_port}")
    server.arrived = callbacks.arrived
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield callbacks
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def self_signed(path: Path) -> Path:
    """Write key and certificate for localhost into one file at *path*."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(private + certificate.public_bytes(Encoding.PEM))
    return path
