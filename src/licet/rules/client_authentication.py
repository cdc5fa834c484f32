"""How a client proves who it is (OAuth 2.1 §2.4), and what its secrets are worth."""

from __future__ import annotations

from collections.abc import Iterator

from licet.requirements.documents import OAUTH_2_1, RFC_6749, RFC_7591, RFC_8252, RFC_9700
from licet.rules.facts import RegistrationFacts
from licet.rules.model import Rule, Severity

SECRET_BITS = 128
OVERLAP_DAYS = 30
_EVERYWHERE = frozenset({"browser-app", "mobile-app", "desktop-app", "cli", "tv", "device", "tv-with-browser"})
"""Kinds of which everyone holds a copy."""


def _has_secret(facts: RegistrationFacts) -> bool:
    return (facts.auth_method or "").startswith("client_secret")


def _shared(facts: RegistrationFacts) -> Iterator[str]:
    if facts.auth_method in {"client_secret", "client_secret_basic", "client_secret_post"}:
        yield "it proves itself with a secret that the server is told at every request"


def _weak(facts: RegistrationFacts) -> Iterator[str]:
    if facts.secret_bits is not None and facts.secret_bits < SECRET_BITS:
        yield f"its secret is worth {facts.secret_bits} bits by length and alphabet, {SECRET_BITS} are needed"


def _in_clear(facts: RegistrationFacts) -> Iterator[str]:
    if facts.secret_in_clear:
        yield "its secret stands in the document in clear"


def _overlap(facts: RegistrationFacts) -> Iterator[str]:
    if facts.overlap_days is not None and facts.overlap_days > OVERLAP_DAYS:
        yield f"it has had two secrets for {facts.overlap_days} days"


def _copied(facts: RegistrationFacts) -> Iterator[str]:
    native = facts.kind in _EVERYWHERE or (facts.kind is None and facts.application_type == "native")
    if native and _has_secret(facts) and facts.source != "dcr":  # each copy that registers itself has its own
        yield "everyone who has the app has its secret"


RULES: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-052",
        slug="secret-shared",
        title="A client proves itself with a shared secret",
        severity=Severity.LOW,
        cites=(RFC_9700("2.5"),),
        why="A secret that two hold leaks from either, and from everything between them.",
        remedy="Give it a key of its own: key = { file = … }, private_key_jwt.",
        judge=_shared,
    ),
    Rule(
        id="LA-053",
        slug="secret-weak",
        title="A client's secret can be guessed",
        severity=Severity.HIGH,
        cites=(RFC_6749("10.10"),),
        why="Whoever guesses it is the client.",
        remedy="Make a new one: openssl rand -base64 33.",
        judge=_weak,
    ),
    Rule(
        id="LA-054",
        slug="secret-in-clear",
        title="A secret stands in a document in clear",
        severity=Severity.HIGH,
        cites=(RFC_6749("2.3.1"), RFC_9700("2.5")),
        why="Everyone who reads the document, its history or its backup is the client.",
        remedy='Name it by reference, { env = "…" } or { file = "…" }, and make a new one: this one is known.',
        judge=_in_clear,
    ),
    Rule(
        id="LA-055",
        slug="secret-overlap",
        title="A client has two secrets for longer than a change takes",
        severity=Severity.MEDIUM,
        cites=(RFC_7591("3.2.1"),),
        why="The old one is as good as the new one, wherever it lies by now.",
        remedy="Take the old one out once every instance has the new one.",
        judge=_overlap,
    ),
    Rule(
        id="LA-059",
        slug="secret-in-every-copy",
        title="An app of which everyone holds a copy has a secret",
        severity=Severity.HIGH,
        cites=(RFC_8252("8.5"), OAUTH_2_1("2.1")),
        why="It is no secret: whoever takes the app apart can claim to be it.",
        remedy="Make it a public client with PKCE.",
        judge=_copied,
    ),
)
