"""What tests of printed client code need: an app of every kind, a server that knows it, an API, and the program itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from licet.registration import piece, snippets
from licet.registration.advise import Advice, about
from licet.registration.kinds import BY_NAME, KINDS
from licet.registration.questions import TYPICAL

SECRET = "it keeps this to itself, 0123456789abcdefghij"
API_SECRET = "the orders API keeps this to itself, 0123456789"
AUDIENCE = "https://orders.example.com"
JAVASCRIPT = Path(__file__).parents[1] / "javascript"


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """An app that is advised, registered as the piece says, and played by the printed code."""

    client_id: str
    advice: Advice
    names: piece.Names


def apps(port: int) -> tuple[App, ...]:
    """One of every kind, and those that prove themselves in every way they may; web apps come back to *port*."""
    found = [_app(kind.name, about(kind), port) for kind in KINDS]
    for kind, prefers in (("web-app", "key"), ("service", "key")):
        found.append(_app(f"{kind}-with-{prefers}", about(BY_NAME[kind], prefers=prefers), port))
    strict = replace(TYPICAL["web-app"], regulated=True)
    found.append(_app("strict-web-app", about(BY_NAME["web-app"], strict), port))
    for kind in ("agent", "mcp-client"):
        there = replace(TYPICAL[kind], runs="server", secret=True)
        found.append(_app(f"{kind}-on-a-server", about(BY_NAME[kind], there), port))
    plain = _app("plain-desktop-app", about(BY_NAME["desktop-app"]), port, may=("orders:read",))
    callbacks = ("https://app.example.com/cb", "http://127.0.0.1/signed/in")
    found.append(replace(plain, names=replace(plain.names, callbacks=callbacks)))
    return tuple(found)


def _app(client_id: str, advice: Advice, port: int, may: tuple[str, ...] = ()) -> App:
    names = piece.guessed(advice.app, client_id)
    if names.callbacks == ("/callback",):
        names = replace(names, url=f"http://127.0.0.1:{port}")
    wanted = ("openid", "orders:read") if advice.app.kind.for_people else ("orders:read",)
    return App(client_id=client_id, advice=advice, names=replace(names, may=may or wanted))


def keys(directory: Path) -> Path:
    """A key pair for every app that signs; where the private one is."""
    key = ec.generate_private_key(ec.SECP256R1())
    private = directory / "app.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    for one in ("web-app-with-key", "service-with-key", "strict-web-app"):
        public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (directory / f"{one}.pub.pem").write_bytes(public)
    return private


def configuration(every: tuple[App, ...]) -> str:
    """All of them, in the words of the file."""
    orders = piece.api(piece.Api(name="orders", audience=AUDIENCE, scopes=(("orders:read", "See your orders"),)))
    orders = orders.replace("\n\n", '\nsecret = { env = "ORDERS_SECRET" }\n\n', 1)
    return "\n".join(
        ["[lifetimes]\ndevice_interval_s = 1\n", orders, *(piece.app(one.advice.app, one.names) for one in every)]
    )


def environment(every: tuple[App, ...], private: Path) -> dict[str, str]:
    """Every secret, where the file and the programs look for it."""
    words = {piece.variable(one.client_id): SECRET for one in every}
    words |= {piece.variable(one.client_id, "KEY_FILE"): str(private) for one in every}
    return words | {"ORDERS_SECRET": API_SECRET}


def code(stack: str, app: App, issuer: str) -> snippets.Snippet | snippets.NotPrinted:
    """The program for *app*."""
    variable = piece.variable(app.client_id, "KEY_FILE" if app.advice.app.proof == "key" else "SECRET")
    return snippets.snippet(
        stack,
        app.advice.app,
        snippets.App(
            issuer=issuer,
            client_id=app.client_id,
            scope=app.names.may,
            redirect_uris=app.names.redirect_uris or app.advice.app.kind.callbacks,
            variable=variable,
        ),
    )


@dataclass
class Api:
    """Takes whatever bearer comes, and keeps it."""

    url: str
    tokens: list[str] = field(default_factory=list)


@contextmanager
def api() -> Iterator[Api]:
    """An API that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said.tokens.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    said = Api(f"http://127.0.0.1:{server.server_port}/")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield said
    server.shutdown()
    server.server_close()
    thread.join()


class Program:
    """The printed code, as a process; what it says is read line by line."""

    def __init__(self, snippet: snippets.Snippet, directory: Path, environ: dict[str, str]) -> None:
        # Modules of JavaScript are looked for above the file that imports them.
        self.file = (
            JAVASCRIPT if snippet.file.endswith(".mjs") else directory
        ) / f"printed-{os.getpid()}-{snippet.file}"
        self.file.write_text(snippet.text)
        command = {"py": [sys.executable], "mjs": ["node"], "sh": ["sh"]}[snippet.file.rpartition(".")[2]]
        self.said: list[str] = []
        self.process = subprocess.Popen(
            [*command, str(self.file)],
            env={**os.environ, "BROWSER": "true", **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.file.unlink()

    def says(self, pattern: str) -> re.Match[str]:
        """The next line that fits."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said.append(line)
            if match := re.search(pattern, line):
                return match
        raise AssertionError(f"no {pattern!r} in {self.text}")

    def ends(self, seconds: float = 30) -> int:
        """Its exit code, once it has said all."""
        assert self.process.stdout is not None
        self.said += self.process.stdout.readlines()
        return self.process.wait(seconds)

    @property
    def text(self) -> str:
        """All that was read so far."""
        return "".join(self.said)
