"""Every requirement on the authorization server is enforced and witnessed, or says why not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from licet.requirements import BEARER_HEADER_ONLY, CATALOGUE, NO_STORE, PKCE_REQUIRED, Requirement
from tests.requirements.ledger import ROOT, Ledger, Mention, read, render, sites, witnesses

HOUSE = read()


@pytest.mark.parametrize("requirement", CATALOGUE, ids=str)
def test_every_requirement_is_enforced_and_witnessed(requirement: Requirement) -> None:
    """A refusal cites it and a test saw it, or it says why none needs to or can."""
    assert HOUSE.debts(requirement) == []


def test_nothing_unknown_is_cited() -> None:
    """Whatever stands behind ``per=`` or in a witness mark is in the catalogue."""
    assert HOUSE.unknown(CATALOGUE) == []


def test_the_printed_statement_is_current() -> None:
    """``python -m tests.requirements.ledger > docs/compliance.md``."""
    assert (ROOT / "docs" / "compliance.md").read_text(encoding="utf-8") == render(HOUSE)


# The analysis itself, on small examples.

ENFORCED = """
class Endpoint:
    async def __call__(self, incoming):
        if incoming.bad:
            raise InvalidRequest("code_challenge is missing", per=PKCE_REQUIRED)
"""
BY_MODULE = """
def check(request):
    raise InvalidRequest("missing", per=requirements.PKCE_REQUIRED)
"""
EITHER = """
def check(request):
    raise InvalidRequest("missing", per=PKCE_REQUIRED if request.public else NO_STORE)
"""
BY_SECTION = """
def check(request):
    raise InvalidRequest("missing", per=RFC_6749("4.1.1"))
"""
PASSED_ON = """
def check(request, why):
    raise InvalidRequest("missing", per=why)
"""
WITNESSED = """
@pytest.mark.witness(PKCE_REQUIRED, requirements.NO_STORE)
async def test_a_code_without_verifier_is_refused(): ...
"""
NOT_MARKED = """
@pytest.mark.parametrize("requirement", [PKCE_REQUIRED])
def test_something_else(): ...
"""


def test_a_site_is_found_in_its_function() -> None:
    """With class and function, without a line number."""
    assert sites(ENFORCED, "x/endpoint.py") == [Mention("PKCE_REQUIRED", "x/endpoint.py", "Endpoint.__call__")]
    assert str(sites(ENFORCED, "x/endpoint.py")[0]) == "x/endpoint.py:Endpoint.__call__"


def test_a_site_is_found_through_the_module() -> None:
    """``per=requirements.NAME`` counts as well."""
    assert sites(BY_MODULE, "x.py") == [Mention("PKCE_REQUIRED", "x.py", "check")]


def test_both_arms_of_a_choice_are_sites() -> None:
    """``per=A if … else B`` enforces both."""
    assert {mention.name for mention in sites(EITHER, "x.py")} == {"PKCE_REQUIRED", "NO_STORE"}


@pytest.mark.parametrize("source", [BY_SECTION, PASSED_ON], ids=["citation", "variable"])
def test_a_bare_citation_or_a_variable_is_no_site(source: str) -> None:
    """They name no requirement, and are nothing unknown either."""
    assert sites(source, "x.py") == []


def test_a_witness_is_found_in_its_mark() -> None:
    """Every requirement the mark names, however it is named."""
    found = witnesses(WITNESSED, "flows/test_x.py")
    assert [mention.name for mention in found] == ["PKCE_REQUIRED", "NO_STORE"]
    assert {mention.function for mention in found} == {"test_a_code_without_verifier_is_refused"}


def test_another_mark_is_no_witness() -> None:
    """Only ``pytest.mark.witness`` counts."""
    assert witnesses(NOT_MARKED, "x.py") == []


def _ledger(source: str = "", test: str = "") -> Ledger:
    return Ledger(
        sites={mention.name: (mention,) for mention in sites(source, "x.py")},
        witnesses={mention.name: (mention,) for mention in witnesses(test, "test_x.py")},
    )


def test_a_requirement_without_a_site_is_a_debt() -> None:
    """Neither refusal nor sentence: nobody enforces it."""
    debts = _ledger(test=WITNESSED).debts(replace(PKCE_REQUIRED, by_construction=""))
    assert debts == ["pkce-required: no refusal cites it, and it does not say why none needs to"]


def test_a_requirement_without_a_witness_is_a_debt() -> None:
    """Neither test nor sentence: nobody saw it hold."""
    debts = _ledger(source=ENFORCED).debts(replace(PKCE_REQUIRED, unseen=""))
    assert debts == ["pkce-required: no test witnesses it, and it does not say why none can"]


def test_a_new_entry_of_the_catalogue_owes_both() -> None:
    """Held against the house as it stands: who adds a law adds who keeps it and who saw it kept."""
    entry = replace(PKCE_REQUIRED, id="moon-phase-known", by_construction="", unseen="")
    assert HOUSE.debts(entry) == [
        "moon-phase-known: no refusal cites it, and it does not say why none needs to",
        "moon-phase-known: no test witnesses it, and it does not say why none can",
    ]


def test_a_house_is_read_from_its_files(tmp_path: Path) -> None:
    """Sites come from the source, witnesses from the tests; one where the other belongs counts for nothing."""
    for folder, text in (("src/licet", WITNESSED), ("tests", ENFORCED)):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "x.py").write_text(text, encoding="utf-8")
    swapped = read(tmp_path)
    assert (swapped.sites, swapped.witnesses) == ({}, {})
    for folder, text in (("src/licet", ENFORCED), ("tests", WITNESSED)):
        (tmp_path / folder / "x.py").write_text(text, encoding="utf-8")
    assert read(tmp_path).debts(replace(PKCE_REQUIRED, by_construction="", unseen="")) == []


def test_a_statement_that_nobody_printed_anew_is_stale() -> None:
    """A witness that went away changes the statement."""
    fewer = replace(HOUSE, witnesses={name: found for name, found in HOUSE.witnesses.items() if name != "NO_STORE"})
    assert render(fewer) != render(HOUSE)


def test_sentences_pay_debts() -> None:
    """What holds by construction and cannot be seen owes nothing."""
    requirement = replace(PKCE_REQUIRED, by_construction="It cannot be otherwise.", unseen="It is inside.")
    assert _ledger().debts(requirement) == []


def test_what_binds_others_owes_nothing_here() -> None:
    """A resource server's duty is not the authorization server's to refuse."""
    assert _ledger().debts(replace(BEARER_HEADER_ONLY, by_construction="", unseen="")) == []


def test_an_unknown_name_is_reported_where_it_stands() -> None:
    """A misspelt requirement does not pass for an enforced one."""
    ledger = _ledger(ENFORCED.replace("PKCE_REQUIRED", "PKCE_REQIURED"), WITNESSED.replace("NO_STORE", "NO_SOTRE"))
    assert ledger.unknown((PKCE_REQUIRED, NO_STORE)) == [
        "test_x.py:test_a_code_without_verifier_is_refused: NO_SOTRE is no requirement",
        "x.py:Endpoint.__call__: PKCE_REQIURED is no requirement",
    ]


def test_the_statement_shows_site_and_witness() -> None:
    """One line a requirement: sources, where it is enforced, who saw it."""
    text = render(_ledger(ENFORCED, WITNESSED), (PKCE_REQUIRED, NO_STORE))
    seen = "`test_x.py:test_a_code_without_verifier_is_refused`"
    assert f"| `x.py:Endpoint.__call__` | {seen} |" in text
    assert f"| by construction: {NO_STORE.by_construction} | {seen} |" in text
    assert "MUST [RFC 9700 §2.1.1](https://www.rfc-editor.org/rfc/rfc9700#section-2.1.1) (public clients)" in text
