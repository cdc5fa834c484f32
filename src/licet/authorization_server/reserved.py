"""The server as an API of its own: ``licet-admin`` (rulings W).

It is there without being mentioned in a file, and in no store: where administration is off, its scopes do not exist.
Its tokens are opaque, so that each one is looked up and no ending waits for an expiry.
"""

from __future__ import annotations

from typing import Final

from licet.registration.reserved_scopes import ADMINISTRATION
from licet.storage.ports import Protected
from licet.storage.records import Issuer, Resource, Scope

NAME: Final = "licet-admin"


def audience(issuer: str) -> str:
    """What tokens for the administration of *issuer* are for."""
    return f"{issuer}/admin"


def administration(issuer: Issuer) -> Protected:
    """The API with its scopes. They are sensitive, and so in nobody's default (RFC 6749 §3.3)."""
    identifier = audience(issuer.url)
    return Protected(
        resource=Resource(
            issuer_id=issuer.issuer_id,
            identifier=identifier,
            name=NAME,
            token_format="opaque",  # noqa: S106 - a form, no secret
            source="licet",
        ),
        scopes=tuple(
            Scope(issuer_id=issuer.issuer_id, name=name, resource=identifier, words=words, sensitive=True)
            for name, words in ADMINISTRATION.items()
        ),
        credentials=(),
    )
