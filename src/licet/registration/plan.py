"""What applying a configuration would do: to the configuration, to what is possible, and to the people and grants alive now.

Both sides are compared in one canonical form; there is no state file, because who owns a thing is written on the thing. A
plan says by its fingerprint what it was made from and to: it is done only while both are still so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from licet.ambient import Instant
from licet.registration import lapsing
from licet.registration.authority import Shift
from licet.registration.desired import Configuration, Missing
from licet.registration.differences import Difference, compare, digest
from licet.registration.unread import Unread
from licet.rules import Finding
from licet.storage.ports import Held, Registered, Store
from licet.storage.records import Client

VERSION = 1
"""Of what ``told`` says: it grows when a name goes or changes its meaning; names may be added."""

Harm = Literal["asked_again", "decisions_lapse", "grants_end", "grants_narrowed", "grants_cannot_refresh"]


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change does to what is alive now."""

    harm: Harm
    count: int
    about: str = ""
    """The scope that is lost."""

    def __str__(self) -> str:
        people = "1 person" if self.count == 1 else f"{self.count} people"
        grants = "1 live grant" if self.count == 1 else f"{self.count} live grants"
        decisions = "1 decision no longer covers" if self.count == 1 else f"{self.count} decisions no longer cover"
        return {
            "asked_again": f"{people} will be asked again",
            "decisions_lapse": f"{decisions} {self.about}",
            "grants_end": f"{grants} end" + ("s" if self.count == 1 else ""),
            "grants_narrowed": f"{grants} lose{'s' if self.count == 1 else ''} {self.about}",
            "grants_cannot_refresh": f"{grants} can no longer be renewed",
        }[self.harm]


Judge = Callable[[Configuration], Sequence[Finding]]
"""The rules, over what there is when the plan was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything somebody should know before they say yes."""

    changes: tuple[Difference, ...] = ()
    effects: Mapping[tuple[str, str], tuple[Effect, ...]]
    """By what changes."""
    shift: Shift
    findings: tuple[Finding, ...] = ()
    unread: Unread
    unmanaged: int = 0
    """Apps that came in another way; left alone."""
    added: Mapping[str, str]
    """What each new app is, in a few words."""
    world: str
    """The digest of what the store holds."""
    wanted: str
    """The digest of what is wanted."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.changes

    @property
    def deletions(self) -> tuple[Difference, ...]:
        """What goes only if it may."""
        return tuple(change for change in self.changes if change.change == "gone")

    @property
    def fingerprint(self) -> str:
        """What was judged: both sides."""
        return sha256(f"licet/plan/{VERSION}/{self.world}/{self.wanted}".encode()).hexdigest()

    def told(self) -> dict[str, Any]:
        """The plan as plain data: what scripts, the file of ``--out`` and the admin API say. Holds no secret."""
        return {
            "version": VERSION,
            "fingerprint": self.fingerprint,
            "world": self.world,
            "wanted": self.wanted,
            "changes": [self._told(change) for change in self.changes],
            "becomes_possible": [str(power) for power in self.shift.gained],
            "no_longer_possible": [str(power) for power in self.shift.lost],
            "findings": [finding_told(one) for one in self.findings],
            "secrets_to_make": [_named(one) for one in self.unread.to_make],
            "secrets_kept": [_named(one) for one in self.unread.kept],
            "unmanaged": self.unmanaged,
        }

    def _told(self, change: Difference) -> dict[str, Any]:
        effects = self.effects.get(change.key, ())
        return {
            "what": change.what,
            "name": change.name,
            "change": change.change,
            "summary": self.added.get(change.name, "") if (change.what, change.change) == ("app", "added") else "",
            "fields": [
                {"name": field.name, "said": str(field), "before": _plain(field.before), "after": _plain(field.after)}
                for field in change.fields
                if field.name != "credentials"  # digests are nobody's business
            ]
            + [{"name": field.name, "said": str(field)} for field in change.fields if field.name == "credentials"],
            "effects": [
                {"harm": one.harm, "count": one.count, "about": one.about, "said": str(one)} for one in effects
            ],
        }


def finding_told(one: Finding) -> dict[str, str]:
    """What a rule found, as plain data."""
    return {
        "rule": one.rule.id,
        "severity": one.severity.value,
        "subject": one.subject,
        "message": one.message,
        "fix": one.rule.remedy,
    }


def _plain(value: object) -> object:
    return sorted(map(str, value)) if isinstance(value, frozenset) else value


def _named(missing: Missing) -> dict[str, str]:
    return {"of": missing.who, "kind": missing.reference.kind, "name": missing.reference.name}


async def make(
    store: Store,
    issuer_id: int,
    *,
    desired: Configuration,
    present: Configuration,
    unread: Unread,
    now: Instant,
    judge: Judge,
) -> Plan:
    """The plan from *present*, which is what *store* holds, to *desired*."""
    changes = compare(desired, present)
    after = _after(desired, present)
    everyone = any(
        (change.what != "app" and change.change == "gone") or lapsing.everywhere(change, desired, present)
        for change in changes
    )
    touched = [change.name for change in changes if change.what == "app" and change.change != "added"]
    held = await store.holdings.of(issuer_id, None if everyone else touched, now) if everyone or touched else {}
    return Plan(
        changes=changes,
        effects={change.key: tuple(_effects(change, desired, present, held)) for change in changes},
        shift=Shift.between(present, after),
        findings=tuple(judge(after)),
        unread=unread,
        unmanaged=await store.holdings.elsewhere(issuer_id, "file"),
        added={app.client.client_id: _summary(app) for app in desired.apps},
        world=digest(present),
        wanted=_wanted(desired, unread),
    )


def _after(desired: Configuration, present: Configuration) -> Configuration:
    """What is served when the plan was done: what an operator disabled stays so."""
    disabled = {app.client.client_id for app in present.apps if app.client.status == "disabled"}
    off = {api.resource.name for api in present.apis if api.resource.status != "active"}
    return Configuration(
        apps=tuple(app for app in desired.apps if app.client.client_id not in disabled),
        apis=tuple(api for api in desired.apis if api.resource.name not in off),
        own_scopes=desired.own_scopes,
    )


def _wanted(desired: Configuration, unread: Unread) -> str:
    made = ",".join(f"{one.who} {one.reference.kind} {one.reference.name}" for one in unread.to_make)
    return sha256(f"{digest(desired)}/{made}".encode()).hexdigest() if made else digest(desired)


def _effects(
    change: Difference, desired: Configuration, present: Configuration, held: Mapping[str, Held]
) -> list[Effect]:
    if change.what != "app" and change.change == "changed":
        lapsed = lapsing.lapsed(change, desired, present, held)
        return [Effect("decisions_lapse", count, scope) for scope, count in lapsed.items()]
    if change.what == "scope":
        return _of_scope(change.name, held) if change.change == "gone" else []
    if change.what == "api":
        scopes = next((api.scopes for api in present.apis if api.resource.name == change.name), ())
        left = {scope.name for api in desired.apis for scope in api.scopes}  # they may have moved to another API
        gone = [scope.name for scope in scopes if scope.name not in left] if change.change == "gone" else []
        return [effect for scope in gone for effect in _of_scope(scope, held)]
    return _of_app(change, desired, present, held.get(change.name, Held()))


def _of_scope(scope: str, held: Mapping[str, Held]) -> list[Effect]:
    count = sum(one.by_scope.get(scope, 0) for one in held.values())
    return [Effect("grants_narrowed", count, scope)] if count else []


def _of_app(change: Difference, desired: Configuration, present: Configuration, held: Held) -> list[Effect]:
    if change.change == "gone":
        return [Effect("grants_end", held.grants)] if held.grants else []
    before, after = _app(present, change.name), _app(desired, change.name)
    if before is None or after is None:
        return []
    found = []
    was, becomes = before.client.metadata, after.client.metadata
    if held.remembered and _asks_anew(before.client, after.client):
        found.append(Effect("asked_again", held.remembered))
    if "refresh_token" in was.grant_types and "refresh_token" not in becomes.grant_types and held.grants:
        found.append(Effect("grants_cannot_refresh", held.grants))
    lost = [scope for scope in was.scope if scope not in becomes.scope and held.by_scope.get(scope)]
    return [*found, *(Effect("grants_narrowed", held.by_scope[scope], scope) for scope in lost)]


def _asks_anew(before: Client, after: Client) -> bool:
    """Whether what was remembered of it is worth nothing any more (rulings C)."""
    always = before.policy.consent == "remember" and after.policy.consent == "always"
    return always or before.metadata_digest != after.metadata_digest


def _app(configuration: Configuration, client_id: str) -> Registered | None:
    found = (app for app in configuration.apps if app.client.client_id == client_id)
    return next((app for app in found if app.client.status != "removed"), None)


_FLOWS = {
    "authorization_code": "authorization code",
    "urn:ietf:params:oauth:grant-type:device_code": "device code",
    "client_credentials": "client credentials",
}


def _summary(app: Registered) -> str:
    metadata = app.client.metadata
    flows = [_FLOWS[grant] for grant in metadata.grant_types if grant in _FLOWS]
    return f"{app.client.kind} · {', '.join(flows)} · may {' '.join(metadata.scope) or 'nothing'}"
