"""``[server.egress]``: hosts and networks, told apart and checked."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from tests.registration.conftest import Reads, Refuses

ISSUER = 'issuer = "https://id.example.com"\n[server.egress]\n'


def test_hosts_and_networks(reads: Reads) -> None:
    limits = reads(
        ISSUER + 'allow = ["Billing.internal", "10.1.0.0/16", "::1", "localhost"]\nca_file = "ca.pem"'
    ).server.egress
    assert limits.hosts == {"billing.internal", "localhost"}
    assert limits.networks == (ip_network("10.1.0.0/16"), ip_network("::1"))
    assert limits.ca_file is not None
    assert limits.ca_file.is_absolute()


def test_nothing_private_by_default(reads: Reads) -> None:
    limits = reads('issuer = "https://id.example.com"\n').server.egress
    assert (limits.hosts, limits.networks, limits.ca_file) == (frozenset(), (), None)


@pytest.mark.parametrize(
    "word", ["https://a.internal", "*.internal", "a b", "10.0.0.1/8", "1.2.3", "a:80", "-a", "a/b"]
)
def test_what_is_neither(refuses: Refuses, word: str) -> None:
    (mistake,) = refuses(ISSUER + f'allow = ["{word}"]')
    assert "is n" in mistake.message
