"""What the admin API takes and shows. The published document is made of these, so it cannot say anything else.

No digest and nothing sealed is ever shown, and a secret only by the answer that made it. Times are UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from licet.ambient import Instant

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
When = Annotated[str, Meta(description="A time in UTC, to the second.", examples=["2027-03-01T08:30:00Z"])]


def when(at: Instant) -> str:
    """An instant as RFC 3339 in UTC, to the second."""
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%dT%H:%M:%SZ")


def maybe(at: Instant | None) -> str | None:
    """An instant that may not be known."""
    return None if at is None else when(at)


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What is shown."""


class Described(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, repr_omit_defaults=True
):
    """What is sent: unknown members are refused."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """Part of a list."""

    items: list[T]
    next: str | None
    """What ``after`` goes on from; null at the end."""


class PublicKey(Described, frozen=True, kw_only=True):
    """A public key, or where the keys are published: one of the two."""

    jwk: dict[str, Any] | UnsetType = UNSET
    jwks_url: str | UnsetType = UNSET


class AppWords(Described, frozen=True, kw_only=True):
    """An app in the words of ``[app.ID]`` in licet.toml; whatever is left out follows from what it is."""

    is_: str = msgspec.field(name="is")
    may: list[str]
    name: str | UnsetType = UNSET
    url: str | UnsetType = UNSET
    callback: str | list[str] | UnsetType = UNSET
    key: PublicKey | list[PublicKey] | UnsetType = UNSET
    auth: str | UnsetType = UNSET
    refresh: str | UnsetType = UNSET
    consent: str | UnsetType = UNSET
    token_lifetime: int | str | UnsetType = UNSET
    id_token_alg: str | UnsetType = UNSET
    owner: str | UnsetType = UNSET
    because: str | UnsetType = UNSET
    sector: str | UnsetType = UNSET
    profile: str | UnsetType = UNSET
    expert: dict[str, Any] | UnsetType = UNSET


class ScopeWords(Described, frozen=True, kw_only=True):
    """The words that people read for a scope."""

    says: str
    sensitive: bool = False


class ApiWords(Described, frozen=True, kw_only=True):
    """An API in the words of ``[api.NAME]`` in licet.toml."""

    audience: str
    scopes: dict[str, str | ScopeWords] = {}
    token: str | UnsetType = UNSET
    alg: str | UnsetType = UNSET
    access_token: int | str | UnsetType = UNSET
    key: PublicKey | list[PublicKey] | UnsetType = UNSET


class ScopeDescription(Described, frozen=True, kw_only=True):
    """A scope of an API, and the words that people read for it."""

    api: str
    """The API's name."""
    says: str
    sensitive: bool = False


class Wanted(Described, frozen=True, kw_only=True):
    """A configuration in the words of licet.toml: everything that the file owns, and nothing of ``[server]``."""

    issuer: str
    app: dict[str, dict[str, Any]] = {}
    api: dict[str, dict[str, Any]] = {}
    scopes: dict[str, Any] = {}
    secrets: dict[str, str] = {}
    """Secrets that the words refer to, by the key: ``app.shop.secret[0]``. One that is missing stays as it is stored."""


class Application(Wanted, frozen=True, kw_only=True):
    """A configuration, and the plan that is to be done."""

    fingerprint: str
    """The plan's: nothing is done if it would be another one by now."""
    made: dict[str, str] = {}
    """Secrets that were made for it, by the key, of those that the plan says are to be made."""
    allow_delete: bool = False
    """Whether what is no longer named goes."""


class ChangeTold(Shown, frozen=True, kw_only=True):
    """One thing that is not as it is wanted."""

    what: str
    name: str
    change: str
    summary: str
    fields: list[dict[str, Any]]
    effects: list[dict[str, Any]]


class PlanTold(Shown, frozen=True, kw_only=True):
    """What applying would do: the same as ``licet plan --output json``."""

    version: int
    fingerprint: str
    world: str
    wanted: str
    changes: list[ChangeTold]
    becomes_possible: list[str]
    no_longer_possible: list[str]
    findings: list[dict[str, Any]]
    secrets_to_make: list[dict[str, str]]
    secrets_kept: list[dict[str, str]]
    unmanaged: int


class Applied(Shown, frozen=True, kw_only=True):
    """What was done: the same as ``licet apply --output json``."""

    version: int
    plan: PlanTold
    skipped_deletions: int
    done: dict[str, int]


class Credential(Shown, frozen=True, kw_only=True):
    """What something proves itself with; never the secret itself."""

    id: str
    kind: str
    created_at: When
    expires_at: When | None


class NewSecret(Shown, frozen=True, kw_only=True):
    """A secret that was just made. It is not kept, and so shown this once."""

    id: str
    secret: str
    created_at: When


class App(Shown, frozen=True, kw_only=True):
    """An app."""

    id: str
    source: str
    """Who looks after it: ``api``, ``file`` (read-only here), ``dcr``, ``cimd``, ``import``."""
    status: str
    created_at: When
    expires_at: When | None
    credentials: list[Credential]
    words: AppWords


class Api(Shown, frozen=True, kw_only=True):
    """An API."""

    name: str
    source: str
    status: str
    credentials: list[Credential]
    words: ApiWords


class Scope(Shown, frozen=True, kw_only=True):
    """A scope."""

    name: str
    api: str | None
    """Null: the issuer's own."""
    source: str
    status: str
    says: str
    sensitive: bool


class Person(Shown, frozen=True, kw_only=True):
    """A person, without what they prove themselves with, and without what is known of them."""

    id: str
    login: str
    status: str
    created_at: When
    everything_ended_at: When | None
    claims: list[str]
    """The names of the claims that have a value."""


class Session(Shown, frozen=True, kw_only=True):
    """A person signed in, in one browser."""

    id: str
    person: str
    alive: bool
    why: str
    """Why it is dead; empty where it is not."""
    signed_in_at: When
    last_proof_at: When
    amr: list[str]
    acr: str
    idle_until: When
    absolute_until: When
    browser: str


class Grant(Shown, frozen=True, kw_only=True):
    """What a person allowed an app."""

    id: str
    handle: str
    """How tokens name it: ``grant_id``."""
    app: str
    person: str
    session: str | None
    alive: bool
    why: str
    access: str
    origin: str
    scope: list[str]
    resources: list[str]
    issued_at: When
    expires_at: When
    ended_at: When | None


class Consent(Shown, frozen=True, kw_only=True):
    """A decision of a person that is remembered."""

    app: str
    person: str
    alive: bool
    why: str
    scope: list[str]
    resources: list[str]
    via: str
    granted_at: When
    expires_at: When
    withdrawn_at: When | None


class Key(Shown, frozen=True, kw_only=True):
    """A signing key; of it only the public half."""

    kid: str
    purpose: str
    alg: str
    state: str
    publish_at: When
    active_at: When
    retire_at: When | None
    destroy_at: When | None
    public_jwk: dict[str, Any]


class Event(Shown, frozen=True, kw_only=True):
    """A line of the record, with its place in the chain."""

    id: str
    at: When
    type: str
    actor: str
    subject: str
    client: str
    object: str
    grant: str | None
    request_id: str
    outcome: str
    reason: str
    requirement: str
    data: dict[str, Any]
    hash: str


class InitialToken(Shown, frozen=True, kw_only=True):
    """What lets clients register themselves; the token itself was shown once."""

    id: str
    note: str
    scope: list[str]
    uses_left: int
    created_at: When
    expires_at: When


class MistakeTold(Shown, frozen=True, kw_only=True):
    """One thing to mend."""

    path: str
    """The key, as in ``app.shop.callback[1]``."""
    message: str
    rule: str
    fix: str


class ProblemTold(Shown, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    error: str
    reference: str | UnsetType = UNSET
    """Finds it again: ``licet explain REFERENCE``."""
    mistakes: list[MistakeTold] | UnsetType = UNSET
