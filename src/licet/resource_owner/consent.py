"""What was agreed to, and what is still to ask (rulings C). Pure.

A remembered yes is only as good as the certainty of who asks: an app whose identity nobody can assure asks anew.
"""

from __future__ import annotations

import msgspec

from licet.ambient import Instant
from licet.protocol import redirect_uri
from licet.storage.records import Client, Consent, ConsentItem


class Ask(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a person must be asked."""

    new: tuple[str, ...]
    """Scopes not agreed to before."""
    before: tuple[str, ...]
    remembered: bool
    """Whether a yes is remembered."""


def assured(client: Client, uri: str | None, *, development: bool) -> bool:
    """Whether the one who gets the answer is surely *client*: it authenticates, or the redirect is its own https
    address. In a development database a loopback browser app counts too."""
    if not client.metadata.public:
        return True
    if uri is None:
        return False
    kind = redirect_uri.kind(uri)
    return kind == "https" or (development and kind == "loopback" and client.kind == "browser-app")


def to_ask(
    items: tuple[ConsentItem, ...],
    consent: Consent | None,
    client: Client,
    now: Instant,
    *,
    sure: bool,
    prompted: bool,
    sensitive: frozenset[str],
) -> Ask | None:
    """What is still to ask before *client* may have *items*, or None. *prompted*: the request said ``prompt=consent``."""
    names = tuple(item.scope for item in items)
    if client.policy.consent == "trusted" and sure and not prompted and not sensitive & set(names):
        return None
    agreed = _agreed(consent, client, now)
    new = tuple(item.scope for item in items if item not in agreed)
    before = tuple(item.scope for item in items if item in agreed)
    remembers = sure and client.policy.consent != "always"
    remembered = remembers and not new and not prompted and not sensitive & set(names)
    return None if remembered else Ask(new=new, before=before, remembered=remembers)


def agreed_to(consent: Consent | None, client: Client, now: Instant, scope: str) -> bool:
    """Whether *scope* was agreed to and that is still remembered."""
    return any(item.scope == scope for item in _agreed(consent, client, now))


def _agreed(consent: Consent | None, client: Client, now: Instant) -> frozenset[ConsentItem]:
    if consent is None or consent.expires_at <= now:  # a withdrawn one is not found
        return frozenset()
    if consent.client_metadata_digest != client.metadata_digest:
        return frozenset()
    return frozenset(consent.items)
