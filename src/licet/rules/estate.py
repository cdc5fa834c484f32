"""Registrations beside one another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from licet.requirements.documents import RFC_6749, RFC_9700
from licet.rules.facts import RegistrationFacts
from licet.rules.model import Rule, Severity
from licet.rules.redirect_uris import LOOPBACK, scheme_and_host

Everything = tuple[RegistrationFacts, ...]


def _by(
    everything: Everything, what: Callable[[RegistrationFacts], Iterable[str]]
) -> dict[str, list[RegistrationFacts]]:
    found: defaultdict[str, list[RegistrationFacts]] = defaultdict(list)
    for one in everything:
        for value in set(what(one)):
            found[value].append(one)
    return {
        value: sorted(owners, key=lambda one: one.name) for value, owners in sorted(found.items()) if len(owners) > 1
    }


def _hosts(one: RegistrationFacts) -> Iterator[str]:
    for uri in one.redirect_uris or ():
        found = scheme_and_host(uri)
        if found is not None and found[0] in {"https", "http"} and found[1] and found[1] not in LOOPBACK:
            yield found[1]


def _shared_host(everything: Everything) -> Iterator[tuple[str, str]]:
    for host, apps in _by(everything, _hosts).items():
        owners = sorted({one.owner for one in apps if one.owner})
        if len(owners) > 1:
            yield apps[0].name, f"{host!r} receives codes for apps of {' and '.join(owners)}"


def _shared_proof(everything: Everything) -> Iterator[tuple[str, str]]:
    for what, proofs in (
        ("secret", _by(everything, lambda one: one.secrets or ())),
        ("key", _by(everything, lambda one: one.keys or ())),
    ):
        for apps in proofs.values():
            yield apps[0].name, f"it has the same {what} as {', '.join(one.name for one in apps[1:])}"


RULES: tuple[Rule[Everything], ...] = (
    Rule(
        id="LA-034",
        slug="redirect-host-shared",
        title="Apps of different owners are answered on one host",
        severity=Severity.MEDIUM,
        cites=(RFC_9700("4.11.1"),),
        why="Whoever runs the one reads the other's codes.",
        remedy="Give each owner's apps a host of their own.",
        judge=_shared_host,
    ),
    Rule(
        id="LA-053e",
        slug="secret-reused",
        title="Two clients prove themselves with the same secret or key",
        severity=Severity.HIGH,
        cites=(RFC_6749("10.1"),),
        why="Each can claim to be the other, and a leak of one is a leak of both.",
        remedy="Give each its own.",
        judge=_shared_proof,
    ),
)
