"""Every default, with its unit and its reason (rulings U). All choices here conform; what departs is a waiver."""

from __future__ import annotations

from dataclasses import dataclass, field

from licet.authorization_server.key_schedule import KeyLives
from licet.egress import EgressLimits
from licet.protocol.client_id_url import host_of, is_client_id_url
from licet.resource_owner.passwords import Cost
from licet.resource_owner.sessions import SessionLives
from licet.resource_owner.sign_in import Guessing
from licet.storage.records import RegistrationPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Lifetimes:
    """Seconds, all of them."""

    authorization_code_s: int = 60
    """RFC 6749 §4.1.2 recommends ten minutes at most; a redirect takes seconds."""
    code_tombstone_s: int = 24 * 3600
    """How long a used code is remembered, so that its replay is recognised (rulings M)."""
    device_code_s: int = 600
    """RFC 8628 §6.1: short enough that eight letters cannot be guessed."""
    device_interval_s: int = 5
    """RFC 8628 §3.2: the default of the specification."""
    access_token_s: int = 600
    """RFC 9700 §2.2.1 wants leaked tokens to die soon."""
    id_token_s: int = 600
    refresh_idle_s: int = 30 * 24 * 3600
    """A refresh token unused this long is dead (OAuth 2.1 §4.3.1)."""
    refresh_absolute_s: int = 90 * 24 * 3600
    """However often it is used, its family ends (ASVS 10.4.8)."""
    replay_window_s: int = 60
    """How long a refresh whose answer was lost may be repeated (rulings F): clients give up after 30 to 60 s. 0: never."""
    consent_s: int = 365 * 24 * 3600
    transaction_s: int = 1800
    """How long somebody may take to sign in and agree."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throttles:
    """How many wrong guesses a bucket holds at the endpoints; those at passwords are ``sign_in.Guessing``."""

    secret_per_client: int = 100
    """Wrong client secrets for one client; the right one always passes (rulings V)."""
    secret_refill_s: int = 6
    user_code_per_person: int = 5
    """Wrong user codes from one person or network (RFC 8628 §5.1)."""
    user_code_everywhere: int = 500
    """Wrong user codes in all: a botnet has no network of its own."""
    user_code_refill_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushing:
    """Pushed authorization requests (RFC 9126)."""

    request_s: int = 60
    """RFC 9126 §2.2 names 5 to 600 seconds; a redirect takes few."""
    required: bool = False
    """Whether this server takes no authorization request that was not pushed (RFC 9126 §5)."""
    at_once: int = 300
    """Pushes that one client may make in a burst (a public one: from one network)."""
    per_second: int = 10
    """How many more it may make each second; everybody together, for public clients, ten times as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """Key sets of clients; seconds, all of them."""

    fresh_s: int = 300
    """How long a set is good whose publisher does not say."""
    longest_s: int = 3600
    """How long it is good whatever its publisher says: a key taken out of it must die."""
    again_s: int = 15
    """Between two visits to one address, whatever anybody asks for."""
    stale_s: int = 2 * 3600
    """How long the last set stands where its address does not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DynamicRegistration:
    """Clients that register themselves (RFC 7591)."""

    anybody: bool = False
    """Whether it takes no initial token."""
    policy: RegistrationPolicy = field(default_factory=RegistrationPolicy)
    """How far a client may go that came without a token."""
    clients: int = 10_000
    """How many there may be at a time."""
    unused_s: int = 7 * 24 * 3600
    """How long one stays that never got a token."""
    at_once: int = 20
    """How many a network may register in a burst where no token is needed."""
    refill_s: int = 60
    """Seconds until it may register one more; everybody together, a hundred times as many."""
    gone_s: int = 24 * 3600
    """How long one that took itself away is remembered: longer than its access tokens live."""


DOCUMENT_GRANTS = ("authorization_code", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code")
"""What a document may ask for: a person agrees to each of them. A client that acts for itself is registered by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientDocuments:
    """Clients that are named by the address of their metadata document (OAuth Client ID Metadata Document)."""

    hosts: frozenset[str] | None = None
    """Whose documents are taken, in lower case; None: anybody's."""
    refused: frozenset[str] = frozenset()
    """Whose are not, with every host below them."""
    policy: RegistrationPolicy = field(default_factory=lambda: RegistrationPolicy(grant_types=DOCUMENT_GRANTS))
    """How far such a client may go."""
    clients: int = 10_000
    """How many may be written down at a time, together with those that registered themselves."""
    unused_s: int = 7 * 24 * 3600
    """How long one stays that never got a token."""
    max_bytes: int = 5 * 1024
    """The draft recommends 5 kilobytes (§8.7)."""
    fresh_s: int = 3600
    """How long a document is good whose publisher does not say."""
    least_s: int = 60
    """How long it is good whatever its publisher says: nobody makes the server come for each request."""
    longest_s: int = 24 * 3600
    """Not longer, whatever its publisher says: a key taken out of it must die."""
    stands_s: int = 24 * 3600
    """How long a client that is written down goes on, since its document could first not be had."""
    again_s: int = 15
    """Between two visits to one address that had no document."""
    visits: int = 4
    """Under way at the same time; half of what ``EgressLimits.at_once`` lets out."""
    at_once: int = 20
    """How many unknown clients a network may bring in a burst."""
    refill_s: int = 15
    """Seconds until it may bring one more; everybody together, a hundred times as many."""
    kept: int = 1000
    """Documents in memory at most, and as many addresses that had none."""

    def lets_in(self, client_id: str, *, development: bool) -> bool:
        """Whether *client_id* is an address that may be fetched, of a host that the operator lets in."""
        if not is_client_id_url(client_id, development=development):
            return False
        host = host_of(client_id)
        if any(host == refused or host.endswith(f".{refused}") for refused in self.refused):
            return False
        return self.hosts is None or host in self.hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How one authorization server behaves."""

    lifetimes: Lifetimes = field(default_factory=Lifetimes)
    sessions: SessionLives = field(default_factory=SessionLives)
    passwords: Cost = field(default_factory=Cost)
    guessing: Guessing = field(default_factory=Guessing)
    throttles: Throttles = field(default_factory=Throttles)
    fetching: Fetching = field(default_factory=Fetching)
    registration: DynamicRegistration | None = None
    """None: only the operator registers clients."""
    administration: bool = False
    """Whether the server is an API of its own (rulings W)."""
    documents: ClientDocuments | None = None
    """None: a client is not known by its document."""
    pushing: Pushing = field(default_factory=Pushing)
    egress: EgressLimits = field(default_factory=EgressLimits)
    keys: KeyLives = field(default_factory=KeyLives)
    keys_every_s: float = 30.0
    """How often it is asked what signing keys need: one small read."""
    purge_every_s: float = 5.0
    purge_batch: int = 500
