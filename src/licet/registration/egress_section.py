"""``[server.egress]``: which private places the server may fetch keys from, and whose certificates it believes there."""

from __future__ import annotations

import re
from ipaddress import ip_network

from licet.egress import EgressLimits
from licet.protocol.public_address import Network
from licet.registration.mistakes import shown
from licet.registration.table import Table

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*")
_ADDRESS = re.compile(r"[0-9.]+(/.*)?|.*:.*|.*/.*")


def read(table: Table) -> EgressLimits:
    """Read ``[server.egress]``; the path in it is relative to the file."""
    hosts, networks = _allowed(table)
    ca_file = table.text("ca_file")
    table.close()
    return EgressLimits(
        hosts=frozenset(hosts), networks=tuple(networks), ca_file=table.source.directory / ca_file if ca_file else None
    )


def _allowed(table: Table) -> tuple[list[str], list[Network]]:
    hosts: list[str] = []
    networks: list[Network] = []
    for item in table.texts("allow"):
        if _ADDRESS.fullmatch(item.text):
            try:
                networks.append(ip_network(item.text))
            except ValueError:
                table.wrong(
                    item.place,
                    f"{shown(item.text)} is not a network",
                    fix='write a network as "10.1.0.0/16", one address as "10.1.0.7"',
                )
        elif _HOST.fullmatch(item.text.lower()):
            hosts.append(item.text.lower())
        else:
            table.wrong(
                item.place,
                f"{shown(item.text)} is neither a host nor a network",
                fix='write a host as "billing.internal", without scheme, port or wildcard',
            )
    return hosts, networks
