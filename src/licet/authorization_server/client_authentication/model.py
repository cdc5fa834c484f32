"""What a way of client authentication is: how it is recognised, and how it is checked (OAuth 2.1 §2.4)."""

from __future__ import annotations

from typing import Protocol

import msgspec

from licet.authorization_server.exchange import Incoming
from licet.storage.records import Client, Credential


class Presented(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What a request brought to prove who asks, not yet believed."""

    method: str
    client_id: str
    proof: str = ""
    """A secret or an assertion; empty for ``none``."""


class Candidate(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Whom the id names: a client, or an API that may introspect."""

    issuer_id: int
    id: str
    methods: frozenset[str]
    """The ways this one registered for; Basic and body are one where a secret is not pinned (rulings V)."""
    credentials: tuple[Credential, ...]
    signing_alg: str | None = None
    client: Client | None = None
    """None for an API."""
    api: str | None = None
    """The API's identifier; None for a client."""


class AuthenticatedClient(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A client that is who it says, or a public one that only says so."""

    client: Client
    method: str


class Method(Protocol):
    """One way to authenticate."""

    @property
    def name(self) -> str: ...

    def presented(self, incoming: Incoming) -> Presented | None:
        """What the request brings of this way, or None. Looks only; judges nothing but form."""

    async def authenticate(self, presented: Presented, candidate: Candidate, incoming: Incoming) -> str:
        """What is wrong with the proof, for the log alone; empty if it is good. May raise InvalidClient with the exact
        reason to who has proved to hold the credential: it helps an honest client and tells a stranger nothing."""
