"""The people of a development server: made up, with every claim that an app may ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MOVED_IN_S = 1_767_225_600
"""2026-01-01: ``updated_at`` is a number, not a date in words (OpenID Connect Core §5.1)."""


@dataclass(frozen=True, slots=True)
class Invented:
    """Somebody who does not exist."""

    login: str
    profile: dict[str, Any]


ALICE = Invented(
    login="alice",
    profile={
        "name": "Alice Example",
        "given_name": "Alice",
        "middle_name": "Ada",
        "family_name": "Example",
        "nickname": "Al",
        "preferred_username": "alice",
        "profile": "https://people.example.com/alice",
        "picture": "https://people.example.com/alice.png",
        "website": "https://alice.example.com",
        "gender": "female",
        "birthdate": "1990-12-10",
        "zoneinfo": "Europe/Berlin",
        "locale": "en-GB",
        "updated_at": _MOVED_IN_S,
        "email": "alice@example.com",
        "email_verified": True,
        "phone_number": "+49 30 5550 1234",
        "phone_number_verified": True,
        "address": {
            "formatted": "Lindenstr. 1\n10115 Berlin\nGermany",
            "street_address": "Lindenstr. 1",
            "locality": "Berlin",
            "postal_code": "10115",
            "country": "DE",
        },
    },
)

BOB = Invented(
    login="bob",
    profile={
        "name": "Bob Sample",
        "given_name": "Bob",
        "middle_name": "Bernard",
        "family_name": "Sample",
        "nickname": "Bobby",
        "preferred_username": "bob",
        "profile": "https://people.example.com/bob",
        "picture": "https://people.example.com/bob.png",
        "website": "https://bob.example.com",
        "gender": "male",
        "birthdate": "1985-06-23",
        "zoneinfo": "Europe/Lisbon",
        "locale": "pt-PT",
        "updated_at": _MOVED_IN_S,
        "email": "bob@example.com",
        "email_verified": True,
        "phone_number": "+351 21 555 0187",
        "phone_number_verified": True,
        "address": {
            "formatted": "Rua do Exemplo 7\n1100-148 Lisboa\nPortugal",
            "street_address": "Rua do Exemplo 7",
            "locality": "Lisboa",
            "postal_code": "1100-148",
            "country": "PT",
        },
    },
)

PEOPLE = (ALICE, BOB)
LOGINS = tuple(person.login for person in PEOPLE)
