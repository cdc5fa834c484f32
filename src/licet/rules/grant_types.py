"""Which grants a client may use, and whether they go together (RFC 9700 §2.1.2, §2.4)."""

from __future__ import annotations

from collections.abc import Iterator

from licet.requirements.documents import OAUTH_2_1, RFC_6749, RFC_9700
from licet.rules.facts import RegistrationFacts
from licet.rules.model import Rule, Severity

_PEOPLE = frozenset({"authorization_code", "urn:ietf:params:oauth:grant-type:device_code"})


def _abandoned(facts: RegistrationFacts) -> Iterator[str]:
    grants = frozenset(facts.grant_types or ())
    if "password" in grants:
        yield "it may use the password grant"
    if "implicit" in grants or any({"token", "id_token"} & set(one.split()) for one in facts.response_types or ()):
        yield "it may be handed tokens in the address (implicit)"


def _mixed(facts: RegistrationFacts) -> Iterator[str]:
    grants = frozenset(facts.grant_types or ())
    if "client_credentials" in grants and grants & _PEOPLE:
        yield "it acts for itself and for people under one id"


def _refresh_for_itself(facts: RegistrationFacts) -> Iterator[str]:
    grants = frozenset(facts.grant_types or ())
    if {"client_credentials", "refresh_token"} <= grants and not grants & _PEOPLE:
        yield "it acts for itself, and may have refresh tokens"


RULES: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-068",
        slug="grant-abandoned",
        title="A client may use the implicit or the password grant",
        severity=Severity.HIGH,
        cites=(RFC_9700("2.1.2"), RFC_9700("2.4"), OAUTH_2_1("10")),
        why="Tokens lie in addresses and histories, or the app sees everybody's password.",
        remedy="Use the authorization code flow with PKCE, or client credentials where nobody signs in.",
        judge=_abandoned,
    ),
    Rule(
        id="LA-061",
        slug="grant-mixed",
        title="One client acts for itself and for people",
        severity=Severity.MEDIUM,
        cites=(RFC_9700("4.15"),),
        why="An API may take the client's own token for a person's, or the other way round.",
        remedy="Register two apps: a service, and the one that people sign in to.",
        judge=_mixed,
    ),
    Rule(
        id="LA-082",
        slug="refresh-for-itself",
        title="A client that acts for itself may have refresh tokens",
        severity=Severity.MEDIUM,
        cites=(RFC_6749("4.4.3"),),
        why="A second credential that nobody needs: it can ask again with the first.",
        remedy="Leave refresh_token out of its grant types.",
        judge=_refresh_for_itself,
    ),
)
