"""Connections that mean harm or have gone wrong: each begins, and goes on as slowly as it can."""

from __future__ import annotations

import contextlib
import socket
import struct

from prove.overload.operated import Operated


class Vice:
    """One connection; it never reads."""

    holds = False
    """Whether it stays open until the server has had enough."""

    def __init__(self, server: Operated, number: int) -> None:
        self.server, self.number, self.at = server, number, 0
        self.socket = socket.socket()
        self.prepare()
        self.socket.connect(server.address)
        self.socket.setblocking(False)
        self.request = server.request("GET", "/.well-known/openid-configuration")
        self.begin()

    def prepare(self) -> None:
        """What is set before it connects."""

    def begin(self) -> None:
        """What it does at once."""

    def go_on(self) -> None:
        """What it does a few times a second."""

    def send(self, data: bytes) -> None:
        with contextlib.suppress(OSError):  # the other end may have had enough
            self.socket.sendall(data)

    def end(self) -> None:
        self.socket.close()


class Crumbs(Vice):
    """A head that comes byte by byte."""

    holds = True

    def go_on(self) -> None:
        self.send(self.request[self.at : self.at + 1])
        self.at += 1


class Silence(Vice):
    """Nothing ever comes."""

    holds = True


class StalledBody(Vice):
    """A body that stops, or comes byte by byte."""

    holds = True

    def begin(self) -> None:
        whole = self.server.request("POST", "/token", {"grant_type": "client_credentials", "client_id": "x" * 500})
        self.send(whole[:-490])

    def go_on(self) -> None:
        if self.number % 2:
            self.send(b"x")


class HalfClosed(Vice):
    """Half a request, and then the end of what will be said."""

    def begin(self) -> None:
        self.send(self.request[: 20 + self.number % 20])
        self.socket.shutdown(socket.SHUT_WR)


class Reset(Vice):
    """A reset in the middle of a request, or while it is answered."""

    def begin(self) -> None:
        self.send(self.request[: 20 if self.number % 2 else None])
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


class Garbage(Vice):
    """A request, and behind it in the same piece what is none."""

    def begin(self) -> None:
        self.send(self.request * 3 + bytes(range(256)) * 4 + self.request)


class Unread(Vice):
    """Answers that are asked for and never read: so few that they fit the system's buffers, so many that they do not, and
    everything between, where a part waits in the server."""

    holds = True

    def prepare(self) -> None:
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 600)

    def begin(self) -> None:
        self.left = 2 + 3 * (self.number % 40)

    def go_on(self) -> None:
        if self.left:
            self.left -= 1
            self.send(self.request)


VICES = (Crumbs, Silence, StalledBody, HalfClosed, Reset, Garbage, Unread)
