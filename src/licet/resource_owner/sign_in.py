"""Signing in with a name and a password; guessing is throttled without locking the owner out (rulings V).

A wrong password, an unknown name and a throttled guess give the same answer after the same work.
"""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address, ip_network

from licet.ambient import SECOND, Entropy, Instant
from licet.events import Event, EventType
from licet.resource_owner.accounts import canonical, password
from licet.resource_owner.passwords import Passwords
from licet.storage.ports import Person, Store
from licet.storage.records import Account

_PREFIX = {4: 24, 6: 64}
"""How much of an address is one network's: what one household or attacker is given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessing:
    """How many wrong guesses a bucket holds, and how fast it fills again."""

    per_browser: int = 10
    """At one account from one network, or from a browser that signed in to it before."""
    per_account: int = 100
    """At one account from everywhere (NIST SP 800-63B-4 §3.2.2: at most 100)."""
    per_network: int = 50
    """At any account from one network."""
    refill_s: int = 60
    """Seconds until a narrow bucket allows one more guess; wider ones fill in proportion."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """Somebody says who they are."""

    issuer_id: int
    login: str
    password: str
    network: str
    """The address that asked."""
    known: str
    """What a browser that signed in before brings, already checked for that account's subject; else empty."""
    at: Instant
    request_id: str
    txn: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Checks a password."""

    store: Store
    passwords: Passwords
    entropy: Entropy
    guessing: Guessing

    async def __call__(self, attempt: Attempt) -> Account | None:
        """The account, or None; raises passwords.Busy. Every guess is paid for first and refunded if right, so that
        many at once cannot share one slot."""
        identifier = canonical(attempt.login)
        person = await self.store.accounts.find_by_login(attempt.issuer_id, identifier) if identifier else None
        buckets = self._buckets(attempt, identifier or "", person)
        if not await self._spend(attempt, buckets):
            await self._failed(attempt, person, "throttled")
            return None
        phc = _password_of(person)
        if not await self.passwords.verify(phc, attempt.password) or person is None or phc is None:
            await self._failed(attempt, person, "wrong password" if person else "unknown login")
            return None
        await self._refund(attempt, buckets)
        if self.passwords.outdated(phc):
            renewed = await self.passwords.hash(attempt.password)
            await self.store.accounts.rehash(password(person.account, renewed, self.entropy, attempt.at))
        return person.account

    def _buckets(self, attempt: Attempt, identifier: str, person: Person | None) -> tuple[tuple[bytes, int], ...]:
        """The buckets a guess is taken from. A browser that was here before has one of its own, and only that: a
        stranger who empties the others does not lock it out."""
        known = person is not None and attempt.known.split(".", 1)[0] == person.account.subject_id
        if known:
            return ((b"known\x00" + attempt.known.encode(), self.guessing.per_browser),)
        place = network_of(attempt.network).encode()
        who = identifier.encode()
        return (
            (b"here\x00" + who + b"\x00" + place, self.guessing.per_browser),
            (b"account\x00" + who, self.guessing.per_account),
            (b"network\x00" + place, self.guessing.per_network),
        )

    async def _spend(self, attempt: Attempt, buckets: tuple[tuple[bytes, int], ...]) -> bool:
        paid: list[tuple[bytes, int]] = []
        for key, size in buckets:
            cost = self._cost(size)
            if await self.store.throttles.spend(attempt.issuer_id, key, attempt.at, cost, cost * size) is not None:
                await self._refund(attempt, tuple(paid))
                return False
            paid.append((key, size))
        return True

    async def _refund(self, attempt: Attempt, buckets: tuple[tuple[bytes, int], ...]) -> None:
        for key, size in buckets:
            await self.store.throttles.refund(attempt.issuer_id, key, self._cost(size))

    def _cost(self, size: int) -> int:
        """Microseconds one guess takes from a bucket of *size*: wider buckets fill faster."""
        return self.guessing.refill_s * SECOND * self.guessing.per_browser // size

    async def _failed(self, attempt: Attempt, person: Person | None, reason: str) -> None:
        event = Event(
            issuer_id=attempt.issuer_id, type=EventType.SIGN_IN_FAILED, at=attempt.at, actor="person",
            subject=person.account.subject_id if person else "", txn=attempt.txn, request_id=attempt.request_id,
            outcome="refused", reason=reason, data={"network": network_of(attempt.network)},
        )
        await self.store.events.record(event)


def network_of(address: str) -> str:
    """The network an address is counted by: /24 of IPv4, /64 of IPv6; anything else as it is."""
    try:
        ip = ip_address(address)
    except ValueError:
        return address[:64]
    return str(ip_network(f"{ip}/{_PREFIX[ip.version]}", strict=False))


def _password_of(person: Person | None) -> str | None:
    """The live password hash of an account that may sign in."""
    if person is None or person.account.status != "active":
        return None
    for authenticator in person.authenticators:
        if authenticator.kind == "password" and authenticator.status == "active":
            return authenticator.secret
    return None
