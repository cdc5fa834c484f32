"""What is recorded of every change of state: a closed list, chained from the first row.

An event is written in the transaction of the change it tells of; the store numbers it and links it to the
one before by hash. No secret ever enters one.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Any

import msgspec

from licet.ambient import Instant


class EventType(StrEnum):
    """Everything that can be recorded."""

    ISSUER_CREATED = "issuer.created"
    ISSUER_ENDED = "issuer.ended"
    CONFIGURATION_APPLIED = "configuration.applied"
    KEY_CREATED = "key.created"
    KEY_PUBLISHED = "key.published"
    KEY_ACTIVATED = "key.activated"
    KEY_RETIRING = "key.retiring"
    KEY_RETIRED = "key.retired"
    KEY_DESTROYED = "key.destroyed"
    KEY_REVOKED = "key.revoked"
    KEY_RESEALED = "key.resealed"
    CLIENT_CREATED = "client.created"
    CLIENT_CHANGED = "client.changed"
    CLIENT_DISABLED = "client.disabled"
    CLIENT_REMOVED = "client.removed"
    INITIAL_TOKEN_CREATED = "initial_token.created"
    INITIAL_TOKEN_REVOKED = "initial_token.revoked"
    RESOURCE_CREATED = "resource.created"
    RESOURCE_CHANGED = "resource.changed"
    RESOURCE_REMOVED = "resource.removed"
    ACCOUNT_CREATED = "account.created"
    ACCOUNT_CHANGED = "account.changed"
    ACCOUNT_DISABLED = "account.disabled"
    ACCOUNT_ENABLED = "account.enabled"
    ACCOUNT_SIGNED_OUT = "account.signed_out"
    PASSWORD_CHANGED = "password.changed"
    SESSION_STARTED = "session.started"
    SESSION_ENDED = "session.ended"
    LOGOUT_SENT = "logout.sent"
    LOGOUT_FAILED = "logout.failed"
    SIGN_IN_FAILED = "sign_in.failed"
    CONSENT_GIVEN = "consent.given"
    CONSENT_DENIED = "consent.denied"
    CONSENT_WITHDRAWN = "consent.withdrawn"
    CODE_ISSUED = "code.issued"
    CODE_REPLAYED = "code.replayed"
    TOKEN_ISSUED = "token.issued"
    TOKEN_REFRESHED = "token.refreshed"
    TOKEN_REVOKED = "token.revoked"
    REFRESH_REPLAYED = "refresh.replayed"
    REFRESH_REUSED = "refresh.reused"
    GRANT_ENDED = "grant.ended"
    DEVICE_ASKED = "device.asked"
    DEVICE_CLAIMED = "device.claimed"
    DEVICE_CONTESTED = "device.contested"
    DEVICE_APPROVED = "device.approved"
    DEVICE_DENIED = "device.denied"
    DEVICE_REPORTED = "device.reported"
    ASSERTION_USED = "assertion.used"
    REQUEST_OBJECT_USED = "request_object.used"


class Event(msgspec.Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One thing that happened: who, what, on what, with which outcome."""

    issuer_id: int
    type: EventType
    at: Instant
    actor: str = ""
    """``client:ID``, ``subject:ID``, ``operator`` or ``licet``."""
    subject: str = ""
    client: str = ""
    object: str = ""
    """What was acted on where that is neither subject, client nor grant: a session, a key, an API."""
    grant: int | None = None
    txn: str = ""
    request_id: str = ""
    outcome: str = "done"
    reason: str = ""
    requirement: str = ""
    data: dict[str, Any] = {}


class Chained(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An event in its place in the chain of its node."""

    node: int
    seq: int
    prev_hash: bytes
    hash: bytes
    event: Event


GENESIS = bytes(32)
"""What the first event of a node follows."""


def repeated(refreshed: Event) -> Event:
    """What is recorded where a refresh was repeated because its answer was lost (rulings F)."""
    return msgspec.structs.replace(refreshed, type=EventType.REFRESH_REPLAYED, reason="the successor was not used yet")


_encode = msgspec.json.Encoder(order="deterministic").encode


def body(event: Event) -> bytes:
    """The event as the bytes that are stored and hashed."""
    return _encode(event)


def link(node: int, seq: int, prev_hash: bytes, event_body: bytes) -> bytes:
    """The hash that chains *event_body* to what came before: SHA-256 over node, number, predecessor, event."""
    return sha256(b"%d\x00%d\x00" % (node, seq) + prev_hash + event_body).digest()
