"""What every backend agrees on, beyond the ports: kinds, bounds, and how ids grow."""

from __future__ import annotations

from licet.ambient import SECOND, Instant
from licet.storage.records import Consent

CHALLENGE = "challenge"
"""The kind of ``Replay`` under which a redeemed code's ``code_challenge`` is remembered (rulings N)."""

SLOWER_S = 5
"""RFC 8628 §3.5: ``slow_down`` adds five seconds for this and all later polls."""

LIVE_PENDING = ("open", "claimed", "approved")
"""The states in which a user code is taken, until it expires."""

DAY = 86_400 * SECOND

GRANT_KEPT = 2 * DAY
"""How long a grant stays after its end of life: longer than the tombstones that hang on it (rulings M)."""

PENDING_KEPT = DAY
"""How long a device's request stays, so that a late poll hears ``expired_token``."""

NOTICE_KEPT = 7 * DAY
"""How long a notice stays, whatever became of it: longer than it is tried to be sent."""

REFUSALS_KEPT = 10_000
"""Refusals per issuer; the oldest give way."""

REFUSALS_SPOOLED = 512
"""Refusals that wait in memory; the oldest give way."""

NODE_BITS = 10
NODES = 1 << NODE_BITS


class Ids:
    """Ids of one node: microseconds, then the node's number.

    Two nodes never give the same, nor does one node give the same twice, however still its clock stands.
    """

    def __init__(self, node: int, last: int = 0) -> None:
        """*last* is the greatest id that was ever given, by whichever node."""
        if not 0 <= node < NODES:
            raise ValueError(f"a node's number is below {NODES}")
        self._node = node
        self._last = last >> NODE_BITS << NODE_BITS | node

    def next(self, at: Instant) -> int:
        self._last = max(at << NODE_BITS | self._node, self._last + NODES)
        return self._last

    @property
    def latest(self) -> Instant:
        """When the last id was given, or a little later."""
        return Instant(self._last >> NODE_BITS)


def past(at: Instant, *epochs: Instant) -> Instant:
    """The epoch of an ending at *at* after *epochs*: what was minted since the last of them is minted in a later second
    than that one, which may lie ahead of *at*, and ends too. An epoch of 0 is none."""
    return max((at, *(Instant((epoch // SECOND + 1) * SECOND) for epoch in epochs if epoch)))


def covers(now: Consent, relied_on: Consent) -> bool:
    """Whether the consent that is remembered *now* still says all that *relied_on* said, to the same app."""
    same_app = now.client_metadata_digest == relied_on.client_metadata_digest
    return now.revoked_at is None and same_app and set(relied_on.items) <= set(now.items)
