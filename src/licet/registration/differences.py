"""What a file wants and a store has not, or has and the file no longer names. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import msgspec

from licet.registration.desired import Configuration
from licet.storage.ports import Protected, Registered
from licet.storage.records import Credential, Scope

What = Literal["api", "scope", "app"]
Change = Literal["added", "changed", "gone"]
Key = tuple[What, str]

_SIGNS: Mapping[Change, str] = {"added": "+", "changed": "~", "gone": "-"}
_WORDS = {
    "redirect_uris": "callback",
    "scope": "may",
    "client_name": "name",
    "client_uri": "url",
    "token_endpoint_auth_method": "auth",
    "id_token_signed_response_alg": "id_token_alg",
    "access_token_lifetime_s": "token_lifetime",
    "lifetime_s": "access_token",
    "identifier": "audience",
    "token_format": "token",
    "kind": "is",
}
"""Fields of the records by the words of the file."""
_SECONDS = frozenset({"token_lifetime", "access_token", "default_max_age"})
_CREDENTIALS = "credentials"

_canonical = msgspec.json.Encoder(order="deterministic").encode


@dataclass(frozen=True, slots=True)
class Field:
    """One word of an app, an API or a scope that says something else; a set where order means nothing."""

    name: str
    before: object
    after: object

    def __str__(self) -> str:
        before, after = self.before, self.after
        if not (isinstance(before, frozenset) and isinstance(after, frozenset)):
            return f"{self.name}: {_said(self.name, before)} → {_said(self.name, after)}"
        if self.name == _CREDENTIALS:  # a digest tells people nothing
            return f"{self.name}: {len(after - before)} added, {len(before - after)} dropped"
        words = [f"+ {word}" for word in sorted(after - before)] + [f"- {word}" for word in sorted(before - after)]
        return f"{self.name}: {' '.join(words)}"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as the file says."""

    what: What
    name: str
    change: Change
    fields: tuple[Field, ...] = ()

    @property
    def key(self) -> Key:
        """What it is about."""
        return self.what, self.name

    def __str__(self) -> str:
        told = "".join(f"  {field}" for field in self.fields)
        return f"{_SIGNS[self.change]} {self.what} {self.name}{told}"


def compare(desired: Configuration, stored: Configuration) -> tuple[Difference, ...]:
    """Every difference, in the order of the file; what is gone from it comes last.

    Only what came from a file can be gone: apps registered in another way are none of its business. What an
    operator disabled stays so, and is no difference.
    """
    wanted, present = _facts(desired), _facts(stored)
    found = [
        Difference(*key, "changed" if key in present else "added", fields)
        for key, facts in wanted.items()
        if (fields := _fields(facts, present.get(key, {}), known=key in present)) or key not in present
    ]
    gone = [key for key in _owned(stored, {name for what, name in wanted if what == "api"}) if key not in wanted]
    return (*found, *(Difference(*key, "gone") for key in gone))


def digest(configuration: Configuration) -> str:
    """What a configuration says, as one SHA-256: the same for two that ``compare`` finds no difference between, whatever
    their ids and times; and another where an operator disabled something."""
    said = {
        " ".join(key): {name: sorted(value) if isinstance(value, frozenset) else value for name, value in facts.items()}
        for key, facts in _facts(configuration).items()
    }
    disabled = sorted(
        [f"app {app.client.client_id}" for app in configuration.apps if app.client.status == "disabled"]
        + [f"api {api.resource.name}" for api in configuration.apis if api.resource.status != "active"]
    )
    return sha256(_canonical([said, disabled])).hexdigest()


def credential_fact(credential: Credential) -> str:
    """What makes two credentials the same, whatever their ids: the digest of the secret, or the public key."""
    if credential.digest is not None:
        return f"secret {credential.digest.hex()}"
    return f"jwk {_canonical(credential.jwk).decode()}"


Facts = dict[str, object]


def _fields(after: Facts, before: Facts, *, known: bool) -> tuple[Field, ...]:
    if not known:
        return ()
    names = dict.fromkeys((*after, *before))
    return tuple(
        Field(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )


def _facts(configuration: Configuration) -> dict[Key, Facts]:
    """What each thing says, by the words of the file, without ids, times and other circumstances."""
    facts: dict[Key, Facts] = {}
    for api in configuration.apis:
        facts["api", api.resource.name] = _api(api)
        facts |= {("scope", scope.name): _scope(scope, api.resource.name) for scope in api.scopes}
    facts |= {("scope", scope.name): _scope(scope, "") for scope in configuration.own_scopes}
    return facts | {
        ("app", app.client.client_id): _app(app) for app in configuration.apps if app.client.status != "removed"
    }


def _owned(stored: Configuration, apis: set[str]) -> list[Key]:
    """What a file put there and nobody disabled; a scope goes unmentioned where its whole API is gone."""
    keys: list[Key] = []
    for api in stored.apis:
        if api.resource.source != "file" or api.resource.status != "active":
            continue
        keys.append(("api", api.resource.name))
        if api.resource.name in apis:
            keys += [("scope", scope.name) for scope in api.scopes if scope.status == "active"]
    keys += [("scope", scope.name) for scope in stored.own_scopes]
    keys += [
        ("app", app.client.client_id)
        for app in stored.apps
        if app.client.source == "file" and app.client.status == "active"
    ]
    return keys


def _app(app: Registered) -> Facts:
    client = app.client
    said = {"kind": client.kind, "source": client.source, "owner": client.owner}
    facts = said | msgspec.structs.asdict(client.metadata) | msgspec.structs.asdict(client.policy)
    return _worded(facts) | {_CREDENTIALS: frozenset(map(credential_fact, app.credentials))}


def _api(api: Protected) -> Facts:
    resource = msgspec.structs.asdict(api.resource)
    facts = {name: resource[name] for name in ("identifier", "token_format", "alg", "lifetime_s", "min_acr", "source")}
    return _worded(facts) | {_CREDENTIALS: frozenset(map(credential_fact, api.credentials))}


def _scope(scope: Scope, api: str) -> Facts:
    return {"api": api, "says": scope.words, "sensitive": scope.sensitive}


def _worded(facts: Facts) -> Facts:
    return {
        _WORDS.get(name, name): frozenset(value) if isinstance(value, tuple) else value for name, value in facts.items()
    }


def _said(name: str, value: object) -> str:
    if value is None or value == "":
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value} s" if name in _SECONDS else str(value)
