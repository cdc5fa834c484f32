"""How long things live: what a thief has of them (RFC 9700 §2.2, §4.14)."""

from __future__ import annotations

from collections.abc import Iterator

from licet.requirements.documents import OAUTH_2_1, RFC_6749, RFC_6750, RFC_8628, RFC_9700
from licet.rules.facts import PolicyFacts, RegistrationFacts
from licet.rules.model import Rule, Severity

HOUR_S = 3600
CODE_S = 600
YEAR_S = 366 * 24 * HOUR_S
GUESSED = 2.0**-20
"""The chance that all guesses together hit one code: RFC 8628 §5.1 leaves the number to what is at stake; this is licet's."""
_MOST_BITS = 256


def _long(facts: RegistrationFacts) -> Iterator[str]:
    if facts.access_token_s is not None and facts.access_token_s > HOUR_S:
        yield f"its access tokens live for {facts.access_token_s} s"


def _stays(facts: RegistrationFacts) -> Iterator[str]:
    if facts.public and facts.rotates is False and "refresh_token" in (facts.grant_types or ()):
        yield "it is a public client, and its refresh tokens are neither replaced nor bound to a key"


def _code(facts: PolicyFacts) -> Iterator[str]:
    if facts.authorization_code_s is not None and facts.authorization_code_s > CODE_S:
        yield f"codes live for {facts.authorization_code_s} s"


def _long_by_default(facts: PolicyFacts) -> Iterator[str]:
    if facts.access_token_s is not None and facts.access_token_s > HOUR_S:
        yield f"access tokens live for {facts.access_token_s} s"


def _endless(facts: PolicyFacts) -> Iterator[str]:
    for what, seconds in (("idle", facts.refresh_idle_s), ("however it is used", facts.refresh_absolute_s)):
        if seconds == 0:
            yield f"a refresh token never dies, {what}"
        elif seconds is not None and seconds > YEAR_S:
            yield f"a refresh token lives for {seconds} s, {what}"


def _guessable(facts: PolicyFacts) -> Iterator[str]:
    if facts.user_code_bits is None or facts.user_code_guesses is None:
        return
    chance = facts.user_code_guesses / 2 ** min(max(facts.user_code_bits, 0), _MOST_BITS)
    if chance > GUESSED:
        yield f"{facts.user_code_guesses} guesses at {facts.user_code_bits:.0f} bits hit a user code once in {1 / chance:.0f}"


REGISTRATION: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-070",
        slug="access-token-long",
        title="A client's access tokens live long",
        severity=Severity.MEDIUM,
        cites=(RFC_6750("5.3"), RFC_9700("2.2.1")),
        why="A stolen one works until it expires.",
        remedy="Let them live an hour at most; a refresh token renews them.",
        judge=_long,
    ),
    Rule(
        id="LA-078",
        slug="refresh-neither-rotated-nor-bound",
        title="A public client's refresh tokens stay the same",
        severity=Severity.CRITICAL,
        cites=(RFC_9700("2.2.2"), RFC_9700("4.14.2"), OAUTH_2_1("4.3.1")),
        why="A stolen one is never noticed: thief and owner use it side by side.",
        remedy="Replace them at each use.",
        judge=_stays,
    ),
)

POLICY: tuple[Rule[PolicyFacts], ...] = (
    Rule(
        id="LA-047",
        slug="code-long",
        title="Authorization codes live longer than ten minutes",
        severity=Severity.MEDIUM,
        cites=(RFC_6749("4.1.2"),),
        why="A code that leaks through a history or a log is still good.",
        remedy="Let them live a minute.",
        judge=_code,
    ),
    Rule(
        id="LA-070p",
        slug="access-token-long-by-default",
        title="Access tokens live longer than an hour",
        severity=Severity.MEDIUM,
        cites=(RFC_6750("5.3"), RFC_9700("2.2.1")),
        why="A stolen one works until it expires.",
        remedy="Write access_token_s = 600 in [lifetimes].",
        judge=_long_by_default,
    ),
    Rule(
        id="LA-081",
        slug="refresh-endless",
        title="Refresh tokens do not die",
        severity=Severity.HIGH,
        cites=(RFC_9700("4.14.2"),),
        why="One that is forgotten in a backup works for ever.",
        remedy="Set both ends: refresh_idle_s and refresh_absolute_s.",
        judge=_endless,
    ),
    Rule(
        id="LA-100",
        slug="user-code-guessable",
        title="User codes can be guessed",
        severity=Severity.HIGH,
        cites=(RFC_8628("5.1"), RFC_8628("6.1")),
        why="Whoever guesses one decides in place of the person in front of the device.",
        remedy="Make codes longer, let them live shorter, or allow fewer guesses.",
        judge=_guessable,
    ),
)
