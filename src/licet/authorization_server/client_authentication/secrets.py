"""Comparing a client's secret with what is remembered of it: digests, in constant time, every live one."""

from __future__ import annotations

from licet.ambient import Instant
from licet.authorization_server.client_authentication.model import Candidate
from licet.storage.records import Credential
from licet.storage.vault import Vault

_NOBODY = bytes(36)
"""Compared where there is no secret, so that its absence takes as long."""


def matches(vault: Vault, candidate: Candidate, secret: str, now: Instant) -> bool:
    """Whether *secret* is one of the candidate's live secrets (two may be, while one is rotated out)."""
    digests = [c.digest for c in candidate.credentials if c.digest is not None and live(c, now)]
    found = False
    for digest in digests or (_NOBODY,):
        found |= vault.matches(digest, candidate.issuer_id, "client-secret", secret)
    return found


def live(credential: Credential, now: Instant) -> bool:
    """Whether a credential is good *now*. An ending of its owner is admission's business, its own is here."""
    return credential.revoked_at is None and (credential.expires_at is None or now < credential.expires_at)
