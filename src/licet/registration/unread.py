"""Secrets that cannot be read where a plan is made: kept as they are where the store knows them, made where it does not.

Who plans on a laptop has not the secrets of production, and need not: what is stored stays. An app that never had one gets
a new one when the plan is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec

from licet.ambient import Entropy, Instant
from licet.registration.desired import Configuration, Missing, records
from licet.registration.model import Manifest, ResolveSecret
from licet.storage.records import Credential
from licet.storage.vault import Vault


@dataclass(frozen=True, slots=True)
class Unread:
    """What became of them."""

    kept: tuple[Missing, ...] = ()
    """The store has a secret for whoever this is: it stays."""
    to_make: tuple[Missing, ...] = ()


def wanted(
    manifest: Manifest,
    issuer_id: int,
    vault: Vault,
    *,
    entropy: Entropy,
    now: Instant,
    resolve_secret: ResolveSecret,
    stored: Configuration,
) -> tuple[Configuration, Unread]:
    """What *manifest* wants of a store that holds *stored*, whatever secrets can be read here.

    Raises ManifestErrors for those that can be read and are too weak.
    """
    missing: list[Missing] = []
    desired = records(
        manifest,
        issuer_id,
        vault,
        entropy=entropy,
        now=now,
        resolve_secret=resolve_secret,
        known=stored.digests,
        missing=missing,
    )
    return settled(desired, missing, stored)


def settled(desired: Configuration, missing: Sequence[Missing], stored: Configuration) -> tuple[Configuration, Unread]:
    """*desired* with the stored secrets of everyone who has one that could not be read; and who is left without."""
    known = {
        **{("client", app.client.client_id): _secrets(app.credentials) for app in stored.apps},
        **{("resource", api.resource.name): _secrets(api.credentials) for api in stored.apis},
    }
    kept = tuple(one for one in missing if known.get((one.owner_kind, one.owner)))
    owners = {(one.owner_kind, one.owner) for one in kept}

    def together(owner: tuple[str, str], credentials: tuple[Credential, ...]) -> tuple[Credential, ...]:
        if owner not in owners:
            return credentials
        given = {one.digest for one in credentials}
        return (*credentials, *(one for one in known[owner] if one.digest not in given))

    settled = msgspec.structs.replace(
        desired,
        apps=tuple(
            msgspec.structs.replace(app, credentials=together(("client", app.client.client_id), app.credentials))
            for app in desired.apps
        ),
        apis=tuple(
            msgspec.structs.replace(api, credentials=together(("resource", api.resource.name), api.credentials))
            for api in desired.apis
        ),
    )
    return settled, Unread(kept, tuple(one for one in missing if one not in kept))


def _secrets(credentials: Iterable[Credential]) -> tuple[Credential, ...]:
    return tuple(one for one in credentials if one.kind == "secret")
