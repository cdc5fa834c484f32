"""What the three tries have in common: who plays, what they know, and how each ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from licet.ambient import SECOND, Clock, Entropy
from licet.client import discovery
from licet.client.transport import Answer, Transport
from licet.development.apps import READ, WRITE
from licet.development.description import Description, PersonThere
from licet.development.story import Story
from licet.development.visitor import Visitor
from licet.protocol import challenge
from licet.protocol.server_metadata import ServerMetadata

_OK, _FORBIDDEN = 200, 403


class Unexpected(Exception):  # noqa: N818  a finding, not a mistake of the caller
    """The API did not answer as it should have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One flow, on its way."""

    dev: Description
    story: Story
    transport: Transport
    entropy: Entropy
    clock: Clock
    alone: bool
    """Whether nobody is at the screen: then alice is played too."""
    found: dict[str, Any] = field(default_factory=dict)
    """What a script is told beside steps and tokens."""

    @property
    def now_s(self) -> int:
        return self.clock.now() // SECOND

    @property
    def alice(self) -> PersonThere:
        """Whoever is played."""
        return self.dev.people[0]

    def visitor(self) -> Visitor:
        """Alice with a browser."""
        self.story.note(f"Nobody is at a browser here: licet plays {self.alice.login}, with the password in dev.json.")
        return Visitor(self.transport, self.dev.issuer, self.story.note)

    def discover(self, who: str) -> ServerMetadata:
        """Find everything by the issuer's name alone."""
        self.story.tell(f"{who} asks the server where everything is")
        return discovery.discover(self.dev.issuer, self.transport)

    def call(self, access_token: str) -> None:
        """Call the API twice: what the token allows, and what it does not. Raises Unexpected."""
        url, bearer = self.dev.api.url, {"Authorization": f"Bearer {access_token}"}
        self.story.tell(f"GET needs {READ}, which the token has: allowed")
        answer = self.transport.get(url, bearer)
        if answer.status != _OK:
            raise Unexpected(f"GET {url} should be allowed and answers {answer.status}: {_reason(answer)}")
        orders = msgspec.json.decode(answer.body)
        self.found["allowed"] = {"method": "GET", "url": url, "status": answer.status, "body": orders}

        self.story.tell(f"POST needs {WRITE}, which nobody asked for: refused")
        answer = self.transport.post(url, (("item", "tea"),), bearer)
        if answer.status != _FORBIDDEN:
            raise Unexpected(f"POST {url} should be refused with 403 and answers {answer.status}")
        said = _challenge(answer)
        self.found["refused"] = {
            "method": "POST",
            "url": url,
            "status": answer.status,
            "error": said.get("error", ""),
            "reason": said.get("error_description", ""),
            "needs": said.get("scope", ""),
            "www_authenticate": answer.header("www-authenticate") or "",
        }
        self.story.note(f"Why: {said.get('error_description', '')}")


def _challenge(answer: Answer) -> dict[str, str]:
    read = challenge.read(answer.header("www-authenticate") or "")
    return next((one.parameters for one in read if one.is_for("Bearer")), {})


def _reason(answer: Answer) -> str:
    return _challenge(answer).get("error_description", "no reason given")
