"""Client Identifier URLs: an address that is a client's name (OAuth Client ID Metadata Document §3).

Compared letter by letter and never normalised, so what could be read in two ways is no such address.
"""

from __future__ import annotations

import re

from licet.protocol.redirect_uri import is_host

MAX_LENGTH = 512
"""Characters. The specification sets no limit and recommends short ones: people read them."""

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::(?P<port>[1-9][0-9]{0,4}))?"
    r"(?P<path>/(?:[A-Za-z0-9._~:@!$&'()*+,;=/-]|%[0-9A-Fa-f]{2})*)"
    r"(?:\?(?:[A-Za-z0-9._~:/?@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)?"
)
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?:/|$)", re.IGNORECASE)
_LOOPBACK = frozenset({"127.0.0.1", "[::1]", "localhost"})
_MAX_PORT = 65535


def is_client_id_url(client_id: str, *, development: bool = False) -> bool:
    """Whether *client_id* is an address whose document may be fetched.

    https, a host in its one spelling, a path without dot segments (encoded ones neither), no user, no fragment; a query
    is discouraged and may be. ``http`` is for this machine and only in *development* (§8.6).
    """
    read = _URL.fullmatch(client_id) if len(client_id) <= MAX_LENGTH else None
    if read is None or not is_host(read["host"]) or _DOTS.search(read["path"]):
        return False
    if read["scheme"] == "http" and not (development and read["host"] in _LOOPBACK):
        return False
    return read["port"] is None or int(read["port"]) <= _MAX_PORT


def host_of(client_id: str) -> str:
    """The host of a Client Identifier URL, without its port; empty for anything else."""
    read = _URL.fullmatch(client_id)
    return read["host"] if read else ""
