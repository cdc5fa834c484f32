"""Memory: dictionaries, gone with the process; the second opinion on what the ports mean.

One thread and no ``await`` inside a verb make each of them atomic: look first, then change, never fail between.
"""

from licet.storage.memory.store import MemoryStore

__all__ = ["MemoryStore"]
