"""Where answers may go (RFC 9700 §4.1): an address that is not exact, not safe or not the client's."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from licet.protocol.redirect_uri import DANGEROUS, acceptable
from licet.requirements.documents import OAUTH_2_1, RFC_6749, RFC_7591, RFC_8252, RFC_9700, RP_LOGOUT
from licet.rules.facts import RegistrationFacts
from licet.rules.model import Rule, Severity

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_PATTERN = ("*", "%2a", "%2A", "{", "}", "\\", "(?", "[^", "|")
"""What means more than itself to one server or another."""


def scheme_and_host(uri: str) -> tuple[str, str] | None:
    """Both in small letters; None where it is no URI at all."""
    try:
        parts = urlsplit(uri)
        return parts.scheme, (parts.hostname or "").lower()
    except ValueError:
        return None


def _uris(facts: RegistrationFacts) -> Iterator[tuple[str, str, str]]:
    for uri in facts.redirect_uris or ():
        if (found := scheme_and_host(uri)) is not None:
            yield uri, *found


def is_pattern(uri: str) -> bool:
    """Whether *uri* means more than one address, or would to some server."""
    if uri.strip() in {"+", ""} or uri.startswith("^") or uri.endswith("$"):
        return True
    return any(letter in uri for letter in _PATTERN)


def _wildcard(facts: RegistrationFacts) -> Iterator[str]:
    return (f"{uri!r} means more than one address" for uri in facts.redirect_uris or () if is_pattern(uri))


def _plain_http(facts: RegistrationFacts) -> Iterator[str]:
    for uri, scheme, host in _uris(facts):
        if scheme == "http" and host not in LOOPBACK:
            yield f"{uri!r} is http: whoever is on the way reads the code"


def _fragment(facts: RegistrationFacts) -> Iterator[str]:
    return (f"{uri!r} has a fragment" for uri in facts.redirect_uris or () if "#" in uri)


def _scheme(facts: RegistrationFacts) -> Iterator[str]:
    for uri, scheme, _ in _uris(facts):
        if scheme in {"https", "http", ""} or scheme in DANGEROUS:
            continue
        if "." not in scheme:
            yield f"{uri!r} has a scheme that any app may claim: it is nobody's domain turned around"
        elif facts.public is False:
            yield f"{uri!r} is a native app's, and the client keeps a secret"


def _dangerous(facts: RegistrationFacts) -> Iterator[str]:
    for uri, scheme, _ in _uris(facts):
        if scheme in DANGEROUS:
            yield f"{uri!r} is run or read by the browser itself"


def _localhost(facts: RegistrationFacts) -> Iterator[str]:
    for uri, scheme, host in _uris(facts):
        if scheme == "http" and host == "localhost":
            yield f"{uri!r} goes where the machine's name server says; 127.0.0.1 goes nowhere else"


def _loopback_on_web(facts: RegistrationFacts) -> Iterator[str]:
    if facts.application_type != "web" or facts.development:
        return
    for uri, _, host in _uris(facts):
        if host in LOOPBACK:
            yield f"{uri!r} is the person's own machine, and the client is a website"


def _malformed(facts: RegistrationFacts) -> Iterator[str]:
    """What no other rule speaks of: an address that two readers read in two ways."""
    for uri in facts.redirect_uris or ():
        found = scheme_and_host(uri)
        plain = found is not None and (
            found[0] == "http" or found[0] in DANGEROUS or (found[0] and "." not in found[0])
        )
        told = is_pattern(uri) or "#" in uri or (plain and found is not None and found[0] != "https")
        if not told and (reason := acceptable(uri, native=True, development=True)):
            yield f"{uri!r} {reason}"


def _after_logout(facts: RegistrationFacts) -> Iterator[str]:
    for uri in facts.post_logout_redirect_uris or ():
        if is_pattern(uri):
            yield f"{uri!r} means more than one address"
        elif reason := acceptable(uri, native=True, development=True):
            yield f"{uri!r} {reason}"


RULES: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-021",
        slug="redirect-uri-pattern",
        title="A redirect URI is a pattern",
        severity=Severity.CRITICAL,
        cites=(RFC_9700("4.1.1"), RFC_9700("4.1.3"), OAUTH_2_1("2.3.1")),
        why="Any address that fits receives codes: a forgotten subdomain, an open redirector.",
        remedy="Register each address exactly, one by one.",
        judge=_wildcard,
    ),
    Rule(
        id="LA-022",
        slug="redirect-uri-http",
        title="A redirect URI is http, and not on loopback",
        severity=Severity.HIGH,
        cites=(RFC_6749("3.1.2.1"), RFC_9700("2.6")),
        why="The code crosses the network in clear.",
        remedy="Register an https address.",
        judge=_plain_http,
    ),
    Rule(
        id="LA-023",
        slug="redirect-uri-fragment",
        title="A redirect URI has a fragment",
        severity=Severity.HIGH,
        cites=(RFC_6749("3.1.2"),),
        why="What is appended behind it never reaches the server, and a script may read it.",
        remedy="Leave the fragment out.",
        judge=_fragment,
    ),
    Rule(
        id="LA-024",
        slug="redirect-uri-scheme",
        title="A redirect URI has a scheme that anyone may claim",
        severity=Severity.MEDIUM,
        cites=(RFC_8252("7.1"), RFC_8252("8.4")),
        why="Another app on the same device may claim the scheme too, and receives the code.",
        remedy="Use a claimed https address, loopback, or a domain of yours turned around as the scheme.",
        judge=_scheme,
    ),
    Rule(
        id="LA-027",
        slug="redirect-uri-ambiguous",
        title="A redirect URI can be read in two ways",
        severity=Severity.HIGH,
        cites=(RFC_9700("4.1.3"), OAUTH_2_1("2.3.1")),
        why="The server compares one address, and the browser goes to another.",
        remedy="Write the address out: scheme, host and path, with no user, no dots in the path and no odd letters.",
        judge=_malformed,
    ),
    Rule(
        id="LA-107",
        slug="redirect-uri-dangerous",
        title="A redirect URI is code or a file",
        severity=Severity.CRITICAL,
        cites=(RFC_7591("5"),),
        why="The browser runs or reads it in the name of whoever sent it there.",
        remedy="Register an https address.",
        judge=_dangerous,
    ),
    Rule(
        id="LA-025",
        slug="redirect-uri-localhost",
        title="A loopback redirect URI says localhost",
        severity=Severity.LOW,
        cites=(RFC_8252("7.3"), RFC_8252("8.3")),
        why="The name may resolve elsewhere, or to an interface that others reach.",
        remedy="Write http://127.0.0.1/… and http://[::1]/… instead.",
        judge=_localhost,
    ),
    Rule(
        id="LA-026",
        slug="redirect-uri-loopback-web",
        title="A website is answered on loopback in production",
        severity=Severity.MEDIUM,
        cites=(RFC_8252("7.3"), RFC_8252("8.4")),
        why="Any program on a person's machine may listen there and receive the code.",
        remedy="Register the address for trying things out as an app of its own, at a server of its own.",
        judge=_loopback_on_web,
    ),
    Rule(
        id="LA-110",
        slug="post-logout-redirect-open",
        title="After signing out people may be sent anywhere",
        severity=Severity.HIGH,
        cites=(RP_LOGOUT("3"),),
        why="The server becomes an open redirector that phishing borrows its good name from.",
        remedy="Register each https address exactly.",
        judge=_after_logout,
    ),
)
