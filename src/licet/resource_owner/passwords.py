"""Passwords: argon2id in a pool no larger than the cores, with a queue that ends (rulings U).

A hash leaves the interpreter's lock, so verifying one costs a core 23 ms and the loop nothing.
"""

from __future__ import annotations

import asyncio
import os
import re
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from licet.ambient import Entropy

Result = TypeVar("Result")

SHORTEST = 15
"""Characters of a password that stands alone (NIST SP 800-63B-4 §3.1.1.2)."""
_PHC = re.compile(r"\$argon2id\$v=19\$m=(\d{1,9}),t=(\d{1,4}),p=(\d{1,3})\$[A-Za-z0-9+/]{11,88}\$[A-Za-z0-9+/]{22,172}")
_MOST_KIB, _MOST_ITERATIONS, _MOST_LANES = 256 * 1024, 16, 16
"""A stored cost beyond these is refused before it is paid: a planted row must not stop the server."""


class Busy(Exception):  # noqa: N818  a condition, not a mistake
    """More are waiting than will be served in time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What argon2id costs, and how many may wait."""

    memory_kib: int = 19 * 1024
    iterations: int = 2
    lanes: int = 1
    queue: int = 64


class Passwords:
    """Makes and checks password hashes."""

    def __init__(self, cost: Cost, entropy: Entropy, workers: int | None = None) -> None:
        self._cost = cost
        self._entropy = entropy
        workers = workers or os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="licet-argon2")
        self._waiting = 0
        self._most = workers + cost.queue
        self._nobody = self._hash("nobody has this password")

    @property
    def full(self) -> bool:
        """Whether so many wait that one more would be Busy."""
        return self._waiting >= self._most

    async def hash(self, password: str) -> str:
        """The PHC string of *password*."""
        return await self._run(lambda: self._hash(password))

    async def verify(self, phc: str | None, password: str) -> bool:
        """Whether *password* made *phc*; for nobody's password it takes as long and says no. Raises Busy."""
        return await self._run(lambda: self._verify(phc or self._nobody, password)) and phc is not None

    def outdated(self, phc: str) -> bool:
        """Whether *phc* was made at another cost than today's, so that a sign-in should renew it."""
        cost = self._cost
        return f"$m={cost.memory_kib},t={cost.iterations},p={cost.lanes}$" not in phc

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self.full:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1

    def _hash(self, password: str) -> str:
        cost = self._cost
        kdf = Argon2id(
            salt=self._entropy.bytes(16),
            length=32,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        )
        return kdf.derive_phc_encoded(_material(password))

    @staticmethod
    def _verify(phc: str, password: str) -> bool:
        found = _PHC.fullmatch(phc)
        if found is None:
            return False
        memory, iterations, lanes = (int(part) for part in found.groups())
        if memory > _MOST_KIB or iterations > _MOST_ITERATIONS or lanes > _MOST_LANES:
            return False
        try:
            Argon2id.verify_phc_encoded(_material(password), phc)
        except InvalidKey:
            return False
        return True


def _material(password: str) -> bytes:
    """What is hashed: the whole password as typed, in one Unicode form (ASVS 5.0.0 §6.2.8: nothing is cut off).

    The size of a request bounds the work: argon2 hashes its input once, whatever its length, before it begins.
    """
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
