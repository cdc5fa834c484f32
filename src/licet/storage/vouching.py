"""What a row says is believed only with a MAC over it: whoever can write the database, but has no master key, can neither
make a row nor have one speak of somebody else.

A digest says that a secret was issued here; the row beside it says to whom and for what. Both are vouched for together, so
that a session, a token or a password cannot be handed to another person by changing a column. Columns that live on
(an end, a counter, the next poll) are not part of it.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

import msgspec

KEY_ID_BYTES = 4
MAC_BYTES = 16
"""128 bits: nobody can try values but by asking the server."""

_LOG = logging.getLogger("licet.storage")
_pack = msgspec.msgpack.Encoder().encode


class Vouching:
    """MACs over rows under the master keys: the first one writes, all of them verify."""

    def __init__(self, keys: Sequence[tuple[bytes, bytes]]) -> None:
        """*keys*: key id and key, 4 and 32 bytes each, the one that writes first."""
        self._begun = {key_id: blake2b(key=key, digest_size=MAC_BYTES) for key_id, key in keys}
        self._first = keys[0][0]

    def vouch(self, table: str, said: Sequence[Any]) -> bytes:
        """Key id ‖ keyed BLAKE2b (RFC 7693) over the table's name and what a row of it says, each as MessagePack."""
        going = self._begun[self._first].copy()
        going.update(_pack((table, said)))
        return self._first + going.digest()

    def holds(self, vouch: bytes | None, table: str, said: Sequence[Any]) -> bool:
        """Whether *vouch* was made for exactly this; if not, that is logged, because somebody has been in the database."""
        begun = self._begun.get((vouch or b"")[:KEY_ID_BYTES])
        if vouch and begun is not None:
            going = begun.copy()
            going.update(_pack((table, said)))
            if compare_digest(vouch[KEY_ID_BYTES:], going.digest()):
                return True
        _LOG.error("a row of %s is not as it was written here: it counts as missing", table)
        return False

    def newest(self, vouch: bytes) -> bool:
        """Whether *vouch* was made under the key that writes now."""
        return vouch[:KEY_ID_BYTES] == self._first

    def __repr__(self) -> str:
        return f"Vouching({len(self._begun)} keys)"
