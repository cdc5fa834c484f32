"""What a client may ask for, who is asked, and who answers for it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from licet.protocol.public_address import parse, public
from licet.requirements.documents import (
    OAUTH_2_1,
    OIDC_REGISTRATION,
    RFC_6749,
    RFC_7591,
    RFC_9126,
    RFC_9700,
)
from licet.rules.facts import RegistrationFacts
from licet.rules.model import Rule, Severity
from licet.rules.redirect_uris import LOOPBACK

_UNOWNED = frozenset({"dcr", "cimd"})
"""Nobody answers for what registered itself, and that is said elsewhere."""


def _unasked(facts: RegistrationFacts) -> Iterator[str]:
    if facts.consent != "trusted":
        return
    if facts.kind == "partner-app" or facts.source in _UNOWNED:
        yield "people are not asked, and it is somebody else's"
    elif facts.public and not (facts.redirect_uris and all(uri.startswith("https://") for uri in facts.redirect_uris)):
        yield "people are not asked, and nobody knows that it is this app: it proves nothing, not even by its address"


def _unknown(facts: RegistrationFacts) -> Iterator[str]:
    for scope in facts.scope or ():
        if "*" in scope:
            yield f"the scope {scope!r} stands for others"
        elif facts.known_scopes is not None and scope not in facts.known_scopes:
            yield f"the scope {scope!r} is no API's"


def _nobodys(facts: RegistrationFacts) -> Iterator[str]:
    if facts.owner == "" and facts.contacts == () and facts.source not in _UNOWNED:
        yield "nobody answers for it: no owner, no contact"


def _sensitive(facts: RegistrationFacts) -> Iterator[str]:
    asked = sorted(facts.sensitive & set(facts.scope or ()))
    if asked and facts.pushed_only is False and "authorization_code" in (facts.grant_types or ()):
        yield f"it asks for {', '.join(asked)} through the browser"


def _addresses(facts: RegistrationFacts) -> Iterator[str]:
    for name, url in facts.addresses.items():
        if reason := _unreachable(url, development=facts.development):
            yield f"{name} {url!r} {reason}"


def _unreachable(url: str, *, development: bool) -> str:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return "is no URL"
    name = host.rstrip(".")
    if name in LOOPBACK or name.endswith(".localhost"):
        return "" if development else "is the server's own machine"
    if parts.scheme != "https" or not name:
        return "is not an absolute https address"
    try:
        return "" if public(parse(name)) else "is a private address"
    except ValueError:  # a name, or a number in clothes that only some resolvers see through
        return (
            "" if any(letter.isalpha() for letter in name.rpartition(".")[2]) else "is a number, and no plain address"
        )


RULES: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-065",
        slug="consent-skipped",
        title="People are not asked about an app that is not the operator's, or cannot be told from others",
        severity=Severity.HIGH,
        cites=(RFC_6749("10.2"), OAUTH_2_1("7.3")),
        why="Whoever poses as the app gets what people never allowed.",
        remedy='Write consent = "remember" or "always".',
        judge=_unasked,
    ),
    Rule(
        id="LA-064",
        slug="scope-unknown",
        title="A client may ask for scopes that do not exist, or stand for others",
        severity=Severity.MEDIUM,
        cites=(RFC_6749("3.3"), RFC_9700("2.3")),
        why="What it may do grows by itself when somebody adds a scope of that name.",
        remedy="Name the scopes it needs, and no others.",
        judge=_unknown,
    ),
    Rule(
        id="LA-063",
        slug="owner-missing",
        title="Nobody answers for a client",
        severity=Severity.LOW,
        cites=(RFC_7591("2"),),
        why="Nobody knows whom to ask when it is leaked, old or unused.",
        remedy='Write owner = "…".',
        judge=_nobodys,
    ),
    Rule(
        id="LA-104",
        slug="sensitive-not-pushed",
        title="Sensitive requests go through the browser",
        severity=Severity.LOW,
        cites=(RFC_9126("1"), RFC_9126("6")),
        why="What is asked for stands in addresses and histories, and whoever holds the browser may change it.",
        remedy="Set require_pushed_authorization_requests = true for it.",
        judge=_sensitive,
    ),
    Rule(
        id="LA-066",
        slug="address-unreachable",
        title="An address that a client names is private or not https",
        severity=Severity.MEDIUM,
        cites=(RFC_7591("5"), OIDC_REGISTRATION("5")),
        why="The server, or people, would be sent to a place that somebody on the way chooses.",
        remedy="Name an https address on the open internet.",
        judge=_addresses,
    ),
)
