"""The second chance of a refresh whose answer was lost (rulings F and I).

A client that never saw its new refresh token has only the old one. For a while, and until the new one is used, the old
one gets the same new one again: never a second line. The store keeps only digests, so the new token waits beside its
digest, sealed under a key that needs the old token *and* the master key: a dump opens nothing, not even with the key.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.token.refresh_value import RefreshValue
from licet.resource_owner.guesses import network_of
from licet.storage.ports import Replayed
from licet.storage.records import Family
from licet.storage.vault import Vault

_PURPOSE = "refresh-successor"


@dataclass(frozen=True, slots=True)
class Retries:
    """Seals successors for their predecessors, and opens them again."""

    vault: Vault
    window_s: int

    def until(self, family: Family, now: Instant) -> Instant | None:
        """How long a rotation may be repeated; None where retries are switched off. No life is extended."""
        if not self.window_s:
            return None
        return min(Instant(now + self.window_s * SECOND), family.absolute_until)

    def seal(self, family: Family, presented: RefreshValue, successor: str, until: Instant) -> bytes:
        """*successor* of *presented*, which is the family's head now."""
        context = _context(family, family.generation + 1, until)
        return self.vault.seal_to(presented.token, _PURPOSE, successor.encode(), context)

    def open(self, family: Family, presented: RefreshValue, replayed: Replayed) -> str:
        """The successor that was given before; raises Unsealable."""
        context = _context(family, replayed.generation, replayed.replay_until)
        return self.vault.open_with(presented.token, _PURPOSE, replayed.sealed, context).decode()

    def origin(self, issuer_id: int, incoming: Incoming) -> bytes:
        """Where a request came from, as far as it is compared: its network, which a phone keeps for a minute."""
        return self.vault.mac("origin", issuer_id, network_of(incoming.peer))


def _context(family: Family, generation: int, until: Instant) -> bytes:
    """Everything that must be the same at the retry; the client's id comes last because it may hold anything."""
    key = (family.cnf or {}).get("jkt", "-")
    handle = family.handle.hex()
    return f"{family.issuer_id}/{handle}/{generation}/{until}/{key}/{family.client_id}".encode()
