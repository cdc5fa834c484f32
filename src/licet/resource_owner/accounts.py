"""Accounts: how a person is named, and how one is made."""

from __future__ import annotations

import unicodedata
from typing import Any

from licet.ambient import Entropy, Instant
from licet.events import Event, EventType
from licet.storage.ports import Accounts
from licet.storage.records import Account, Authenticator

LOGIN_LENGTH = 254
"""The longest mail address there can be (RFC 5321 §4.5.3.1)."""


def canonical(login: str) -> str | None:
    """The form a login is looked up and counted by: one form for every spelling, so that no spelling opens a new
    bucket of guesses (NFKC, case folded, no space around). None where it cannot be anyone's."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", login).casefold()).strip()
    if not folded or len(folded) > LOGIN_LENGTH or any(unicodedata.category(c)[0] == "C" for c in folded):
        return None
    return folded


async def create(
    accounts: Accounts,
    entropy: Entropy,
    *,
    issuer_id: int,
    login: str,
    phc: str,
    profile: dict[str, Any],
    at: Instant,
    actor: str,
    request_id: str = "",
) -> Account | None:
    """A new person with a password hashed to *phc*; None if the login is taken or cannot be one."""
    identifier = canonical(login)
    if identifier is None:
        return None
    account = Account(
        issuer_id=issuer_id, subject_id=entropy.bytes(16).hex(), login=login.strip(), profile=profile, created_at=at
    )
    event = Event(
        issuer_id=issuer_id,
        type=EventType.ACCOUNT_CREATED,
        at=at,
        actor=actor,
        subject=account.subject_id,
        request_id=request_id,
    )
    made = await accounts.create(account, (identifier,), password(account, phc, entropy, at), event)
    return account if made else None


def password(account: Account, phc: str, entropy: Entropy, at: Instant) -> Authenticator:
    """The record of a password."""
    return Authenticator(
        issuer_id=account.issuer_id,
        authenticator_id=entropy.bytes(16).hex(),
        subject_id=account.subject_id,
        kind="password",
        secret=phc,
        created_at=at,
    )
