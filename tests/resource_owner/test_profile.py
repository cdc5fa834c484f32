"""What people may say of themselves, and what it does to what was known."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licet.resource_owner.claims import CLAIMS, released
from licet.resource_owner.profile import ADDRESS, FIELDS, read, typed_of

GOOD = [
    ("birthdate", "1990-12-31"),
    ("birthdate", "0000-02-29"),
    ("birthdate", "1990"),
    ("email", "alice+shop@mail.example.com"),
    ("phone_number", "+1 (604) 555-1234;ext=5678"),
    ("website", "https://xn--bcher-kva.example/~alice?x=1"),
    ("zoneinfo", "America/Argentina/Buenos_Aires"),
    ("zoneinfo", "UTC"),
    ("locale", "zh-Hant-TW"),
    ("name", "नीलम\u200cशर्मा O'Brien-Smith"),
]


@pytest.mark.parametrize(("field", "text"), GOOD)
def test_what_people_really_are_called_is_taken(field: str, text: str) -> None:
    assert read({field: f" {text} "}, {}, 5).profile[field] == text


BAD = [
    ("birthdate", "31.12.1990"),
    ("birthdate", "0000-02-30"),
    ("birthdate", "19901231"),
    ("birthdate", "1990-W01-1"),
    ("email", "a@b@c"),
    ("email", "a b@c"),
    ("phone_number", "+"),
    ("website", "https://"),
    ("website", "https://[::1"),
    ("website", "ftp://a.example"),
    ("website", "https://bücher.example"),
    ("zoneinfo", "Europe//Lisbon"),
    ("locale", "e"),
    ("name", "a\u2028b"),
    ("gender", "x" * 201),
    ("country", "\x1b[2J"),
]


@pytest.mark.parametrize(("field", "text"), BAD)
def test_what_could_mislead_is_not(field: str, text: str) -> None:
    described = read({field: text, "nickname": "Ali"}, {"name": "Alice"}, 5)
    assert described.wrong == (field,)
    assert described.profile == {"name": "Alice"}


def test_every_field_is_a_standard_claim() -> None:
    standard = {claim for claims in CLAIMS.values() for claim in claims}
    assert {*FIELDS, "address", "updated_at", "email_verified", "phone_number_verified"} == standard


@pytest.mark.parametrize(
    ("before", "email", "after"),
    [
        ({"email": "a@x.example", "email_verified": True}, "a@x.example", True),
        ({"email": "a@x.example", "email_verified": True}, "b@x.example", False),
        ({"email": "a@x.example"}, "a@x.example", None),
        ({"email": "a@x.example", "email_verified": True}, "", None),
        ({}, "a@x.example", False),
    ],
)
def test_verified_is_what_was_verified(before: dict[str, Any], email: str, after: bool | None) -> None:
    assert read({"email": email}, before, 5).profile.get("email_verified") is after


def test_what_was_not_touched_stays_however_it_came_to_be_known() -> None:
    """What an operator imported, the ``formatted`` address among it; that one goes with the parts that it was made of."""
    before = {"phone_number": "ask at the desk", "address": {"formatted": "Rua 7\nLisboa", "locality": "Lisboa"}}
    stays = read(typed_of(before) | {"nickname": "Ali"}, before, 5)
    assert stays.profile == before | {"nickname": "Ali", "updated_at": 5}
    moved = read(typed_of(before) | {"locality": "Porto"}, before, 5)
    assert moved.profile["address"] == {"locality": "Porto"}


def test_nothing_changed_is_nothing_done() -> None:
    before = {"name": "Alice", "address": {"locality": "Lisboa"}, "updated_at": 1}
    described = read(typed_of(before), before, 5)
    assert (described.profile, described.changed) == (before, ())


TYPED = st.dictionaries(st.sampled_from([*FIELDS, *ADDRESS]), st.text(max_size=40))


@given(TYPED)
def test_what_is_taken_can_be_sent_and_filled_in_again(typed: dict[str, str]) -> None:
    """Each value that gets in has its claim's type, and the form shows what it took."""
    described = read(typed, {}, 5)
    if described.wrong:
        return
    sent = released(described.profile, ("profile", "email", "address", "phone"))
    assert sent == described.profile
    assert read(typed_of(described.profile), described.profile, 6).changed == ()
