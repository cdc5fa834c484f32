"""What a file wants and a store has not: told by the words of the file, never by digests."""

from __future__ import annotations

import msgspec
import pytest

from licet.registration.desired import Configuration
from licet.registration.differences import compare
from licet.storage.ports import Protected, Registered
from tests.registration.conftest import TOP, Reads
from tests.registration.test_desired import APPS, STRONG, made

TEXT = TOP + APPS


def lines(desired: Configuration, stored: Configuration) -> list[str]:
    return [str(difference) for difference in compare(desired, stored)]


def test_everything_is_added_to_an_empty_store(reads: Reads) -> None:
    assert lines(made(reads(TEXT)), Configuration()) == [
        "+ api orders",
        "+ scope orders:read",
        "+ scope orders:write",
        "+ scope profile",
        "+ app shop",
        "+ app job",
    ]


def test_everything_is_gone_from_an_empty_file(reads: Reads) -> None:
    """An API's scopes go with it, unmentioned."""
    assert lines(Configuration(), made(reads(TEXT))) == ["- api orders", "- scope profile", "- app shop", "- app job"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ('may = ["openid", "orders:read"]', 'may = ["openid", "orders:write"]', "~ app shop  may: + orders:write - orders:read"),
        ("token_lifetime = 120", "token_lifetime = 180", "~ app shop  token_lifetime: 120 s → 180 s"),
        ("token_lifetime = 120", "", "~ app shop  token_lifetime: 120 s → (none)"),
        ('consent = "trusted"', 'consent = "always"', "~ app shop  consent: trusted → always"),
        ('owner = "shop team"', "", "~ app shop  owner: shop team → (none)"),
        ("shop.example.com/cb", "shop.example.com/c", "~ app shop  callback: + https://shop.example.com/c - https://shop.example.com/cb"),
        (', { env = "B" }]', "]".replace("]", ', { env = "C" }]'), "~ app shop  credentials: 1 added, 1 dropped"),
        ("orders.example.com", "orders.example.org", "~ api orders  audience: https://orders.example.com → https://orders.example.org"),
        ('"See your orders"', '"Look at your orders"', "~ scope orders:read  says: See your orders → Look at your orders"),
        ('profile = "See your name"', "", "- scope profile"),
    ],
)  # fmt: skip
def test_a_change_is_told(reads: Reads, before: str, after: str, says: str) -> None:
    environment = {**STRONG, "C": "45c48cce2e2d7fbdea1afc51c7c6ad26"}
    stored = made(reads(TEXT), environment=environment)
    assert lines(made(reads(TEXT.replace(before, after)), environment=environment), stored) == [says]


def test_what_came_another_way_is_none_of_the_files_business(reads: Reads) -> None:
    stored = made(reads(TEXT))
    (shop, job) = stored.apps
    other = Registered(client=msgspec.structs.replace(job.client, client_id="other", source="api"), credentials=())
    dead = Registered(client=msgspec.structs.replace(job.client, client_id="dead", status="disabled"), credentials=())
    apis = tuple(
        Protected(resource=msgspec.structs.replace(api.resource, name="more", source="api"), scopes=(), credentials=())
        for api in stored.apis
    )
    present = Configuration(apps=(shop, job, other, dead), apis=(*stored.apis, *apis), own_scopes=stored.own_scopes)
    assert lines(stored, present) == []


def test_what_an_operator_disabled_is_no_difference(reads: Reads) -> None:
    stored = made(reads(TEXT))
    disabled = tuple(
        Registered(client=msgspec.structs.replace(app.client, status="disabled"), credentials=app.credentials)
        for app in stored.apps
    )
    assert lines(stored, Configuration(apps=disabled, apis=stored.apis, own_scopes=stored.own_scopes)) == []


def test_the_file_takes_over_what_came_another_way(reads: Reads) -> None:
    stored = made(reads(TEXT))
    shop, job = stored.apps
    other = Registered(client=msgspec.structs.replace(job.client, source="api"), credentials=job.credentials)
    present = Configuration(apps=(shop, other), apis=stored.apis, own_scopes=stored.own_scopes)
    assert lines(stored, present) == ["~ app job  source: api → file"]
