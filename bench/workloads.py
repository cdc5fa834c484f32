"""W1 to W6 of the performance reference: what is asked, and what a right answer is.

A workload prepares itself once per window, hands out journeys to the load generator, and is asked afterwards about
what can only be known by more questions: is the old refresh token dead, do the signatures hold, is nonsense refused?
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from bench import tokens
from bench.answers import OK
from bench.load import Journey
from bench.people import People, Refresh, SignIn
from bench.services import ClientCredentials, Introspection
from bench.target import Target
from bench.wire import Wrong


class Workload(Protocol):
    """One kind of work, at one server."""

    def prepare(self, connections: int) -> None:
        """Get ready for so many lanes; raises Unavailable."""

    def journey(self, lane: int) -> Journey:
        """Begin one unit of work."""

    def afterwards(self) -> list[str]:
        """Say what a closer look after the window found wrong."""


@dataclass(slots=True)
class Document:
    """W6: a public document, the same bytes each time."""

    target: Target
    endpoint: str
    must_have: str
    request: bytes = b""
    body: bytes = b""

    def prepare(self, connections: int) -> None:
        """Fetch it once and check what it is."""
        del connections
        path = self.target.discovery if self.endpoint == "discovery" else self.target.path(self.endpoint)
        self.request = self.target.get(path)

    def journey(self, lane: int) -> Journey:
        """One document, with the content that the first one had."""
        del lane
        answer = yield self.request
        if answer.status != OK:
            msg = f"status {answer.status}"
            raise Wrong(msg)
        if not self.body:
            if not json.loads(answer.body)[self.must_have]:
                msg = f"a document without {self.must_have}"
                raise Wrong(msg)
            self.body = answer.body
        if answer.body != self.body:
            msg = "a document that changed"
            raise Wrong(msg)

    def afterwards(self) -> list[str]:
        """Say whether there was anything."""
        return [] if self.body else ["no document was fetched"]


WORKLOADS: dict[str, Callable[[Target, People], Workload]] = {
    "W1": lambda target, _: ClientCredentials(target, tokens.OPAQUE),
    "W2-rs256": lambda target, _: ClientCredentials(target, "RS256"),
    "W2-es256": lambda target, _: ClientCredentials(target, "ES256"),
    "W3": lambda target, _: Introspection(target),
    "W4": Refresh,
    "W5-rs256": lambda target, people: SignIn(target, people, "RS256"),
    "W5-es256": lambda target, people: SignIn(target, people, "ES256"),
    "W6-disc": lambda target, _: Document(target, "discovery", "token_endpoint"),
    "W6-jwks": lambda target, _: Document(target, "jwks_uri", "keys"),
}

MEANING = {
    "W1": "client credentials, opaque access token",
    "W2-rs256": "client credentials, JWT access token, RS256",
    "W2-es256": "client credentials, JWT access token, ES256",
    "W3": "introspection of a live token",
    "W4": "refresh with rotation",
    "W5-rs256": "code + PKCE round trip, ID token RS256",
    "W5-es256": "code + PKCE round trip, ID token ES256",
    "W6-disc": "discovery",
    "W6-jwks": "JWKS",
    "W7": "start to the first 200; idle and peak memory",
}
