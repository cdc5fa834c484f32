"""A small web shop on a free loopback port: a page with a sign-in button, and the address people come back to.

Only this machine reaches it (RFC 8252 §8.3). Of all that may knock at ``/callback`` it takes the one answer that was
asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from urllib.parse import parse_qsl, urlsplit

from licet.client.authorization_code import ForeignAnswer
from licet.client.token_request import RefusedError
from licet.protocol.parameters import Parameters

CALLBACK = "/callback"

_HOST = "127.0.0.1"
_RESULT_S = 5.0
"""How long the browser waits for the shop to have redeemed the code."""

Judge = Callable[[Parameters], str]
"""Turns an answer into its code; raises ForeignAnswer and RefusedError."""


class Shop:
    """The shop, open until closed."""

    def __init__(self) -> None:
        self._server = _Server((_HOST, 0), _Visit)
        self._server.shop = self
        self.address = f"http://{_HOST}:{self._server.server_address[1]}"
        self.sign_in_url = ""
        self.judge: Judge | None = None
        self._answers: SimpleQueue[str | RefusedError] = SimpleQueue()
        self._taken = threading.Event()
        self._result = ""
        self._finished = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, name="licet-shop", daemon=True)
        self._thread.start()

    def open_for(self, sign_in_url: str, judge: Judge) -> None:
        """Send people to *sign_in_url*; what they come back with is for *judge*."""
        self.sign_in_url, self.judge = sign_in_url, judge

    def wait(self, patience_s: float) -> str:
        """The code somebody came back with. Raises RefusedError, and TimeoutError when nobody comes."""
        try:
            answer = self._answers.get(timeout=patience_s)
        except Empty:
            raise TimeoutError("Nobody came back to the shop") from None
        if isinstance(answer, RefusedError):
            raise answer
        return answer

    def show(self, result: str) -> None:
        """What the shop's page says from now on."""
        self._result = result
        self._finished.set()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answered(self, query: str) -> bool:
        """Take what came to the callback; False for anything but the answer that is awaited, and for a second one."""
        if self.judge is None or self._taken.is_set():
            return False
        try:
            self._answers.put(self.judge(Parameters(parse_qsl(query, keep_blank_values=True))))
        except ForeignAnswer:
            return False
        except RefusedError as refused:
            self._answers.put(refused)
        self._taken.set()
        return True

    def page(self) -> str:
        """The shop's only page, as it is now."""
        if not self._taken.is_set():
            return '<p>Tea, bread and apples.</p><p><a href="/sign-in">Sign in</a></p>'
        self._finished.wait(_RESULT_S)
        return f"<p>{escape(self._result or 'One moment.')}</p><p>The terminal tells the rest; close this page.</p>"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    shop: Shop


class _Visit(BaseHTTPRequestHandler):
    server: _Server
    server_version = "corner-shop"
    sys_version = ""

    def do_GET(self) -> None:
        shop, parts = self.server.shop, urlsplit(self.path)
        if f"http://{self.headers.get('Host')}" != shop.address:  # somebody's name that points here
            self._page(421, "<p>This is another shop.</p>")
        elif parts.path == "/":
            self._page(200, shop.page())
        elif parts.path == "/sign-in" and shop.sign_in_url:
            self._go(shop.sign_in_url)
        elif parts.path == CALLBACK and shop.answered(parts.query):
            self._go("/")  # the code does not stay in the address
        elif parts.path == CALLBACK:
            self._page(400, "<p>This is not the answer that the shop waits for.</p>")
        else:
            self._page(404, "<p>Nothing here.</p>")

    def _go(self, where: str) -> None:
        self.send_response(303)
        self.send_header("Location", where)
        self._end(b"")

    def _page(self, status: int, content: str) -> None:
        body = f'<!doctype html><html lang="en"><title>Corner Shop</title><h1>Corner Shop</h1>{content}'.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self._end(body)

    def _end(self, body: bytes) -> None:
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Content-Security-Policy", "default-src 'none'")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class calls it so
        """Say nothing: the story tells it."""
