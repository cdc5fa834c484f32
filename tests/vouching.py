"""What vouches for rows in tests that open a store without a vault."""

from __future__ import annotations

from licet.storage.vouching import Vouching

VOUCHING = Vouching([(b"test", bytes(range(32)))])
