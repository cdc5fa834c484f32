"""PKCE (RFC 7636, RFC 9700 §2.1.1): a code must be of no use to whoever intercepts or injects it."""

from __future__ import annotations

from collections.abc import Iterator

from licet.requirements.documents import OAUTH_2_1, RFC_7636, RFC_8252, RFC_9700
from licet.rules.facts import RegistrationFacts
from licet.rules.model import Rule, Severity


def _uses_codes(facts: RegistrationFacts) -> bool:
    return "authorization_code" in (facts.grant_types or ())


def _public(facts: RegistrationFacts) -> Iterator[str]:
    if _uses_codes(facts) and facts.public and facts.pkce == "optional":
        yield "it is a public client and may leave code_challenge out"


def _confidential(facts: RegistrationFacts) -> Iterator[str]:
    if _uses_codes(facts) and facts.public is False and facts.pkce == "optional" and not facts.nonce_instead:
        yield "it may leave code_challenge out, and no nonce is demanded instead"


def _plain(facts: RegistrationFacts) -> Iterator[str]:
    if _uses_codes(facts) and facts.pkce == "plain":
        yield "code_challenge_method=plain is taken"


RULES: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-040",
        slug="pkce-public",
        title="A public client may leave PKCE out",
        severity=Severity.CRITICAL,
        cites=(RFC_9700("2.1.1"), RFC_8252("8.1")),
        why="Whoever intercepts its code redeems it.",
        remedy="Demand code_challenge with S256.",
        judge=_public,
    ),
    Rule(
        id="LA-041",
        slug="pkce-confidential",
        title="A confidential client needs neither PKCE nor a nonce",
        severity=Severity.HIGH,
        cites=(RFC_9700("2.1.1"), OAUTH_2_1("7.5.1.1")),
        why="A stolen code can be injected into the thief's own session at the client.",
        remedy="Demand PKCE; it costs a client a line.",
        judge=_confidential,
    ),
    Rule(
        id="LA-042",
        slug="pkce-plain",
        title="The method plain is taken for PKCE",
        severity=Severity.HIGH,
        cites=(RFC_7636("4.2"), RFC_7636("7.2"), RFC_9700("2.1.1")),
        why="Whoever sees the authorization request has the verifier.",
        remedy="Take S256 alone.",
        judge=_plain,
    ),
)
