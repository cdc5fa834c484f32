"""Each rule finds what it is for and nothing else, and no document makes one fall over."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from licet.requirements import documents
from licet.requirements.model import Document
from licet.rules import (
    BY_ID,
    RULES,
    Finding,
    PolicyFacts,
    RegistrationFacts,
    ServerFacts,
    judge_estate,
    judge_metadata,
    judge_policy,
    judge_registration,
)
from tests.rules.page import page
from tests.rules.pairs import ALSO, GOOD, OTHER, PAIRS, POLICY, SERVER, WEB

EACH = [
    pytest.param(rule, bad, good, id=f"{rule}-{n}")
    for rule, pairs in PAIRS.items()
    for n, (bad, good) in enumerate(pairs)
]


def judged(facts: Any) -> tuple[Finding, ...]:
    match facts:
        case RegistrationFacts():
            return judge_registration(facts)
        case PolicyFacts():
            return judge_policy(facts)
        case ServerFacts():
            return judge_metadata(facts)
    return judge_estate(facts)


def test_every_rule_has_a_pair_and_a_name_of_its_own() -> None:
    assert set(PAIRS) == set(BY_ID)
    assert len({rule.id for rule in RULES}) == len({rule.slug for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule.cites
        assert rule.why.endswith(".")
        assert rule.remedy.endswith(".")


def test_only_documents_that_may_be_cited_are_cited() -> None:
    known = {one.id for one in vars(documents).values() if isinstance(one, Document)}
    assert {cite.document.id for rule in RULES for cite in rule.cites} <= known


@pytest.mark.parametrize(("rule", "bad", "good"), EACH)
def test_a_rule_finds_what_it_is_for_and_nothing_in_the_mended_one(rule: str, bad: Any, good: Any) -> None:
    found = {finding.rule.id for finding in judged(bad)}
    assert rule in found
    before = {finding.rule.id for finding in judged(good)}
    assert found - before <= {rule} | ALSO.get(rule, frozenset())
    assert rule not in before


def test_good_ones_are_fine() -> None:
    assert [finding for facts in (*GOOD, POLICY, SERVER) for finding in judged(facts)] == []
    assert judge_estate((*GOOD, OTHER)) == ()


def test_the_worst_comes_first_and_the_order_of_apps_does_not_matter() -> None:
    bad = [bad for pairs in PAIRS.values() for bad, _ in pairs if isinstance(bad, RegistrationFacts)]
    for facts in bad:
        ranks = [finding.severity.rank for finding in judge_registration(facts)]
        assert ranks == sorted(ranks)
    same = tuple(WEB for _ in range(2))
    assert judge_estate((*same, OTHER)) == judge_estate((OTHER, *same))
    assert [finding.subject for finding in judge_estate(same)] == ["app.shop"]


@pytest.mark.parametrize(
    "uri",
    [
        "https://[2001:db8::1]/cb",
        "https://x.example.com/cb?p=$1",
        "https://x.example.com/cb(1)",
        "https://x.example.com",
    ],
)
def test_an_odd_address_that_is_exact_is_fine(uri: str) -> None:
    assert judge_registration(replace(WEB, redirect_uris=(uri,))) == ()


def test_what_strangers_wrote_is_shown_as_text() -> None:
    """No message holds a letter that a terminal obeys, and no name of theirs is taken for a subject."""
    metadata = {"issuer": "https://id.example.com\t\x1b[2J", "x\tserver_endpoint": "http://\x1b[2J"}
    jwks = {"keys": [{"kty": "RSA", "n": "AQAB", "kid": "\x1b[2J\tx"}]}
    for finding in judge_metadata(ServerFacts(issuer="https://id.example.com", metadata=metadata, jwks=jwks)):
        assert finding.message.isprintable()
        assert finding.subject == "https://id.example.com"


def test_what_is_unknown_is_no_finding() -> None:
    assert judge_registration(RegistrationFacts(name="app.x")) == ()
    assert judge_policy(PolicyFacts()) == ()
    assert judge_metadata(ServerFacts()) == ()


_TEXTS = st.one_of(
    st.text(max_size=20), st.sampled_from(["*", "http://[", "https://x", "javascript:", "none", "\ud800"[:0]])
)
_ANY = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), _TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_TEXTS, inner, max_size=3)),
    max_leaves=8,
)
_KEYS = st.lists(
    st.fixed_dictionaries(
        {"kty": st.one_of(_ANY, st.sampled_from(["RSA", "EC", "OKP", "oct"]))},
        optional={"n": st.one_of(_ANY, st.just("AQAB")), "crv": _ANY, "kid": _ANY, "use": _ANY, "d": _ANY},
    ),
    max_size=3,
)
_STRATEGIES: dict[str, Any] = {
    "tuple[str, ...] | None": st.one_of(st.none(), st.lists(_TEXTS, max_size=3).map(tuple)),
    "Mapping[str, str]": st.dictionaries(_TEXTS, _TEXTS, max_size=3),
    "int | None": st.one_of(st.none(), st.integers(0, 10**9)),
    "str | None": st.one_of(st.none(), _TEXTS),
    "bool | None": st.one_of(st.none(), st.booleans()),
}


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_no_registration_makes_a_rule_fall_over(data: st.DataObject) -> None:
    given_facts = {
        field.name: data.draw(_STRATEGIES[str(field.type)])
        for field in fields(RegistrationFacts)
        if str(field.type) in _STRATEGIES
    }
    facts = RegistrationFacts(**({"name": "app.x"} | given_facts | {"name": "app.x"}))
    judge_registration(facts)
    judge_estate((facts, WEB))


@settings(max_examples=100, deadline=None)
@given(
    metadata=st.dictionaries(st.one_of(_TEXTS, st.sampled_from(sorted(SERVER.metadata or {}))), _ANY, max_size=5),
    jwks=_ANY,
)
def test_no_metadata_makes_a_rule_fall_over(metadata: dict[str, Any], jwks: Any) -> None:
    judge_metadata(ServerFacts(issuer="x", metadata=metadata, openid=metadata, jwks={"keys": jwks}))


def test_the_page_says_what_the_rules_say() -> None:
    assert (Path(__file__).parents[2] / "docs" / "rules.md").read_text() == page()
