"""What an app or an API proves itself with, as a file says it: keys as they are, secrets by where they are expected."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from licet.registration.toml_text import Row
from licet.storage.records import Credential

_NO_WORD = re.compile(r"[^A-Z0-9]+")
_MOST = 2
_EXPECTED = "what it was given; the store has a digest of it"

Place = Mapping[str, str]
"""``{"env": "SHOP_SECRET"}`` or ``{"file": "shop.secret"}``."""


@dataclass(slots=True)
class Secrets:
    """The references of one file; a name that had to be made up is given once."""

    known: Mapping[bytes, Place]
    """Where a secret is, by its digest: what the file that owns it says."""
    named: dict[str, Place] = field(default_factory=dict)

    def proof(self, owner: str, credentials: tuple[Credential, ...]) -> tuple[list[Row], str]:
        """The rows ``key`` or ``secret`` of *owner*, and why it cannot be said, if it cannot."""
        keys = [one for one in credentials if one.digest is None]
        secrets = [one for one in credentials if one.digest is not None]
        trouble = ""
        if keys and secrets:
            trouble = "it has a key and a secret, and a file says one of the two"
        elif len(credentials) > _MOST:
            trouble = f"it has {len(credentials)} keys or secrets, and a file says two at most"
        rows = []
        if keys:
            said = [_key(one) for one in sorted(keys, key=lambda one: one.credential_id)]
            rows.append(Row("key", said[0] if len(said) == 1 else said))
        if secrets:
            ordered = sorted(secrets, key=lambda one: (one.created_at, one.credential_id))
            places = [self._place(owner, number, one) for number, one in enumerate(ordered)]
            made_up = any(one.digest not in self.known for one in ordered)
            rows.append(Row("secret", places[0] if len(places) == 1 else places, _EXPECTED if made_up else ""))
        return rows, trouble

    def forget(self, owner: str) -> None:
        """*owner* is a comment after all: nothing reads its secrets."""
        self.named = {name: place for name, place in self.named.items() if not name.startswith(f"{owner}.secret[")}

    def _place(self, owner: str, number: int, credential: Credential) -> Place:
        place = self.known.get(credential.digest or b"")
        if place is None:
            taken = {one["env"] for one in (*self.named.values(), *self.known.values()) if "env" in one}
            place = {"env": variable(owner, number, taken)}
        self.named[f"{owner}.secret[{number}]"] = place
        return place


def variable(owner: str, number: int, taken: Collection[str]) -> str:
    """The name of a variable for a secret of *owner*, as in ``app.shop``: none of *taken*, the second ends with _2."""
    what, _, name = owner.partition(".")
    words = _NO_WORD.sub("_", name.upper()).strip("_") or "APP"
    stem = f"{'API_' if what == 'api' else ''}{words}_SECRET"
    stem = (f"APP_{stem}" if stem[0].isdigit() else stem) + (f"_{number + 1}" if number else "")
    found, count = stem, 1
    while found in taken:
        count += 1
        found = f"{stem}_{count}"
    return found


def _key(credential: Credential) -> dict[str, object]:
    jwk = credential.jwk or {}
    return {"jwks_url": jwk["jwks_uri"]} if "jwks_uri" in jwk else {"jwk": jwk}
