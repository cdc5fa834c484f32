"""What happens by itself: reading changed configuration, purging what is over, writing what is spooled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from licet.ambient import Clock
from licet.authorization_server.directory import Directory
from licet.authorization_server.endings import Bell
from licet.authorization_server.key_rotation import KeyRotation
from licet.authorization_server.keys import Ring
from licet.authorization_server.settings import Settings
from licet.authorization_server.upkeep.notices import Notices
from licet.storage.ports import Store, Unavailable

_LOG = logging.getLogger("licet.upkeep")
_REFRESH_S = 0.25
"""A command line's change is seen within this (rulings T promise a second)."""
_NOTICE_S = 0.5
"""Whoever signs out here is out elsewhere a moment later."""
_BREATH_S = 0.02
"""Between two batches of a purge, so that requests come first."""


@dataclass(slots=True)
class Upkeep:
    """Runs the chores until stopped."""

    store: Store
    directory: Directory
    clock: Clock
    settings: Settings
    ring: Ring
    rotation: KeyRotation
    bell: Bell
    notices: Notices
    _tasks: tuple[asyncio.Task[None], ...] = ()

    def start(self) -> None:
        chores = (
            (self.directory.refresh, _REFRESH_S),
            (self._reload_keys, _REFRESH_S),
            (self.bell.look, _REFRESH_S),
            (self.turn_keys, self.settings.keys_every_s),
            (self._purge, self.settings.purge_every_s),
            (self.store.flush, 1.0),
            (self.notices.say, _NOTICE_S),
        )
        self._tasks = tuple(asyncio.create_task(_forever(chore, every)) for chore, every in chores)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.notices.stop()

    async def turn_keys(self) -> None:
        """Do what the schedule of keys says, and sign with what came of it."""
        if await self.rotation.scheduled(self.ring.shown(self.rotation.lives.cached_s)):
            await self._reload_keys()

    async def _reload_keys(self) -> None:
        await self.ring.refresh(self.store, self.directory.issuer.issuer_id)

    async def _purge(self) -> None:
        """Batch after batch until nothing is over: keeps pace with issuing, blocks nobody for long."""
        batch = self.settings.purge_batch
        while await self.store.purge(self.clock.now(), batch) >= batch:  # noqa: ASYNC110  it works, it does not wait
            await asyncio.sleep(_BREATH_S)


async def _forever(chore: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await chore()
        except Unavailable:
            _LOG.warning("store unavailable; %s will be tried again", chore.__qualname__)
        except Exception:  # noqa: BLE001  a chore that fails once must not end for good
            _LOG.exception("%s failed; it will be tried again", chore.__qualname__)
