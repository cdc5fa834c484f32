"""The records: what is remembered, one frozen struct each.

``issuer_id`` leads every key. Times are ``Instant`` (integer µs UTC). Secrets appear only as digests that
``vault.py`` made with a key from outside the database, or sealed by it. Tuples of strings are sets in a
stable order: scopes, resources, amr.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from licet.ambient import Instant
from licet.protocol.client_metadata import ClientMetadata

Strings = tuple[str, ...]


class Record(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A remembered thing."""

    issuer_id: int


class Issuer(Record, frozen=True, kw_only=True):
    """An authorization server that this store is the memory of (RFC 8414 §2 ``issuer``)."""

    url: str
    profile: str = "oauth-2.1"
    epoch: Instant = Instant(0)
    """Everything issued at or before this instant is dead (rulings J)."""
    restored_at: Instant | None = None
    status: Literal["active", "disabled"] = "active"
    development: bool = False
    generation: int = 0
    """Grows with every change of configuration, so that a running server sees a command line's."""


class Key(Record, frozen=True, kw_only=True):
    """A signing key of one purpose."""

    kid: str
    purpose: Literal["access_token", "id_token", "introspection"]
    alg: str
    state: Literal["pending", "active", "retiring", "retired", "destroyed"]
    public_jwk: dict[str, Any]
    sealed: bytes | None
    """The private key (PKCS #8 DER), sealed. Once destroyed, a seal over the public key, by which it is believed for hints;
    None when it is good for these no longer either, or was revoked."""
    publish_at: Instant
    active_at: Instant
    retire_at: Instant | None = None
    destroy_at: Instant | None = None
    hints_until: Instant | None = None


class ClientPolicy(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What the operator decided for a client, beyond what it declares of itself."""

    rotate: bool = True
    """Whether a refresh token is replaced at each use (rulings F)."""
    refresh: Literal["offline", "online", "none"] = "offline"
    """``offline``: only with offline_access, or by kind for devices. ``online``: dies with the session."""
    consent: Literal["remember", "always", "trusted"] = "remember"
    profile: str = ""
    """Empty: the issuer's."""
    sector: str = ""
    access_token_lifetime_s: int | None = None


class Client(Record, frozen=True, kw_only=True):
    """An application that may ask for tokens (RFC 6749 §2)."""

    client_id: str
    source: Literal["file", "api", "dcr", "cimd", "import", "dev"]
    kind: str
    """As ``licet.toml`` says ``is =``: web-app, service, tv…"""
    owner: str = ""
    status: Literal["active", "disabled", "removed"] = "active"
    """``removed``: a tombstone; nothing of it comes back if its id does."""
    epoch: Instant = Instant(0)
    metadata: ClientMetadata
    metadata_digest: bytes
    policy: ClientPolicy = ClientPolicy()
    created_at: Instant = Instant(0)
    expires_at: Instant | None = None


class RegistrationPolicy(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """How far a client that registers itself may go, whatever it asks for."""

    profile: str = ""
    """Empty: the issuer's; ``oidc-core`` for older OpenID Connect clients (rulings R)."""
    scope: Strings = ()
    grant_types: Strings = ("authorization_code", "refresh_token")


class InitialToken(Record, frozen=True, kw_only=True):
    """What lets clients register (RFC 7591 §3, initial access token): so often, so long, so far."""

    digest: bytes
    note: str = ""
    """Whom it was given to, for whoever looks after the list."""
    policy: RegistrationPolicy
    uses_left: int
    created_at: Instant
    expires_at: Instant


class Registration(Record, frozen=True, kw_only=True):
    """What a client that registered itself manages its registration by (RFC 7592)."""

    client_id: str
    digest: bytes
    """Of its registration access token; empty once it has taken itself away."""
    policy: RegistrationPolicy
    """As when it registered: no update goes further."""
    created_at: Instant
    expires_at: Instant | None
    """When it goes unless it was used; None since it was."""


class Credential(Record, frozen=True, kw_only=True):
    """What a client or an API proves itself with; two may be live, for rotation."""

    owner_kind: Literal["client", "resource"]
    owner: str
    """A client_id, or a resource's name."""
    credential_id: str
    kind: Literal["secret", "jwk", "jwks_uri"]
    digest: bytes | None = None
    jwk: dict[str, Any] | None = None
    """A public key; for ``jwks_uri`` that address, under its name."""
    created_at: Instant
    expires_at: Instant | None = None
    revoked_at: Instant | None = None


class Resource(Record, frozen=True, kw_only=True):
    """An API (RFC 6749 §1.1 resource server; RFC 8707 resource)."""

    identifier: str
    """The audience of its tokens, an absolute URI; unique and never a client's id."""
    name: str
    """As ``[api.NAME]``; the API authenticates as ``api.NAME``."""
    token_format: Literal["jwt", "opaque"] = "jwt"
    alg: str = "ES256"
    lifetime_s: int | None = None
    """None: the server's default."""
    min_acr: str = ""
    status: Literal["active", "disabled"] = "active"
    source: str = "file"


class Scope(Record, frozen=True, kw_only=True):
    """A permission and the words people read for it (RFC 6749 §3.3)."""

    name: str
    resource: str | None
    """The identifier of its API; None for the issuer's own (openid, profile…)."""
    words: str
    sensitive: bool = False
    status: Literal["active", "disabled"] = "active"


class Account(Record, frozen=True, kw_only=True):
    """A person."""

    subject_id: str
    """Never reassigned."""
    login: str
    """As the person wrote it; looked up by its canonical form."""
    status: Literal["active", "disabled"] = "active"
    epoch: Instant = Instant(0)
    profile: dict[str, Any] = {}
    """Standard claims by name (OpenID Connect Core §5.1), only those that have a value."""
    created_at: Instant = Instant(0)


class PairwiseSubject(Record, frozen=True, kw_only=True):
    """How a person is called in one sector (OpenID Connect Core §8.1). Never changes, whatever becomes of our keys."""

    sector: str
    subject_id: str
    sub: str


class Authenticator(Record, frozen=True, kw_only=True):
    """What a person proves themselves with."""

    authenticator_id: str
    subject_id: str
    kind: Literal["password"]
    secret: str
    """A PHC string: ``$argon2id$…``."""
    created_at: Instant
    status: Literal["active", "removed"] = "active"


class Session(Record, frozen=True, kw_only=True):
    """A person signed in, in one browser. The cookie's value changes at sign-in; session_id does not."""

    session_id: str
    digest: bytes
    subject_id: str
    status: Literal["active", "ended"] = "active"
    epoch: Instant = Instant(0)
    created_at: Instant
    idle_until: Instant
    absolute_until: Instant
    auth_time: Instant
    """When the person last proved themselves; the newest ``Authentication``, kept here to spare a join."""
    amr: Strings = ()
    acr: str = ""
    authentications: int = 1
    browser: str = ""


class Transaction(Record, frozen=True, kw_only=True):
    """An authorization request on its way to an answer, held here so that nobody can edit it."""

    txn_id: str
    browser_digest: bytes | None
    """Of the cookie that binds it; None until a browser came (a pushed request)."""
    client_id: str
    request: bytes
    """The frozen request as JSON; ``authorization/request.py`` reads and writes it."""
    source: Literal["query", "form", "par", "jar", "device", "account"]
    subject_id: str | None = None
    session_id: str | None = None
    login_at: Instant | None = None
    """When someone signed in for this transaction: ``prompt=login`` and ``max_age`` are spent by it."""
    consent_at: Instant | None = None
    select_at: Instant | None = None
    """When someone chose, among the accounts of this browser, who acts here: spends ``prompt=select_account``."""
    state: Literal["open", "completed", "denied"] = "open"
    created_at: Instant
    expires_at: Instant


class Pending(Record, frozen=True, kw_only=True):
    """A device's request, waiting for a person (RFC 8628): open → claimed → approved or denied → consumed."""

    device_digest: bytes
    user_code_digest: bytes
    mode: Literal["device"] = "device"
    client_id: str
    scope: Strings
    resources: Strings = ()
    interval_s: int
    next_poll_at: Instant
    state: Literal["open", "claimed", "approved", "denied", "consumed"] = "open"
    claimed_by: str | None = None
    decided_at: Instant | None = None
    grant_id: int | None = None
    origin: str
    """The network address that asked."""
    sealed_code: bytes
    """The user code, sealed: the confirmation page shows it again."""
    consumed_at: Instant | None = None
    created_at: Instant
    expires_at: Instant


class ConsentItem(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """One thing somebody agreed to."""

    scope: str
    resource: str | None


class Consent(Record, frozen=True, kw_only=True):
    """A decision that is remembered; the authority is the grant."""

    subject_id: str
    client_id: str
    client_metadata_digest: bytes
    items: tuple[ConsentItem, ...]
    via: Literal["page", "device"]
    granted_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None


class Grant(Record, frozen=True, kw_only=True):
    """The authority: what a person allowed a client. Immutable but for its end."""

    grant_id: int
    """Never reused; grows with time."""
    handle: str
    """Public and random; the ``grant_id`` claim of a token."""
    subject_id: str
    sub: str
    """The subject as this client sees it."""
    client_id: str
    session_id: str | None
    access: Literal["online", "offline"]
    origin: Literal["code", "device"]
    scope: Strings
    resources: Strings
    """Every API the scopes reach."""
    resource_asked: Strings = ()
    """What ``resource`` named in the authorization request."""
    acr: str = ""
    amr: Strings = ()
    auth_time: Instant | None = None
    sid: str | None = None
    cnf: dict[str, str] | None = None
    nonce: str | None = None
    claims_request: dict[str, Strings] | None = None
    """Claims asked for one by one that the client may have, by where they are told: ``userinfo``, ``id_token``."""
    issued_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None
    reason: str = ""


class Code(Record, frozen=True, kw_only=True):
    """An authorization code (RFC 6749 §4.1.2); a used one stays as a tombstone (rulings M)."""

    digest: bytes
    txn_id: str | None
    grant_id: int
    client_id: str
    redirect_uri: str
    redirect_uri_sent: bool
    """Whether the authorization request named it: only then must the token request agree."""
    code_challenge: str | None
    issued_at: Instant
    expires_at: Instant
    consumed_at: Instant | None = None
    purge_at: Instant


class Family(Record, frozen=True, kw_only=True):
    """All refresh tokens that ever followed one another: one row, rotated by one UPDATE."""

    handle: bytes
    """In every refresh token of the family."""
    grant_id: int
    client_id: str
    cnf: dict[str, str] | None = None
    generation: int = 0
    current_digest: bytes
    previous_digest: bytes | None = None
    idle_until: Instant
    absolute_until: Instant
    replay_until: Instant | None = None
    successor_salt: bytes | None = None
    """What the head was derived with, beside its predecessor and the master key, for a retry (rulings I)."""
    replays: int = 0
    origin_hash: bytes | None = None
    """Where the last rotation came from, as a MAC."""
    strayed: int | None = None
    """The last generation whose retry came from elsewhere."""
    issued_at: Instant
    ended_at: Instant | None = None
    why: str = ""
    purge_at: Instant


class AccessToken(Record, frozen=True, kw_only=True):
    """An opaque access token; a JWT has no row."""

    digest: bytes
    jti: str
    grant_id: int | None
    """None where the client acts for itself: then the token hangs on the client."""
    client_id: str
    sub: str
    aud: Strings
    scope: Strings
    cnf: dict[str, str] | None = None
    issued_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None


class Revocation(Record, frozen=True, kw_only=True):
    """Something ended: the feed that APIs follow, and what introspection asks for a JWT."""

    seq: int = 0
    """Given by the store."""
    kind: Literal["jti", "grant", "session", "client", "subject", "key", "all"]
    key: str
    at: Instant
    cause: str
    purge_at: Instant
    aud: Strings | None = None
    """Which APIs it concerns; None: whoever asks. Of a grant the store knows it."""


class Notice(Record, frozen=True, kw_only=True):
    """Something to be said elsewhere, written down with its cause and sent later (the ``outbox``)."""

    kind: Literal["logout"]
    about: str
    """What it tells of: of ``logout`` the session that ended."""
    target: str
    """Who is told: of ``logout`` a client."""
    payload: dict[str, str]
    """What is said, beyond what is looked up when it is sent; a kind that holds a secret seals it. Of ``logout``
    ``sub`` and ``sid``, as the grant has them."""
    attempts: int = 0
    """How often it was taken up; the number is the claim of whoever is sending it."""
    next_at: Instant
    """When it is to be taken up, again if nothing was heard of the last attempt."""
    created_at: Instant
    done_at: Instant | None = None
    outcome: Literal["", "sent", "failed"] = ""
    reason: str = ""
    """What came of the last attempt, for the operator."""
    purge_at: Instant


class Refused(Record, frozen=True, kw_only=True):
    """A refusal that was answered: capped, for whoever asks what a reference means."""

    reference: str
    at: Instant
    endpoint: str
    client_id: str
    error: str
    description: str
    detail: str
    requirement: str
    request_id: str
