"""Comparing a client's secret with what is remembered of it: digests, in constant time, every live one."""

from __future__ import annotations

from licet.ambient import Instant
from licet.authorization_server.admission import credential_usable
from licet.authorization_server.client_authentication.model import Candidate
from licet.storage.vault import Vault

_NOBODY = bytes(36)
"""Compared where there is no secret, so that its absence takes as long."""


def matches(vault: Vault, candidate: Candidate, secret: str, now: Instant) -> bool:
    """Whether *secret* is one of the candidate's live secrets (two may be, while one is rotated out)."""
    digests = [c.digest for c in candidate.credentials if c.digest is not None and credential_usable(c, now)]
    found = False
    for digest in digests or (_NOBODY,):
        found |= vault.matches(digest, candidate.issuer_id, "client-secret", secret)
    return found
