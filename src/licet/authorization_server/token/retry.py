"""The second chance of a refresh whose answer was lost (rulings F and I).

A client that never saw its new refresh token has only the old one. For a while, and until the new one is used, the old
one gets the same new one again: never a second line. The store keeps only digests, so the new token is not kept either:
it is *derived* from the old token, a salt that the row keeps for that while, and the master key, and can be derived once
more. A dump holds nothing of it, and opens nothing even with the key; once the salt is erased, nobody can.
"""

from __future__ import annotations

from dataclasses import dataclass

from licet.ambient import SECOND, Instant
from licet.authorization_server.exchange import Incoming
from licet.authorization_server.token import refresh_value
from licet.authorization_server.token.refresh_value import DIGESTED_AS, RefreshValue
from licet.resource_owner.guesses import network_of
from licet.storage.ports import Replayed
from licet.storage.records import Family
from licet.storage.vault import Unsealable, Vault

_PURPOSE = "refresh-successor"


@dataclass(frozen=True, slots=True)
class Retries:
    """Derives successors from their predecessors, and derives them again."""

    vault: Vault
    window_s: int

    def until(self, family: Family, now: Instant) -> Instant | None:
        """How long a rotation may be repeated; None where retries are switched off. No life is extended."""
        if not self.window_s:
            return None
        return min(Instant(now + self.window_s * SECOND), family.absolute_until)

    def successor(self, family: Family, presented: RefreshValue, until: Instant) -> tuple[str, bytes]:
        """What follows *presented*, which is the family's head now, and the salt it can be derived with until then."""
        salt = self.vault.salt()
        return self._derived(family, family.generation + 1, presented, until, salt), salt

    def again(self, family: Family, presented: RefreshValue, replayed: Replayed) -> str:
        """The successor that was given before; raises Unsealable where the row is not as it was."""
        value = self._derived(family, replayed.generation, presented, replayed.replay_until, replayed.salt)
        if not self.vault.matches(replayed.head, family.issuer_id, DIGESTED_AS, value):
            raise Unsealable("refresh-successor: derived from another row")
        return value

    def _derived(self, family: Family, generation: int, presented: RefreshValue, until: Instant, salt: bytes) -> str:
        """Everything that must be the same at the retry goes in."""
        key = (family.cnf or {}).get("jkt", "-")
        place = f"{generation}/{until}/{key}"
        secret = self.vault.derive(
            _PURPOSE, family.issuer_id, salt, presented.token, family.handle, place, family.client_id
        )
        return refresh_value.made(family.handle, secret)

    def origin(self, issuer_id: int, incoming: Incoming) -> bytes:
        """Where a request came from, as far as it is compared: its network, which a phone keeps for a minute."""
        return self.vault.mac("origin", issuer_id, network_of(incoming.peer))
