"""Judgements over documents: a registration, a server's policy, its metadata and keys, everything registered together. Pure.

One list, shared by whoever judges: plan, apply, registration, a server's start, an audit. A rule says nothing of what it
does not know: ``None`` in the facts means unknown, never "fine".
"""

from __future__ import annotations

from collections.abc import Iterable

from licet.rules import (
    client_authentication,
    consent_and_scopes,
    discovery,
    estate,
    grant_types,
    lifetimes,
    opening,
    proof_key,
    redirect_uris,
    signing,
)
from licet.rules.facts import PolicyFacts, RegistrationFacts, ServerFacts
from licet.rules.model import Finding, Rule, Severity

__all__ = [
    "BY_ID",
    "RULES",
    "Finding",
    "PolicyFacts",
    "RegistrationFacts",
    "Rule",
    "ServerFacts",
    "Severity",
    "judge_estate",
    "judge_metadata",
    "judge_policy",
    "judge_registration",
]

REGISTRATION: tuple[Rule[RegistrationFacts], ...] = (
    *redirect_uris.RULES,
    *proof_key.RULES,
    *grant_types.RULES,
    *client_authentication.RULES,
    *consent_and_scopes.RULES,
    *lifetimes.REGISTRATION,
    *signing.REGISTRATION,
)
ESTATE: tuple[Rule[tuple[RegistrationFacts, ...]], ...] = estate.RULES
POLICY: tuple[Rule[PolicyFacts], ...] = (*lifetimes.POLICY, *opening.RULES)
METADATA: tuple[Rule[ServerFacts], ...] = (*discovery.RULES, *signing.METADATA)

RULES: tuple[Rule[object], ...] = tuple(
    sorted((*REGISTRATION, *ESTATE, *POLICY, *METADATA), key=lambda rule: rule.id)  # type: ignore[arg-type]
)
"""Every rule there is."""

BY_ID = {rule.id: rule for rule in RULES}


def judge_registration(facts: RegistrationFacts) -> tuple[Finding, ...]:
    """What is wrong with one registration by itself, the worst first."""
    return _worst_first(finding for rule in REGISTRATION for finding in rule.findings(facts.name, facts))


def judge_estate(registrations: Iterable[RegistrationFacts]) -> tuple[Finding, ...]:
    """What is wrong with registrations beside one another."""
    everything = tuple(registrations)
    return _worst_first(finding for rule in ESTATE for finding in rule.findings("apps", everything))


def judge_policy(facts: PolicyFacts) -> tuple[Finding, ...]:
    """What is wrong with how a server is set up."""
    return _worst_first(finding for rule in POLICY for finding in rule.findings("server", facts))


def judge_metadata(facts: ServerFacts) -> tuple[Finding, ...]:
    """What is wrong with what a server says of itself, and with its keys."""
    return _worst_first(finding for rule in METADATA for finding in rule.findings(facts.issuer or "server", facts))


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda one: (one.severity.rank, one.rule.id, one.subject, one.message)))
