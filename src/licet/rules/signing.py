"""Algorithms and keys (RFC 8725, RFC 7517)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from licet.protocol.jose import InvalidJWT, base64url
from licet.requirements.documents import OIDC_CORE, RFC_7517, RFC_7518, RFC_8725
from licet.rules.facts import RegistrationFacts, ServerFacts
from licet.rules.model import Rule, Severity

_PRIVATE = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
_CURVES = frozenset({"P-256", "P-384", "P-521", "Ed25519", "Ed448"})
_RSA_BITS = 2048


def _none(facts: RegistrationFacts) -> Iterator[str]:
    return (f"{name} is none" for name, alg in facts.algorithms.items() if alg.lower() == "none")


def _symmetric(facts: RegistrationFacts) -> Iterator[str]:
    return (f"{name} is {alg}: its secret signs" for name, alg in facts.algorithms.items() if alg.startswith("HS"))


def _none_advertised(facts: ServerFacts) -> Iterator[str]:
    for document in (facts.metadata, facts.openid):
        for name, values in (document or {}).items():
            if name.endswith("_alg_values_supported") and isinstance(values, list) and "none" in values:
                yield f"{name!r} lists none"


def keys_of(facts: ServerFacts) -> tuple[Mapping[str, Any], ...]:
    """The keys that are published, whatever they look like."""
    keys = (facts.jwks or {}).get("keys")
    return tuple(key for key in keys if isinstance(key, Mapping)) if isinstance(keys, list) else ()


def _named(key: Mapping[str, Any]) -> str:
    return f"the key {key['kid']!r}" if "kid" in key else "a key without a kid"


def _private(facts: ServerFacts) -> Iterator[str]:
    for key in keys_of(facts):
        if key.get("kty") == "oct" or _PRIVATE & set(key):
            yield f"{_named(key)} is published with its private half"


def _weak(facts: ServerFacts) -> Iterator[str]:
    for key in keys_of(facts):
        if key.get("kty") == "RSA" and (bits := _bits(key.get("n"))) is not None and bits < _RSA_BITS:
            yield f"{_named(key)} has {bits} bits"
        elif key.get("kty") in ("EC", "OKP") and str(key.get("crv")) not in _CURVES:
            yield f"{_named(key)} is on the curve {key.get('crv')!r}"
    shared = Counter(str(key["n"]) for key in keys_of(facts) if "n" in key)
    yield from ("two keys have one modulus" for count in shared.values() if count > 1)


def _bits(modulus: object) -> int | None:
    if not isinstance(modulus, str):
        return None
    try:
        return int.from_bytes(base64url.decode(modulus)).bit_length()
    except InvalidJWT:
        return None


def _identity(facts: ServerFacts) -> Iterator[str]:
    keys = keys_of(facts)
    kids = Counter(str(key["kid"]) for key in keys if "kid" in key)
    if len(keys) > 1:
        yield from ("a key has no kid" for key in keys if "kid" not in key)
    yield from (f"{count} keys are called {kid!r}" for kid, count in kids.items() if count > 1)
    yield from (f"{_named(key)} is for no one use" for key in keys if "use" not in key and "alg" not in key)


REGISTRATION: tuple[Rule[RegistrationFacts], ...] = (
    Rule(
        id="LA-008",
        slug="algorithm-none",
        title="A client is given, or gives, unsigned statements",
        severity=Severity.CRITICAL,
        cites=(RFC_8725("3.1"), RFC_8725("3.2")),
        why="Anyone can write them.",
        remedy="Register RS256 or ES256.",
        judge=_none,
    ),
    Rule(
        id="LA-009",
        slug="algorithm-symmetric",
        title="A client's secret signs ID tokens or requests",
        severity=Severity.MEDIUM,
        cites=(OIDC_CORE("16.19"), RFC_8725("3.5")),
        why="Who verifies can sign as well, and who guesses the secret offline can do both.",
        remedy="Register RS256 or ES256.",
        judge=_symmetric,
    ),
)

METADATA: tuple[Rule[ServerFacts], ...] = (
    Rule(
        id="LA-008m",
        slug="algorithm-none-advertised",
        title="A server offers unsigned statements",
        severity=Severity.CRITICAL,
        cites=(RFC_8725("3.1"), RFC_8725("3.2")),
        why="A client that takes what is offered takes what anyone wrote.",
        remedy="Take none out of the lists.",
        judge=_none_advertised,
    ),
    Rule(
        id="LA-010",
        slug="jwks-private",
        title="Private keys are published",
        severity=Severity.CRITICAL,
        cites=(RFC_7517("9.2"),),
        why="Whoever reads them signs tokens.",
        remedy="Destroy the keys, make new ones, publish their public halves only.",
        judge=_private,
    ),
    Rule(
        id="LA-011",
        slug="key-weak",
        title="A signing key is weak",
        severity=Severity.HIGH,
        cites=(RFC_7518("3.3"), RFC_8725("3.2")),
        why="It can be computed, or will be soon.",
        remedy="Use RSA of 2048 bits or more, P-256, or Ed25519.",
        judge=_weak,
    ),
    Rule(
        id="LA-012",
        slug="key-unnamed",
        title="Published keys cannot be told apart",
        severity=Severity.MEDIUM,
        cites=(RFC_7517("4.5"), RFC_8725("3.1")),
        why="Who verifies has to try them all, and one key serves what another was made for.",
        remedy="Give each key a kid of its own, and use and alg.",
        judge=_identity,
    ),
)
