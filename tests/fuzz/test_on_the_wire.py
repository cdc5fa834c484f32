"""Bytes that are hardly HTTP, at a server in a process of its own: refused in words of HTTP, and nothing breaks."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import DevServer

LINES = (
    # The address of the instructions that circulate, sent as it is printed: clients encode its spaces, or get a 400.
    b"GET /authorize?response_type=code&client_id=demo-web&scope=openid profile email HTTP/1.1\r\n",
    b"GET /\xff HTTP/1.1\r\n",
    b"GET /%ff%ed%a0%80 HTTP/1.1\r\n",
    b"GET /%00 HTTP/1.1\r\n",
    b"GET /authorize?\xff\xfe=1 HTTP/1.1\r\n",
    b"GET /authorize?client_id=\x00 HTTP/1.1\r\n",
    b"GET /authorize?client_id=%00 HTTP/1.1\r\n",
    b"GET http://evil.example.com/authorize HTTP/1.1\r\n",
    b"GET //evil.example.com/authorize HTTP/1.1\r\n",
    b"GET /authorize HTTP/1.0\r\n",
    b"OPTIONS * HTTP/1.1\r\n",
    b"BREW / HTTP/1.1\r\n",
    b"CONNECT evil.example.com:443 HTTP/1.1\r\n",
    b"PRI * HTTP/2.0\r\n",
    b"POST /token HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    b"POST /token HTTP/1.1\r\nContent-Length: -5\r\n",
    b"POST /token HTTP/1.1\r\nContent-Length: 5, 5\r\n",
    b"POST /token HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n",
    b"GET / HTTP/1.1\r\nX-Folded: a\r\n b\r\n",
    b"GET / HTTP/1.1\r\nCookie: \xff\xfe\r\n",
    b"GET /device HTTP/1.1\r\nHost: evil.example.com\r\n",
    b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n",
)


@pytest.mark.parametrize("line", LINES, ids=lambda line: line[:40].decode("latin-1").strip())
def test_hardly_http(dev_server: DevServer, line: bytes) -> None:
    home = urlsplit(dev_server.issuer)
    assert home.hostname is not None
    with socket.create_connection((home.hostname, home.port or 80), timeout=30) as connection:
        connection.sendall(line + f"Host: {home.netloc}\r\nConnection: close\r\n\r\n".encode())
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in answer
    assert requests.get(f"{dev_server.issuer}/readyz", timeout=30).ok
