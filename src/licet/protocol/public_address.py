"""Which IP addresses lie in the open internet (RFC 6890), and which a server must not be talked into visiting.

The registries of special addresses are written out here, because what ``ipaddress`` counts as global differs between
versions of Python. An IPv6 address that carries an IPv4 one is judged by both.
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_SPECIAL_V4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "168.63.129.16/32",  # the metadata service of one cloud has a public address
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_V6 = IPv6Network("2000::/3")
_SPECIAL_V6 = tuple(IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"))
_NAT64 = IPv6Network("64:ff9b::/96")

_NEVER_BY_NAME = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "100.100.100.200/32",
        "168.63.129.16/32",
        "169.254.0.0/16",
        "192.0.0.192/32",
        "224.0.0.0/4",
        "255.255.255.255/32",
        "::/128",
        "fd00:ec2::254/128",
        "fe80::/10",
        "ff00::/8",
    )
)


def parse(text: str) -> Address:
    """An address in canonical form; an IPv4 one in IPv6 clothes is undressed. Raises ValueError, for a zone too."""
    if "%" in text:
        raise ValueError("an address with a zone is a link's own")
    address = ip_address(text)
    return address if isinstance(address, IPv4Address) else address.ipv4_mapped or address


def public(address: Address) -> bool:
    """Whether *address* is one of the open internet, by itself and by what it translates to."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    if address in _NAT64:
        return public(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_V6 and not any(address in network for network in _SPECIAL_V6)


def lent_by_name(address: Address) -> bool:
    """Whether an operator who allows a *host* can have meant this address: never metadata services, links, groups.

    Whoever needs one of those allows the network itself.
    """
    return not any(address.version == network.version and address in network for network in _NEVER_BY_NAME)
