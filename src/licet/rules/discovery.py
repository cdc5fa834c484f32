"""What a server says of itself (RFC 8414, OpenID Connect Discovery)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from licet.requirements.documents import RFC_6749, RFC_7636, RFC_8414, RFC_9207, RFC_9700
from licet.rules.facts import ServerFacts
from licet.rules.model import Rule, Severity
from licet.rules.redirect_uris import LOOPBACK

_PAGES = frozenset({"service_documentation", "op_policy_uri", "op_tos_uri"})
"""Addresses for people may be anywhere."""


def _documents(facts: ServerFacts) -> Iterator[Mapping[str, Any]]:
    return (document for document in (facts.metadata, facts.openid) if document is not None)


def _list(document: Mapping[str, Any], name: str) -> list[str] | None:
    values = document.get(name)
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else None


def _secure(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _issuer(facts: ServerFacts) -> Iterator[str]:
    for document in _documents(facts):
        said = document.get("issuer")
        if not isinstance(said, str):
            yield "issuer is missing"
        elif "?" in said or "#" in said or not _secure(said):
            yield f"the issuer {said!r} is not https, or has a query or a fragment"
        elif facts.issuer is not None and said != facts.issuer:
            yield f"it was asked for {facts.issuer!r} and calls itself {said!r}"


def _disagree(facts: ServerFacts) -> Iterator[str]:
    if facts.metadata is None or facts.openid is None:
        return
    for name in sorted(set(facts.metadata) & set(facts.openid)):
        if facts.metadata[name] != facts.openid[name]:
            yield f"{name!r} differs between the two documents"


def _endpoints(facts: ServerFacts) -> Iterator[str]:
    for document in _documents(facts):
        home = _host(document.get("issuer"))
        for name, url in document.items():
            if not (name.endswith(("_endpoint", "_uri")) and isinstance(url, str)) or name in _PAGES:
                continue
            if not _secure(url):
                yield f"{name!r} {url!r} is not https"
            elif home and _host(url) != home:
                yield f"{name!r} {url!r} is on another host than the issuer"


def _host(url: object) -> str:
    try:
        return urlsplit(url).hostname or "" if isinstance(url, str) else ""
    except ValueError:
        return ""


def _challenge(facts: ServerFacts) -> Iterator[str]:
    for document in _documents(facts):
        methods = _list(document, "code_challenge_methods_supported")
        if methods is None or "S256" not in methods:
            yield "code_challenge_methods_supported does not list S256"
        elif "plain" in methods:
            yield "code_challenge_methods_supported lists plain"


def _abandoned(facts: ServerFacts) -> Iterator[str]:
    for document in _documents(facts):
        grants = _list(document, "grant_types_supported")
        if grants is None:
            yield "grant_types_supported is missing, which means the implicit grant too"
            grants = []
        if "password" in grants:
            yield "the password grant is offered"
        responses = _list(document, "response_types_supported") or []
        if "implicit" in grants or any({"token", "id_token"} & set(one.split()) for one in responses):
            yield "tokens are handed out in addresses (implicit)"


def _iss(facts: ServerFacts) -> Iterator[str]:
    for document in _documents(facts):
        if document.get("authorization_response_iss_parameter_supported") is not True:
            yield "authorization_response_iss_parameter_supported is not true"


RULES: tuple[Rule[ServerFacts], ...] = (
    Rule(
        id="LA-001",
        slug="issuer-mismatch",
        title="A server is not who it was asked for",
        severity=Severity.HIGH,
        cites=(RFC_8414("2"), RFC_8414("3.3")),
        why="Tokens are taken for another server's, and clients are led to another one's endpoints.",
        remedy="Serve the issuer's exact https address, without query and fragment.",
        judge=_issuer,
    ),
    Rule(
        id="LA-002",
        slug="metadata-disagrees",
        title="The two metadata documents disagree",
        severity=Severity.MEDIUM,
        cites=(RFC_8414("3"), RFC_8414("5")),
        why="What a client does depends on which one it read.",
        remedy="Serve the same document at both addresses.",
        judge=_disagree,
    ),
    Rule(
        id="LA-003",
        slug="endpoint-elsewhere",
        title="An endpoint is http, or on another host",
        severity=Severity.HIGH,
        cites=(RFC_8414("2"), RFC_6749("3.1"), RFC_6749("3.2")),
        why="Codes, secrets and tokens go over the network in clear, or to somebody else.",
        remedy="Serve every endpoint over https, on the issuer's host.",
        judge=_endpoints,
    ),
    Rule(
        id="LA-005",
        slug="pkce-not-advertised",
        title="PKCE with S256 is not offered, or plain is",
        severity=Severity.MEDIUM,
        cites=(RFC_7636("4.2"), RFC_9700("2.1.1"), RFC_8414("2")),
        why="Clients that look here leave it out, or use the weaker method.",
        remedy='Advertise code_challenge_methods_supported = ["S256"].',
        judge=_challenge,
    ),
    Rule(
        id="LA-006",
        slug="grant-abandoned-advertised",
        title="The implicit or the password grant is offered",
        severity=Severity.HIGH,
        cites=(RFC_9700("2.1.2"), RFC_9700("2.4"), RFC_8414("2")),
        why="Somebody will use it: tokens in addresses, passwords in apps.",
        remedy="Switch both off.",
        judge=_abandoned,
    ),
    Rule(
        id="LA-007",
        slug="iss-not-sent",
        title="Answers do not say whom they are from",
        severity=Severity.MEDIUM,
        cites=(RFC_9207("2"), RFC_9207("3"), RFC_9700("4.4")),
        why="A client of several servers can be made to hand one server's code to another (mix-up).",
        remedy="Send iss, and say so in the metadata.",
        judge=_iss,
    ),
)
