"""Signing in with a name and a password; guessing is throttled without locking the owner out (rulings V).

A wrong password, an unknown name and a throttled guess give the same answer; the first two after the same work. A
throttled guess is not looked at, so that guessing costs the server nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from licet.ambient import Instant
from licet.events import Event, EventType
from licet.requirements import PASSWORD_GUESSING_THROTTLED
from licet.resource_owner.accounts import canonical
from licet.resource_owner.guesses import Bucket, Guesses, network_of, proportioned
from licet.resource_owner.passwords import Busy, Passwords
from licet.storage.ports import Person, Store
from licet.storage.records import Account, Authenticator, Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Guessing:
    """How many wrong guesses a bucket holds, and how fast it fills again."""

    per_browser: int = 10
    """At one account from one network, or from a browser that signed in to it before."""
    per_account: int = 100
    """At one account from everywhere (NIST SP 800-63B-4 §3.2.2: at most 100); as many from all browsers that signed
    in to it before, for whoever once knew the password may have made many."""
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


class Proved(msgspec.Struct, frozen=True, gc=False):
    """Somebody proved who they are, with something that may be taken from them meanwhile."""

    account: Account
    authenticator_id: str


@dataclass(frozen=True, slots=True)
class SignIn:
    """Checks a password."""

    store: Store
    passwords: Passwords
    guesses: Guesses
    guessing: Guessing

    async def __call__(self, attempt: Attempt) -> Proved | None:
        """Who it is, or None; raises passwords.Busy. Every guess is paid for first and refunded if right, so that
        many at once cannot share one slot."""
        if self.passwords.full:  # before anything is read or written for it
            raise Busy
        identifier = canonical(attempt.login)
        person = await self.store.accounts.find_by_login(attempt.issuer_id, identifier) if identifier else None
        buckets = self._buckets(attempt, identifier or "", person)
        if await self.guesses.take(attempt.issuer_id, buckets, attempt.at) is not None:
            self._throttled(attempt)
            return None
        proof = _password_of(person)
        try:
            right = await self.passwords.verify(proof.secret if proof else None, attempt.password)
        except Busy:  # nobody looked at it, so it was no guess: a flood must not use up the owner's own bucket
            await self.guesses.give_back(attempt.issuer_id, buckets)
            raise
        if not right or person is None or proof is None:
            await self._failed(attempt, person, "wrong password" if person else "unknown login")
            return None
        await self.guesses.give_back(attempt.issuer_id, buckets)
        if self.passwords.outdated(proof.secret):
            renewed = await self.passwords.hash(attempt.password)
            await self.store.accounts.rehash(msgspec.structs.replace(proof, secret=renewed))
        return Proved(person.account, proof.authenticator_id)

    def _buckets(self, attempt: Attempt, identifier: str, person: Person | None) -> tuple[Bucket, ...]:
        """The buckets a guess is taken from. A browser that was here before has one of its own, beside one for all
        such browsers: a stranger who empties the others does not lock it out."""
        guessing = self.guessing
        who = (person.account.subject_id if person else identifier).encode()
        place = network_of(attempt.network).encode()
        sizes: tuple[tuple[bytes, int], ...] = (
            (b"here\x00" + who + b"\x00" + place, guessing.per_browser),
            (b"account\x00" + who, guessing.per_account),
            (b"network\x00" + place, guessing.per_network),
        )
        if person is not None and attempt.known.split(".", 1)[0] == person.account.subject_id:
            sizes = (
                (b"known\x00" + attempt.known.encode(), guessing.per_browser),
                (b"all known\x00" + who, guessing.per_account),
            )
        return proportioned(sizes, narrow=guessing.per_browser, refill_s=guessing.refill_s)

    def _throttled(self, attempt: Attempt) -> None:
        """Not into the record, which keeps everything: this costs whoever guesses nothing (house law 1)."""
        self.store.refusals.spool(
            Refused(
                issuer_id=attempt.issuer_id,
                reference=attempt.request_id,
                at=attempt.at,
                endpoint="/login",
                client_id="",
                error="throttled",
                description="Too many wrong guesses",
                detail=network_of(attempt.network),
                requirement=PASSWORD_GUESSING_THROTTLED.id,
                request_id=attempt.request_id,
            )
        )

    async def _failed(self, attempt: Attempt, person: Person | None, reason: str) -> None:
        event = Event(
            issuer_id=attempt.issuer_id,
            type=EventType.SIGN_IN_FAILED,
            at=attempt.at,
            actor="person",
            subject=person.account.subject_id if person else "",
            txn=attempt.txn,
            request_id=attempt.request_id,
            outcome="refused",
            reason=reason,
            data={"network": network_of(attempt.network)},
        )
        await self.store.events.record(event)


def _password_of(person: Person | None) -> Authenticator | None:
    """The live password of an account that may sign in."""
    if person is None or person.account.status != "active":
        return None
    for authenticator in person.authenticators:
        if authenticator.kind == "password" and authenticator.status == "active":
            return authenticator
    return None
