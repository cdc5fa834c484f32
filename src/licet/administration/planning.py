"""A whole configuration, planned and applied over HTTP: the same planner, the same transaction, the same words."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from licet.administration import models, refusals
from licet.administration.office import Call, Office
from licet.authorization_server.exchange import Answer, Json
from licet.registration import applying, over_the_wire
from licet.registration import plan as plans
from licet.registration.addresses import is_loopback
from licet.registration.desired import Configuration
from licet.registration.differences import Difference
from licet.registration.facts import judged
from licet.registration.key_places import secret_key
from licet.registration.mistakes import ManifestErrors, Mistake, Place
from licet.registration.model import Manifest, Reference
from licet.registration.references import Unresolved
from licet.registration.unread import Unread
from licet.registration.unread import wanted as wanted_of
from licet.storage.ports import Conflict

MOST_BYTES: Final = 1024 * 1024
"""As much as a file of the configuration may have."""
_DONE: Final = {"added": "added", "changed": "changed", "gone": "deleted"}
_BESIDES: Final = ("secrets", "made", "fingerprint", "allow_delete")


@dataclass(frozen=True, slots=True)
class Beside:
    """What is there and what is wanted."""

    manifest: Manifest
    present: Configuration
    desired: Configuration
    unread: Unread
    plan: plans.Plan


async def plan(office: Office, call: Call) -> Answer:
    """Say what applying a configuration would do. Nothing is changed."""
    call.only()
    wanted, document = call.body(models.Wanted)
    return Json(body=_told((await _beside(office, call, wanted, document)).plan))


async def apply(office: Office, call: Call) -> Answer:
    """Bring the store to a configuration, all at once or not at all, and only if the plan is still the one that was seen."""
    call.only()
    wanted, document = call.body(models.Application)
    async with office.changing:
        beside = await _beside(office, call, wanted, document)
        if beside.plan.fingerprint != wanted.fingerprint:
            raise refusals.drifted(_told(beside.plan))
        desired = await _with_what_was_made(office, call, beside, wanted)
        _allowed(call, beside)
        if why := await applying.taken(office.store, office.issuer_id, desired, beside.present):
            raise refusals.clash(why)
        change = applying.Change(
            issuer_id=office.issuer_id,
            desired=desired,
            present=beside.present,
            digest=beside.manifest.digest,
            now=call.at,
            request_id=call.incoming.request_id,
            actor=call.caller.actor,
            deletes=wanted.allow_delete,
        )
        try:
            done = await applying.apply(office.store, change)
        except Conflict as error:
            text = "What is no longer named has an audience or a scope that is given to something else: allow_delete"
            raise refusals.clash(text) from error
        if done is None:
            raise refusals.drifted(_told(beside.plan))
        await office.directory.refresh()
    return Json(body=_done(beside.plan, done))


async def _beside(office: Office, call: Call, wanted: models.Wanted, document: dict[str, Any]) -> Beside:
    """Both sides. Reading and judging a thousand apps takes a while, so it is done beside the event loop."""
    present = await applying.stored(office.store, office.issuer_id)
    words = {name: value for name, value in document.items() if name not in _BESIDES}
    try:
        manifest, desired, unread = await asyncio.to_thread(_read, office, call, words, wanted.secrets, present)
    except ManifestErrors as errors:
        raise refusals.mistaken(errors) from errors
    made = await plans.make(
        office.store,
        office.issuer_id,
        desired=desired,
        present=present,
        unread=unread,
        now=call.at,
        judge=lambda after: judged(after, call.at, development=is_loopback(manifest.issuer)),
    )
    return Beside(manifest, present, desired, unread, made)


def _read(
    office: Office, call: Call, words: dict[str, Any], secrets: Mapping[str, str], present: Configuration
) -> tuple[Manifest, Configuration, Unread]:
    manifest = over_the_wire.read(words)
    issuer = office.directory.issuer.url
    if manifest.issuer != issuer:
        fix = f'write issuer = "{issuer}", or ask the server that this is for'
        raise ManifestErrors([Mistake(Place(file="request", path="issuer"), "is another server's", "RFC 8414 §2", fix)])
    desired, unread = _recorded(office, call, manifest, secrets, present)
    return manifest, desired, unread


def _recorded(
    office: Office, call: Call, manifest: Manifest, secrets: Mapping[str, str], present: Configuration
) -> tuple[Configuration, Unread]:
    def resolve(reference: Reference) -> str:
        secret = secrets.get(secret_key(reference), "")
        if not secret:
            raise Unresolved(reference.name)
        return secret

    return wanted_of(
        manifest,
        office.issuer_id,
        office.vault,
        entropy=office.entropy,
        now=call.at,
        resolve_secret=resolve,
        stored=present,
    )


async def _with_what_was_made(office: Office, call: Call, beside: Beside, wanted: models.Application) -> Configuration:
    """What is wanted, with the secrets that were made for it: each that the plan names, and no other."""
    named = {secret_key(one.reference) for one in beside.unread.to_make}
    if named != wanted.made.keys():
        raise refusals.clash(f"made has one secret for each of: {', '.join(sorted(named)) or 'none'}")
    if not named:
        return beside.desired
    secrets = {**wanted.secrets, **wanted.made}
    try:
        return (await asyncio.to_thread(_recorded, office, call, beside.manifest, secrets, beside.present))[0]
    except ManifestErrors as errors:
        raise refusals.mistaken(errors) from errors


def _allowed(call: Call, beside: Beside) -> None:
    """Nobody applies more of the administration than they have."""
    before = {app.client.client_id: app.client.metadata.scope for app in beside.present.apps}
    after = {app.client.client_id: app.client.metadata.scope for app in beside.desired.apps}
    for change in beside.plan.changes:
        if change.what != "app":
            continue
        call.caller.reach((*before.get(change.name, ()), *after.get(change.name, ())))


def _told(made: plans.Plan) -> models.PlanTold:
    return msgspec.convert(made.told(), models.PlanTold)


def _done(made: plans.Plan, done: tuple[Difference, ...]) -> models.Applied:
    counts: Counter[str] = Counter(one.change for one in done)
    skipped = len(made.deletions) - counts["gone"]
    return models.Applied(
        version=plans.VERSION,
        plan=_told(made),
        skipped_deletions=skipped,
        done={word: counts[kind] for kind, word in _DONE.items()},
    )
