"""Who is asking: the network address, past the proxies that the operator named (RFC 7239).

What anybody else writes about itself is not read. Headers are looked up by their exact names, so a look-alike with
underscores, which some proxies pass through, has no effect.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from licet.authorization_server.web.limits import Proxies

_REQUEST_ID: Final = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_FOR: Final = re.compile(r"(?:^|;)\s*for\s*=\s*\"?(\[[0-9a-f:.]+\]|[0-9.]+)(?::\d+)?\"?\s*(?:;|$)", re.IGNORECASE)
_HOPS: Final = 32
"""More proxies than anyone has; the rest of the line is the visitor's writing."""


class Peers:
    """Finds the address that asked."""

    def __init__(self, proxies: Proxies) -> None:
        """Raises ValueError: something in the list is not a network."""
        self._networks = tuple(ip_network(network, strict=False) for network in proxies.trusted)
        self._header = proxies.header.encode()
        self._is_forwarded = proxies.header == "forwarded"
        self._trusted = lru_cache(maxsize=1024)(self._in_networks)

    def trusted(self, client: str | None) -> bool:
        """Whether the other end of the connection is a proxy of ours."""
        return bool(self._networks) and client is not None and self._trusted(client)

    def address(self, client: str | None, headers: Iterable[tuple[bytes, bytes]], *, trusted: bool) -> str:
        """The rightmost address that is not a proxy of ours; the connection's own where nobody vouches."""
        if client is None:
            return ""
        nearest = client
        if nearest.startswith("::ffff:"):  # a socket for both families writes IPv4 so
            nearest = _normal(nearest) or nearest
        if not trusted:
            return nearest
        for hop in self._hops(headers):
            address = _normal(hop)
            if address is None:  # whatever stands left of it came through something we cannot name
                break
            nearest = address
            if not self._trusted(address):
                break
        return nearest

    def _hops(self, headers: Iterable[tuple[bytes, bytes]]) -> list[str]:
        """From the nearest to the farthest."""
        line = b",".join([value for name, value in headers if name == self._header])
        hops = line.decode("latin-1").split(",")[: -_HOPS - 1 : -1]
        if not self._is_forwarded:
            return [hop.strip() for hop in hops]
        found = [_FOR.search(hop) for hop in hops]
        return [match[1].strip("[]") if match else "" for match in found]

    def _in_networks(self, address: str) -> bool:
        try:
            ip = ip_address(address)
        except ValueError:
            return False
        mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
        return any((mapped or ip) in network for network in self._networks)


def request_id(sent: bytes | None) -> str | None:
    """The id that a trusted proxy gave the request, if it is one."""
    return sent.decode("ascii") if sent is not None and _REQUEST_ID.fullmatch(sent) else None


def _normal(hop: str) -> str | None:
    """One spelling of an address, without port; None where it is no address."""
    host = hop
    if hop.startswith("["):
        host = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        host = hop.partition(":")[0]
    try:
        ip = ip_address(host)
    except ValueError:
        return None
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return str(mapped or ip)
