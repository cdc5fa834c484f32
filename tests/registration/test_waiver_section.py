"""``[[waiver]]``: what is refused of it, what is kept, and what is said of it. And credentials of the service manager."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from licet.cli import waived
from licet.registration.manifest import Manifest, read
from licet.registration.mistakes import ManifestErrors, Place
from licet.registration.model import Reference
from licet.registration.references import Unresolved, resolver
from licet.registration.waiver_section import WAIVABLE
from licet.requirements import CATALOGUE
from licet.requirements.profiles import Waiver
from tests.registration.broken import GOOD
from tests.registration.test_broken_files import OnADay

GIVEN = Waiver("pkce-required", "crm", "the vendor has it in spring", date(2027, 3, 1))


def waiving(directory: Path, old: str = "", new: str = "") -> Manifest:
    (directory / "licet.toml").write_text(GOOD.replace(old, new) if old else GOOD)
    return read(directory / "licet.toml", clock=OnADay())


@pytest.mark.parametrize("until", ["2027-03-01", '"2027-03-01"'])
def test_it_is_read(directory: Path, until: str) -> None:
    assert [one.waiver for one in waiving(directory, "2027-03-01", until).waivers] == [GIVEN]


def test_what_may_be_waived_is_what_says_so() -> None:
    assert set(WAIVABLE) == {one.id for one in CATALOGUE if one.waivable}
    assert "pkce-required" in WAIVABLE


@pytest.mark.parametrize(
    ("old", "new", "fix"),
    [
        ('"pkce-required"', '"pkce-requird"', 'requirement = "pkce-required"'),
        ('"pkce-required"', '"tls-required"', "meet it"),
        ('client = "crm"', 'client = "cmr"', 'client = "crm"'),
        ('"the vendor has it in spring"', '"vendor"', "a sentence"),
        ("2027-03-01", "2027-12-03", "until = 2027-12-01"),
        ("2027-03-01", '"2027-02-30"', "until = "),
    ],
)
def test_a_mistake_names_its_fix(directory: Path, old: str, new: str, fix: str) -> None:
    with pytest.raises(ManifestErrors) as caught:
        waiving(directory, old, new)
    (mistake,) = caught.value.mistakes
    assert fix in mistake.fix
    assert new.strip('"').split(" = ")[-1].strip('"') in mistake.place.text


def test_a_public_client_is_never_spared_pkce(directory: Path) -> None:
    with pytest.raises(ManifestErrors, match="never spared PKCE"):
        waiving(directory, 'cb"\nkey = { file = "app.pub.pem" }\nmay', 'cb"\nmay')


@pytest.mark.parametrize(
    ("today", "says"),
    [
        (date(2026, 12, 1), "is spared until 2027-03-01 pkce-required"),
        (date(2027, 2, 27), "which is in 2 days, pkce-required"),
        (date(2027, 3, 2), "was spared until 2027-03-01, and is held again to pkce-required"),
    ],
)
def test_what_is_said_of_it(directory: Path, today: date, says: str) -> None:
    manifest = waiving(directory)
    (notice,) = waived.notices(manifest, today)
    assert says in notice.what
    assert notice.level == "notice"
    assert bool(waived.holding(manifest, today)) == (today <= GIVEN.until)


def test_one_that_ended_does_not_keep_a_server_down(directory: Path) -> None:
    assert waiving(directory, "2027-03-01", "2025-01-01").waivers[0].waiver.until.year == 2025


def test_a_credential_is_read_where_the_service_manager_put_it(directory: Path) -> None:
    reference = waiving(directory).server.secrets
    assert reference == Reference("credential", "licet-master", Place(file=""))
    (directory / "licet-master").write_text("value\n")
    assert resolver({"CREDENTIALS_DIRECTORY": str(directory)})(reference) == "value"
    for environment in ({}, {"CREDENTIALS_DIRECTORY": "relative"}):
        with pytest.raises(Unresolved, match="CREDENTIALS_DIRECTORY is not set"):
            resolver(environment)(reference)


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/b", ".", "..", ".hidden", "a b", "x" * 300])
def test_a_credential_is_one_name(directory: Path, name: str) -> None:
    with pytest.raises(ManifestErrors, match="no credential's name") as caught:
        waiving(directory, '"licet-master"', f'"{name}"')
    assert f'"{name}"' not in str(caught.value)


def test_the_clock_of_the_test_is_before_the_end() -> None:
    assert waived.day(OnADay().now()) == datetime(2026, 12, 1, tzinfo=UTC).date()
