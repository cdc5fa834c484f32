"""What a backend must be able to do, in the protocol's verbs.

Reading ports are one per record. Whatever must become durable together goes through one verb, so that a
backend cannot do half of it. Single use is decided by one atomic statement with the whole predicate in it.
Every answer arrives after the commit. ``contract.py`` is the suite that every backend must pass.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import msgspec

from licet.ambient import Instant
from licet.events import Chained, Event
from licet.storage.key_turns import KeyTurn
from licet.storage.records import (
    AccessToken,
    Account,
    Authenticator,
    Client,
    Code,
    Consent,
    Credential,
    Family,
    Grant,
    InitialToken,
    Issuer,
    Key,
    Notice,
    PairwiseSubject,
    Pending,
    Refused,
    Registration,
    Resource,
    Revocation,
    Scope,
    Session,
    Transaction,
)


class Unavailable(Exception):  # noqa: N818  a condition of the store, not a mistake of the caller
    """The store cannot write now (disk full, queue full): nothing was done, try again later."""


class Conflict(Exception):  # noqa: N818  a condition of the store, not a mistake of the caller
    """Something that must be unique was there already (an id, a URL, a scope's name): nothing was done."""


class Full(Exception):  # noqa: N818  a condition of the store, not a mistake of the caller
    """There are as many clients that nobody registered by hand as there may be: nothing was done."""


# What admission needs to know of everything a grant hangs on, read in one go.


class Standing(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A grant and the present state of the person and the session it hangs on."""

    grant: Grant
    subject_status: str
    """Of the account; ``gone`` where there is none."""
    subject_epoch: Instant
    session: Session | None
    """None where the grant has none, or it is gone from the store."""


class FoundToken(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An opaque access token with what it hangs on; *standing* is None for a client's own."""

    token: AccessToken
    standing: Standing | None


class FoundCode(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A code, used or not, with what it hangs on."""

    code: Code
    standing: Standing


class FoundFamily(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A refresh token's family with what it hangs on."""

    family: Family
    standing: Standing


class SignedIn(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A browser session and the account it belongs to."""

    session: Session
    account: Account


class Person(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An account and what it proves itself with."""

    account: Account
    authenticators: tuple[Authenticator, ...]


class Registered(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client and its live credentials."""

    client: Client
    credentials: tuple[Credential, ...]


class Protected(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An API, its scopes and its live credentials."""

    resource: Resource
    scopes: tuple[Scope, ...]
    credentials: tuple[Credential, ...]


# What is consumed when tokens are issued.


class ConsumeCode(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Use a code once: only if it is this client's, unused and unexpired at ``Issuance.at``."""

    digest: bytes
    client_id: str
    grant_id: int
    challenge_key: bytes | None
    """Remembered as used, so that no later request may carry the same challenge (rulings N)."""
    tombstone_until: Instant


class ConsumeDevice(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Use an approved device code once: only if it is this client's, approved and unexpired."""

    device_digest: bytes
    client_id: str
    grant_id: int


class RotateFamily(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Replace or reuse a family's head by compare-and-swap: only if the head is still *presented* at *generation*
    and the family has not ended or expired. *successor* None: the same token stays (not rotated).

    If the head has moved on by one, and what moved it can still be repeated, it is a retry (rulings F): nothing but
    the count of them changes, and the answer is ``Replayed``. Two generations in a row whose retry came from another
    *origin* than the rotation are a thief's.
    """

    handle: bytes
    client_id: str
    grant_id: int
    generation: int
    presented: bytes
    successor: bytes | None
    salt: bytes | None = None
    """What the successor was derived with, beside *presented*, for a retry. None where retries are switched off."""
    replay_until: Instant | None = None
    origin: bytes | None = None
    """Of the request, as a MAC: compared, never read."""
    idle_until: Instant
    purge_at: Instant


Consumed = ConsumeCode | ConsumeDevice | RotateFamily


class Issuance(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Everything that becomes durable when tokens are issued, in one transaction."""

    issuer_id: int
    at: Instant
    client_id: str
    """Who gets them: nothing is issued to a client that was disabled meanwhile, whatever it consumes."""
    consumes: Consumed | None
    """None for client credentials: nothing is used up."""
    access_token: AccessToken | None
    """None for a JWT."""
    family: Family | None
    """A new family; a rotation is in *consumes*."""
    event: Event
    """Recorded iff the issuance succeeds; of a retry as ``events.repeated``."""
    replayed: Event
    """Recorded, once, iff the artefact had been used before and its grant ends for it."""
    revocation: Revocation | None
    """Written with *replayed*: the end of the grant, for the feed."""


class Redeemed(msgspec.Struct, frozen=True, gc=False):
    """It was good, is used now, and everything is stored."""


class AlreadyRedeemed(msgspec.Struct, frozen=True, gc=False):
    """It was used before. For a code and a superseded refresh token the grant has ended in the same
    transaction, once; for a device code nothing ends (rulings A)."""

    grant_id: int


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """It does not exist, is not the caller's, or has expired; nothing changed."""


class Replayed(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A refresh token's predecessor came back in time and the successor is unused: the access token is stored, and
    the refresh token is the one that *salt* and the predecessor come to (rulings F)."""

    salt: bytes
    head: bytes
    """The successor's digest."""
    generation: int
    """Of the successor."""
    replay_until: Instant


Outcome = Redeemed | Replayed | AlreadyRedeemed | Unknown


class Registering(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client that registers itself, with everything that must become durable together."""

    client: Client
    credentials: tuple[Credential, ...]
    registration: Registration
    token: bytes | None
    """The digest of the initial token that is spent; None where registration is open."""
    most: int
    """How many such clients there may be."""
    event: Event


class Conclusion(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The end of an authorization request that was allowed: grant, code and remembered consent together."""

    issuer_id: int
    at: Instant
    txn_id: str | None
    """Completed by this, only if it is still open; None where no page was needed."""
    pushed_id: str | None = None
    """The pushed request that this answers, likewise: both are completed or none (RFC 9126)."""
    grant: Grant
    code: Code
    consent: Consent | None
    """Newly given, to be remembered; replaces what was remembered before."""
    relies_on: Consent | None = None
    """What was remembered and spared the question: nothing is done if it was withdrawn or replaced meanwhile."""
    adopts: Registering | None = None
    """The client, where only its document made it known so far: written down with its first grant. Where it is written
    down already nothing is, and nothing is done at all if what it says of itself is not the same any more."""
    events: tuple[Event, ...]


class PutClient(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What ``clients.put`` takes."""

    client: Client
    credentials: tuple[Credential, ...]
    event: Event


class PutResource(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What ``resources.put`` takes."""

    resource: Resource
    scopes: tuple[Scope, ...]
    credentials: tuple[Credential, ...]
    event: Event


class PutOwnScopes(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What ``resources.put_own_scopes`` takes."""

    issuer_id: int
    scopes: tuple[Scope, ...]
    event: Event


Put = PutClient | PutResource | PutOwnScopes


class RemoveClient(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client that goes: everything it has ends, its credentials go, what was agreed with it is forgotten. Its row stays as
    a tombstone (``status = "removed"``), so that a client that comes back under its id revives nothing."""

    client_id: str
    ending: Ending


class RemoveResource(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An API that goes, with its scopes and credentials; grants are narrowed by what is missing (rulings D)."""

    name: str
    event: Event | None
    """None where it only makes room, and is put again in the same change."""


Removal = RemoveClient | RemoveResource


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """What a store holds of a configuration: the apps of one source, every API, the issuer's own scopes."""

    apps: tuple[Registered, ...] = ()
    apis: tuple[Protected, ...] = ()
    own_scopes: tuple[Scope, ...] = ()


class Configuring(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A change of the configuration, all of it or nothing: removals first, because what they leave may be put elsewhere."""

    issuer_id: int
    source: str = "file"
    """Whose apps these are."""
    expected: Configured | None
    """What must be there, to the letter: it was judged. None where *generation* says it."""
    generation: int | None = None
    """What the issuer's generation must be, for who judged against all there is, whatever its source."""
    removals: tuple[Removal, ...] = ()
    puts: tuple[Put, ...] = ()
    event: Event
    """Recorded last."""


class Ending(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The end of one thing, with its line in the feed and its event; a second one changes nothing.

    Where the thing can come back (a client, a person, the issuer), its epoch is at least ``at`` and past the second
    that follows the epoch before, and the feed says that instant: a token is minted a second ahead of the last ending.
    """

    issuer_id: int
    at: Instant
    reason: str
    revocation: Revocation
    event: Event


class Issuers(Protocol):
    """Authorization servers."""

    async def find(self, url: str) -> Issuer | None: ...
    async def only(self) -> Issuer | None:
        """The one issuer of this store, if there is one."""

    async def create(self, issuer: Issuer, event: Event) -> None: ...
    async def move(self, issuer_id: int, url: str) -> None:
        """Change the URL: development only, where the port may be another each day."""

    async def end_everything(self, ending: Ending) -> bool:
        """Everything this issuer ever issued ends: epoch, revocation, event. False if there is no such issuer."""

    async def generation(self, issuer_id: int) -> int:
        """Grows with every ``put``, ``disable``, password change… of configuration and people."""


class Keys(Protocol):
    """Signing keys."""

    async def every(self, issuer_id: int) -> tuple[Key, ...]: ...
    async def create(self, keys: tuple[Key, ...], events: tuple[Event, ...]) -> None: ...
    async def turn(self, turn: KeyTurn) -> bool:
        """All steps of the turn with their events; False, and nothing done, if it is not ``lawful`` (any more).
        A private key that goes is erased by the statement that says so."""

    async def revoke(self, ending: Ending, turn: KeyTurn) -> bool:
        """A turn that ends a key for good, with the line in the feed and the event of the ending; as ``turn``."""


class Clients(Protocol):
    """Registered clients."""

    async def find(self, issuer_id: int, client_id: str) -> Registered | None: ...
    async def every(self, issuer_id: int) -> tuple[Registered, ...]: ...
    async def of_source(self, issuer_id: int, source: str) -> tuple[Registered, ...]:
        """Those that came from *source*; costs nothing for the others."""

    async def of_kind(self, issuer_id: int, kind: str) -> tuple[Client, ...]:
        """The active clients that are *kind*; costs nothing for the others."""

    async def put(self, client: Client, credentials: tuple[Credential, ...], event: Event) -> None:
        """Create or replace a client and all its credentials; its epoch never falls."""

    async def end(self, ending: Ending, client_id: str) -> bool:
        """Disable: status, epoch = ending.at, revocation, event. False if unknown or already disabled."""


RegistrationOutcome = Literal["registered", "spent", "full"]


class Registrations(Protocol):
    """Clients that registered themselves (RFC 7591, RFC 7592)."""

    async def create_token(self, token: InitialToken, event: Event) -> None: ...
    async def find_token(self, issuer_id: int, digest: bytes) -> InitialToken | None: ...
    async def tokens(self, issuer_id: int) -> tuple[InitialToken, ...]: ...
    async def revoke_token(self, issuer_id: int, digest: bytes, event: Event) -> bool: ...
    async def register(self, registering: Registering) -> RegistrationOutcome:
        """Client, credentials, registration and event, and one use of the token: all, or nothing because the token is
        spent or expired, or there are too many. The issuer's generation does not grow: nobody knew the client."""

    async def find(self, issuer_id: int, client_id: str) -> Registration | None: ...
    async def replace(
        self, client: Client, credentials: tuple[Credential, ...], digest: bytes, successor: bytes, event: Event
    ) -> bool:
        """Change what the client says of itself and all its credentials, only if *digest* still is its registration
        access token's, which *successor* replaces, and it is not disabled."""

    async def remove(self, ending: Ending, client_id: str, digest: bytes, until: Instant) -> bool:
        """It takes itself away: disabled and told; the row stays *until* nothing of it lives. Its id is never given again,
        so what people agreed to means nothing any more. False if *digest* is not its registration access token's."""

    async def used(self, issuer_id: int, client_id: str, at: Instant) -> bool:
        """It was used, so it stays; False if that was known, or it is over."""

    async def renew(
        self, client: Client, credentials: tuple[Credential, ...], before: bytes, ending: Ending | None, event: Event
    ) -> bool:
        """A client's document says something else than it did: what it says of itself and all its credentials, only if
        its metadata's digest still is *before* and it is active. With *ending*, all that it was given so far ends, as
        by ``clients.end``, but it may go on; *event* is recorded where nothing ends."""

    async def extend(self, issuer_id: int, client_id: str, at: Instant, until: Instant) -> bool:
        """It was used, so it stays *until* then, never shorter than before; False if it is over *at*, or not there."""


class Resources(Protocol):
    """Protected APIs."""

    async def every(self, issuer_id: int) -> tuple[Protected, ...]: ...
    async def own_scopes(self, issuer_id: int) -> tuple[Scope, ...]:
        """The issuer's own scopes, of no API (openid, profile…), where the operator gave them words."""

    async def put(
        self, resource: Resource, scopes: tuple[Scope, ...], credentials: tuple[Credential, ...], event: Event
    ) -> None:
        """Create or replace an API (by its name), all its scopes and credentials.

        Conflict: another API has the identifier or one of the scopes.
        """

    async def put_own_scopes(self, issuer_id: int, scopes: tuple[Scope, ...], event: Event) -> None:
        """Replace all of the issuer's own scopes. Conflict: an API has one of them."""


class Accounts(Protocol):
    """People."""

    async def find(self, issuer_id: int, subject_id: str) -> Person | None: ...
    async def find_by_login(self, issuer_id: int, identifier: str) -> Person | None:
        """By the canonical form of what people type (see ``resource_owner/accounts.py``)."""

    async def create(
        self, account: Account, identifiers: tuple[str, ...], authenticator: Authenticator, event: Event
    ) -> bool:
        """False, and nothing done, if an identifier is taken."""

    async def set_password(self, ending: Ending, authenticator: Authenticator) -> bool:
        """Replace the password; everything issued to the person up to ``ending.at`` ends (rulings D)."""

    async def describe(self, issuer_id: int, subject_id: str, profile: dict[str, Any], event: Event) -> bool:
        """Replace what is known of a person; False, and nothing done, if they are unknown or disabled. Nothing ends and
        the generation stays: no configuration is made of it."""

    async def rehash(self, authenticator: Authenticator) -> None:
        """The same password under a newer cost; nothing ends."""

    async def end(self, ending: Ending, subject_id: str) -> bool:
        """Disable the person: status, epoch, sessions, revocation, event."""

    async def end_everything(self, ending: Ending, subject_id: str) -> bool:
        """Sign the person out everywhere: all sessions and grants; account, password and consents stay (rulings D).
        False if there is no such person, or they are disabled."""

    async def enable(self, issuer_id: int, subject_id: str, event: Event) -> bool:
        """A disabled person may sign in again; what had ended stays ended. False if they were not disabled."""


class PairwiseSubjects(Protocol):
    """How people are called in each sector (OpenID Connect Core §8.1)."""

    async def find(self, issuer_id: int, sector: str, subject_id: str) -> str | None: ...
    async def settle(self, subject: PairwiseSubject) -> str:
        """The ``sub`` of this person in this sector, from now on and for good: *subject*'s, unless there was one."""


class Sessions(Protocol):
    """Browser sessions."""

    async def find(self, issuer_id: int, digest: bytes) -> SignedIn | None:
        """By the digest of the cookie; also ended or expired ones: ``sessions.py`` judges."""

    async def begin(
        self, session: Session, authenticator_id: str, replaces: Ending | None, txn_id: str | None, event: Event
    ) -> bool:
        """Store a new session with its first authentication; end the one that *replaces* is the ending of, if any
        (another person's, or a planted one); note subject, session and ``login_at`` on the transaction.

        False, and nothing done, if the person was disabled or lost that authenticator since it was checked: a
        password takes long to check, and it may be changed meanwhile.
        """

    async def again(
        self, session: Session, authenticator_id: str, old_digest: bytes, txn_id: str | None, event: Event
    ) -> bool:
        """The same person proved themselves again: new digest, times and one more authentication.

        False, and nothing done, as for ``begin``, or if *old_digest* is not (or no longer) this session's, or it is
        over at ``session.auth_time``: an ended or expired one never revives.
        """

    async def touch(self, issuer_id: int, session_id: str, idle_until: Instant) -> None: ...
    async def apps(self, issuer_id: int, session_id: str, at: Instant) -> tuple[str, ...]:
        """The ids of the clients with an online grant that lives by this session and is good *at*, sorted: what would
        end with it (rulings D)."""

    async def end(self, ending: Ending, session_id: str) -> bool: ...


class Transactions(Protocol):
    """Authorization requests that wait for a person."""

    async def open(self, transaction: Transaction, pushed_id: str | None = None) -> bool:
        """Keep it. As a browser's run of the pushed one *pushed_id* only if that is open and unexpired, which then stays
        as long as its run; False, and nothing done, otherwise."""

    async def find(self, issuer_id: int, txn_id: str) -> Transaction | None: ...
    async def choose(self, issuer_id: int, txn_id: str, subject_id: str, session_id: str, at: Instant) -> bool:
        """Note which of a browser's live sessions acts in it. A sign-in that was noted for another session is forgotten:
        it proved somebody else. False, and nothing done, if it is not open *at*, or the session is over."""

    async def deny(self, issuer_id: int, txn_id: str, at: Instant, event: Event, pushed_id: str | None = None) -> bool:
        """Close it without a grant, the pushed one with it, and forget the request (but a device's); False, and nothing
        done, if one of them was not open."""

    async def conclude(self, conclusion: Conclusion) -> bool:
        """Grant, code, consent and events, the request forgotten as in ``deny``; False, and nothing done, if the transaction was not open, or person,
        session, client or the consent relied on ended meanwhile. Raises Full, and nothing is done, where ``adopts`` is
        one client too many."""


class Consents(Protocol):
    """Remembered decisions."""

    async def find(self, issuer_id: int, subject_id: str, client_id: str) -> Consent | None:
        """What is remembered and not withdrawn; the caller judges ``expires_at``."""

    async def withdraw(self, ending: Ending, subject_id: str, client_id: str) -> bool:
        """Forget the decision and end every grant of this person to this client, each with its line in the feed; False
        if there was neither."""


class Grants(Protocol):
    """What was allowed."""

    async def find_by_handle(self, issuer_id: int, handle: str) -> Standing | None: ...
    async def end(self, ending: Ending, grant_id: int) -> bool:
        """End the grant and every family on it."""


class Codes(Protocol):
    """Authorization codes."""

    async def find(self, issuer_id: int, digest: bytes) -> FoundCode | None: ...


class Families(Protocol):
    """Refresh tokens."""

    async def find(self, issuer_id: int, handle: bytes) -> FoundFamily | None: ...
    async def reused(self, ending: Ending, handle: bytes) -> bool:
        """A superseded token came back: end family and grant with event and feed line, once; then only count."""


class Devices(Protocol):
    """Requests of devices that wait for a person."""

    async def open(self, pending: Pending, event: Event) -> bool:
        """False, and nothing done, if a live request already has this user code."""

    async def find_by_user_code(self, issuer_id: int, digest: bytes) -> Pending | None:
        """The newest request with this user code, in whatever state; only one of them is ever live."""

    async def find(self, issuer_id: int, device_digest: bytes) -> Pending | None: ...
    async def standing(self, issuer_id: int, grant_id: int) -> Standing | None: ...
    async def claim(self, issuer_id: int, device_digest: bytes, subject_id: str, at: Instant, event: Event) -> bool:
        """Only if open and unexpired, or already claimed by the same person (then no event); False for anyone else."""

    async def decide(
        self,
        issuer_id: int,
        device_digest: bytes,
        subject_id: str,
        at: Instant,
        grant: Grant | None,
        events: tuple[Event, ...],
        *,
        adopts: Registering | None = None,
    ) -> bool:
        """Approve with *grant* or deny with None: only the one who claimed it, only once, only unexpired; approve
        only if person, session and client have not ended meanwhile. *adopts* and Full as for ``conclude``."""

    async def release(self, issuer_id: int, device_digest: bytes, subject_id: str) -> None:
        """The one who claimed it gives it up undecided: it is open again."""

    async def poll(self, issuer_id: int, device_digest: bytes, client_id: str, at: Instant) -> bool:
        """Note a poll. True in time; False too soon, and the interval has grown by five seconds for good
        (RFC 8628 §3.5). Another client's poll is False and changes nothing."""


class AccessTokens(Protocol):
    """Opaque access tokens."""

    async def find(self, issuer_id: int, digest: bytes) -> FoundToken | None: ...
    async def revoke(self, ending: Ending, digest: bytes) -> bool: ...
    async def revoke_jwt(self, ending: Ending) -> bool:
        """A JWT has no row: only the feed line (kind ``jti``) and the event; False if already there."""


class Revocations(Protocol):
    """The feed of endings."""

    async def ended(self, issuer_id: int, kind: str, key: str) -> Instant | None:
        """When this ended, if the feed still says so."""

    async def since(self, issuer_id: int, seq: int, limit: int) -> tuple[Revocation, ...]: ...
    async def latest(self, issuer_id: int) -> int:
        """The number of the newest line; 0 where there never was one."""


class Outbox(Protocol):
    """What is to be said elsewhere. The verbs that end a session write a line for each client to be told, in their own
    transaction; no other verb adds one."""

    async def claim(
        self, issuer_id: int, at: Instant, until: Instant, *, limit: int, busy: frozenset[str]
    ) -> tuple[Notice, ...]:
        """Take up what is due *at*: at most *limit* notices, the oldest first, one for each target that is not *busy*.

        One statement: nobody else takes the same up before *until*, and by then they may, for whoever took it up is gone.
        """

    async def settle(self, notice: Notice, event: Event | None) -> bool:
        """Write down what came of an attempt: ``next_at``, ``done_at``, ``outcome`` and ``reason`` of *notice*. False, and
        nothing done, if it was taken up again since (its ``attempts`` have grown), or is done."""

    async def about(self, issuer_id: int, kind: str, about: str) -> tuple[Notice, ...]:
        """Everything that was or is to be said of one thing."""


class Replay(Protocol):
    """Things that may be seen once."""

    async def burn(self, issuer_id: int, kind: str, key: bytes, at: Instant, expires_at: Instant, event: Event) -> bool:
        """Insert-once; False if it was there and unexpired. The event is recorded with a success."""

    async def seen(self, issuer_id: int, kind: str, key: bytes, at: Instant) -> bool: ...


class Throttles(Protocol):
    """Buckets of wrong guesses (a generic cell rate: one time per key says all)."""

    async def spend(self, issuer_id: int, key: bytes, at: Instant, cost_us: int, burst_us: int) -> Instant | None:
        """Take *cost_us* from a bucket of *burst_us*; None if there was room, else the instant when there will be.
        A refused spend takes nothing. Atomic: parallel guesses cannot share one slot."""

    async def refund(self, issuer_id: int, key: bytes, cost_us: int) -> None: ...


class Events(Protocol):
    """The record."""

    async def record(self, event: Event) -> None:
        """Write down something that changes nothing else: a failed sign-in."""

    async def tail(self, issuer_id: int, limit: int) -> tuple[Chained, ...]:
        """The newest, oldest first."""

    async def verify(self) -> int | None:
        """Walk the chain of every node; the number of the first broken link, or None if whole."""


class Refusals(Protocol):
    """Refusals that were answered: a bounded spool into a capped table, written with the next commit."""

    def spool(self, refused: Refused) -> None:
        """Never waits, never fails; the oldest give way."""

    async def find(self, issuer_id: int, reference: str) -> Refused | None: ...


class Listing(Protocol):
    """What operators look through. Every page costs its *limit*, however much is stored: filters that no index serves
    are the caller's, over a bounded walk."""

    async def clients(self, issuer_id: int, after: str, limit: int) -> tuple[Registered, ...]:
        """By their ids, in their order, behind *after*; those that were removed are not among them."""

    async def people(self, issuer_id: int, after: str, limit: int) -> tuple[tuple[str, Account], ...]:
        """By what they sign in with, in its order, behind *after*."""

    async def sessions(self, issuer_id: int, subject_id: str | None, after: str, limit: int) -> tuple[SignedIn, ...]:
        """Newest first, behind the session *after* ("" begins); nothing where that one is gone."""

    async def session(self, issuer_id: int, session_id: str) -> SignedIn | None: ...
    async def grants(
        self, issuer_id: int, subject_id: str | None, after: Grant | None, limit: int
    ) -> tuple[Standing, ...]:
        """Newest first; a person's app by app, each app's newest first."""

    async def grants_in(self, issuer_id: int, session_id: str, after: Grant | None, limit: int) -> tuple[Standing, ...]:
        """What was granted in one session, newest first."""

    async def families(self, issuer_id: int, grant_id: int, limit: int) -> tuple[Family, ...]: ...
    async def consents(self, issuer_id: int, subject_id: str, after: str, limit: int) -> tuple[Consent, ...]:
        """Remembered decisions of a person by client, withdrawn ones too."""

    async def events(self, issuer_id: int, before: tuple[int, int] | None, limit: int) -> tuple[Chained, ...]:
        """Newest first, before the event of this node and number."""


class Held(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What hangs on one client now."""

    grants: int = 0
    """Live ones."""
    people: int = 0
    """Who has them."""
    remembered: int = 0
    """Decisions that spare people a question."""
    by_scope: dict[str, int] = {}
    """Live grants that hold each scope."""
    remembered_of: dict[str, int] = {}
    """Remembered decisions that cover each scope."""


class Holdings(Protocol):
    """What people and apps hold, counted. Costs a walk over everything, beside the event loop: for plans, not for requests."""

    async def of(self, issuer_id: int, client_ids: Sequence[str] | None, at: Instant) -> dict[str, Held]:
        """By client, of all of them for None; those on whom nothing hangs are left out."""

    async def elsewhere(self, issuer_id: int, source: str) -> int:
        """How many active clients there are that did not come from *source*."""


class Store(Protocol):
    """One backend, opened."""

    issuers: Issuers
    keys: Keys
    clients: Clients
    registrations: Registrations
    resources: Resources
    accounts: Accounts
    pairwise_subjects: PairwiseSubjects
    sessions: Sessions
    transactions: Transactions
    consents: Consents
    grants: Grants
    codes: Codes
    families: Families
    devices: Devices
    access_tokens: AccessTokens
    revocations: Revocations
    outbox: Outbox
    replay: Replay
    throttles: Throttles
    events: Events
    refusals: Refusals
    listing: Listing
    holdings: Holdings

    async def issue(self, issuance: Issuance) -> Outcome:
        """The one verb by which tokens become durable (house law 1)."""

    async def configure(self, change: Configuring) -> bool:
        """The whole change in one transaction; False, and nothing done, if something else is there than expected.

        Conflict: nothing was done.
        """

    async def vouch_anew(self) -> int:
        """Vouch under the first master key for what lives as long as people and apps do, so that an older one can go; how
        many rows had been vouched for under another."""

    def next_id(self, at: Instant) -> int:
        """An id that was never given before and grows with time."""

    async def latest(self) -> Instant:
        """The latest instant this store remembers; the clock never goes behind it."""

    async def purge(self, at: Instant, limit: int) -> int:
        """Delete up to *limit* rows whose time is over, in one small batch; how many went."""

    async def flush(self) -> None:
        """Write what is spooled."""

    async def close(self) -> None: ...
