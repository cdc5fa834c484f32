"""Where a server is open: to whoever registers, to where it is sent, to the world instead of one machine."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from licet.requirements.documents import OAUTH_2_1, RFC_7591, RFC_9101
from licet.rules.facts import PolicyFacts
from licet.rules.model import Rule, Severity
from licet.rules.redirect_uris import LOOPBACK

_METADATA_SERVICES = tuple(map(ip_address, ("169.254.169.254", "fd00:ec2::254")))
_WIDE = {4: 16, 6: 48}
"""A network wider than this is more than one site's."""


def _everybody(facts: PolicyFacts) -> Iterator[str]:
    reached = sorted(facts.api_scopes & set(facts.registration_scope or ()))
    if facts.registration == "anybody" and reached:
        yield f"whoever registers may ask for {', '.join(reached)}"


def _for_ever(facts: PolicyFacts) -> Iterator[str]:
    if facts.registration in {"token", "anybody"} and facts.registration_unused_s == 0:
        yield "clients that registered themselves stay, used or not"


def _egress(facts: PolicyFacts) -> Iterator[str]:
    for allowed in facts.egress_allow or ():
        try:
            network = ip_network(allowed, strict=False)
        except ValueError:
            continue
        if any(service in network for service in _METADATA_SERVICES if service.version == network.version):
            yield f"{allowed} reaches the machine's own credentials"
        elif network.prefixlen < _WIDE[network.version]:
            yield f"{allowed} is more than one site's network"


def _development(facts: PolicyFacts) -> Iterator[str]:
    if facts.development or facts.issuer is None:
        return
    try:
        parts = urlsplit(facts.issuer)
    except ValueError:
        return
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        yield f"the issuer {facts.issuer!r} is not https"


RULES: tuple[Rule[PolicyFacts], ...] = (
    Rule(
        id="LA-107p",
        slug="registration-open",
        title="Whoever registers a client may ask for APIs",
        severity=Severity.HIGH,
        cites=(RFC_7591("5"),),
        why="Nobody looked at the client that people are asked about.",
        remedy="Leave API scopes out of [server.registration] may, or let clients register with a token only.",
        judge=_everybody,
    ),
    Rule(
        id="LA-151",
        slug="registration-for-ever",
        title="Clients that registered themselves never go",
        severity=Severity.MEDIUM,
        cites=(RFC_7591("5"),),
        why="The list of who may act grows by itself, and nobody looks through it.",
        remedy="Let those go that never got a token.",
        judge=_for_ever,
    ),
    Rule(
        id="LA-106",
        slug="egress-wide",
        title="The server may be sent to places that are nobody else's business",
        severity=Severity.HIGH,
        cites=(RFC_9101("10.4"), RFC_7591("5")),
        why="Whoever names an address has the server fetch it from inside.",
        remedy="Allow single hosts in [server.egress].",
        judge=_egress,
    ),
    Rule(
        id="LA-131",
        slug="issuer-http",
        title="A server that is for real is http",
        severity=Severity.CRITICAL,
        cites=(OAUTH_2_1("1.5"),),
        why="Passwords, codes and tokens cross the network in clear.",
        remedy="Give it a certificate, or put a proxy with one in front.",
        judge=_development,
    ),
)
