"""Resource indicators: which API a token is for (RFC 8707).

Whether the server knows the API is for the authorization server; that it is named by an absolute URI, here.
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv6Address

from licet.protocol.errors import InvalidTarget
from licet.requirements import RESOURCE_KNOWN

MAX_LENGTH = 2048

_ABSOLUTE_URI = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*):(?=.)"
    r"(?://(?:[A-Za-z0-9._~!$&'()*+,;=:%-]*@)?\[(?P<ipv6>[0-9A-Fa-f:.]+)\](?=[:/?]|$))?"
    r"(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
)
"""Brackets stand round an IPv6 address and nowhere else (RFC 3986 §3.2.2)."""
_WEB = re.compile(r"(?i:https?)://[^/?@]+(?:[/?].*)?")


def check(uri: str) -> None:
    """Raise InvalidTarget unless *uri* is an absolute URI without a fragment (RFC 8707 §2, RFC 3986 §4.3)."""
    if len(uri) > MAX_LENGTH:
        raise InvalidTarget("resource is too long", per=RESOURCE_KNOWN)
    if "#" in uri:
        raise InvalidTarget("resource has a fragment", per=RESOURCE_KNOWN)
    read = _ABSOLUTE_URI.fullmatch(uri)
    if read is None or not _is_address(read["ipv6"]):
        raise InvalidTarget("resource is not an absolute URI", per=RESOURCE_KNOWN)
    if read["scheme"].lower() in {"http", "https"} and _WEB.fullmatch(uri) is None:
        raise InvalidTarget("resource names no host, or someone before it", per=RESOURCE_KNOWN)


def _is_address(ipv6: str | None) -> bool:
    try:
        return ipv6 is None or bool(IPv6Address(ipv6).packed)
    except AddressValueError:
        return False
