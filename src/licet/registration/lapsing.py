"""Which remembered decisions a change makes worthless (rulings C). Pure.

Somebody agreed that an app may have a scope *of one API*. Where the scope is another API's now, or the API is known by
another audience, they agreed to something else; and a scope that is sensitive is asked for every time.
"""

from __future__ import annotations

from collections.abc import Mapping

from licet.registration.desired import Configuration
from licet.registration.differences import Difference
from licet.storage.ports import Held
from licet.storage.records import Scope


def lapsed(
    change: Difference, desired: Configuration, present: Configuration, held: Mapping[str, Held]
) -> dict[str, int]:
    """How many decisions no longer cover each scope that *change* is about; those of apps that are themselves other
    than they were are counted there, once."""
    scopes = _void(change, desired, present)
    relying = _relying(desired, present) if scopes else frozenset()
    counted = {
        name: sum(one.remembered_of.get(name, 0) for client, one in held.items() if client in relying)
        for name in sorted(scopes)
    }
    return {name: count for name, count in counted.items() if count}


def everywhere(change: Difference, desired: Configuration, present: Configuration) -> bool:
    """Whether *change* may touch decisions about any app."""
    return bool(_void(change, desired, present))


def _void(change: Difference, desired: Configuration, present: Configuration) -> frozenset[str]:
    if change.change != "changed" or change.what == "app":
        return frozenset()
    before, after = _scopes(present), _scopes(desired)
    named = {change.name} if change.what == "scope" else _of_api(desired, change.name) & _of_api(present, change.name)
    return frozenset(name for name in named & before.keys() & after.keys() if _otherwise(before[name], after[name]))


def _otherwise(before: Scope, after: Scope) -> bool:
    return before.resource != after.resource or (after.sensitive and not before.sensitive)


def _scopes(of: Configuration) -> dict[str, Scope]:
    return {scope.name: scope for scope in (*of.own_scopes, *(scope for api in of.apis for scope in api.scopes))}


def _of_api(of: Configuration, name: str) -> set[str]:
    return {scope.name for api in of.apis if api.resource.name == name for scope in api.scopes}


def _relying(desired: Configuration, present: Configuration) -> frozenset[str]:
    """Apps whose remembered decisions spare a question before, and would still if nothing but APIs and scopes changed."""
    digests = {app.client.client_id: app.client.metadata_digest for app in desired.apps}
    always = {app.client.client_id for app in desired.apps if app.client.policy.consent == "always"}
    return frozenset(
        app.client.client_id
        for app in present.apps
        if digests.get(app.client.client_id) == app.client.metadata_digest
        and app.client.policy.consent == "remember"
        and app.client.client_id not in always
    )
