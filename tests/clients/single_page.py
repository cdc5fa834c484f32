"""A single-page app: a static page on loopback that loads oidc-client-ts as it comes from npm, and its settings."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.clients.played import HERE

LIBRARY = HERE / "node_modules/oidc-client-ts/dist/browser/oidc-client-ts.min.js"

_PAGE = """<!doctype html>
<html lang="en">
<title>Single Page</title>
<script src="/oidc-client-ts.js"></script>
<script type="module">
const settings = await (await fetch("/settings.json")).json();
const manager = (window.manager = new oidc.UserManager(settings));
window.renewed = 0;
manager.events.addUserLoaded(() => window.renewed++);
window.failed = [];
manager.events.addSilentRenewError((error) => window.failed.push(String(error)));
const answers = {
	"/callback": () => location.search && manager.signinCallback(),
	"/signed-out": () => manager.signoutRedirectCallback(),
};
try {
	window.answer = (await answers[location.pathname]?.()) ?? null;
} catch (error) {
	window.failed.push(String(error));
}
document.body.textContent = "ready";
</script>
<body></body>
</html>
"""


class SinglePage(ThreadingHTTPServer):
    """The app's server. It knows nothing of who is signed in."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.settings: dict[str, Any] = {}
        """Of the library's UserManager."""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: SinglePage

    def do_GET(self) -> None:
        match urlsplit(self.path).path:
            case "/" | "/callback" | "/signed-out":
                self._answer("text/html; charset=utf-8", _PAGE.encode())
            case "/oidc-client-ts.js":
                self._answer("text/javascript", LIBRARY.read_bytes())
            case "/settings.json":
                self._answer("application/json", json.dumps(self.server.settings).encode())
            case _:
                self._answer("image/x-icon", b"")

    def _answer(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it
        """Say nothing: what matters is asserted."""


@contextmanager
def single_page() -> Iterator[SinglePage]:
    """The app on a free port, until the block ends."""
    server = SinglePage()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
