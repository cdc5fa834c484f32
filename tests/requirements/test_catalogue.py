"""The catalogue: names, words and profiles."""

from __future__ import annotations

import re
from datetime import date

import pytest

import licet.requirements
from licet.requirements import (
    ASSERTION_AUDIENCE_IS_ISSUER,
    CATALOGUE,
    PKCE_OR_NONCE,
    PKCE_REQUIRED,
    Level,
    Requirement,
    Role,
)
from licet.requirements.profiles import OAUTH_2_1, OIDC_CORE, Waiver


@pytest.mark.parametrize("requirement", CATALOGUE, ids=str)
def test_a_requirement_is_importable_under_its_id(requirement: Requirement) -> None:
    """``pkce-required`` is ``licet.requirements.PKCE_REQUIRED``."""
    name = requirement.id.upper().replace("-", "_")
    assert getattr(licet.requirements, name) is requirement
    assert name in licet.requirements.__all__


@pytest.mark.parametrize("requirement", CATALOGUE, ids=str)
def test_a_requirement_says_everything(requirement: Requirement) -> None:
    """Whatever ends in an error, a report or a page is there."""
    assert requirement.sources
    assert requirement.title[-1] not in ".!"
    for sentence in (requirement.threat, requirement.remedy):
        assert sentence.endswith((".", ")."))
    assert requirement.url.startswith("https://")


@pytest.mark.parametrize("requirement", CATALOGUE, ids=str)
def test_an_address_may_stand_in_error_uri(requirement: Requirement) -> None:
    """Only the characters that RFC 6749 §5.2 permits there."""
    for source in requirement.sources:
        assert re.fullmatch(r"https://[\x21\x23-\x5b\x5d-\x7e]+", source.citation.url)
        assert "{" not in source.citation.url


@pytest.mark.parametrize("requirement", CATALOGUE, ids=str)
def test_a_ruling_is_cited_as_one(requirement: Requirement) -> None:
    """Choices of licet's own never pass for a specification's, nor the other way round."""
    for source in requirement.sources:
        assert (source.citation.document.id == "licet") == (source.level is Level.RULING)
        if source.level is Level.RULING:
            assert source.citation.section in "ABCDEFGHIJKLMNOPQRSTUVWX"


def test_ids_are_unique() -> None:
    """An id names one requirement."""
    assert len({requirement.id for requirement in CATALOGUE}) == len(CATALOGUE)


def test_the_catalogue_is_in_the_order_of_the_files() -> None:
    """The same order in every run: reports and pages do not shuffle."""
    assert CATALOGUE[0].id == "redirect-uri-registered"
    assert CATALOGUE[-1].id == "id-token-algorithm"


def test_the_strict_profile_demands_everything_of_the_server() -> None:
    """Nothing that binds the authorization server is optional by default."""
    assert {r.id for r in CATALOGUE if r.binds is Role.AUTHORIZATION_SERVER} == OAUTH_2_1.demands


def test_the_older_profile_relaxes_what_rulings_name() -> None:
    """PKCE, the nonce in its place and the issuer-only audience, and all three can be waived as well."""
    relaxed = OAUTH_2_1.demands - OIDC_CORE.demands
    assert relaxed == {PKCE_REQUIRED.id, PKCE_OR_NONCE.id, ASSERTION_AUDIENCE_IS_ISSUER.id}
    assert {r.id for r in CATALOGUE if r.waivable} == relaxed


def test_a_waiver_names_its_end() -> None:
    """A departure is for one client, with a reason, until a day."""
    waiver = Waiver(PKCE_REQUIRED.id, "legacy-crm", "vendor upgrade in spring", date(2027, 3, 1))
    assert waiver.until == date(2027, 3, 1)
