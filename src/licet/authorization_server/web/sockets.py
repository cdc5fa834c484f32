"""The sockets that a server listens on, opened before anything else is (rulings T).

A taken port is the commonest mistake, so it is the first thing found out, and it is said in words.
"""

from __future__ import annotations

import errno
import socket
from typing import Any, Final

_BACKLOG: Final = 2048
_HIGHEST: Final = 65535


class CannotListenError(Exception):
    """The address cannot be had; the message names it and the way out."""


def listening(host: str, port: int) -> list[socket.socket]:
    """Open a socket on every address of *host*, all on one port; 0 takes a free one. Raises CannotListenError."""
    sockets: list[socket.socket] = []
    refused: OSError | None = None
    for family, address in _addresses(host, port):
        wanted = sockets[0].getsockname()[1] if sockets else port
        try:
            sockets.append(_listen(family, (address[0], wanted, *address[2:])))
        except OSError as error:
            if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                for each in sockets:
                    each.close()
                raise _explained(error, host, wanted) from None
            refused = error  # a machine without IPv6 still has its other address
    if not sockets:
        raise _explained(refused, host, port)
    return sockets


def _addresses(host: str, port: int) -> list[tuple[socket.AddressFamily, tuple[Any, ...]]]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except socket.gaierror as error:
        raise CannotListenError(f"There is no address for the host {host!r} ({error.strerror}).") from None
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def _listen(family: socket.AddressFamily, address: tuple[Any, ...]) -> socket.socket:
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind(address)
        # Already now: two processes may bind one address as long as neither listens.
        opened.listen(_BACKLOG)
    except OSError:
        opened.close()
        raise
    return opened


def _explained(error: OSError | None, host: str, port: int) -> CannotListenError:
    where = f"{bracketed(host)}:{port}"
    if error is not None and error.errno == errno.EADDRINUSE:
        return CannotListenError(
            f"Port {port} is taken: another program listens on {where}. "
            f"Stop it, or choose another port with --port {min(port + 1, _HIGHEST)} (--port 0 takes any free one)."
        )
    if error is not None and error.errno == errno.EACCES:
        return CannotListenError(
            f"Port {port} needs privileges that this process does not have. Choose one above 1023."
        )
    reason = error.strerror if error is not None else "no address"
    return CannotListenError(f"Cannot listen on {where}: {reason}.")


def bracketed(host: str) -> str:
    """As it stands in an address (RFC 3986 §3.2.2)."""
    return f"[{host}]" if ":" in host else host
