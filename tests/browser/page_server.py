"""Serves rendered pages under their real policy, and remembers what was posted."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl

from licet.authorization_server.web.assets import Assets


class PageServer(ThreadingHTTPServer):
    """Pages by name, each with its policy."""

    daemon_threads = True

    def __init__(self, pages: Mapping[str, tuple[bytes, str]], assets: Assets) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pages = pages
        self.assets = assets
        self.posted: list[tuple[str, dict[str, str]]] = []

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        asset = self.server.assets.find(self.path)
        if asset is not None:
            self._answer(200, asset.body, {"Content-Type": asset.media_type})
        elif self.path[1:] in self.server.pages:
            body, policy = self.server.pages[self.path[1:]]
            self._answer(200, body, {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policy})
        else:
            self._answer(404, b"", {})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.posted.append((self.path, dict(parse_qsl(body, keep_blank_values=True))))
        self._answer(204, b"", {})

    def _answer(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing: what matters is asserted."""


@contextmanager
def serving(pages: Mapping[str, tuple[bytes, str]], assets: Assets) -> Iterator[PageServer]:
    """Serve *pages* on a free port of this machine until the block ends."""
    server = PageServer(pages, assets)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
