"""SQLite: one file, durable by default, group commit (house law 2)."""

from licet.storage.sqlite.connection import StoreBusy, StoreMissing
from licet.storage.sqlite.store import SQLiteStore

__all__ = ["SQLiteStore", "StoreBusy", "StoreMissing"]
