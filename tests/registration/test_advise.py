"""Every combination of answers has exactly one advice, or a named contradiction with the fix."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from licet.registration import piece
from licet.registration.advise import Advice, about, advise, of, with_answers
from licet.registration.choices import Described
from licet.registration.decisions import DECISIONS, Contradiction, decide
from licet.registration.kinds import BY_NAME, CODE, CREDENTIALS, DEVICE, KINDS, Kind
from licet.registration.manifest import read
from licet.registration.questions import QUESTIONS, TYPICAL, Answers, matters, settled
from licet.requirements import CATALOGUE
from licet.requirements.model import Requirement

VALUES: dict[str, tuple[Any, ...]] = {
    question.name: tuple({"yes": True, "no": False}.get(word, word) for word, _ in question.options)
    if {word for word, _ in question.options} == {"yes", "no"}
    else tuple(word for word, _ in question.options)
    for question in QUESTIONS
}
EVERY = [Answers(**dict(zip(VALUES, values, strict=True))) for values in product(*VALUES.values())]
WELL = [answers for answers in EVERY if isinstance(decide(answers), Kind)]


def test_the_questions_fill_the_answers() -> None:
    assert list(VALUES) == [field.name for field in fields(Answers)]
    assert len(EVERY) == 6 * 2 * 2 * 2 * 2 * 3 * 2 * 2
    assert all(question.why and question.flags for question in QUESTIONS)


def test_every_combination_is_decided_by_one_row() -> None:
    """No combination falls through, and no row is there for nothing."""
    used = [next(n for n, row in enumerate(DECISIONS) if row.fits(answers)) for answers in EVERY]
    assert set(used) == set(range(len(DECISIONS)))
    assert len(WELL) > 100


def test_every_kind_is_reached_but_legacy() -> None:
    assert {decide(answers) for answers in WELL} == set(KINDS) - {BY_NAME["legacy"]}


def test_contradictions_have_names_of_their_own_and_a_fix() -> None:
    found = [row.then for row in DECISIONS if isinstance(row.then, Contradiction)]
    assert len({one.name for one in found}) == len(found)
    for one in found:
        assert re.fullmatch(r"[a-z]+(-[a-z]+)+", one.name)
        assert "--" in one.fix


def test_the_fix_of_a_contradiction_leads_somewhere() -> None:
    """Changing what the fix names changes the answer: some single change of what it speaks of is well."""
    words = {
        "--no-secret": {"secret": False}, "--secret": {"secret": True}, "--user": {"user": True},
        "--browser": {"browser": True}, "--typing": {"typing": True}, "--no-agent": {"agent": "no"},
        "--runs server": {"runs": "server"}, "--runs tv": {"runs": "tv"}, "--runs computer": {"runs": "computer"},
    }  # fmt: skip
    for answers in EVERY:
        found = decide(answers)
        if isinstance(found, Contradiction):
            said = [change for word, change in words.items() if re.search(rf"{word}\b(?!-)", found.fix)]
            ways = [replace(answers, **change) for change in said]  # type: ignore[arg-type]
            whole = replace(answers, **{k: v for change in said for k, v in change.items()})  # type: ignore[arg-type]
            assert any(decide(way) != found for way in (*ways, whole)), (answers, found)


@pytest.mark.parametrize("prefers", [None, "key", "secret"])
def test_advice_keeps_the_law(prefers: Any) -> None:
    """What must be true of every advice there is."""
    for answers in WELL:
        found = advise(answers, prefers=prefers)
        assert isinstance(found, Advice)
        kind, grants, app = found.app.kind, found.app.kind.grant_types, found.app
        assert (CREDENTIALS in grants) == (not answers.user)
        assert (app.proof != "none") == answers.secret or not answers.user
        if not answers.browser and answers.user:
            assert DEVICE in grants
        if CODE not in grants and DEVICE in grants:
            assert answers.runs == "tv"
        if answers.regulated:
            assert app.proof == (prefers or "key")
            assert app.access_token_s == 300
            assert app.pushes == kind.redirects
        if answers.party == "third" and answers.user:
            assert app.asks_always
        topics = [choice.topic for choice in found.choices]
        assert len(set(topics)) == len(topics) >= 7
        assert all(choice.because and choice.says and choice.value for choice in found.choices)
        assert found.rejected and found.residual


def test_what_is_not_enforced_yet_is_advised_and_never_chosen() -> None:
    """The server's own words: bearer tokens, no dpop_signing_alg_values_supported, no tls_client_auth."""
    for answers in WELL:
        found = advise(answers)
        assert isinstance(found, Advice)
        [sender] = [choice for choice in found.choices if choice.topic == "sender constraint"]
        assert sender.advised and "bearer" in sender.value
        assert all("DPoP" not in choice.value and "TLS" not in choice.value for choice in found.choices)


def test_requirements_are_in_the_catalogue() -> None:
    cited = {
        one for kind in KINDS for choice in about(kind).choices for one in choice.says if isinstance(one, Requirement)
    }
    assert cited <= set(CATALOGUE)
    assert len(cited) >= 10


@pytest.mark.parametrize("kind", KINDS, ids=BY_NAME)
def test_a_kind_is_what_its_typical_answers_lead_to(kind: Kind) -> None:
    """``--is KIND`` alone is never contradicted, so the three flows are three one-line answers."""
    found = advise(TYPICAL[kind.name], named=kind.name)
    assert isinstance(found, Advice)
    assert found.app.kind is kind
    if kind.name != "legacy":
        assert decide(TYPICAL[kind.name]) is kind


def test_the_three_flows() -> None:
    grants = {name: about(BY_NAME[name]).app.kind.grant_types for name in ("web-app", "service", "tv")}
    assert CODE in grants["web-app"]
    assert grants["service"] == (CREDENTIALS,)
    assert DEVICE in grants["tv"]


def test_a_word_that_does_not_fit_its_answers_is_told_the_other_word() -> None:
    found = advise(replace(TYPICAL["tv"], browser=True, typing=True), named="tv")
    assert isinstance(found, Contradiction)
    assert found.name == "is-something-else"
    assert "browser: yes, typing: yes" in found.message
    assert "--is tv-with-browser" in found.fix


def test_legacy_is_taken_at_its_word_but_not_with_a_secret_in_the_open() -> None:
    assert isinstance(advise(replace(TYPICAL["legacy"], secret=False), named="legacy"), Advice)
    assert isinstance(advise(replace(TYPICAL["legacy"], runs="browser"), named="legacy"), Contradiction)


def test_too_few_answers_are_none() -> None:
    assert with_answers(None, {"runs": "tv"}) is None
    assert with_answers("tv", {"regulated": True}) == replace(TYPICAL["tv"], regulated=True)


def test_nothing_is_asked_that_changes_nothing() -> None:
    """What an interview leaves out has one good answer, and that is what it settles for."""
    for answers in EVERY:
        known = {field.name: getattr(answers, field.name) for field in fields(Answers)}
        skipped = [name for name in VALUES if not matters(name, known)]
        for name in skipped:
            others = [replace(answers, **{name: value}) for value in VALUES[name]]  # type: ignore[arg-type]
            well = {decide(other) for other in others if isinstance(decide(other), Kind)}
            assert len(well) <= 1, (name, answers)
            best = replace(answers, **{name: settled(name, known)})  # type: ignore[arg-type]
            assert not well or decide(best) in well, (name, answers)


ORDERS = (
    'issuer = "https://id.example.com"\n[api.orders]\naudience = "https://orders.example.com"\n'
    'scopes = { "orders:read" = "See your orders" }\n\n'
)


@pytest.mark.parametrize("answers", [*dict.fromkeys(WELL)][::3], ids=str)
def test_the_piece_is_read_as_it_was_meant(tmp_path: Path, pem: str, answers: Answers) -> None:
    """Whatever is advised is what the reader makes of the piece, to the last setting."""
    found = advise(answers)
    assert isinstance(found, Advice)
    app, meant = reads(tmp_path, pem, found)
    assert app.kind is found.app.kind
    assert app.metadata.public == found.app.public
    assert (app.consent == "always") == found.app.asks_always
    assert app.metadata.require_pushed_authorization_requests == found.app.pushes
    assert app.access_token_s in {None, found.app.access_token_s}
    again, names = of(app)
    assert again.app.kind is found.app.kind
    assert (again.app.proof, again.app.pushes, again.app.asks_always) == (meant.proof, meant.pushes, meant.asks_always)
    assert names.may == app.metadata.scope


def test_legacy_is_read_too(tmp_path: Path, pem: str) -> None:
    app, _ = reads(tmp_path, pem, about(BY_NAME["legacy"]))
    assert app.because


def reads(directory: Path, pem: str, found: Advice) -> tuple[Any, Described]:
    (directory / "one.pub.pem").write_text(pem)
    (directory / "licet.toml").write_text(ORDERS + piece.app(found.app, piece.guessed(found.app, "one")))
    [app] = read(directory / "licet.toml").apps
    return app, found.app
