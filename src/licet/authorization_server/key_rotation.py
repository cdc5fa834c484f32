"""What is done to signing keys: by the schedule, by an operator who rotates, by one who revokes.

Each is one turn in the store, judged there again, so that a command line beside a running server never acts twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from licet.ambient import SECOND, Clock, Entropy, Instant
from licet.authorization_server import key_schedule as schedule
from licet.authorization_server.key_schedule import KeyLives
from licet.authorization_server.keys import PURPOSES, attested, make, resealed
from licet.events import Event, EventType
from licet.storage.ending import ending
from licet.storage.key_turns import KeyStep, KeyTurn
from licet.storage.ports import Store
from licet.storage.records import Key
from licet.storage.vault import Vault

_EVENTS = {
    "pending": EventType.KEY_PUBLISHED,
    "active": EventType.KEY_ACTIVATED,
    "retiring": EventType.KEY_RETIRING,
    "retired": EventType.KEY_RETIRED,
    "destroyed": EventType.KEY_DESTROYED,
}


_ATTEMPTS = 5
"""How often a revocation is judged anew when somebody else turns keys at the same moment."""


class Outpaced(Exception):  # noqa: N818  it names what happened
    """Somebody else turned the same keys meanwhile; nothing was done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotation:
    """Turns the keys of one issuer."""

    store: Store
    vault: Vault
    entropy: Entropy
    clock: Clock
    issuer_id: int
    lives: KeyLives
    wanted: Sequence[tuple[str, str]] = PURPOSES
    request_id: str = ""
    """Of the command that turns them; empty where the schedule does."""

    async def scheduled(self, shown: frozenset[str]) -> bool:
        """Do what is due; whether anything was. *shown*: see ``key_schedule.due``."""
        now = self.clock.now()
        keys = await self.store.keys.every(self.issuer_id)
        due = schedule.due(keys, self.wanted, self.lives, now, issuer_id=self.issuer_id, shown=shown)
        if not due:
            return False
        steps = [*due.steps, *[await self._new(blank) for blank in due.create]]
        return await self.store.keys.turn(self._turn(steps, now, "licet"))

    async def rotate(self, which: Iterable[tuple[str, str]], *, at_once: bool) -> tuple[Key, ...]:
        """Publish a successor of every key in *which*, to sign ``publish_ahead_s`` from now; *at_once*: to sign now.

        The successors; one that was pending already keeps its place unless it is to sign now. Raises Outpaced.
        """
        now = self.clock.now()
        keys = await self.store.keys.every(self.issuer_id)
        steps: list[KeyStep] = []
        successors: list[Key] = []
        for purpose, alg in which:
            mine = [key for key in keys if (key.purpose, key.alg) == (purpose, alg)]
            pending = schedule.in_state(mine, "pending")
            if at_once:
                done = await self._succeed(schedule.in_state(mine, "active"), pending, (purpose, alg), now)
                steps += done
                successors.append(done[-1].after)
            else:
                signs_at = Instant(now + self.lives.publish_ahead_s * SECOND)
                if pending is None:
                    step = await self._new(schedule.blank(self.issuer_id, purpose, alg, "pending", now, signs_at))
                else:
                    ripe_at = Instant(pending.publish_at + self.lives.publish_ahead_s * SECOND)
                    sooner = replace(pending, active_at=min(pending.active_at, max(now, ripe_at)))
                    step = KeyStep(before=pending, after=sooner)
                steps.append(step)
                successors.append(step.after)
        if not await self.store.keys.turn(self._turn(steps, now, "operator")):
            raise Outpaced
        return tuple(successors)

    async def revoke(self, kid: str, reason: str) -> bool:
        """Nothing that *kid* ever signed is believed from now on. If it signed, another one signs at once.

        False: there is no such key, or it was revoked before. Whoever turns keys at the same moment does not keep a
        leaked one alive: it is judged anew. Raises Outpaced when that happened again and again.
        """
        for _ in range(_ATTEMPTS):
            now = self.clock.now()
            turn = await self._revocation(kid, now)
            if turn is None:
                return False
            told = ending(
                self.issuer_id,
                "key",
                kid,
                at=now,
                cause=reason,
                event=EventType.KEY_REVOKED,
                actor="operator",
                about=kid,
                request_id=self.request_id,
            )
            if await self.store.keys.revoke(told, turn):
                return True
        raise Outpaced

    async def _revocation(self, kid: str, now: Instant) -> KeyTurn | None:
        """The turn that ends *kid*; None where there is nothing to end."""
        keys = await self.store.keys.every(self.issuer_id)
        key = next((key for key in keys if key.kid == kid), None)
        if key is None or schedule.revoked(key):
            return None
        gone = replace(key, state="destroyed", sealed=None, destroy_at=now, hints_until=None)
        steps = [KeyStep(before=key, after=gone)]
        if key.state == "active":
            pending = next((k for k in keys if (k.purpose, k.alg, k.state) == (key.purpose, key.alg, "pending")), None)
            steps += await self._succeed(None, pending, (key.purpose, key.alg), now)
        others = self._turn(steps[1:], now, "operator")  # the ending has an event of its own
        return replace(others, steps=tuple(steps))

    async def reseal(self) -> int:
        """Seal everything that is kept of keys under the first master key; how many were sealed under another one.
        Raises Outpaced, and Unsealable where none of the master keys opens one."""
        now = self.clock.now()
        keys = await self.store.keys.every(self.issuer_id)
        steps = [
            KeyStep(before=key, after=replace(key, sealed=sealed))
            for key in keys
            if (sealed := resealed(self.vault, key)) is not None
        ]
        if not steps:
            return 0
        events = tuple(self._event(EventType.KEY_RESEALED, step.after, now, "operator") for step in steps)
        turn = KeyTurn(issuer_id=self.issuer_id, steps=tuple(steps), events=events)
        if not await self.store.keys.turn(turn):
            raise Outpaced
        return len(steps)

    async def _succeed(
        self, active: Key | None, pending: Key | None, of: tuple[str, str], now: Instant
    ) -> list[KeyStep]:
        """*pending*, or a key that is made now, signs in the place of *active*; its step is the last."""
        if pending is not None:
            return schedule.turned(active, pending, self.lives, now)
        new = await self._new(schedule.blank(self.issuer_id, *of, "active", now, now))
        if active is None:
            return [new]
        return [KeyStep(before=active, after=schedule.retiring(active, self.lives, now)), new]

    async def _new(self, blank: Key) -> KeyStep:
        """The key that *blank* describes, made in a thread: RSA takes a tenth of a second."""
        made = await asyncio.get_running_loop().run_in_executor(None, make, self.vault, self.entropy, blank)
        return KeyStep(before=None, after=made)

    def _turn(self, steps: Sequence[KeyStep], now: Instant, actor: str) -> KeyTurn:
        whole = tuple(self._kept(step) for step in steps)
        events = tuple(self._told(step, now, actor) for step in whole if _state(step.before) != step.after.state)
        return KeyTurn(issuer_id=self.issuer_id, steps=whole, events=events)

    def _kept(self, step: KeyStep) -> KeyStep:
        """In the place of a private key that goes, a seal over its public half: that is believed for hints."""
        key = step.after
        if (_state(step.before), key.state) != ("retired", "destroyed"):
            return step
        return KeyStep(before=step.before, after=replace(key, sealed=attested(self.vault, key)))

    def _told(self, step: KeyStep, now: Instant, actor: str) -> Event:
        created = step.before is None and step.after.state == "active"
        return self._event(EventType.KEY_CREATED if created else _EVENTS[step.after.state], step.after, now, actor)

    def _event(self, kind: EventType, key: Key, now: Instant, actor: str) -> Event:
        data = {"purpose": key.purpose, "alg": key.alg}
        return Event(
            issuer_id=self.issuer_id,
            type=kind,
            at=now,
            actor=actor,
            object=key.kid,
            request_id=self.request_id,
            data=data,
        )


def _state(key: Key | None) -> str | None:
    return None if key is None else key.state
